using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks;

/// <summary>The original comes back to its owner, byte for byte and piece by piece.</summary>
[Trait("Touches", "Objects")]
public sealed class DownloadOriginalTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static async Task<byte[]> File() => await System.IO.File.ReadAllBytesAsync(await Sounds.Short);

    [Fact]
    public async Task A_download_that_broke_off_goes_on_where_it_stopped()
    {
        var (mira, file) = (await server.Register("mira"), await File());
        var id = (await mira.Upload(file, "song.flac")).Is(202).Data.GetProperty("id").GetGuid();
        await server.Database.Execute("update track set file_name = $2 where id = $1", id, "Ночь \r\n& \"день\".flac");
        var path = $"/api/v1/tracks/{id}/original";
        var whole = (await mira.Get(path)).Is(200);
        Assert.Equal(file, whole.Body);
        Assert.Equal(
            ("bytes", "application/octet-stream", "nosniff"),
            (whole.Header("Accept-Ranges"), whole.ContentType, whole.Header("X-Content-Type-Options"))
        );
        var etag = whole.Header("ETag")!;
        Assert.Equal($"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file))}\"", etag);
        var disposition = whole.Header("Content-Disposition")!;
        Assert.StartsWith("attachment; filename=", disposition, StringComparison.Ordinal);
        Assert.Contains("filename*=UTF-8''%D0%9D%D0%BE%D1%87%D1%8C", disposition, StringComparison.Ordinal);

        var first = (await mira.Get(path, ("Range", "bytes=0-999"))).Is(206);
        var rest = (await mira.Get(path, ("Range", "bytes=1000-"), ("If-Range", etag))).Is(206);
        Assert.Equal(file, first.Body.Concat(rest.Body).ToArray());
        Assert.Equal($"bytes 1000-{file.Length - 1}/{file.Length}", rest.Header("Content-Range"));
        // Of another file nothing is added to what is there.
        Assert.Equal(file, (await mira.Get(path, ("Range", "bytes=1000-"), ("If-Range", "\"other\""))).Is(200).Body);
        (await mira.Get(path, ("Range", $"bytes={file.Length}-"))).Is(416, "RANGE_UNSATISFIABLE");
        (await mira.Get(path, ("If-None-Match", etag))).Is(304);
        var head = (await mira.Head(path)).Is(200);
        Assert.Equal(
            (whole.Header("Content-Length"), etag, disposition),
            (head.Header("Content-Length"), head.Header("ETag"), head.Header("Content-Disposition"))
        );
    }

    [Fact]
    public async Task Only_the_owner_gets_it_and_others_learn_no_more_than_they_know()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        foreach (
            var (visibility, status, code) in new[]
            {
                ("public", 403, "ORIGINAL_FORBIDDEN"),
                ("supporters", 403, "ORIGINAL_FORBIDDEN"),
                ("private", 404, "TRACK_NOT_FOUND"),
            }
        )
        {
            var id = await mira.UploadTrack(await Sounds.Short, ("visibility", visibility));
            await mira.Ready(id);
            (await davor.Get($"/api/v1/tracks/{id}/original")).Is(status, code);
            (await server.Visitor.Get($"/api/v1/tracks/{id}/original")).Is(401, "UNAUTHENTICATED");
            Assert.Equal(await File(), (await mira.Get($"/api/v1/tracks/{id}/original")).Is(200).Body);
        }

        (await mira.Get($"/api/v1/tracks/{Guid.CreateVersion7()}/original")).Is(404, "TRACK_NOT_FOUND");
    }

    [Fact]
    public async Task A_file_that_was_refused_is_not_kept()
    {
        var mira = await server.Register("mira");
        var cut = (await System.IO.File.ReadAllBytesAsync(await Sounds.Wav))[..100_000];
        var id = (await mira.Upload(cut, "cut.wav")).Is(202).Data.GetProperty("id").GetGuid();
        Assert.Equal("failed", (await mira.Processed(id)).Text("status"));
        (await mira.Get($"/api/v1/tracks/{id}/original")).Is(409, "TRACK_FAILED");
    }
}
