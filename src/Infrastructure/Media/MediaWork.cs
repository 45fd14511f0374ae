using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Veza.Infrastructure.Media;

/// <summary>
/// One directory for one file's processing, removed with everything in it at the end. The tools see it as their working
/// directory: <c>source</c> they may read, in <c>raw/</c> they may write; <c>done/</c> is out of their reach, so that
/// nothing they plant can be taken for a result.
/// </summary>
internal sealed class MediaWork : IDisposable
{
    internal const string SourceName = "source";
    internal const string RawName = "raw";

    private const UnixFileMode OwnerAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _directory;

    private MediaWork(string directory) => _directory = directory;

    /// <summary>The directory itself: the working directory of the tools.</summary>
    internal string Directory => _directory;

    /// <summary>Where the caller puts the original before the first run.</summary>
    internal string SourcePath => Path.Combine(_directory, SourceName);

    internal string RawPath(string name) => Path.Combine(_directory, RawName, name);

    internal string DonePath(string name) => Path.Combine(_directory, "done", name);

    internal static MediaWork Create(string scratch)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("Media is processed on Linux only");
        var directory = Path.Combine(scratch, $"media-{Guid.CreateVersion7():n}");
        System.IO.Directory.CreateDirectory(scratch);
        System.IO.Directory.CreateDirectory(
            directory,
            OwnerAll | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute
        );
        System.IO.Directory.CreateDirectory(Path.Combine(directory, RawName), OwnerAll);
        System.IO.Directory.CreateDirectory(Path.Combine(directory, "done"), OwnerAll);
        return new MediaWork(directory);
    }

    /// <summary>
    /// Lets the user that the tools run as read the source and write to <c>raw/</c>; called before each run, and does
    /// nothing where they run as ourselves.
    /// </summary>
    internal void HandTo(int? userId)
    {
        if (userId is not { } id || OperatingSystem.IsWindows())
            return;
        Own(Path.Combine(_directory, RawName), id);
        if (!File.Exists(SourcePath))
            return;
        Own(SourcePath, id);
        File.SetUnixFileMode(SourcePath, UnixFileMode.UserRead);
    }

    /// <summary>Opens what a tool wrote; a link in its place is refused.</summary>
    internal FileStream OpenRaw(string name)
    {
        var path = RawPath(name);
        if (new FileInfo(path).LinkTarget is not null)
            throw new InvalidDataException($"{name} is a link, not a file");
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
    }

    public void Dispose()
    {
        if (System.IO.Directory.Exists(_directory))
            System.IO.Directory.Delete(_directory, recursive: true);
    }

    private static void Own(string path, int id)
    {
        if (ChangeOwner(path, id, id) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{path} could not be handed to user {id}");
    }

    // The source-generated import would need unsafe code in the whole project, for one call.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "lchown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int user, int group);
#pragma warning restore SYSLIB1054
}
