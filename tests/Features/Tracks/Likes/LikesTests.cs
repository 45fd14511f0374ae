using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Likes;

public sealed class LikesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Liking_twice_is_liking_once()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.AddTrack("Liked");
        for (var i = 0; i < 2; i++)
        {
            var liking = (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200).Data;
            Assert.Equal((true, 1), (liking.GetProperty("liked").GetBoolean(), liking.Number("like_count")));
        }

        Assert.True((await davor.Get($"/api/v1/tracks/{id}")).Data.GetProperty("liked").GetBoolean());
        Assert.False((await mira.Get($"/api/v1/tracks/{id}")).Data.GetProperty("liked").GetBoolean());
        Assert.False((await server.Visitor.Get($"/api/v1/tracks/{id}")).Data.TryGetProperty("liked", out _));
        for (var i = 0; i < 2; i++)
            Assert.Equal(0, (await davor.Delete($"/api/v1/tracks/{id}/like")).Is(200).Data.Number("like_count"));
        Assert.False((await davor.Get($"/api/v1/tracks/{id}")).Data.GetProperty("liked").GetBoolean());
    }

    [Fact]
    public async Task Many_who_like_at_once_are_all_counted()
    {
        var mira = await server.Register("mira");
        var id = await mira.AddTrack("A hit");
        var people = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => server.Register($"fan{n}x")));
        await Task.WhenAll(
            people.Select(async p =>
            {
                for (var i = 0; i < 4; i++)
                {
                    (await p.Put($"/api/v1/tracks/{id}/like")).Is(200);
                    (await p.Delete($"/api/v1/tracks/{id}/like")).Is(200);
                }

                (await p.Put($"/api/v1/tracks/{id}/like")).Is(200);
            })
        );
        Assert.Equal(12, (await mira.Get($"/api/v1/tracks/{id}")).Data.Number("like_count"));
        Assert.Equal(
            12,
            (await mira.Get($"/api/v1/tracks?user_id={mira.Id}"))
                .Data.EnumerateArray()
                .Single(t => t.GetProperty("id").GetGuid() == id)
                .Number("like_count")
        );
        // A like that comes when nobody else is at it leaves nothing unfolded.
        (await people[0].Delete($"/api/v1/tracks/{id}/like")).Is(200);
        Assert.Equal(
            (11, 0),
            (
                await server.Database.Scalar<long>("select like_count from track where id = $1", id),
                await server.Database.Scalar<long>("select count(*) from track_count_change where track_id = $1", id)
            )
        );
    }

    [Fact]
    public async Task Nobody_waits_for_a_tracks_row_to_like_it()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.AddTrack("Held");
        await using var db = await server.Database.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await using (
            var hold = new Npgsql.NpgsqlCommand(
                $"update track set play_count = play_count + 1 where id = '{id}'",
                db,
                transaction
            )
        )
            await hold.ExecuteNonQueryAsync();
        Assert.Equal(1, (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200).Data.Number("like_count"));
        Assert.Equal(1, (await mira.Get($"/api/v1/tracks/{id}")).Data.Number("like_count"));
        await transaction.RollbackAsync();
        Assert.Equal(
            1,
            await server.Database.Scalar<long>("select count(*) from track_count_change where track_id = $1", id)
        );
        await using var upkeep = await server.Premises.Source.OpenConnectionAsync();
        await Veza.Features.Tracks.Likes.TrackCounts.FoldAll(upkeep);
        Assert.Equal(
            (1, 0),
            (
                await server.Database.Scalar<long>("select like_count from track where id = $1", id),
                await server.Database.Scalar<long>("select count(*) from track_count_change where track_id = $1", id)
            )
        );
    }

    [Fact]
    public async Task A_track_that_one_may_not_see_cannot_be_liked_and_a_like_of_before_can_be_taken_back()
    {
        var mira = await server.Register("mira");
        var (id, open, davor) = (
            await mira.AddTrack("Soon private"),
            await mira.AddTrack("Open"),
            await Actor.Register(server, "davor")
        );
        foreach (var liked in new[] { id, open })
            (await davor.Put($"/api/v1/tracks/{liked}/like")).Is(200);
        Assert.Equal([open, id], await Liked(davor));
        (await mira.Put($"/api/v1/tracks/{id}", new { Visibility = "private" })).Is(200);
        Assert.Equal([open], await Liked(davor));
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(404, "TRACK_NOT_FOUND");
        (await mira.Put($"/api/v1/tracks/{id}/like")).Is(200);
        (await davor.Delete($"/api/v1/tracks/{id}/like")).Is(200);
        (await davor.Delete($"/api/v1/tracks/{id}/like")).Is(404, "TRACK_NOT_FOUND");
        (await davor.Put($"/api/v1/tracks/{Guid.CreateVersion7()}/like")).Is(404, "TRACK_NOT_FOUND");
        (await server.Visitor.Put($"/api/v1/tracks/{id}/like")).Is(401, "UNAUTHENTICATED");
    }

    [Fact]
    public async Task What_one_likes_is_read_page_by_page_the_newest_like_first()
    {
        var (mira, ilir) = (await server.Register("mira"), await server.Register("ilir"));
        var tracks = new List<Guid>();
        for (var i = 0; i < 5; i++)
            tracks.Add(await mira.AddTrack($"Number {i}"));
        foreach (var id in tracks)
            (await ilir.Put($"/api/v1/tracks/{id}/like")).Is(200);
        var read = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = (
                await ilir.Get($"/api/v1/users/me/likes?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")
            ).Is(200);
            read.AddRange(page.Data.EnumerateArray().Select(l => l.GetProperty("track").GetProperty("id").GetGuid()));
            Assert.InRange(page.Data.GetArrayLength(), 1, 2);
            Each.Of(
                page.Data.EnumerateArray(),
                l =>
                    Assert.True(
                        l.GetProperty("track").GetProperty("liked").GetBoolean()
                            && l.GetProperty("liked_at").ValueKind == JsonValueKind.String
                    )
            );
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString();
        } while (cursor is not null);
        Assert.Equal(Enumerable.Reverse(tracks), read);
        foreach (var forged in new[] { "x", "AAAA", new string('_', 32) })
            Assert.Equal(
                ["cursor INVALID_FORMAT"],
                (await ilir.Get($"/api/v1/users/me/likes?cursor={forged}")).Is(422, "VALIDATION_ERROR").FieldErrors
            );
        Assert.Equal(
            ["limit OUT_OF_RANGE"],
            (await ilir.Get("/api/v1/users/me/likes?limit=101")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    private static async Task<Guid[]> Liked(Actor actor) =>
        [
            .. (await actor.Get("/api/v1/users/me/likes"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(l => l.GetProperty("track").GetProperty("id").GetGuid()),
        ];
}
