using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Veza.Infrastructure.Confinement;

/// <summary>
/// Which files a process may reach from now on, whoever owns them: Landlock, in Linux since 5.13, asks for no rights
/// and cannot be taken off again. What a process has open already stays open.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class Landlock
{
    internal const ulong Execute = 1,
        WriteFile = 1 << 1,
        ReadFile = 1 << 2,
        ReadFolder = 1 << 3;
    internal const ulong RemoveFile = 1 << 5,
        MakeFile = 1 << 8,
        Truncate = 1 << 14;
    internal const ulong ReadAll = ReadFile | ReadFolder,
        OfFiles = Execute | WriteFile | ReadFile | Truncate;

    private const int AskVersion = 1,
        RulePathBeneath = 1,
        AtCurrent = -100;
    private const int OpenPathOnly = 0x200000,
        OpenCloseOnExec = 0x80000;

    /// <summary>How much of it this kernel has; 0 is none.</summary>
    internal static int Version { get; } =
        SystemCall.KnowsThisMachine ? (int)Math.Max(0, SystemCall.LandlockCreate.Try(0, 0, AskVersion)) : 0;

    /// <summary>
    /// No path beside these can be opened; those that do not exist are passed over. Asked for with the rights that one
    /// has before they are given up, and put on afterwards.
    /// </summary>
    internal static nint Prepare(IEnumerable<(string Path, ulong Access)> reach)
    {
        var files = FilesOf(Version);
        // Rights on files, then binding and connecting by TCP, then signals and abstract sockets of others: each kernel
        // knows the first few.
        ulong[] handled = [files, Version >= 4 ? 3ul : 0, Version >= 6 ? 3ul : 0];
        var bytes =
            (
                Version >= 6 ? 3
                : Version >= 4 ? 2
                : 1
            ) * sizeof(ulong);
        using var attributes = new NativeMemory(MemoryMarshal.AsBytes(handled.AsSpan()));
        var rules = (nint)SystemCall.LandlockCreate.Do("landlock_create_ruleset", attributes.At, bytes);
        foreach (var (path, access) in reach)
            Allow(rules, path, access & files);
        return rules;
    }

    /// <summary>For the calling thread, and all that comes of it.</summary>
    internal static void Restrict(nint rules) => SystemCall.LandlockRestrict.Do("landlock_restrict_self", rules);

    private static void Allow(nint rules, string path, ulong access)
    {
        using var name = NativeMemory.Text(path);
        var file = SystemCall.OpenAt.Try(AtCurrent, name.At, OpenPathOnly | OpenCloseOnExec);
        if (file < 0)
            return;
        if (!Directory.Exists(path))
            access &= OfFiles;
        Span<byte> rule = stackalloc byte[12];
        BitConverter.TryWriteBytes(rule, access);
        BitConverter.TryWriteBytes(rule[8..], (int)file);
        using var attributes = new NativeMemory(rule);
        SystemCall.LandlockAdd.Do($"landlock_add_rule {path}", rules, RulePathBeneath, attributes.At);
    }

    // 13 rights at first, then moving between folders, cutting short, and devices' own commands.
    private static ulong FilesOf(int version) => (1ul << (13 + Math.Min(version, 5) - (version >= 4 ? 2 : 1))) - 1;
}

/// <summary>Bytes where the kernel can read them.</summary>
internal readonly struct NativeMemory : IDisposable
{
    internal NativeMemory(ReadOnlySpan<byte> bytes)
    {
        At = Marshal.AllocHGlobal(Math.Max(1, bytes.Length));
        for (var i = 0; i < bytes.Length; i++)
            Marshal.WriteByte(At, i, bytes[i]);
    }

    internal nint At { get; }

    internal static NativeMemory Text(string text) => new([.. System.Text.Encoding.UTF8.GetBytes(text), 0]);

    /// <summary>A list of texts as <c>execve</c> wants it. It is never given back: there is no after.</summary>
    internal static nint Texts(IReadOnlyList<string> texts)
    {
        var at = Marshal.AllocHGlobal((texts.Count + 1) * nint.Size);
        for (var i = 0; i < texts.Count; i++)
            Marshal.WriteIntPtr(at, i * nint.Size, Text(texts[i]).At);
        Marshal.WriteIntPtr(at, texts.Count * nint.Size, 0);
        return at;
    }

    public void Dispose() => Marshal.FreeHGlobal(At);
}
