using System.Collections.Concurrent;
using Veza.Tests.Infrastructure.Media;

namespace Veza.Tests.Harness;

/// <summary>Sound files, each made once per run and shared by all classes.</summary>
internal static class Sounds
{
    private static readonly Recordings Recordings = new();
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Made = new();

    static Sounds() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Recordings.Dispose();

    internal const double ShortS = 3,
        SongS = 9.3,
        LongS = 20;

    /// <summary>Three seconds of FLAC, with tags: enough where only something that plays is needed.</summary>
    internal static Task<string> Short =>
        Notes(
            "short.flac",
            ShortS,
            "-metadata",
            "title=From The File",
            "-metadata",
            "artist=Tagged Artist",
            "-metadata",
            "genre=house"
        );

    internal static Task<string> Mp3 => Notes("song.mp3", SongS, "-c:a", "libmp3lame", "-b:a", "192k");

    internal static Task<string> Flac => Notes("song.flac", SongS);

    internal static Task<string> Wav => Notes("song.wav", SongS);

    /// <summary>Long enough to play ten seconds of it.</summary>
    internal static Task<string> Long => Notes("long.flac", LongS);

    /// <summary>Long enough to be met while it is being made, however fast the machine is.</summary>
    internal static Task<string> Minutes => Notes("minutes.mp3", 300, "-c:a", "libmp3lame", "-b:a", "128k");

    internal static Task<string> Notes(string name, double seconds, params string[] output) =>
        Once(name, () => Recordings.Notes(name, 44100, seconds, output));

    internal static Task<string> Make(string name, params string[] arguments) =>
        Once(name, () => Recordings.Make(name, arguments));

    private static Task<string> Once(string name, Func<Task<string>> make) =>
        Made.GetOrAdd(name, _ => new Lazy<Task<string>>(make)).Value;
}
