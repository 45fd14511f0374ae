using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Veza.Infrastructure.Confinement;

/// <summary>
/// The hidden verb <c>sandbox-exec</c>: this process gives up what <see cref="CellRules"/> say and becomes the program,
/// or ends without having begun it. Only the calling thread needs to be held: the others end when it becomes the
/// program.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class Cell
{
    /// <summary>As shells say of a program that is there and could not be begun.</summary>
    internal const int NotBegun = 126;

    /// <summary>What a message begins with when it is ours, and no tool's.</summary>
    internal const string Says = "veza " + CellRules.Verb + ": ";

    /// <summary>The names that a tool's environment has, and no others.</summary>
    internal static readonly string[] Variables = ["PATH", "LC_ALL", "AV_LOG_FORCE_NOCOLOR"];

    private const int OpenFilesMax = 64,
        ProcessesMax = 4096;
    private const int PipeSignal = 13,
        KillSignal = 9,
        SetMask = 2,
        MaskBytes = 8;
    private const int CloseOnExec = 4,
        FirstFreeDescriptor = 3,
        NewNetwork = 0x40000000,
        CapabilitiesTried = 64;
    private const int ParentDeathSignal = 1,
        DropFromBounding = 24,
        NoNewPrivileges = 38,
        Ambient = 47,
        ClearAll = 4;

    private const ulong Programs = Landlock.Execute | Landlock.ReadAll;
    private const ulong Drafts =
        Landlock.ReadAll | Landlock.WriteFile | Landlock.Truncate | Landlock.MakeFile | Landlock.RemoveFile;

    private static readonly string[] SystemFolders =
    [
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/nix/store",
        "/gnu/store",
    ];

    internal static Task<int> Enter(string[] words)
    {
        try
        {
            if (CellRules.Read(words) is not var (rules, program))
                throw new ArgumentException("not understood");
            var target = File.ResolveLinkTarget(program[0], returnFinalTarget: true)?.FullName;
            GiveUp(rules, target ?? Path.GetFullPath(program[0]));
            Become(program, rules.MemoryBytesMax);
        }
        catch (Exception cause)
        {
            // Whatever it is, the program does not begin.
            Console.Error.WriteLine(Says + cause.Message);
        }

        return Task.FromResult(NotBegun);
    }

    private static void GiveUp(CellRules rules, string program)
    {
        SystemCall.CloseRange.Try(FirstFreeDescriptor, int.MaxValue, CloseOnExec);
        nint? files = rules.Folder is { } folder ? Landlock.Prepare(Reach(folder, program)) : null;
        if (rules.HasOwnNetwork)
            SystemCall.Unshare.Do("unshare the network", NewNetwork);
        // Without the right to do so there is nothing to drop: with no new privileges none comes back.
        for (var capability = 0; capability < CapabilitiesTried; capability++)
            SystemCall.Control.Try(DropFromBounding, capability);
        SystemCall.Control.Try(Ambient, ClearAll);
        if (rules.UserId is { } id)
        {
            SystemCall.SetGroups.Do("give up groups", 0, 0);
            SystemCall.SetGroup.Do("become a group", id, id, id);
            SystemCall.SetUser.Do("become a user", id, id, id);
        }

        // After the user has changed, which would undo it.
        SystemCall.Control.Do("die with the parent", ParentDeathSignal, KillSignal);
        if (rules.ParentId is { } parent && SystemCall.ParentId.Do("ask for the parent") != parent)
            throw new IOException("who started it is gone");
        SystemCall.Control.Do("no new privileges", NoNewPrivileges, 1);
        Limit(0, rules.CpuSecondsMax, rules.CpuSecondsMax + 1);
        Limit(1, rules.FileBytesMax, rules.FileBytesMax);
        Limit(4, 0, 0);
        Limit(6, ProcessesMax, ProcessesMax);
        Limit(7, OpenFilesMax, OpenFilesMax);
        // The runtime ignores broken pipes, and what is ignored stays so.
        using var defaults = new NativeMemory(new byte[32]);
        SystemCall.Action.Do("hear of broken pipes", PipeSignal, defaults.At, 0, MaskBytes);
        SystemCall.Mask.Do("hear signals", SetMask, defaults.At, 0, MaskBytes);
        if (files is { } only)
            Landlock.Restrict(only);
        if (rules.FiltersCalls)
            CallFilter.Install(Environment.ProcessId);
    }

    /// <summary>The source, where drafts go, the program, and what programs are made of.</summary>
    private static IEnumerable<(string Path, ulong Access)> Reach(string folder, string program) =>
        [
            (Path.Combine(folder, "source"), Landlock.ReadFile),
            (Path.Combine(folder, "raw"), Drafts),
            (program, Landlock.Execute | Landlock.ReadFile),
            .. SystemFolders.Select(system => (system, Programs)),
            ("/etc/ld.so.cache", Landlock.ReadFile),
            ("/dev/urandom", Landlock.ReadFile),
            ("/dev/null", Landlock.ReadFile | Landlock.WriteFile),
        ];

    /// <summary>
    /// No higher than it is already: a container's own limits may be lower, and raising them is not permitted.
    /// </summary>
    private static void Limit(int what, long soft, long hard)
    {
        Span<byte> both = stackalloc byte[16];
        using var before = new NativeMemory(both);
        SystemCall.Limit.Do($"read limit {what}", 0, what, 0, before.At);
        // None is the highest number.
        var highest = (ulong)Marshal.ReadInt64(before.At, sizeof(long));
        BitConverter.TryWriteBytes(both, Math.Min((ulong)soft, highest));
        BitConverter.TryWriteBytes(both[sizeof(long)..], Math.Min((ulong)hard, highest));
        using var limits = new NativeMemory(both);
        SystemCall.Limit.Do($"limit {what}", 0, what, limits.At);
    }

    /// <summary>The limit of memory last: the runtime has reserved more than it by far, and could not go on.</summary>
    private static void Become(string[] program, long memoryBytesMax)
    {
        const int addressSpace = 9;
        using var path = NativeMemory.Text(program[0]);
        var words = NativeMemory.Texts(program);
        var known = Variables.Where(name => Environment.GetEnvironmentVariable(name) is not null);
        var variables = NativeMemory.Texts([
            .. known.Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}"),
        ]);
        Limit(addressSpace, memoryBytesMax, memoryBytesMax);
        SystemCall.Execute.Do($"begin {program[0]}", path.At, words, variables);
    }
}
