namespace Veza.Infrastructure.Media;

/// <summary>A picture made anew as square JPEG files, one for each size that was asked for.</summary>
internal sealed record EncodedPicture(byte[][] Files);

/// <summary>The sizes that a kind of picture is kept in, edges in pixels, from great to small.</summary>
internal sealed record PictureSizes(params int[] Px)
{
    /// <summary>The smallest that is at least so large, or the largest; who does not ask gets that too.</summary>
    internal int IndexFor(int? sizePx) =>
        sizePx is { } asked ? Math.Max(0, Array.FindLastIndex(Px, px => px >= asked)) : 0;
}

/// <summary>The file itself is at fault: no picture that is taken, too large, or damaged.</summary>
internal sealed class PictureRefused(string reason, bool isDamaged) : Exception(reason)
{
    /// <summary>False: it is none of the forms, or beyond the limits.</summary>
    internal bool IsDamaged => isDamaged;
}

/// <summary>
/// Makes a stranger's picture anew inside <see cref="MediaSandbox"/>: turned upright, cut to the square in its middle,
/// on white where it is transparent, and with nothing of the file but its pixels. The first picture of one that moves.
/// </summary>
internal static class PictureEncoding
{
    internal const int BytesMax = 10 << 20,
        PixelsMax = 40_000_000,
        EdgePxMax = 16_384;
    private const int OutputBytesMax = 4 << 20,
        Quality = 3;
    private static readonly MediaLimits Limits = new(TimeSpan.FromSeconds(15), OutputBytesMax);

    /// <summary>Throws <see cref="PictureRefused"/>.</summary>
    internal static async Task<EncodedPicture> Run(
        MediaSandbox sandbox,
        string scratch,
        ReadOnlyMemory<byte> file,
        PictureSizes sizes,
        CancellationToken ct
    )
    {
        if (file.Length > BytesMax)
            throw new PictureRefused($"{file.Length} bytes", isDamaged: false);
        if (PictureHeader.Of(file.Span) is not { } header)
            throw new PictureRefused("no JPEG, PNG, WebP or GIF", isDamaged: false);
        if (header.Width > EdgePxMax || header.Height > EdgePxMax || (long)header.Width * header.Height > PixelsMax)
            throw new PictureRefused($"{header.Width} x {header.Height} pixels", isDamaged: false);
        using var work = MediaWork.Create(scratch);
        await using (var source = new FileStream(work.SourcePath, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            await source.WriteAsync(file, ct);
        // A small picture is not blown up.
        int[] edges = [.. sizes.Px.Select(px => Math.Min(px, Math.Min(header.Width, header.Height)))];
        await Draw(sandbox, work, header, edges, ct);
        return new EncodedPicture([.. edges.Select((edge, i) => Read(work, NameOf(i), edge))]);
    }

    private static async Task Draw(
        MediaSandbox sandbox,
        MediaWork work,
        PictureHeader header,
        int[] edges,
        CancellationToken ct
    )
    {
        MediaRun run;
        try
        {
            run = await sandbox.Draw(
                work,
                [.. Input(header), "-filter_complex", Filter(header, edges), .. edges.SelectMany((_, i) => Output(i))],
                Limits,
                ct
            );
        }
        catch (AudioRefused slow)
        {
            throw new PictureRefused(slow.Message, isDamaged: true);
        }

        if (run.ExitCode == 0)
            return;
        // Whose fault it is, is judged as for sounds.
        if (MediaRunVerdict.Failure(run, AudioFault.Corrupt) is IOException ours)
            throw ours;
        throw new PictureRefused($"exit {run.ExitCode}: {MediaRunVerdict.LastLines(run.StderrTail)}", isDamaged: true);
    }

    // A frame that is larger than the header said is refused by the decoder; one fault of the file, and all of it is.
    private static string[] Input(PictureHeader header) =>
        [
            "-v",
            "error",
            "-filter_threads",
            "1",
            "-filter_complex_threads",
            "1",
            "-noautorotate",
            "-threads",
            "1",
            "-max_pixels",
            $"{PixelsMax}",
            "-err_detect",
            "explode",
            "-xerror",
            "-f",
            header.Kind.Reader,
            "-i",
            MediaWork.SourceName,
        ];

    private static string Filter(PictureHeader header, int[] edges)
    {
        var edge = edges.Max();
        var shorter = Math.Min(header.Width, header.Height);
        // To the size first, then to the square: everything after works on few pixels.
        var (width, height) = (
            (int)Math.Max(edge, (long)header.Width * edge / shorter),
            (int)Math.Max(edge, (long)header.Height * edge / shorter)
        );
        var split = string.Concat(edges.Select((_, i) => $"[s{i}]"));
        return $"[0:v:0]scale={width}:{height}:flags=bicubic,format=rgba,crop={edge}:{edge}{Turn(header.Orientation)},split[p][q];"
            + $"[p]lutrgb=r=255:g=255:b=255:a=255[w];[w][q]overlay=format=rgb,format=rgb24,split={edges.Length}{split};"
            + string.Join(';', edges.Select((px, i) => $"[s{i}]scale={px}:{px}:flags=bicubic[o{i}]"));
    }

    private static string Turn(int orientation) =>
        orientation switch
        {
            2 => ",hflip",
            3 => ",hflip,vflip",
            4 => ",vflip",
            5 => ",transpose=0",
            6 => ",transpose=1",
            7 => ",transpose=3",
            8 => ",transpose=2",
            _ => "",
        };

    private static string[] Output(int index) =>
        [
            "-map",
            $"[o{index}]",
            "-frames:v",
            "1",
            "-c:v",
            "mjpeg",
            "-q:v",
            $"{Quality}",
            "-pix_fmt",
            "yuvj420p",
            "-threads",
            "1",
            "-map_metadata",
            "-1",
            "-flags",
            "+bitexact",
            "-f",
            "mjpeg",
            $"{MediaWork.RawName}/{NameOf(index)}",
        ];

    private static string NameOf(int index) => $"{index}.jpg";

    /// <summary>What came out must be what was ordered.</summary>
    private static byte[] Read(MediaWork work, string name, int edge)
    {
        if (!File.Exists(work.RawPath(name)))
            throw new PictureRefused("nothing came out of it", isDamaged: true);
        using var raw = work.OpenRaw(name);
        if (raw.Length is 0 or > OutputBytesMax)
            throw new PictureRefused($"{raw.Length} bytes came out of it", isDamaged: true);
        var file = new byte[raw.Length];
        raw.ReadExactly(file);
        if (
            PictureHeader.Of(file) is { } made
            && made.Kind == PictureKind.Jpeg
            && made.Width == edge
            && made.Height == edge
        )
            return file;
        throw new PictureRefused("what came out of it is no square JPEG", isDamaged: true);
    }
}
