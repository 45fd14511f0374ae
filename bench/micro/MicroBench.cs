using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Media;

namespace Veza.Bench.Micro;

/// <summary>Runs the micro benchmarks; their reports are kept in bench/results/.</summary>
internal static class MicroBench
{
    internal static Task<int> Run()
    {
        var config = ManualConfig
            .Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddExporter(MarkdownExporter.GitHub)
            .WithArtifactsPath("bench/results/micro");
        BenchmarkRunner.Run<HotNouns>(config);
        return Task.FromResult(0);
    }
}

/// <summary>
/// Nouns that stand on hot paths: what a message costs to serialize once, and what a playlist costs to write.
/// </summary>
[MemoryDiagnoser]
public class HotNouns
{
    private readonly AudioLadder ladder = new(
        1,
        240_000,
        44_100,
        10_584_000,
        [
            new AudioRendition(
                "128k",
                "128k.m4a",
                "audio/mp4",
                "mp4a.40.2",
                44_100,
                2,
                null,
                129_000,
                133_000,
                3_870_000,
                44_100,
                1024,
                0,
                new ByteSpan(0, 900),
                [.. Enumerable.Range(0, 60).Select(i => new CmafSegment(900 + i * 64_500, 64_500, 176_128))]
            ),
        ]
    );

    [Benchmark]
    public int SerializeMessage() => Frames.Created(Message.Example).Length;

    [Benchmark]
    public int ReadClientFrame() =>
        Frames
            .Read(
                """{"type":"message.send","ref":"c1","room_id":"019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a","client_id":"c0ffee01-0001","content":"Listen to the second verse"}"""u8
            )!
            .Content!.Length;

    [Benchmark]
    public int WriteMediaPlaylist() => HlsPlaylists.Media(ladder.Renditions[0]).Length;
}
