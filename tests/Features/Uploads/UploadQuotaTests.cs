using System.Security.Cryptography;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>
/// Room for originals: reserved before a byte, given back at the end, and told before a byte travels.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class UploadQuotaTests : IAsyncLifetime
{
    private const long QuotaBytes = 10_000_000;
    private VezaServer server = null!;

    public async ValueTask InitializeAsync() =>
        server = await VezaServer.Start(("VEZA__UPLOADS__QUOTA_BYTES", $"{QuotaBytes}"));

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private static async Task<(long Used, long Reserved)> Use(Actor actor)
    {
        var quota = (await actor.Get("/api/v1/uploads/quota")).Is(200).Data;
        Assert.Equal((QuotaBytes, 2147483648), (quota.Number("limit_bytes"), quota.Number("file_bytes_max")));
        return (quota.Number("used_bytes"), quota.Number("reserved_bytes"));
    }

    [Fact]
    public async Task Room_is_reserved_used_and_given_back()
    {
        var mira = await server.Register("mira");
        var song = await File.ReadAllBytesAsync(await Sounds.Short);
        Assert.Equal((0, 0), await Use(mira));
        (await TusUpload.TryCreate(mira, QuotaBytes + 1)).Is(422, "QUOTA_EXCEEDED");
        var large = await TusUpload.Create(mira, 9_000_000);
        Assert.Equal((0, 9_000_000), await Use(mira));
        (await TusUpload.TryCreate(mira, 1_000_001)).Is(422, "QUOTA_EXCEEDED");
        (await mira.Upload(new byte[1_000_000], "a.wav")).Is(422, "QUOTA_EXCEEDED");
        // Without a length it could be as long as any.
        using var endless = new StreamContent(new Endless(song));
        (
            await mira.Send(
                HttpMethod.Post,
                "/api/v1/tracks",
                new MultipartFormDataContent { { endless, "file", "a.flac" } }
            )
        ).Is(422, "QUOTA_EXCEEDED");
        (await large.Delete()).Is(204);
        Assert.Equal((0, 0), await Use(mira));

        var byTus = await (await TusUpload.Create(mira, song.Length)).Finish(song);
        Assert.Equal((song.Length, 0), await Use(mira));
        var byForm = await mira.UploadTrack(await Sounds.Short);
        Assert.Equal((song.Length * 2, 0), await Use(mira));
        (await mira.Upload(song, "a.flac", ("visibility", "nonsense"))).Is(422, "VALIDATION_ERROR");
        Assert.Equal((song.Length * 2, 0), await Use(mira));
        await mira.Ready(byTus);
        (await mira.Delete($"/api/v1/tracks/{byTus}")).Is(200);
        (await mira.Delete($"/api/v1/tracks/{byForm}")).Is(200);
        Assert.Equal((0, 0), await Use(mira));

        // A file that turns out to be none is removed, and takes no room.
        var broken = (await mira.Upload([.. song.AsSpan(0, song.Length / 2)], "half.flac"))
            .Is(202)
            .Data.GetProperty("id")
            .GetGuid();
        Assert.Equal("failed", (await mira.Processed(broken)).Text("status"));
        Assert.Equal((0, 0), await Use(mira));
    }

    [Fact]
    public async Task Of_many_that_begin_at_once_only_as_many_get_room_as_there_is()
    {
        var racer = await server.Register("racer");
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => TusUpload.TryCreate(racer, 3_000_000)));
        Assert.Equal(3, replies.Count(r => r.Status == 201));
        Each.Of(replies.Where(r => r.Status != 201), r => r.Is(422, "QUOTA_EXCEEDED"));
        Assert.Equal((0, 9_000_000), await Use(racer));
    }

    [Fact]
    public async Task A_verdict_is_had_before_a_byte_travels()
    {
        var (davor, stranger) = (await server.Register("davor"), await server.Register("stranger"));
        var song = await File.ReadAllBytesAsync(await Sounds.Short);
        var hash = Convert.ToHexStringLower(SHA256.HashData(song));
        async Task Is(Actor actor, string query, int status, string verdict)
        {
            var head = (await actor.Head($"/api/v1/tracks/by-hash/{query}")).Is(status);
            Assert.Equal((verdict, 0), (head.Header("Veza-Verdict"), head.Body.Length));
            Assert.Equal(verdict, (await actor.Get($"/api/v1/tracks/by-hash/{query}")).Is(200).Data.Text("verdict"));
        }

        await Is(davor, $"{hash}?size_bytes={song.Length}&file_name=a.flac", 404, "absent");
        await Is(davor, $"{hash}?size_bytes=2147483649&file_name=a.flac", 413, "too_large");
        await Is(davor, $"{hash}?size_bytes={song.Length}&file_name=film.mkv", 422, "unsupported_format");
        await Is(davor, $"{hash}?size_bytes={QuotaBytes + 1}&file_name=a.flac", 422, "quota_exceeded");
        var track = await davor.UploadTrack(await Sounds.Short, ("visibility", "public"));
        await Is(davor, $"{hash.ToUpperInvariant()}?size_bytes={song.Length}", 200, "present");
        Assert.Equal(
            $"/api/v1/tracks/{track}",
            (await davor.Head($"/api/v1/tracks/by-hash/{hash}")).Header("Location")
        );
        Assert.Equal(
            track,
            (await davor.Get($"/api/v1/tracks/by-hash/{hash}")).Is(200).Data.GetProperty("track_id").GetGuid()
        );
        // What others have is nobody's business.
        await Is(stranger, $"{hash}?size_bytes={song.Length}&file_name=a.flac", 404, "absent");
        (await davor.Get("/api/v1/tracks/by-hash/nonsense")).Is(422, "VALIDATION_ERROR");
        (await server.Visitor.Get($"/api/v1/tracks/by-hash/{hash}")).Is(401, "UNAUTHENTICATED");
    }

    /// <summary>A stream that does not know its length.</summary>
    private sealed class Endless(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
