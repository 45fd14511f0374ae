using System.ComponentModel;
using System.Diagnostics;

namespace Veza.Demo;

/// <summary>The songs as files, each in its own format. A file that is there is not made again.</summary>
internal static class SongFiles
{
    public static async Task Make(DirectoryInfo output, CancellationToken ct)
    {
        Song[] missing = [.. Song.All.Where(song => !File.Exists(In(output, song.Credits)))];
        var clock = Stopwatch.StartNew();
        var studio = new Studio();
        foreach (Song song in missing)
        {
            ct.ThrowIfCancellationRequested();
            Bus master = song.Render(studio);
            // Half a file must never look like a whole one: it gets its name when it is complete.
            string wav = Path.Combine(output.FullName, $".{song.Credits.Slug}.part.wav"),
                done = wav;
            WavFile.Write(wav, master, song.Credits);
            studio.Close(master);
            if (song.Credits.Extension != "wav")
            {
                done = Path.ChangeExtension(wav, song.Credits.Extension);
                await Encode(wav, done, song.Credits, ct);
                File.Delete(wav);
            }

            File.Move(done, In(output, song.Credits), overwrite: true);
        }

        if (missing.Length > 0)
            Console.WriteLine(
                $"{missing.Length} songs synthesized in {clock.Elapsed.TotalSeconds:0.0} s, in {output.FullName}"
            );
    }

    public static string In(DirectoryInfo output, Credits credits) => Path.Combine(output.FullName, credits.FileName);

    public static string MediaType(Credits credits) =>
        credits.Extension switch
        {
            "flac" => "audio/flac",
            "mp3" => "audio/mpeg",
            "opus" => "audio/ogg",
            _ => "audio/wav",
        };

    private static async Task Encode(string wav, string target, Credits credits, CancellationToken ct)
    {
        string[] codec = credits.Extension switch
        {
            "flac" => ["-c:a", "flac"],
            "mp3" => ["-c:a", "libmp3lame", "-b:a", "256k", "-id3v2_version", "3"],
            _ => ["-c:a", "libopus", "-b:a", "160k"],
        };
        var start = new ProcessStartInfo("ffmpeg") { RedirectStandardError = true };
        foreach (
            string argument in (string[])
                [
                    "-nostdin",
                    "-hide_banner",
                    "-loglevel",
                    "error",
                    "-y",
                    "-i",
                    wav,
                    "-map",
                    "0:a",
                    "-map_metadata",
                    "-1",
                    "-fflags",
                    "+bitexact",
                    "-flags:a",
                    "+bitexact",
                    "-metadata",
                    $"title={credits.Title}",
                    "-metadata",
                    $"artist={credits.Artist}",
                    "-metadata",
                    $"album={credits.Album}",
                    "-metadata",
                    $"genre={credits.Genre}",
                    .. codec,
                    target,
                ]
        )
        {
            start.ArgumentList.Add(argument);
        }

        using Process ffmpeg = Start(start);
        string said;
        try
        {
            said = await ffmpeg.StandardError.ReadToEndAsync(ct);
            await ffmpeg.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            ffmpeg.Kill();
            throw;
        }

        if (ffmpeg.ExitCode != 0)
            throw new SeedFailure($"ffmpeg could not write {target} (exit {ffmpeg.ExitCode}): {said.Trim()}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new SeedFailure("ffmpeg did not start.");
        }
        catch (Win32Exception missing)
        {
            throw new SeedFailure($"ffmpeg cannot be started ({missing.Message}). Install it: apt-get install ffmpeg.");
        }
    }
}
