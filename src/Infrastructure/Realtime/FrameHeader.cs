using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// The first 6 to 14 bytes of a frame from a client: all of RFC 6455 that can be checked before the payload is there.
/// </summary>
internal readonly record struct FrameHeader(bool IsFinal, Opcode Opcode, long PayloadBytes, uint Mask, int Bytes)
{
    internal const int BytesMax = 14,
        ControlBytesMax = 125;

    internal bool IsControl => Opcode >= Opcode.Close;

    /// <summary>
    /// False when more bytes are needed, or when there is a fault, which is told by the first byte that shows it.
    /// </summary>
    internal static bool TryRead(ReadOnlySpan<byte> from, out FrameHeader header, out string? fault)
    {
        (header, fault) = (default, from.Length == 0 ? null : FaultOfFirst(from[0]));
        if (fault is not null || from.Length < 2)
            return false;
        var (isFinal, opcode, length7) = ((from[0] & 0x80) != 0, (Opcode)(from[0] & 0x0F), from[1] & 0x7F);
        if ((from[1] & 0x80) == 0)
            fault = "frames of clients are masked";
        else if (opcode >= Opcode.Close && length7 > ControlBytesMax)
            fault = "control frames have at most 125 bytes";
        if (fault is not null)
            return false;
        var lengthBytes = length7 switch
        {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        if (from.Length < 2 + lengthBytes + 4)
            return false;
        var length = lengthBytes switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(from[2..]),
            8 => BinaryPrimitives.ReadUInt64BigEndian(from[2..]),
            _ => (ulong)length7,
        };
        if (length > long.MaxValue)
            fault = "the top bit of a length is not set";
        else if (lengthBytes == 2 && length < 126 || lengthBytes == 8 && length <= ushort.MaxValue)
            fault = "lengths are written as short as they can be";
        if (fault is not null)
            return false;
        header = new FrameHeader(
            isFinal,
            opcode,
            (long)length,
            MemoryMarshal.Read<uint>(from[(2 + lengthBytes)..]),
            2 + lengthBytes + 4
        );
        return true;
    }

    /// <summary>Takes the mask off bytes of the payload that begin at this offset of it.</summary>
    internal void Unmask(Span<byte> payload, long offset)
    {
        if (Mask == 0)
            return;
        // The mask's bytes in the order of the wire are those of a little-endian number from its low end.
        var mask = uint.RotateRight(Mask, (int)(offset & 3) * 8);
        var wide = MemoryMarshal.Cast<byte, ulong>(payload);
        var wideMask = mask | (ulong)mask << 32;
        for (var i = 0; i < wide.Length; i++)
            wide[i] ^= wideMask;
        for (var i = wide.Length * 8; i < payload.Length; i++)
            payload[i] ^= (byte)(mask >> (i & 3) * 8);
    }

    private static string? FaultOfFirst(byte first)
    {
        if ((first & 0x70) != 0)
            return "no extension was agreed on";
        if (!Enum.IsDefined((Opcode)(first & 0x0F)))
            return "the opcode is reserved";
        return (first & 0x88) == 0x08 ? "control frames are not fragmented" : null;
    }
}
