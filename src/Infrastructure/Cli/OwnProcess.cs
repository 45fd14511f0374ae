using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Veza.Infrastructure.Confinement;

namespace Veza.Infrastructure.Cli;

/// <summary>What others on this machine can learn of this process.</summary>
internal static class OwnProcess
{
    private const int SetDumpable = 4,
        EnvironmentStartsAt = 47;
    private const string Prefix = "VEZA__",
        PrefixAsKey = "VEZA:";

    /// <summary>
    /// Closes <c>/proc/PID/environ</c>, <c>mem</c>, <c>fd</c> and <c>root</c>, tracing, and core files, to processes of
    /// the same user. Programs that it starts are not concerned, and root is not kept out.
    /// </summary>
    internal static void CloseToOthers()
    {
        if (OperatingSystem.IsLinux() && SystemCall.KnowsThisMachine)
            SystemCall.Control.Do("close /proc to others", SetDumpable, 0);
    }

    /// <summary>
    /// Once they are read, the settings, secrets among them, are taken out of the environment: no program that is
    /// started gets them, and where the kernel shows it they are overwritten.
    /// </summary>
    internal static void ForgetSettings()
    {
        string[] names = [.. Environment.GetEnvironmentVariables().Keys.Cast<string>()];
        foreach (var name in names.Where(IsSetting))
            Environment.SetEnvironmentVariable(name, null);
        if (OperatingSystem.IsLinux())
            Overwrite();
    }

    [SupportedOSPlatform("linux")]
    private static void Overwrite()
    {
        var (start, end) = Block();
        for (var (at, begins) = (start, start); at < end; at++)
        {
            if (Marshal.ReadByte(at) != 0)
                continue;
            if (Names(begins, at))
                for (var old = begins; old < at; old++)
                    Marshal.WriteByte(old, 0);
            begins = at + 1;
        }
    }

    private static bool Names(nint begins, nint ends)
    {
        var bytes = (int)Math.Min(ends - begins, Prefix.Length);
        return IsSetting(Marshal.PtrToStringUTF8(begins, bytes));
    }

    /// <summary>
    /// In whatever case, and with whatever separator, the configuration takes it from the environment.
    /// </summary>
    private static bool IsSetting(string name) =>
        name.Replace("__", ":", StringComparison.Ordinal).StartsWith(PrefixAsKey, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where the kernel put the environment when this program began; nowhere, when it does not say.</summary>
    private static (nint Start, nint End) Block()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        // The name, in brackets, may hold anything; env_start and env_end are the 50th and the 51st field.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        if (fields.Length < EnvironmentStartsAt + 2)
            return (0, 0);
        return (Address(EnvironmentStartsAt), Address(EnvironmentStartsAt + 1));

        nint Address(int field) => nint.Parse(fields[field], CultureInfo.InvariantCulture);
    }
}
