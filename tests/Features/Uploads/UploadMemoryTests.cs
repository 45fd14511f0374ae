using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

[Trait("Touches", "Objects")]
public sealed class UploadMemoryTests
{
    private const long FileBytes = 256L * 1024 * 1024,
        MemoryBytesMax = 64L * 1024 * 1024;

    [Fact]
    public async Task A_large_upload_costs_no_more_than_64_MiB_of_memory()
    {
        await using var server = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await server.Register("mira");
        // One small upload first: what is loaded for the first one is no cost of the size.
        (await mira.Delete($"/api/v1/tracks/{await mira.UploadTrack(await Sounds.Short)}")).Is(200);
        var idle = ResidentBytes(server, "VmRSS");
        // Sets the kernel's high-water mark back to what is resident now.
        await File.WriteAllTextAsync($"/proc/{server.ProcessId}/clear_refs", "5");

        var reply = await mira.Upload(new NoiseFile(FileBytes), "noise.wav", ("visibility", "private"));
        Assert.Equal(FileBytes, reply.Is(202).Data.Number("size_bytes"));
        Assert.InRange(ResidentBytes(server, "VmHWM") - idle, long.MinValue, MemoryBytesMax);

        (await mira.Delete($"/api/v1/tracks/{reply.Data.Text("id")}")).Is(200);

        var upload = await TusUpload.Create(mira, FileBytes, ("visibility", "private"));
        var content = new StreamContent(new NoiseFile(FileBytes));
        content.Headers.ContentType = new("application/offset+octet-stream");
        (await mira.Send(HttpMethod.Patch, upload.Url, content, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"))).Is(
            204
        );
        Assert.InRange(ResidentBytes(server, "VmHWM") - idle, long.MinValue, MemoryBytesMax);
        (await mira.Delete($"/api/v1/tracks/{upload.Id}")).Is(200);
        await server.Premises.NothingIsStored();
    }

    private static long ResidentBytes(VezaServer server, string field)
    {
        var status = File.ReadAllText($"/proc/{server.ProcessId}/status");
        return long.Parse(FieldPattern(field).Match(status).Groups[1].Value, CultureInfo.InvariantCulture) * 1024;
    }

    private static Regex FieldPattern(string field) => new(field + @":\s+(\d+) kB", RegexOptions.CultureInvariant);

    /// <summary>A WAV file of noise, made while it is read.</summary>
    private sealed class NoiseFile(long lengthBytes) : Stream
    {
        private static readonly byte[] Noise = MakeNoise();
        private readonly byte[] header = Header(lengthBytes);
        private long position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => lengthBytes;
        public override long Position
        {
            get => position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            ReadOnlySpan<byte> from = position < header.Length ? header.AsSpan((int)position) : Noise;
            var read = (int)Math.Min(Math.Min(from.Length, count), lengthBytes - position);
            from[..read].CopyTo(buffer.AsSpan(offset));
            position += read;
            return read;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private static byte[] MakeNoise()
        {
            var noise = new byte[1 << 20];
            new Random(1).NextBytes(noise);
            return noise;
        }

        private static byte[] Header(long fileBytes)
        {
            byte[] header =
            [
                .. "RIFF\0\0\0\0WAVEfmt "u8,
                16,
                0,
                0,
                0,
                1,
                0,
                2,
                0,
                0x44,
                0xAC,
                0,
                0,
                0x10,
                0xB1,
                2,
                0,
                4,
                0,
                16,
                0,
                .. "data\0\0\0\0"u8,
            ];
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)(fileBytes - 8));
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), (uint)(fileBytes - header.Length));
            return header;
        }
    }
}
