using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.ObjectStorage;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>Bytes of streams sent by somebody else: nginx out of the same directory, and the bucket itself.</summary>
[Trait("Touches", "Objects")]
public sealed class DeliveryTests
{
    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    [Fact]
    public async Task Nginx_sends_ranges_of_a_track_and_nobody_gets_at_its_files_without_a_signed_url()
    {
        var (storage, port) = (TestRun.NewFolder("storage"), VezaServer.FreePort());
        await using var server = await VezaServer.Start(
            ("VEZA__STORAGE", storage),
            ("VEZA__STREAM__DELIVERY", "accel"),
            ("VEZA__PUBLIC_URL", $"http://127.0.0.1:{port}")
        );
        await using var nginx = await Nginx.Start(server.Address, port, storage);
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Wav, ("visibility", "supporters"));
        await mira.Ready(id);
        var stream = await mira.Stream(id);
        var url = stream.GetProperty("variants")[2].Text("url");
        Assert.StartsWith(nginx.Address, url, StringComparison.Ordinal);
        var stored = await File.ReadAllBytesAsync(Path.Combine(storage, $"tracks/{id}/1/lossless.mp4"));

        // What Veza says to nginx.
        var handed = (
            await server.Visitor.Get(url.Replace(nginx.Address, server.Address, StringComparison.Ordinal))
        ).Is(200);
        Assert.Equal(
            ($"/veza-objects/tracks/{id}/1/lossless.mp4", 0),
            (handed.Header("X-Accel-Redirect"), handed.Body.Length)
        );

        // What nginx says to the player.
        var whole = (await server.Visitor.Get(url)).Is(200);
        Assert.Equal(stored, whole.Body);
        Assert.Null(whole.Header("X-Accel-Redirect"));
        Assert.Equal(("audio/mp4", "*"), (whole.ContentType, whole.Header("Access-Control-Allow-Origin")));
        Assert.Contains("immutable", whole.Header("Cache-Control"), StringComparison.Ordinal);
        var part = (await server.Visitor.Get(url, ("Range", "bytes=100-299"))).Is(206);
        Assert.Equal(
            ($"bytes 100-299/{stored.Length}", true),
            (part.Header("Content-Range"), stored.AsSpan(100, 200).SequenceEqual(part.Body))
        );
        Assert.InRange(await Tools.DecodedSeconds(stream.Text("hls_url")), Sounds.SongS - 0.05, Sounds.SongS + 0.05);

