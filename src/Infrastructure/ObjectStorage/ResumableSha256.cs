using System.Runtime.InteropServices;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// SHA-256 that can be put away in the middle and gone on with by another process: .NET keeps the state of a hash to
/// itself, OpenSSL's is 112 bytes. A file that comes in over days and nodes is hashed while it comes, and never read
/// again for it.
/// </summary>
internal sealed partial class ResumableSha256
{
    internal const int StateBytes = 112;
    private const int DigestBytes = 32;
    private const string OpenSsl = "libcrypto.so.3";
    private readonly byte[] state = new byte[StateBytes];

    private ResumableSha256() { }

    internal byte[] State => [.. state];

    internal static ResumableSha256 New()
    {
        var hash = new ResumableSha256();
        Done(Init(hash.state));
        return hash;
    }

    internal static ResumableSha256 Of(byte[] state)
    {
        if (state.Length != StateBytes)
            throw new ArgumentException(
                $"The state of a hash has {StateBytes} bytes, not {state.Length}.",
                nameof(state)
            );
        var hash = new ResumableSha256();
        state.CopyTo(hash.state, 0);
        return hash;
    }

    internal void Append(ReadOnlySpan<byte> bytes) => Done(Update(state, bytes, (nuint)bytes.Length));

    /// <summary>The digest so far; the hash may go on.</summary>
    internal byte[] Digest()
    {
        var digest = new byte[DigestBytes];
        Done(Final(digest, State));
        return digest;
    }

    private static void Done(int result)
    {
        if (result != 1)
            throw new InvalidOperationException("OpenSSL refused to hash.");
    }

    [LibraryImport(OpenSsl, EntryPoint = "SHA256_Init")]
    private static partial int Init(Span<byte> state);

    [LibraryImport(OpenSsl, EntryPoint = "SHA256_Update")]
    private static partial int Update(Span<byte> state, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport(OpenSsl, EntryPoint = "SHA256_Final")]
    private static partial int Final(Span<byte> digest, Span<byte> state);
}
