namespace Veza.Infrastructure.ObjectStorage;

/// <summary>What is known of an object without reading it.</summary>
internal sealed record ObjectFacts(long SizeBytes, DateTime ModifiedAt);

/// <summary>
/// Where bytes are kept under keys such as <c>tracks/ID/128k.m4a</c>. An object appears whole, or not at all, and is
/// durable when <see cref="Put"/> has returned.
/// </summary>
internal interface IObjectStore
{
    /// <summary>Writes an object of unknown length; an object of that key is replaced at once.</summary>
    Task<long> Put(string key, Stream content, string contentType, CancellationToken ct);

    /// <summary>Facts of an object, or null when there is none.</summary>
    Task<ObjectFacts?> Find(string key, CancellationToken ct);

    /// <summary>
    /// Opens a part of an object. The length may not go past the object's end. Throws
    /// <see cref="FileNotFoundException"/>.
    /// </summary>
    Task<Stream> Open(string key, long offset, long lengthBytes, CancellationToken ct);

    /// <summary>
    /// Removes all objects under a prefix, and what an interrupted <see cref="Put"/> left there. Nothing there is no
    /// error.
    /// </summary>
    Task DeleteUnder(string prefix, CancellationToken ct);

    /// <summary>Keys under a prefix, at most as many as asked.</summary>
    Task<string[]> List(string prefix, int max, CancellationToken ct);

    /// <summary>
    /// Writes and removes a byte, so that a wrong bucket or right shows at start and not at the first upload.
    /// </summary>
    Task Check(CancellationToken ct);

    /// <summary>Objects that come in bit by bit.</summary>
    IObjectDrafts Drafts { get; }
}

/// <summary>
/// The form of keys and prefixes: lower-case words with slashes, nothing that a file system or an URL could take for
/// more.
/// </summary>
internal static class ObjectKey
{
    internal const int CharsMax = 512;

    internal static string Valid(string key)
    {
        if (
            key.Length is 0 or > CharsMax
            || key.StartsWith('/')
            || key.Contains("..", StringComparison.Ordinal)
            || key.Contains("//", StringComparison.Ordinal)
        )
            throw new ArgumentException($"'{key}' is not an object key.", nameof(key));
        foreach (var c in key)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '-' or '_' or '.'))
                throw new ArgumentException($"'{key}' is not an object key.", nameof(key));
        return key;
    }
}
