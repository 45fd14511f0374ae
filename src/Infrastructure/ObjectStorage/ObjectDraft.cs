namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// An object that is still growing: how many of its bytes are durable, and what the store needs to know to go on, in
/// words of its own.
/// </summary>
internal sealed record ObjectDraft(string State, long SizeBytes);

/// <summary>Thrown to a writer while an earlier one still holds the draft open: it lets go within moments.</summary>
internal sealed class DraftBusyException(string key, Exception cause)
    : IOException($"The draft of {key} is still being written.", cause);

/// <summary>
/// Objects that come in over several calls, perhaps to several processes. Nothing is copied at their end: the draft
/// becomes the object. Whoever appends keeps the newest draft where it survives him; one writer at a time, and a writer
/// that was thought dead and comes late changes nothing.
/// </summary>
internal interface IObjectDrafts
{
    /// <summary>
    /// A new draft without a byte. It is covered by <see cref="IObjectStore.DeleteUnder"/> of its key's prefix.
    /// </summary>
    Task<ObjectDraft> Begin(string key, string contentType, CancellationToken ct);

    /// <summary>Makes a draft the caller's: whoever held it before can no longer write to it.</summary>
    Task<ObjectDraft> Resume(string key, ObjectDraft draft, CancellationToken ct);

    /// <summary>
    /// Takes as much of the content as is kept at once, or all of it; the draft that comes back is durable. The same
    /// size comes back when the content has ended.
    /// </summary>
    Task<ObjectDraft> Append(string key, ObjectDraft draft, long wholeBytes, Stream content, CancellationToken ct);

    /// <summary>The draft is the object from now on. Doing it twice is no error.</summary>
    Task Complete(string key, ObjectDraft draft, CancellationToken ct);
}
