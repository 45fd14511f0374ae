using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks;

/// <summary>
/// What is taken back is gone for everybody, on every node: pages, lists, and the stream URLs that were given before.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class WithdrawalTests(WithdrawalTests.TwoNodes nodes)
    : IClassFixture<WithdrawalTests.TwoNodes>,
        IAsyncLifetime
{
    public sealed class TwoNodes : IAsyncLifetime
    {
        internal VezaServer One { get; private set; } = null!;

        internal VezaServer Streaming { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            One = await VezaServer.Start();
            Streaming = await VezaServer.Start(One.Premises, ("VEZA__ROLES", "stream"));
        }

        public async ValueTask DisposeAsync()
        {
            await Streaming.DisposeAsync();
            await One.DisposeAsync();
        }
    }

    private readonly VezaServer server = nodes.One,
        other = nodes.Streaming;
    private Actor mira = null!,
        davor = null!;

    public async ValueTask InitializeAsync() =>
        (mira, davor) = (await server.Register("mira"), await server.Register("davor"));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<Guid> Ready()
    {
        var id = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(id);
        return id;
    }

    /// <summary>A playlist and a file, as davor and somebody without a name were given them.</summary>
    private async Task<string[]> Urls(Guid id)
    {
        var (his, nobodys) = (
            await davor.Stream(id),
            (await server.Visitor.Get($"/api/v1/tracks/{id}/stream")).Is(200).Data
        );
        return
        [
            his.Text("hls_url"),
            his.GetProperty("variants")[0].Text("url"),
            nobodys.Text("hls_url"),
            nobodys.GetProperty("variants")[2].Text("url"),
        ];
    }

    private IEnumerable<string> OnEveryNode(string[] urls) =>
        urls.SelectMany(url => new[] { url, url.Replace(server.Address, other.Address, StringComparison.Ordinal) });

    private async Task Play(string[] urls)
    {
        foreach (var url in OnEveryNode(urls))
            (await server.Visitor.Get(url)).Is(200);
    }

    private async Task HaveEnded(string[] urls)
    {
        foreach (var url in OnEveryNode(urls))
        {
            await Eventually.True($"{url} has ended", async () => (await server.Visitor.Get(url)).Status == 403);
            (await server.Visitor.Get(url)).Is(403, "STREAM_URL_EXPIRED");
        }
    }

    [Fact]
    public async Task A_withdrawn_track_is_its_owners_alone_and_comes_back_with_all_it_had()
    {
        var id = await Ready();
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200);
        var stays = await mira.AddTrack("Stays");
        Assert.Contains(id, await Listed());
        var urls = await Urls(id);
        await Play(urls);

        var withdrawn = (await mira.Put($"/api/v1/tracks/{id}/withdrawal")).Is(200).Data.GetProperty("withdrawn_at");
        Assert.Equal(
            withdrawn.GetString(),
            (await mira.Put($"/api/v1/tracks/{id}/withdrawal")).Is(200).Data.Text("withdrawn_at")
        );
        await HaveEnded(urls);
        foreach (var path in new[] { "", "/stream", "/status", "/waveform", "/comments" })
        {
            (await davor.Get($"/api/v1/tracks/{id}{path}")).Is(404, "TRACK_NOT_FOUND");
            (await mira.Get($"/api/v1/tracks/{id}{path}")).Is(200);
        }

        Each.IsNot(id, await Listed());
        Assert.Contains(stays, await Listed());
        // Its owner still hears it, by URLs of after.
        await Play([(await mira.Stream(id)).Text("hls_url")]);

        Assert.Equal(
            JsonValueKind.Null,
            (await mira.Delete($"/api/v1/tracks/{id}/withdrawal")).Is(200).Data.GetProperty("withdrawn_at").ValueKind
        );
        (await mira.Delete($"/api/v1/tracks/{id}/withdrawal")).Is(200);
        Assert.Equal(
            (true, 1),
            (
                (await davor.Get($"/api/v1/tracks/{id}")).Is(200).Data.GetProperty("liked").GetBoolean(),
                (await davor.Get($"/api/v1/tracks/{id}")).Data.Number("like_count")
            )
        );
        await Play(await Urls(id));
        await HaveEnded(urls);

        async Task<Guid[]> Listed() =>
            [
                .. (await davor.Get($"/api/v1/tracks?user_id={mira.Id}"))
                    .Is(200)
                    .Data.EnumerateArray()
                    .Select(t => t.GetProperty("id").GetGuid()),
            ];
    }

    [Fact]
    public async Task A_node_that_starts_after_a_withdrawal_knows_of_it()
    {
        var (id, stays) = (await Ready(), await Ready());
        var (ended, good) = (await Urls(id), await Urls(stays));
        (await mira.Put($"/api/v1/tracks/{id}/withdrawal")).Is(200);
        await HaveEnded(ended);
        await using var late = await VezaServer.Start(server.Premises, ("VEZA__ROLES", "stream"));
        foreach (var url in good)
            (await server.Visitor.Get(At(url))).Is(200);
        foreach (var url in ended)
            (await server.Visitor.Get(At(url))).Is(403, "STREAM_URL_EXPIRED");

        string At(string url) => url.Replace(server.Address, late.Address, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_track_that_is_made_private_ends_what_others_were_given()
    {
        var id = await Ready();
        var urls = await Urls(id);
        (await mira.Put($"/api/v1/tracks/{id}", new { Visibility = "unlisted" })).Is(200);
        await Play(urls);
        (await mira.Put($"/api/v1/tracks/{id}", new { Visibility = "private" })).Is(200);
        await HaveEnded(urls);
        (await davor.Get($"/api/v1/tracks/{id}/stream")).Is(404, "TRACK_NOT_FOUND");
        (await mira.Put($"/api/v1/tracks/{id}", new { Visibility = "public" })).Is(200);
        await Play(await Urls(id));
    }

    [Fact]
    public async Task A_deleted_track_leaves_nothing_but_the_end_of_its_urls()
    {
        var id = await Ready();
        (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/audio",
                await Form(await Sounds.Notes("second.flac", Sounds.ShortS))
            )
        ).Is(202);
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200);
        var said = (await davor.Post($"/api/v1/tracks/{id}/comments", new { Content = "Nice", ClientId = "c1" }))
            .Is(201)
            .Data;
        (
            await mira.Post(
                $"/api/v1/tracks/{id}/comments",
                new { Content = "Thanks", ReplyTo = said.GetProperty("id").GetGuid() }
            )
        ).Is(201);
        var urls = await Urls(id);
        (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        await HaveEnded(urls);
        await server.Premises.NothingIsStored($"tracks/{id}/");
        foreach (var table in new[] { "track_like", "track_comment", "track_count_change", "track_revision" })
            Assert.Equal(
                (table, 0),
                (table, await server.Database.Scalar<long>($"select count(*) from {table} where track_id = $1", id))
            );
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(404, "TRACK_NOT_FOUND");
        (await davor.Put($"/api/v1/tracks/{await mira.AddTrack("Liked still")}/like")).Is(200);
        Each.IsNot(
            id,
            (await davor.Get("/api/v1/users/me/likes"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(l => l.GetProperty("track").GetProperty("id").GetGuid())
        );
    }

    [Fact]
    public async Task Only_its_owner_withdraws_a_track()
    {
        var id = await mira.AddTrack("Hers");
        (await davor.Put($"/api/v1/tracks/{id}/withdrawal")).Is(404, "TRACK_NOT_FOUND");
        (await davor.Delete($"/api/v1/tracks/{id}/withdrawal")).Is(404, "TRACK_NOT_FOUND");
        (await server.Visitor.Put($"/api/v1/tracks/{id}/withdrawal")).Is(401, "UNAUTHENTICATED");
        (await davor.Get($"/api/v1/tracks/{id}")).Is(200);
    }

    [Fact]
    public async Task A_listener_is_cut_off_in_the_middle_of_a_file()
    {
        var id = await mira.UploadTrack(
            await Sounds.Make("noise.flac", "-f", "lavfi", "-i", "anoisesrc=d=60:c=white:a=0.5:r=44100", "-ac", "2")
        );
        await mira.Ready(id);
        var url = (await Urls(id))[3].Replace(server.Address, other.Address, StringComparison.Ordinal);
        using var answer = await other.Http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[1024];
        await body.ReadExactlyAsync(buffer);
        (await mira.Put($"/api/v1/tracks/{id}/withdrawal")).Is(200);
        await HaveEnded([url]);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (var left = answer.Content.Headers.ContentLength!.Value - buffer.Length; left > 0; )
            {
                var read = await body.ReadAsync(buffer);
                if (read == 0)
                    throw new IOException("The connection was closed before the end.");
                left -= read;
            }
        });
    }

    private static async Task<MultipartFormDataContent> Form(string path) =>
        new() { { new ByteArrayContent(await File.ReadAllBytesAsync(path)), "file", Path.GetFileName(path) } };
}
