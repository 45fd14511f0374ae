using System.Security.Cryptography;

namespace Veza.Features.Uploads;

/// <summary>
/// The checksum that a client sent with a request's bytes, and the one that is made while they come in.
/// </summary>
internal sealed class UploadChecksum : IDisposable
{
    internal const string Algorithms = "sha1,sha256,md5";
    private readonly IncrementalHash hash;
    private readonly byte[] expected;

    private UploadChecksum(HashAlgorithmName name, byte[] expected) =>
        (hash, this.expected) = (IncrementalHash.CreateHash(name), expected);

    /// <summary>Of <c>sha1 BASE64</c>; null when the algorithm or the form is none of ours.</summary>
    internal static UploadChecksum? Of(string header)
    {
        if (header.Split(' ', 2) is not [var name, var text])
            return null;
        HashAlgorithmName? algorithm = name switch
        {
            "sha1" => HashAlgorithmName.SHA1,
            "sha256" => HashAlgorithmName.SHA256,
            "md5" => HashAlgorithmName.MD5,
            _ => null,
        };
        var bytes = new byte[text.Length];
        return algorithm is { } known && Convert.TryFromBase64String(text, bytes, out var count)
            ? new UploadChecksum(known, bytes[..count])
            : null;
    }

    internal void Append(ReadOnlySpan<byte> bytes) => hash.AppendData(bytes);

    internal bool Holds() => hash.GetHashAndReset().AsSpan().SequenceEqual(expected);

    public void Dispose() => hash.Dispose();
}
