using System.Diagnostics;

namespace Veza.Bench.Fuzz;

/// <summary>One file to try: its name says what is wrong with it.</summary>
internal sealed record AudioCase(string Name, byte[] Bytes);

/// <summary>
/// Two seconds of two notes in each format that is taken, made by ffmpeg: what the fuzzer bends and the crafted files
/// are cut from.
/// </summary>
internal sealed class SeedSounds : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("veza-fuzz-").FullName;

    private static readonly (string Name, string[] Coder)[] Formats =
    [
        ("a.mp3", ["-c:a", "libmp3lame", "-b:a", "128k", "-metadata", "title=Seed", "-metadata", "artist=Somebody"]),
        ("a.m4a", ["-c:a", "aac", "-b:a", "96k", "-metadata", "title=Seed"]),
        ("a.aac", ["-c:a", "aac", "-b:a", "96k", "-f", "adts"]),
        ("a.flac", ["-c:a", "flac", "-metadata", "title=Seed"]),
        ("a.wav", ["-c:a", "pcm_s16le"]),
        ("a.aiff", ["-c:a", "pcm_s16be"]),
        ("a.ogg", ["-c:a", "libvorbis", "-metadata", "title=Seed"]),
        ("a.opus", ["-c:a", "libopus", "-b:a", "64k"]),
    ];

    internal IEnumerable<string> Names => Formats.Select(f => f.Name);

    internal byte[] Bytes(string name) => File.ReadAllBytes(PathOf(name));

    internal string PathOf(string name) => Path.Combine(folder, name);

    internal async Task Make()
    {
        foreach (var (name, coder) in Formats)
            await Make(name, coder);
    }

    internal async Task<byte[]> Make(string name, params string[] coder)
    {
        await Run(
            "ffmpeg",
            [
                "-nostdin",
                "-v",
                "error",
                "-y",
                "-f",
                "lavfi",
                "-i",
                "aevalsrc='0.3*sin(2*PI*330*t)|0.3*sin(2*PI*440*t)':s=44100:d=2",
                .. coder,
                PathOf(name),
            ]
        );
        return Bytes(name);
    }

    /// <summary>The seed with a share of its bits flipped, the same for the same number.</summary>
    internal async Task<byte[]> Fuzz(string name, int seed, string ratio)
    {
        await Run(
            "sh",
            ["-c", "exec zzuf -s \"$1\" -r \"$2\" < \"$3\" > \"$3.fuzzed\"", "zzuf", $"{seed}", ratio, PathOf(name)]
        );
        return Bytes(name + ".fuzzed");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task Run(string tool, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
