using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>
/// What permessage-deflate would save and cost: for each message alone (once for everybody), and with a context for
/// each socket. Behind docs/decisions/0012-no-compression-of-frames.md.
/// </summary>
internal static class DeflateBench
{
    private const int Messages = 2000,
        Contexts = 500;
    private static readonly string[] Words =
        "did you hear the second part of it again i would take bass down two dB and leave reverb as was on bus night this evening maybe later who has stems for chorus верно так и сделаем завтра после репетиции".Split(
            ' '
        );

    internal static async Task<int> Run()
    {
        var random = new Random(17);
        var frames = Enumerable.Range(1, Messages).Select(seq => Frame(seq, random)).ToArray();
        var plainBytes = frames.Sum(f => f.Length);
        var report = new Report(
            "deflate",
            "./dev bench deflate",
            "how",
            "bytes a message",
            "of plain",
            "CPU us a message, fastest round",
            "memory a socket, KiB"
        );
        report.Row("plain", plainBytes / Messages, "1.00", 0.0, 0);
        foreach (var level in new[] { CompressionLevel.Fastest, CompressionLevel.Optimal })
        {
            var (bytes, us) = Fastest(() => frames.Sum(f => Alone(f, level)));
            report.Row($"each alone, {level}", bytes / Messages, Share(bytes), us / Messages, 0);
            (bytes, us) = Fastest(() => InContext(frames, level));
            report.Row(
                $"context of one socket, {level}",
                bytes / Messages,
                Share(bytes),
                us / Messages,
                MemoryKib(frames[0], level)
            );
        }

        await report.Save(
            "A `message.created` of one room, 3 to 30 words; one sender in eight. Alone is what one compressed "
                + "frame for all sockets would be; a context is kept for each socket and compresses for each anew."
        );
        return 0;

        string Share(long bytes) =>
            (bytes / (double)plainBytes).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static byte[] Frame(int seq, Random random)
    {
        var content = string.Join(
            ' ',
            Enumerable.Range(0, random.Next(3, 30)).Select(_ => Words[random.Next(Words.Length)])
        );
        var author = random.Next(8);
        return Encoding.UTF8.GetBytes(
            $$"""
            {"type":"message.created","message":{"id":"{{Guid.CreateVersion7()}}","room_id":"0199c0de-0000-7000-8000-00000000beef","seq":{{seq}},"client_id":"{{Guid.CreateVersion7():N}}","author":{"id":"0199c0de-0000-7000-8000-00000000000{{author}}","username":"listener{{author}}","display_name":"Listener {{author}}","avatar_url":"/api/v1/users/0199c0de-0000-7000-8000-00000000000{{author}}/avatar"},"content":"{{content}}","reply_to":null,"attachments":[],"reactions":[],"track_position":null,"change":0,"hidden":false,"created_at":"2026-11-25T14:{{seq
                / 60
                % 60:00}}:{{seq % 60:00}}.{{random.Next(1000):000}}Z","edited_at":null,"deleted_at":null} }
            """
        );
    }

    private static long Alone(byte[] frame, CompressionLevel level)
    {
        var to = new MemoryStream();
        using (var deflate = new DeflateStream(to, level, leaveOpen: true))
            deflate.Write(frame);
        return to.Length;
    }

    private static long InContext(byte[][] frames, CompressionLevel level)
    {
        var to = new MemoryStream();
        using var deflate = new DeflateStream(to, level, leaveOpen: true);
        foreach (var frame in frames)
        {
            deflate.Write(frame);
            deflate.Flush();
        }

        return to.Length;
    }

    private static (long Bytes, double Us) Fastest(Func<long> run)
    {
        var (bytes, us) = (0L, double.MaxValue);
        for (var round = 0; round < 7; round++)
        {
            var began = Stopwatch.GetTimestamp();
            bytes = run();
            us = Math.Min(us, Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }

        return (bytes, us);
    }

    private static long MemoryKib(byte[] frame, CompressionLevel level)
    {
        using var self = Process.GetCurrentProcess();
        var before = self.WorkingSet64;
        var contexts = Enumerable.Range(0, Contexts).Select(_ => new DeflateStream(Stream.Null, level)).ToArray();
        foreach (var context in contexts)
        {
            for (var i = 0; i < 100; i++)
                context.Write(frame);
            context.Flush();
        }

        self.Refresh();
        var each = (self.WorkingSet64 - before) / 1024 / Contexts;
        foreach (var context in contexts)
            context.Dispose();
        return each;
    }
}
