namespace Veza.Infrastructure.Media;

/// <summary>
/// The picture that a sound file carries: ID3's APIC, FLAC's and Ogg's picture block, MP4's covr. Its bytes are lifted
/// out as they stand, and not decoded.
/// </summary>
internal static class EmbeddedPicture
{
    private static readonly MediaLimits Limits = new(TimeSpan.FromSeconds(30), OutputBytesMax: 1);

    /// <summary>
    /// Made anew in all sizes. Throws <see cref="PictureRefused"/>; a sound is none the worse for a bad picture.
    /// </summary>
    internal static async Task<EncodedPicture> Encode(
        MediaSandbox sandbox,
        MediaWork sound,
        string scratch,
        PictureSizes sizes,
        CancellationToken ct
    )
    {
        using var kept = new MemoryStream();
        MediaRun run;
        try
        {
            run = await sandbox.Encode(
                sound,
                [
                    "-v",
                    "error",
                    "-i",
                    MediaWork.SourceName,
                    "-map",
                    "0:v:0",
                    "-c",
                    "copy",
                    "-frames:v",
                    "1",
                    "-f",
                    "image2pipe",
                    "pipe:1",
                ],
                Limits,
                (output, token) => Lift(output, kept, token),
                ct
            );
        }
        catch (AudioRefused slow)
        {
            throw new PictureRefused(slow.Message, isDamaged: true);
        }

        if (run.ExitCode != 0)
        {
            if (MediaRunVerdict.Failure(run, AudioFault.Corrupt) is IOException ours)
                throw ours;
            throw new PictureRefused(
                $"exit {run.ExitCode}: {MediaRunVerdict.LastLines(run.StderrTail)}",
                isDamaged: true
            );
        }

        return await PictureEncoding.Run(sandbox, scratch, kept.GetBuffer().AsMemory(0, (int)kept.Length), sizes, ct);
    }

    private static async Task Lift(Stream output, MemoryStream kept, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        for (int count; (count = await output.ReadAsync(buffer, ct)) > 0; )
        {
            if (kept.Length + count > PictureEncoding.BytesMax)
                throw new PictureRefused($"more than {PictureEncoding.BytesMax} bytes", isDamaged: false);
            kept.Write(buffer, 0, count);
        }
    }
}
