using System.Text;
using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class MediaSandboxTests(Recordings recordings) : IClassFixture<Recordings>
{
    private static readonly MediaLimits Minute = new(TimeSpan.FromMinutes(1), 1 << 20);
    private static readonly string[] Endless = ["-re", "-i", "source", "-f", "s16le", "pipe:1"];

    /// <summary>Past the sniffing on purpose: what the tool itself does with a file that names another.</summary>
    [Fact]
    public async Task A_playlist_in_disguise_opens_no_other_file()
    {
        var victim = await recordings.Notes("victim.mp3", 44100, 1, "-c:a", "libmp3lame");
        string[] attacks =
        [
            $"#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:60,\nfile://{victim}\n#EXT-X-ENDLIST\n",
            $"ffconcat version 1.0\nfile {victim}\n",
            $"ffconcat version 1.0\nfile 'http://127.0.0.1:9/x.mp3'\n",
        ];
        foreach (var attack in attacks)
        {
            var path = recordings.Write("attack.mp3", Encoding.UTF8.GetBytes(attack));
            Assert.Equal("NOT_AUDIO", await recordings.RefusalOf(path));
            var heard = 0L;
            var run = await recordings.In(
                path,
                (sandbox, work) =>
                    sandbox.Encode(
                        work,
                        ["-i", "source", "-f", "s16le", "pipe:1"],
                        Minute,
                        async (output, ct) =>
                        {
                            var bytes = new MemoryStream();
                            await output.CopyToAsync(bytes, ct);
                            heard = bytes.Length;
                        },
                        CancellationToken.None
                    )
            );
            Assert.NotEqual(0, run.ExitCode);
            Assert.Equal(0, heard);
            Assert.Contains("not on whitelist", run.StderrTail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Cancelling_kills_the_tool_before_its_time_is_over()
    {
        var path = await recordings.Notes("long.wav", 8000, 60);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(700));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            recordings.In(path, (sandbox, work) => sandbox.Encode(work, Endless, Minute, null, stop.Token))
        );
        // Nothing else ended it: a tool whose time is over is told of as a file that is refused.
        Assert.True(stop.IsCancellationRequested);
    }

    [Fact]
    public async Task A_tool_that_takes_too_long_is_killed_and_the_file_is_told()
    {
        var path = await recordings.Notes("slow.wav", 8000, 60);
        var refused = await Assert.ThrowsAsync<AudioRefused>(() =>
            recordings.In(
                path,
                (sandbox, work) =>
                    sandbox.Encode(
                        work,
                        Endless,
                        Minute with
                        {
                            WallMax = TimeSpan.FromSeconds(1),
                        },
                        null,
                        CancellationToken.None
                    )
            )
        );
        Assert.Equal("AUDIO_TOO_SLOW", refused.Code);
    }

    [Fact]
    public async Task A_fault_while_reading_ends_the_tool_too()
    {
        var path = await recordings.Notes("broken.wav", 8000, 60);
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            recordings.In(
                path,
                (sandbox, work) =>
                    sandbox.Encode(
                        work,
                        Endless,
                        Minute,
                        (_, _) => throw new InvalidOperationException(),
                        CancellationToken.None
                    )
            )
        );
    }

    [Fact]
    public async Task The_tool_may_write_no_more_than_it_was_given()
    {
        var path = await recordings.Notes("big.wav", 44100, 20);
        var size = await recordings.In(
            path,
            async (sandbox, work) =>
            {
                Assert.SkipUnless(sandbox.Protections.HasLimits, "prlimit is not to be had here");
                await sandbox.Encode(
                    work,
                    ["-i", "source", "-f", "wav", "raw/out.wav"],
                    Minute,
                    null,
                    CancellationToken.None
                );
                return new FileInfo(work.RawPath("out.wav")).Length;
            }
        );
        Assert.InRange(size, 0, Minute.OutputBytesMax);
    }

    [Fact]
    public async Task Nothing_is_left_behind_and_a_planted_link_is_not_followed()
    {
        var path = recordings.Write("any.bin", [1]);
        var left = await recordings.In(
            path,
            (_, work) =>
            {
                File.CreateSymbolicLink(work.RawPath("128k.m4a"), "/etc/hostname");
                Assert.Throws<InvalidDataException>(() => work.OpenRaw("128k.m4a"));
                return Task.FromResult(work.Directory);
            }
        );
        Assert.False(Directory.Exists(left));
    }

    [Fact]
    public async Task Only_the_last_words_are_kept()
    {
        var tail = new TextTail(5);
        await tail.Read(new StringReader("abc"));
        Assert.Equal("abc", tail.ToString());
        await tail.Read(new StringReader("defgh"));
        Assert.Equal("defgh", tail.ToString());
        await tail.Read(new StringReader("xy"));
        Assert.Equal("fghxy", tail.ToString());
    }
}
