using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Search;

/// <summary>Who sees which track: show, list, search, delete.</summary>
[Trait("Touches", "Objects")]
public sealed class FindTracksTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static async Task<Guid[]> Listed(Visitor who, string query)
    {
        var reply = (await who.Get($"/api/v1/tracks?{query}")).Is(200);
        Assert.Equal(JsonValueKind.Array, reply.Data.ValueKind);
        return [.. reply.Data.EnumerateArray().Select(t => t.GetProperty("id").GetGuid())];
    }

    [Fact]
    public async Task A_public_track_is_found_by_everybody_and_a_private_one_by_its_owner_alone()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var ids = new Dictionary<string, Guid>();
        foreach (var visibility in new[] { "public", "unlisted", "private" })
            ids[visibility] = await mira.UploadTrack(
                await Sounds.Short,
                ("title", $"Zebra Crossing 100% {visibility}"),
                ("visibility", visibility),
                ("genre", "Polka"),
                ("tags", "stripes")
            );
        foreach (var id in ids.Values)
            await mira.Ready(id);

        foreach (var who in new[] { server.Visitor, davor })
        {
            Assert.Equal([ids["public"]], await Listed(who, "q=zebra%20crossing"));
            Assert.Equal([ids["public"]], await Listed(who, $"user_id={mira.Id}&q=ZEBRA"));
            Assert.Equal([ids["public"]], await Listed(who, "genre=polka&tag=stripes"));
            (await who.Get($"/api/v1/tracks/{ids["unlisted"]}")).Is(200);
            foreach (var path in new[] { "", "/status", "/stream", "/waveform" })
                (await who.Get($"/api/v1/tracks/{ids["private"]}{path}")).Is(404, "TRACK_NOT_FOUND");
        }

        Assert.Equal(
            [ids["private"], ids["unlisted"], ids["public"]],
            await Listed(mira, $"user_id={mira.Id}&q=zebra")
        );
        (await mira.Get($"/api/v1/tracks/{ids["private"]}")).Is(200);
        // Percent and underscore are letters to a searcher, not wildcards.
        Assert.Single(await Listed(server.Visitor, "q=100%25"));
        Assert.Empty(await Listed(server.Visitor, "q=z_bra"));
        Assert.Empty(await Listed(server.Visitor, "q=zebra&genre=jazz"));
    }

    [Fact]
    public async Task Pages_follow_each_other_and_end()
    {
        var mira = await Actor.Register(server, "pager");
        await server.Database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes,
              created_at)
            select gen_random_uuid(), $1, 'page ' || n, 'public', 'ready', 'tracks/none/', '', 1,
              now() + n * interval '1 second' from generate_series(1, 5) n
            """,
            mira.Id
        );
        var first = (await server.Visitor.Get($"/api/v1/tracks?user_id={mira.Id}&per_page=2")).Is(200);
        Assert.Equal(
            (1, 2, 5),
            (
                first.Json.GetProperty("meta").Number("page"),
                first.Json.GetProperty("meta").Number("per_page"),
                first.Json.GetProperty("meta").Number("total")
            )
        );
        var titles = new List<string>();
        for (var page = 1; page <= 4; page++)
            titles.AddRange(
                (await server.Visitor.Get($"/api/v1/tracks?user_id={mira.Id}&per_page=2&page={page}"))
                    .Is(200)
                    .Data.EnumerateArray()
                    .Select(t => t.Text("title"))
            );
        Assert.Equal(["page 5", "page 4", "page 3", "page 2", "page 1"], titles);
    }

    [Theory]
    [InlineData("page=0", "VALIDATION_ERROR")]
    [InlineData("per_page=101", "VALIDATION_ERROR")]
    [InlineData("per_page=0", "VALIDATION_ERROR")]
    [InlineData("page=x", "VALIDATION_ERROR")]
    [InlineData("user_id=mira", "VALIDATION_ERROR")]
    [InlineData("page=101&per_page=100", "PAGE_TOO_DEEP")]
    public async Task A_page_that_cannot_be_is_refused(string query, string code) =>
        (await server.Visitor.Get($"/api/v1/tracks?{query}")).Is(422, code);

    [Fact]
    public async Task Words_that_are_too_many_are_refused() =>
        (await server.Visitor.Get($"/api/v1/tracks?q={new string('q', 201)}")).Is(422, "VALIDATION_ERROR");

    [Fact]
    public async Task What_does_not_exist_is_not_found_and_what_is_no_id_is_told()
    {
        (await server.Visitor.Get($"/api/v1/tracks/{Guid.CreateVersion7()}")).Is(404, "TRACK_NOT_FOUND");
        Assert.Equal(
            ["id INVALID_FORMAT"],
            (await server.Visitor.Get("/api/v1/tracks/seven")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        (await server.Visitor.Get($"/api/v1/users/{Guid.CreateVersion7()}")).Is(404, "USER_NOT_FOUND");
        var mira = await server.Register("mira");
        var shown = (await server.Visitor.Get($"/api/v1/users/{mira.Id}")).Is(200).Data;
        Assert.Equal(mira.Username, shown.Text("username"));
        Assert.False(shown.TryGetProperty("email", out _));
    }

    [Fact]
    public async Task A_track_that_is_not_ready_is_shown_to_its_owner_alone()
    {
        await using var lonely = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await lonely.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        (await mira.Get($"/api/v1/tracks/{id}/stream")).Is(409, "TRACK_NOT_READY");
        (await mira.Get($"/api/v1/tracks/{id}/waveform")).Is(409, "WAVEFORM_NOT_READY");
        foreach (var path in new[] { "", "/status", "/stream", "/waveform" })
            (await lonely.Visitor.Get($"/api/v1/tracks/{id}{path}")).Is(404, "TRACK_NOT_FOUND");
        Assert.Empty(await Listed(lonely.Visitor, ""));
        Assert.Empty(await Listed(lonely.Visitor, $"user_id={mira.Id}"));
        Assert.Equal([id], await Listed(mira, $"user_id={mira.Id}"));
    }

    [Fact]
    public async Task Only_the_owner_deletes_and_nothing_stays()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        var url = (await mira.Stream(id)).Text("hls_url");
        Assert.Equal(6, (await server.Premises.StoredObjects($"tracks/{id}/")).Length);
        (await server.Visitor.Delete($"/api/v1/tracks/{id}")).Is(401, "UNAUTHENTICATED");
        (await davor.Delete($"/api/v1/tracks/{id}")).Is(404, "TRACK_NOT_FOUND");
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        await server.Premises.NothingIsStored($"tracks/{id}/");
        (await mira.Get($"/api/v1/tracks/{id}")).Is(404, "TRACK_NOT_FOUND");
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(404, "TRACK_NOT_FOUND");
        await Eventually.True("its URLs have ended", async () => (await server.Visitor.Get(url)).Status == 403);
        (await server.Visitor.Get(url)).Is(403, "STREAM_URL_EXPIRED");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from storage_claim where prefix = $1", $"tracks/{id}/")
        );
    }

    [Fact]
    public async Task A_track_that_is_deleted_while_it_is_processed_leaves_nothing()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Long);
        await mira.Processed(id, "processing");
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        await Eventually.True(
            "its job is over",
            async () =>
                await server.Database.Scalar<long>(
                    "select count(*) from job where payload->>'TrackId' = $1 or payload->>'track_id' = $1",
                    id.ToString()
                )
                == await server.Database.Scalar<long>(
                    """
                    select count(*) from job where state in ('done', 'cancelled')
                      and (payload->>'TrackId' = $1 or payload->>'track_id' = $1)
                    """,
                    id.ToString()
                )
        );
        await server.Premises.NothingIsStored($"tracks/{id}/");
    }
}
