using System.Globalization;

namespace Veza.Infrastructure.Confinement;

/// <summary>
/// What a program that reads a stranger's file is held to, as words of a command line. <see cref="Folder"/> is all that
/// it may reach beside the system's programs; null where the kernel has no Landlock.
/// </summary>
internal sealed record CellRules
{
    internal const string Verb = "sandbox-exec";

    internal string? Folder { get; init; }

    /// <summary>By <see cref="CallFilter"/>.</summary>
    internal bool FiltersCalls { get; init; }

    /// <summary>A network namespace with nothing in it.</summary>
    internal bool HasOwnNetwork { get; init; }

    /// <summary>Whose process it becomes; null leaves it ours.</summary>
    internal int? UserId { get; init; }

    /// <summary>Without whom it does not begin. It ends with the thread that started it.</summary>
    internal int? ParentId { get; init; }

    internal long MemoryBytesMax { get; init; } = long.MaxValue;

    internal long CpuSecondsMax { get; init; } = int.MaxValue;

    internal long FileBytesMax { get; init; } = long.MaxValue;

    internal string[] Words() =>
        [
            Verb,
            Folder ?? "",
            FiltersCalls ? "calls" : "",
            HasOwnNetwork ? "network" : "",
            Word(UserId),
            Word(ParentId),
            Word(MemoryBytesMax),
            Word(CpuSecondsMax),
            Word(FileBytesMax),
            "--",
        ];

    internal static (CellRules Rules, string[] Program)? Read(string[] words) =>
        words
            is [
                var folder,
                var calls,
                var network,
                var user,
                var parent,
                var memory,
                var cpu,
                var file,
                "--",
                .. { Length: > 0 } program,
            ]
            ? (
                new CellRules
                {
                    Folder = folder.Length > 0 ? folder : null,
                    FiltersCalls = calls.Length > 0,
                    HasOwnNetwork = network.Length > 0,
                    UserId = user.Length > 0 ? Int(user) : null,
                    ParentId = parent.Length > 0 ? Int(parent) : null,
                    MemoryBytesMax = Long(memory),
                    CpuSecondsMax = Long(cpu),
                    FileBytesMax = Long(file),
                },
                program
            )
            : null;

    private static string Word(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static int Int(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static long Long(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
