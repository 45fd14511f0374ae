using System.Buffers;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Buffers of one part of an upload. The runtime's shared pool keeps one for each thread that ever gave one back, which
/// for arrays of this size is the memory of the process; this one keeps <see cref="Kept"/>, whichever threads an upload
/// passes through. More uploads than that at once take more, and give it back to the runtime.
/// </summary>
internal static class PartBuffers
{
    private const int Kept = 2;
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(S3Store.PartBytes, Kept);

    internal static byte[] Rent() => Pool.Rent(S3Store.PartBytes);

    internal static void Return(byte[] buffer) => Pool.Return(buffer);
}
