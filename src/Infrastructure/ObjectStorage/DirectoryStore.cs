using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>Objects as files of a directory: written beside their place, synced, and renamed into it.</summary>
internal sealed partial class DirectoryStore(string root) : IObjectStore
{
    private const int BufferBytes = 128 * 1024;
    internal const string Drafts = ".drafts";
    private IObjectDrafts? drafts;

    IObjectDrafts IObjectStore.Drafts => drafts ??= new DirectoryDrafts(this);

    public async Task<long> Put(string key, Stream content, string contentType, CancellationToken ct)
    {
        var path = PathOf(key);
        var folder = Path.GetDirectoryName(path)!;
        var beside = Path.Combine(folder, Drafts);
        Directory.CreateDirectory(beside);
        var draft = Path.Combine(beside, Guid.CreateVersion7().ToString("N"));
        long sizeBytes;
        try
        {
            await using (
                var file = new FileStream(
                    draft,
                    FileMode.CreateNew,
                    FileAccess.Write,
                    FileShare.None,
                    bufferSize: 0,
                    FileOptions.Asynchronous
                )
            )
            {
                await Copy(content, file, long.MaxValue, ct);
                sizeBytes = file.Length;
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }

        SyncFolders(folder);
        return sizeBytes;
    }

    public Task<ObjectFacts?> Find(string key, CancellationToken ct)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult(file.Exists ? new ObjectFacts(file.Length, file.LastWriteTimeUtc) : null);
    }

    public Task<Stream> Open(string key, long offset, long lengthBytes, CancellationToken ct)
    {
        FileStream file;
        try
        {
            file = new FileStream(
                PathOf(key),
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read | FileShare.Delete,
                bufferSize: 0,
                FileOptions.Asynchronous
            );
        }
        catch (DirectoryNotFoundException e)
        {
            throw new FileNotFoundException(e.Message, e);
        }

        file.Position = offset;
        return Task.FromResult<Stream>(new PartStream(file, lengthBytes));
    }

    public Task DeleteUnder(string prefix, CancellationToken ct)
    {
        var path = PathOf(prefix.TrimEnd('/'));
        if (File.Exists(path))
            File.Delete(path);
        if (!Directory.Exists(path))
            return Task.CompletedTask;
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else swept it between the look and the deletion: it is gone, as asked.
        }

        return Task.CompletedTask;
    }

    public Task<string[]> List(string prefix, int max, CancellationToken ct)
    {
        var path = PathOf(prefix.TrimEnd('/'));
        if (!Directory.Exists(path))
            return Task.FromResult(File.Exists(path) ? new[] { prefix } : []);
        return Task.FromResult(
            Directory
                .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
                .Take(max)
                .ToArray()
        );
    }

    public async Task Check(CancellationToken ct)
    {
        Directory.CreateDirectory(root);
        var key = $"check/{Guid.CreateVersion7():N}";
        await Put(key, new MemoryStream([1]), "application/octet-stream", ct);
        await DeleteUnder(key, ct);
    }

    /// <summary>The file itself, for a server or a tool that can read it without a copy.</summary>
    internal string PathOf(string key)
    {
        HeldConnections.MustBeNone("storage");
        return Path.Combine(root, ObjectKey.Valid(key));
    }

    /// <summary>A name is durable only when its folder is, and so on up to the root.</summary>
    internal void SyncFolders(string folder)
    {
        for (var at = folder; at.Length >= root.Length; at = Path.GetDirectoryName(at)!)
            SyncFolder(at);
    }

    internal static async Task Copy(Stream from, FileStream to, long bytesMax, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (
                int read;
                bytesMax > 0
                    && (read = await from.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferBytes, bytesMax)), ct)) > 0;
                bytesMax -= read
            )
                await to.WriteAsync(buffer.AsMemory(0, read), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>.NET cannot sync a folder, so the C library does.</summary>
    private static void SyncFolder(string folder)
    {
        const int readOnlyDirectory = 0x10000;
        var descriptor = OpenFile(folder, readOnlyDirectory);
        if (descriptor < 0)
            throw new IOException($"Cannot open {folder} to sync it (errno {Marshal.GetLastPInvokeError()}).");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Sync(handle) != 0)
            throw new IOException($"Cannot sync {folder} (errno {Marshal.GetLastPInvokeError()}).");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