        (await server.Visitor.Get($"{nginx.Address}/veza-objects/tracks/{id}/1/lossless.mp4")).Is(404);
        (await server.Visitor.Get(url.Replace("lossless.mp4", "ladder.json", StringComparison.Ordinal))).Is(404);
        // A preview is never left to another server's reading of ranges.
        var preview = (await server.Visitor.Stream(id)).Text("hls_url");
        Assert.InRange(await Tools.DecodedSeconds(preview), 3.9, 4.1);
        (await server.Visitor.Get(preview.Replace("master.m3u8", "lossless.mp4", StringComparison.Ordinal))).Is(
            403,
            "PREVIEW_ONLY"
        );
    }

    [Fact]
    public async Task The_bucket_sends_ranges_of_a_track_by_a_url_that_caches_may_keep()
    {
        await using var bucket = await Bucket.Create();
        await using var server = await VezaServer.Start(
            ("VEZA__STORAGE", bucket.Url),
            ("VEZA__S3__ACCESS_KEY", Surroundings.S3AccessKey),
            ("VEZA__S3__SECRET_KEY", Surroundings.S3SecretKey),
            ("VEZA__STREAM__DELIVERY", "redirect")
        );
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Wav, ("visibility", "supporters"));
        await mira.Ready(id);
        var stream = await mira.Stream(id);
        var redirect = (
            await server.Visitor.Get(stream.GetProperty("variants")[0].Text("url"), ("Range", "bytes=100-299"))
        ).Is(302);
        Assert.Equal("*", redirect.Header("Access-Control-Allow-Origin"));
        Assert.Contains("private", redirect.Header("Cache-Control"), StringComparison.Ordinal);
        var location = redirect.Header("Location")!;
        Assert.StartsWith($"{Surroundings.S3Endpoint}/{bucket.Name}/tracks/{id}/", location, StringComparison.Ordinal);

        Assert.Equal(
            stream
                .GetProperty("variants")[0]
                .Number("size_bytes")
                .ToString(System.Globalization.CultureInfo.InvariantCulture),
            (await server.Visitor.Head(stream.GetProperty("variants")[0].Text("url"))).Is(200).Header("Content-Length")
        );
        var part = (await server.Visitor.Get(location, ("Range", "bytes=100-299"))).Is(206);
        Assert.Equal(200, part.Body.Length);
        foreach (var word in new[] { "public", "max-age=2592000", "immutable" })
            Assert.Contains(word, part.Header("Cache-Control"), StringComparison.Ordinal);
        var whole = (await server.Visitor.Get(location)).Is(200);
        Assert.Equal(whole.Body[100..300], part.Body);
        // Everybody who may hear it gets the same address, which is what makes a cache useful.
        Assert.Equal(
            location,
            (await server.Visitor.Get((await mira.Stream(id)).GetProperty("variants")[0].Text("url")))
                .Is(302)
                .Header("Location")
        );
        foreach (
            var forged in new[]
            {
                location.Replace("128k", "320k", StringComparison.Ordinal),
                location[..^1] + (location[^1] == '0' ? '1' : '0'),
                location.Split('?')[0],
            }
        )
            (await server.Visitor.Get(forged)).Is(403);
        // ffmpeg complains of a connection that it cannot keep from one server to the other, and opens another.
        Assert.InRange(
            await Tools.DecodedSeconds(stream.Text("hls_url"), "-http_persistent", "0"),
            Sounds.SongS - 0.05,
            Sounds.SongS + 0.05
        );

        var preview = (await server.Visitor.Stream(id)).Text("hls_url");
        Assert.InRange(await Tools.DecodedSeconds(preview), 3.9, 4.1);
        (await server.Visitor.Get(preview.Replace("master.m3u8", "128k.m4a", StringComparison.Ordinal))).Is(
            403,
            "PREVIEW_ONLY"
        );
    }

    /// <summary>The example of Amazon's own documentation, "Authenticating Requests: Using Query Parameters".</summary>
    [Fact]
    public void A_presigned_query_is_the_one_that_amazon_documents()
    {
        var links = new BucketLinks(
            new S3Settings(
                "examplebucket",
                "https://examplebucket.s3.amazonaws.com",
                "us-east-1",
                "AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
            ),
            null,
            TimeProvider.System
        );
        var query = links.Query(
            "/test.txt",
            new DateTime(2013, 5, 24, 0, 0, 0, DateTimeKind.Utc),
            TimeSpan.FromDays(1)
        );
        Assert.EndsWith(
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
            query,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_link_is_the_same_for_an_hour_good_for_two_more_and_points_to_the_cdn_where_there_is_one()
    {
        var settings = new S3Settings("songs", null, "eu-central-1", "key", "secret");
        string To(string time, Uri? cdn = null) =>
            new BucketLinks(
                settings,
                cdn,
                new Clock(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture))
            )
                .To("tracks/x/1/128k.m4a")
                .AbsoluteUri;
        var first = To("2026-03-01T10:00:00Z");
        Assert.Equal(first, To("2026-03-01T10:59:59Z"));
        Assert.NotEqual(first, To("2026-03-01T11:00:00Z"));
        Assert.Contains("X-Amz-Date=20260301T100000Z&X-Amz-Expires=10800", first, StringComparison.Ordinal);
        Assert.StartsWith(
            "https://songs.s3.eu-central-1.amazonaws.com/tracks/x/1/128k.m4a?",
            first,
            StringComparison.Ordinal
        );
        Assert.Equal(
            first.Replace("songs.s3.eu-central-1.amazonaws.com", "cdn.example.org", StringComparison.Ordinal),
            To("2026-03-01T10:00:00Z", new Uri("https://cdn.example.org"))
        );
    }
}
