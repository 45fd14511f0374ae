using System.Diagnostics;

namespace Veza.Infrastructure.Media;

/// <summary>
/// What this machine lets us put around a tool that reads a stranger's file. Found out once, by trying: a container without the rights, or a system
/// without the programs, gets less, and <see cref="InForce"/> and <see cref="Missing"/> say so.
/// </summary>
internal sealed record MediaProtections(IReadOnlyList<string> Outer, bool HasLimits, int? UserId, IReadOnlyList<string> InForce, IReadOnlyList<string> Missing)
{
    internal const int NobodyId = 65534;
    private const int TrialMsMax = 5_000;

    private sealed record Rung(string Name, string[] Program, int? UserId = null);

    // The child dies with the thread that started it: a killed worker leaves no tool behind.
    private static readonly string[] Bound = ["--no-new-privs", "--pdeathsig=KILL", "--"];
    private static readonly string[] Nobody = [$"--reuid={NobodyId}", $"--regid={NobodyId}", "--clear-groups"];

    // From the strongest to the weakest; the first that runs is taken.
    private static readonly Rung[] Users =
    [
        new("user nobody without capabilities", ["setpriv", .. Nobody, "--inh-caps=-all", "--bounding-set=-all", .. Bound], NobodyId),
        new("user nobody", ["setpriv", .. Nobody, .. Bound], NobodyId),
        new("no new privileges", ["setpriv", .. Bound]),
    ];

    private static readonly Rung[] Networks =
    [
        new("no network", ["unshare", "--net", "--"]),
        new("no network (user namespace)", ["unshare", "--user", "--map-current-user", "--net", "--"]),
    ];

    internal static async Task<MediaProtections> Detect(CancellationToken ct)
    {
        List<string> inForce = [], missing = [];
        var network = await First(Networks[..1], [], ct);
        var user = await First(CanHandOver() ? Users : Users[^1..], network?.Program ?? [], ct);
        string[] outer = [.. network?.Program ?? [], .. user?.Program ?? []];
        if (network is null && (network = await First(Networks[1..], outer, ct)) is not null) outer = [.. outer, .. network.Program];
        var limits = await Runs([.. outer, "prlimit", "--core=0", "--nofile=64", "--", "true"], ct);

        Note(network?.Name, "network access is not cut off (unshare --net is not permitted)");
        Note(user?.Name, "tools keep our privileges (setpriv is missing or not permitted)");
        Note(limits ? "limits on memory, CPU time, file size and open files" : null, "no limits on memory and CPU time (prlimit is missing or not permitted)");
        if (user is not null && user.UserId is null) missing.Add("tools run as the user of this process");
        return new MediaProtections(outer, limits, user?.UserId, inForce, missing);

        void Note(string? name, string otherwise)
        {
            if (name is null) missing.Add(otherwise);
            else inForce.Add(name);
        }
    }

    /// <summary>Another user is of use only where files can be given to it, and taken back.</summary>
    private static bool CanHandOver()
    {
        try
        {
            using var work = MediaWork.Create(Path.GetTempPath());
            File.WriteAllBytes(work.SourcePath, [1]);
            work.HandTo(NobodyId);
            return File.ReadAllBytes(work.SourcePath).Length == 1 && Directory.GetFiles(Path.GetDirectoryName(work.RawPath("x"))!).Length == 0;
        }
        catch (Exception cause) when (cause is System.ComponentModel.Win32Exception or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<Rung?> First(Rung[] rungs, string[] outer, CancellationToken ct)
    {
        foreach (var rung in rungs)
        {
            if (await Runs([.. outer, .. rung.Program, "true"], ct)) return rung;
        }

        return null;
    }

    private static async Task<bool> Runs(string[] words, CancellationToken ct)
    {
        if (ToolPath.Find(words[0]) is not { } program) return false;
        var start = new ProcessStartInfo(program, words[1..]) { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TrialMsMax);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return false;
        }
    }
}

/// <summary>Where a program lies on the PATH, so that a missing one is known before it is needed.</summary>
internal static class ToolPath
{
    private const string Fallback = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    internal static string Search => Environment.GetEnvironmentVariable("PATH") is { Length: > 0 } path ? path : Fallback;

    internal static string? Find(string name) => Search.Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    internal static string Require(string name) => Find(name)
        ?? throw new FileNotFoundException($"{name} is not installed: on Debian 'apt install ffmpeg libchromaprint-tools' brings it. The worker role cannot do without.");
}
