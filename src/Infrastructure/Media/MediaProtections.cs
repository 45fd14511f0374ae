using System.Diagnostics;
using System.Runtime.Versioning;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Confinement;

namespace Veza.Infrastructure.Media;

/// <summary>A protection, by its name in the settings, that is not to be had: why, and what would bring it.</summary>
internal sealed record MissingProtection(string Name, string Reason, string Remedy)
{
    public override string ToString() => $"{Name} ({Reason})";
}

/// <summary>
/// What this machine lets us put around a tool that reads a stranger's file. Found out once, by trying: each is put on
/// ffprobe, and only what it can begin under is counted. <see cref="Wrapper"/> stands before our own verb where a
/// namespace must be made by a program of one thread.
/// </summary>
internal sealed record MediaProtections(
    CellRules Rules,
    string[] Wrapper,
    IReadOnlyList<string> InForce,
    IReadOnlyList<MissingProtection> Missing
)
{
    internal const int NobodyId = 65534;
    private const int TrialMsMax = 10_000;
    private static readonly Lazy<Task<MediaProtections>> OfThisMachine = new(() => Detect());
    private static readonly string[] UserNamespace = ["unshare", "--user", "--map-current-user", "--net", "--"];

    internal bool HasLimits => !Missing.Any(missing => missing.Name == MediaSettings.Limits);

    /// <summary>Found out at the first call.</summary>
    internal static Task<MediaProtections> Known => OfThisMachine.Value;

    /// <summary>Looks anew; what is ruled out is not tried, as on a machine that has it not.</summary>
    internal static async Task<MediaProtections> Detect(
        bool otherUser = true,
        bool namespaces = true,
        bool landlock = true,
        bool filter = true
    )
    {
        if (!OperatingSystem.IsLinux())
            throw new PlatformNotSupportedException("Media is processed on Linux only");
        using var work = MediaWork.Create(Path.GetTempPath());
        int? user = otherUser && CanHandOver(work) ? NobodyId : null;
        var folder = landlock && Landlock.Version > 0 ? work.Directory : null;
        var best = new CellRules
        {
            Folder = folder,
            FiltersCalls = filter,
            UserId = user,
        };
        // With everything at once where that goes, as it does on most machines.
        var all = best with
        {
            HasOwnNetwork = true,
        };
        if (namespaces && user is not null && await Runs([], all))
            return Told(all, [], begins: true);
        if (namespaces && user is null && await Runs(UserNamespace, best))
            return Told(best, UserNamespace, begins: true);
        var (most, wrapper) = await Gather(best, namespaces);
        return Told(most, wrapper, await Runs(wrapper, most));
    }

    /// <summary>
    /// Why media is not processed here under these settings; none when all that is required is in force.
    /// </summary>
    internal IReadOnlyList<MissingProtection> Lacks(MediaSettings settings) =>
        [.. Missing.Where(missing => settings.Required.Contains(missing.Name))];

    /// <summary>For an operator to read.</summary>
    public override string ToString() =>
        $"{string.Join(", ", InForce)}; missing: {(Missing.Count == 0 ? "none" : string.Join(", ", Missing))}";

    /// <summary>One after the other: what does not go is left away.</summary>
    private static async Task<(CellRules Rules, string[] Wrapper)> Gather(CellRules wanted, bool namespaces)
    {
        var rules = new CellRules();
        foreach (
            var more in new Func<CellRules, CellRules>[]
            {
                r => r with { UserId = wanted.UserId },
                r => r with { Folder = wanted.Folder },
                r => r with { FiltersCalls = wanted.FiltersCalls },
                r => r with { HasOwnNetwork = namespaces },
            }
        )
        {
            if (more(rules) is var tried && tried != rules && await Runs([], tried))
                rules = tried;
        }

        var isWrapped = namespaces && !rules.HasOwnNetwork && await Runs(UserNamespace, rules);
        return (rules, isWrapped ? UserNamespace : []);
    }

    [SupportedOSPlatform("linux")]
    private static MediaProtections Told(CellRules rules, string[] wrapper, bool begins)
    {
        List<string> inForce = [];
        List<MissingProtection> missing = [];
        var hasNetwork = begins && (rules.HasOwnNetwork || wrapper.Length > 0);
        var (hasFilter, hasLandlock) = (begins && rules.FiltersCalls, begins && rules.Folder is not null);
        var without =
            hasNetwork ? "no network (own namespace)"
            : hasFilter ? "no network (no sockets)"
            : null;
        Note(
            MediaSettings.Network,
            without,
            "neither a network namespace nor a seccomp filter is permitted",
            "run on a kernel with CONFIG_SECCOMP_FILTER, in a container whose profile permits seccomp"
        );
        Note(
            MediaSettings.Files,
            hasLandlock ? "no files but the one in work (Landlock)" : null,
            "tools can read what this process can, keys too: the kernel has no Landlock, or it is not permitted",
            "run on Linux 5.13 or later with landlock in /sys/kernel/security/lsm (boot with lsm=landlock,...), in a "
                + "container whose profile permits the calls landlock_*"
        );
        var isApart = hasFilter && hasLandlock ? "the same user, cut off from its processes" : null;
        Note(
            MediaSettings.User,
            begins && rules.UserId is not null ? "user nobody" : isApart,
            "tools run as the user of this process and can signal and trace it",
            "start as root, which gives the tools to nobody, or see to files and to seccomp"
        );
        Note(
            MediaSettings.Privileges,
            begins ? "no new privileges" : null,
            "tools could not be begun with no_new_privs",
            "see what a seccomp profile forbids this process"
        );
        var processes = hasFilter ? "no processes, " : "";
        Note(
            MediaSettings.Limits,
            begins ? $"limits ({processes}memory, CPU time, files)" : null,
            "tools could not be begun with limits",
            "see what a seccomp profile forbids this process"
        );
        return new MediaProtections(rules, wrapper, inForce, missing);

        void Note(string name, string? how, string reason, string remedy)
        {
            if (how is null)
                missing.Add(new MissingProtection(name, reason, remedy));
            else
                inForce.Add(how);
        }
    }

    /// <summary>Another user is of use only where files can be given to it, and taken back.</summary>
    private static bool CanHandOver(MediaWork work)
    {
        try
        {
            File.WriteAllBytes(work.SourcePath, [1]);
            work.HandTo(NobodyId);
            return File.ReadAllBytes(work.SourcePath).Length == 1
                && Directory.GetFiles(Path.GetDirectoryName(work.RawPath("x"))!).Length == 0;
        }
        catch (Exception cause) when (cause is System.ComponentModel.Win32Exception or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<bool> Runs(string[] wrapper, CellRules rules)
    {
        // Not any program: one whose libraries must be within its reach.
        if (ToolPath.Find("ffprobe") is not { } tool)
            return false;
        if (wrapper.Length > 0 && ToolPath.Find(wrapper[0]) is null)
            return false;
        string[] words = [.. wrapper, .. OwnProgram.Words, .. rules.Words(), tool, "-version"];
        using var process = new Process { StartInfo = MediaSandbox.StartOf(words, Path.GetTempPath()) };
        // The thread that starts it is waited for by the kernel: see MediaThread.
        var exit = await MediaThread.Start(process);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TrialMsMax);
        await using var kill = limit.Token.Register(() => process.Kill(entireProcessTree: true));
        await Task.WhenAll(
            process.StandardOutput.BaseStream.CopyToAsync(Stream.Null),
            process.StandardError.BaseStream.CopyToAsync(Stream.Null)
        );
        return await exit == 0;
    }
}

/// <summary>How this program is begun again, for its verb <see cref="CellRules.Verb"/>.</summary>
internal static class OwnProgram
{
    internal static string[] Words { get; } = Find();

    internal static bool IsNative => AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is null;

    private static string[] Find()
    {
        var own = Environment.ProcessPath!;
        if (IsNative)
            return [own];
        var runtime = Path.GetFileName(own) == "dotnet" ? own : ToolPath.Require("dotnet");
        return [runtime, Path.Combine(AppContext.BaseDirectory, "veza.dll")];
    }
}

/// <summary>Where a program lies on the PATH, so that a missing one is known before it is needed.</summary>
internal static class ToolPath
{
    private const string Fallback = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    internal static string Search =>
        Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : Fallback;

    internal static string? Find(string name) =>
        Search.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    internal static string Require(string name) =>
        Find(name)
        ?? throw new FileNotFoundException(
            $"{name} is not installed: on Debian 'apt install ffmpeg libchromaprint-tools' brings it. The "
                + $"worker role cannot do without."
        );
}
