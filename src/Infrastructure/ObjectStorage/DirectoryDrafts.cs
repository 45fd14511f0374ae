namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Drafts as files beside their place, appended to, synced, and at their end renamed into it. A draft's name changes
/// with its writer, so a late one finds no file.
/// </summary>
internal sealed class DirectoryDrafts(DirectoryStore store) : IObjectDrafts
{
    /// <summary>EWOULDBLOCK, as .NET reports a lock that somebody else has.</summary>
    private const int WouldBlock = 11;

    /// <summary>As many bytes are synced at once.</summary>
    private const int AppendBytesMax = 32 * 1024 * 1024;

    public Task<ObjectDraft> Begin(string key, string contentType, CancellationToken ct)
    {
        Directory.CreateDirectory(FolderOf(key));
        // One that was begun and forgotten by a process that died is taken over: there is one draft of a key.
        if (Find(key) is null)
            File.Create(PathOf(key, NewName(key))).Dispose();
        store.SyncFolders(FolderOf(key));
        return Resume(key, new ObjectDraft("", 0), ct);
    }

    public Task<ObjectDraft> Resume(string key, ObjectDraft draft, CancellationToken ct)
    {
        var found = Find(key);
        // Nothing of it is there: it was completed, which Append and Complete will see.
        if (found is null)
            return Task.FromResult(draft);
        var name = NewName(key);
        File.Move(found, PathOf(key, name));
        return Task.FromResult(draft with { State = name });
    }

    public async Task<ObjectDraft> Append(
        string key,
        ObjectDraft draft,
        long wholeBytes,
        Stream content,
        CancellationToken ct
    )
    {
        await using var file = OpenAlone(key, PathOf(key, draft.State));
        if (file.Length < draft.SizeBytes)
            throw new IOException(
                $"The draft of {key} has {file.Length} bytes of {draft.SizeBytes}: the disk has lost what it "
                    + $"had synced."
            );
        // Whatever lies beyond was never acknowledged.
        file.Position = draft.SizeBytes;
        await DirectoryStore.Copy(content, file, AppendBytesMax, ct);
        file.Flush(flushToDisk: true);
        return draft with { SizeBytes = file.Position };
    }

    public Task Complete(string key, ObjectDraft draft, CancellationToken ct)
    {
        var path = store.PathOf(key);
        if (Find(key) is { } found)
        {
            using (var file = new FileStream(found, FileMode.Open, FileAccess.Write, FileShare.None))
            {
                file.SetLength(draft.SizeBytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(found, path, overwrite: true);
        }

        if (new FileInfo(path) is not { Exists: true } whole || whole.Length != draft.SizeBytes)
            throw new FileNotFoundException($"There is no draft of {key}.");
        store.SyncFolders(Path.GetDirectoryName(path)!);
        return Task.CompletedTask;
    }

    /// <summary>Whoever wrote before may not know yet that it is no longer theirs.</summary>
    private static FileStream OpenAlone(string key, string path)
    {
        try
        {
            return new FileStream(
                path,
                FileMode.Open,
                FileAccess.Write,
                FileShare.None,
                bufferSize: 0,
                FileOptions.Asynchronous
            );
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new DraftBusyException(key, e);
        }
    }

    private string? Find(string key) =>
        Directory.Exists(FolderOf(key))
            ? Directory.EnumerateFiles(FolderOf(key), $"{Path.GetFileName(key)}.*").FirstOrDefault()
            : null;

    private string FolderOf(string key) =>
        Path.Combine(Path.GetDirectoryName(store.PathOf(key))!, DirectoryStore.Drafts);

    private string PathOf(string key, string name) => Path.Combine(FolderOf(key), name);

    private static string NewName(string key) => $"{Path.GetFileName(key)}.{Guid.CreateVersion7():N}";
}
