using System.Diagnostics;
using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

/// <summary>Makes sound files with ffmpeg in a folder of its own, and runs the pipeline on them.</summary>
public sealed class Recordings : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("veza-recordings-").FullName;

    internal string Scratch => Path.Combine(_folder, "scratch");

    internal string PathOf(string name) => Path.Combine(_folder, name);

    internal string Write(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(PathOf(name), bytes);
        return PathOf(name);
    }

    /// <summary>Two notes over a little noise: enough for every coder to have work.</summary>
    internal Task<string> Notes(string name, int rateHz, double seconds, params string[] output) =>
        Make(
            name,
            [
                "-f",
                "lavfi",
                "-i",
                FormattableString.Invariant(
                    $"aevalsrc='0.3*sin(2*PI*330*t)+0.05*random(0)|0.3*sin(2*PI*440*t)+0.05*random(1)':s={rateHz}:d={seconds}"
                ),
                .. output,
            ]
        );

    internal async Task<string> Make(string name, params string[] arguments)
    {
        if (!File.Exists(PathOf(name)))
            await Tool("ffmpeg", ["-nostdin", "-v", "error", "-y", .. arguments, PathOf(name)], _ => { });
        return PathOf(name);
    }

    /// <summary>How many samples a player gets out of a file.</summary>
    internal static async Task<long> DecodedSamples(string path)
    {
        var bytes = 0L;
        await Tool(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "pipe:1"],
            count => bytes += count
        );
        return bytes / 2;
    }

    /// <summary>Puts the file into a work directory and hands both to the test.</summary>
    internal async Task<T> In<T>(string path, Func<MediaSandbox, MediaWork, Task<T>> run)
    {
        var sandbox = await MediaSandbox.Detect(CancellationToken.None);
        using var work = MediaWork.Create(Scratch);
        File.Copy(path, work.SourcePath);
        return await run(sandbox, work);
    }

    internal Task<AudioFacts> Probe(string path) =>
        In(path, (sandbox, work) => AudioProbe.Read(sandbox, work, CancellationToken.None));

    internal Task<EncodedAudio> Encode(string path) =>
        In(
            path,
            async (sandbox, work) =>
                await AudioEncoding.Run(
                    sandbox,
                    work,
                    await AudioProbe.Read(sandbox, work, CancellationToken.None),
                    null,
                    CancellationToken.None
                )
        );

    internal async Task<string> RefusalOf(string path) =>
        (await Assert.ThrowsAsync<AudioRefused>(() => Encode(path))).Code;

    private static async Task Tool(string tool, string[] arguments, Action<int> onBytes)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        var buffer = new byte[65536];
        for (int count; (count = await process.StandardOutput.BaseStream.ReadAsync(buffer)) > 0; )
            onBytes(count);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
