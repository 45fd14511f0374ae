using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>A stop breaks nobody's request: who keeps a connection is told that it ends, before it does.</summary>
public sealed class DrainingTests
{
    [Fact]
    public async Task In_the_first_second_of_a_stop_each_answer_ends_its_connection()
    {
        await using var server = await VezaServer.Start();
        using var kept = await RawRequest.Open(server, "GET /health/live HTTP/1.1\nHost: veza\n\n");
        Assert.DoesNotContain("Connection: close", await kept.ReadUntil("\r\n\r\n"), StringComparison.Ordinal);
        var stopping = server.Stop();
        await Eventually.True("it is not ready", async () => (await server.Visitor.Get("/health/ready")).Status == 503);
        await kept.Send("GET /api/v1/tracks HTTP/1.1\r\nHost: veza\r\n\r\n"u8.ToArray());
        var answer = await kept.ReadToEnd();
        Assert.StartsWith(
            "HTTP/1.1 200",
            answer[answer.IndexOf("HTTP/1.1", StringComparison.Ordinal)..],
            StringComparison.Ordinal
        );
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task Who_goes_when_they_are_told_meets_no_broken_connection()
    {
        await using var server = await VezaServer.Start();
        var answered = 0;
        using var http = new HttpClient { BaseAddress = new Uri(server.Address) };
        var asking = Enumerable
            .Range(0, 8)
            .Select(async _ =>
            {
                for (var isTold = false; !isTold; )
                {
                    using var answer = await http.GetAsync("/api/v1/tracks?limit=1");
                    Assert.Equal(200, (int)answer.StatusCode);
                    isTold = answer.Headers.ConnectionClose ?? false;
                    Interlocked.Increment(ref answered);
                }
            })
            .ToArray();
        await Eventually.True("they ask", () => Task.FromResult(Volatile.Read(ref answered) > 100));
        Assert.Equal(0, await server.Stop());
        await Task.WhenAll(asking);
    }

    /// <summary>
    /// Its lease would run out, and the try and a loss be counted, if the worker were told only after the last client
    /// has gone.
    /// </summary>
    [Fact]
    public async Task A_job_is_put_back_at_once_however_long_a_client_keeps_the_process()
    {
        await using var server = await VezaServer.Start();
        var mira = await Actor.Register(server, "mira");
        var track = await mira.UploadTrack(await Sounds.Minutes);
        await Eventually.True(
            "the encoder is at work",
            async () => (await mira.Get($"/api/v1/tracks/{track}/status")).Is(200).Data.Number("progress") > 0
        );
        var song = await File.ReadAllBytesAsync(await Sounds.Wav);
        using var slow = await RawRequest.BeginUpload(mira, song, song.Length / 2);
        await Eventually.True(
            "the upload is being taken",
            async () => await server.Database.Scalar<long>("select count(*) from upload where status = 'open'") == 1
        );
        var stopping = server.Stop();
        await Eventually.True(
            "the job is put back",
            async () =>
                await server.Database.Scalar<string>(
                    "select state || ' ' || attempts || ' ' || losses from job where subject_id = $1",
                    track
                ) == "queued 0 0"
        );
        await slow.Send(song.AsMemory(song.Length / 2));
        await slow.Send("\r\n--the-boundary--\r\n"u8.ToArray());
        Assert.Contains("202", await slow.ReadUntil("\r\n"), StringComparison.Ordinal);
        Assert.Equal(0, await stopping);
    }
}
