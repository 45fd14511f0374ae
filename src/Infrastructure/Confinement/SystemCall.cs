using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Veza.Infrastructure.Confinement;

/// <summary>A call of the Linux kernel by its number, which holds for the calling thread alone.</summary>
[SupportedOSPlatform("linux")]
internal readonly partial record struct SystemCall(int X64, int Arm64)
{
    internal static readonly SystemCall OpenAt = new(257, 56),
        Action = new(13, 134),
        Mask = new(14, 135),
        ParentId = new(110, 173),
        Execute = new(59, 221),
        SetGroups = new(116, 159),
        SetGroup = new(119, 149),
        SetUser = new(117, 147),
        Limit = new(302, 261),
        Control = new(157, 167),
        Unshare = new(272, 97),
        CloseRange = new(436, 436),
        LandlockCreate = new(444, 444),
        LandlockAdd = new(445, 445),
        LandlockRestrict = new(446, 446);

    /// <summary>The same call has another number on each.</summary>
    internal static bool KnowsThisMachine =>
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    internal static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal int Number => IsArm64 ? Arm64 : X64;

    /// <summary>Below zero it failed, and is the fault's number.</summary>
    internal long Try(nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        var answer = Call(Number, a, b, c, d, e);
        return answer < 0 ? -Marshal.GetLastPInvokeError() : answer;
    }

    internal long Do(string purpose, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        var answer = Try(a, b, c, d, e);
        if (answer >= 0)
            return answer;
        throw new Win32Exception((int)-answer, $"{purpose}: {new Win32Exception((int)-answer).Message}");
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Call(nint number, nint a, nint b, nint c, nint d, nint e);
}
