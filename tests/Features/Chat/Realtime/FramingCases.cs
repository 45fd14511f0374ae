using System.Globalization;
using System.Text;
using static Veza.Tests.Harness.Wire;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// What a client sends, write by write, and what comes of it: <c>ack</c>, <c>pong</c>, <c>close CODE</c> or <c>error
/// CODE</c>. After all but a close the socket must live.
/// </summary>
internal sealed record FramingCase(string Name, string Outcome, params byte[][] Writes);

/// <summary>
/// The table of framing cases. A request that is understood is answered with an ack of its reference.
/// </summary>
internal static class FramingCases
{
    private const int MessageBytesMax = 32 * 1024;
    private const string Protocol = "close 1002",
        NotUtf8 = "close 1007",
        TooLarge = "error FRAME_TOO_LARGE",
        Invalid = "error FRAME_INVALID";
    private static readonly byte[] Request = Encoding.UTF8.GetBytes("{\"type\":\"ping\",\"ref\":\"ш€😀\"}");

    internal static readonly FramingCase[] All =
    [
        .. Cuts(),
        .. Masks(),
        .. Fragments(),
        .. FirstBytes(),
        .. Controls(),
        .. Goodbyes(),
        .. Orders(),
        .. BadText(),
        .. Lengths(),
        .. Sizes(),
        .. Floods(),
        .. Garbage(),
    ];

    private static IEnumerable<FramingCase> Cuts()
    {
        var frame = Frame(Say, Request);
        for (var at = 1; at < frame.Length; at++)
            yield return new($"a request in two writes, cut after byte {at}", "ack", frame[..at], frame[at..]);
        yield return new("a request, byte by byte", "ack", [.. frame.Select(b => new[] { b })]);
        yield return new("a request behind a ping, in one write", "ack", [.. Frame(Ping, [1]), .. frame]);
    }

    private static IEnumerable<FramingCase> Masks() =>
        from mask in new uint[] { 0, uint.MaxValue, 1, 0xFF, 0xFF00, 0xFF0000, 0xFF000000, 0x01020304, 0x80808080 }
        select new FramingCase($"masked with {mask:X8}", "ack", Frame(Say, Request, mask));

    private static IEnumerable<FramingCase> Fragments()
    {
        for (var at = 0; at <= Request.Length; at++)
        {
            yield return new(
                $"two fragments, cut after byte {at}",
                "ack",
                Frame(1, Request[..at]),
                Frame(Continue, Request[at..])
            );
            if (at % 4 == 0)
                yield return new(
                    $"a ping between two fragments, after byte {at}",
                    "ack",
                    Frame(1, Request[..at]),
                    Frame(Ping, [7]),
                    Frame(Continue, Request[at..])
                );
        }

        byte[][] each =
        [
            .. Request.Select(
                (b, i) =>
                    Frame(
                        i == 0 ? 1
                            : i == Request.Length - 1 ? Continue
                            : More,
                        [b]
                    )
            ),
        ];
        yield return new("every byte a fragment", "ack", each);
        yield return new("every byte a fragment, all in one write", "ack", [.. each.SelectMany(f => f)]);
        yield return new(
            "empty fragments between",
            "ack",
            Frame(1, Request[..3]),
            Frame(More, []),
            Frame(More, []),
            Frame(Continue, Request[3..])
        );
        yield return new(
            "a pong that nobody asked for, between fragments",
            "ack",
            Frame(1, Request[..3]),
            Frame(Pong, [9]),
            Frame(Continue, Request[3..])
        );
        yield return new(
            "more fragments than are taken",
            "close 1008",
            [Frame(1, []), .. Enumerable.Repeat(Frame(More, []), 1024)]
        );
    }

    private static IEnumerable<FramingCase> FirstBytes()
    {
        foreach (var opcode in new[] { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 })
        {
            yield return new($"reserved opcode {opcode}", Protocol, Frame(0x80 | opcode, []));
            yield return new($"reserved opcode {opcode}, not final", Protocol, Frame(opcode, Request));
        }

        for (var bits = 0x10; bits <= 0x70; bits += 0x10)
            foreach (var (name, first) in new[] { ("text", Say), ("a ping", Ping), ("a close", Close) })
                yield return new(
                    $"reserved bits {bits:X} on {name}",
                    Protocol,
                    Frame(first | bits, first == Say ? Request : [])
                );
        foreach (var first in new[] { Say, Binary, Close, Ping, Pong, Continue })
            yield return new($"no mask on {first:X}", Protocol, Frame(first, first == Say ? Request : [], mask: null));
        yield return new(
            "no mask, and a long length",
            Protocol,
            Frame(Say, Request, mask: null, lengthBytes: 8, says: 1 << 20)
        );
    }

    private static IEnumerable<FramingCase> Controls()
    {
        foreach (var length in new[] { 0, 1, 2, 3, 4, 5, 7, 8, 9, 64, 124, 125 })
            yield return new(
                $"a ping of {length} bytes",
                "pong",
                Frame(Ping, [.. Enumerable.Range(0, length).Select(i => (byte)(255 - i))])
            );
        foreach (var first in new[] { Close, Ping, Pong })
        {
            yield return new($"{first:X} of 126 bytes", Protocol, Frame(first, new byte[126]));
            yield return new($"{first:X} with a length of 64 bits", Protocol, Frame(first, new byte[65_536]));
            yield return new($"{first:X} in fragments", Protocol, Frame(first & 0x0F, [3, 232]), Frame(Continue, []));
        }

        yield return new("a pong that nobody asked for", "alive", Frame(Pong, [1, 2, 3]));
    }

    private static IEnumerable<FramingCase> Goodbyes()
    {
        foreach (
            var code in new[]
            {
                1000,
                1001,
                1002,
                1003,
                1007,
                1008,
                1009,
                1010,
                1011,
                1012,
                1013,
                1014,
                3000,
                3999,
                4000,
                4999,
            }
        )
            yield return new(
                $"goodbye with {code}",
                $"close {code.ToString(CultureInfo.InvariantCulture)}",
                CloseFrame(code)
            );
        foreach (var code in new[] { 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535 })
            yield return new($"goodbye with {code}, which may not be sent", Protocol, CloseFrame(code));
        yield return new("goodbye without a code", "close 1005", Frame(Close, []));
        yield return new("goodbye with half a code", Protocol, Frame(Close, [3]));
        yield return new("goodbye with a reason", "close 1000", CloseFrame(1000, "до свидания"u8.ToArray()));
        yield return new("goodbye with the longest reason", "close 4000", CloseFrame(4000, new byte[123]));
        yield return new("goodbye with a reason that is no text", NotUtf8, CloseFrame(1000, [0xC0, 0xAF]));
        yield return new("goodbye in the middle of a message", "close 1001", Frame(1, Request[..5]), CloseFrame(1001));
        yield return new(
            "goodbye, and a request after it",
            "close 1000",
            [.. CloseFrame(1000), .. Frame(Say, Request)]
        );
    }

    private static IEnumerable<FramingCase> Orders()
    {
        yield return new("a continuation of nothing", Protocol, Frame(Continue, Request));
        yield return new("a continuation of nothing, not final", Protocol, Frame(More, Request));
        yield return new("text in the middle of text", Protocol, Frame(1, Request[..4]), Frame(Say, Request));
        yield return new("bytes in the middle of text", Protocol, Frame(1, Request[..4]), Frame(Binary, [1]));
        yield return new(
            "a continuation after the end",
            Protocol,
            Frame(1, "{"u8.ToArray()),
            Frame(Continue, "}"u8.ToArray()),
            Frame(Continue, [1])
        );
        yield return new("bytes", Invalid, Frame(Binary, Request));
        yield return new("no bytes", Invalid, Frame(Binary, []));
        yield return new("bytes in fragments", Invalid, Frame(2, [0xFF]), Frame(Continue, [0xFE]));
        yield return new("empty text", Invalid, Frame(Say, []));
        yield return new("empty text in fragments", Invalid, Frame(1, []), Frame(Continue, []));
    }

    private static IEnumerable<FramingCase> BadText()
    {
        string[] bad =
        [
            "80",
            "BF",
            "C0AF",
            "C1BF",
            "E08080",
            "E282",
            "E28228",
            "EDA080",
            "EDBFBF",
            "F0808080",
            "F09F98",
            "F0288CBC",
            "F4908080",
            "F5808080",
            "FE",
            "FF",
        ];
        foreach (var hex in bad)
        {
            var bytes = Convert.FromHexString(hex);
            yield return new($"text that ends with {hex}", NotUtf8, Frame(Say, [.. "{\"type\":\"ping\"}"u8, .. bytes]));
            yield return new(
                $"text with {hex} inside, in fragments",
                NotUtf8,
                Frame(1, [.. "{\"ref\":\""u8, bytes[0]]),
                Frame(Continue, [.. bytes[1..], .. "\"}"u8])
            );
        }
    }

    private static IEnumerable<FramingCase> Lengths()
    {
        foreach (var length in new[] { 0, 1, 125 })
            yield return new(
                $"{length} bytes with a length of 16 bits",
                Protocol,
                Frame(Say, new byte[length], lengthBytes: 2)
            );
        foreach (var length in new[] { 0, 125, 126, 65_535 })
            yield return new(
                $"{length} bytes with a length of 64 bits",
                Protocol,
                Frame(Say, new byte[length], lengthBytes: 8)
            );
        foreach (var says in new[] { 1UL << 63, ulong.MaxValue })
            yield return new($"a length of {says}", Protocol, Frame(Say, Request, lengthBytes: 8, says: says));
        foreach (var says in new[] { (1UL << 20) + 1, 1UL << 31, 1UL << 32, 1UL << 40, (1UL << 63) - 1 })
            yield return new(
                $"a length of {says}, and no more than its beginning",
                "close 1009",
                Frame(Say, Request, lengthBytes: 8, says: says)
            );
    }

    private static IEnumerable<FramingCase> Sizes()
    {
        foreach (
            var bytes in new[]
            {
                124,
                125,
                126,
                127,
                4088,
                4089,
                4090,
                4095,
                4096,
                4097,
                8192,
                MessageBytesMax - 1,
                MessageBytesMax,
            }
        )
            yield return new($"a request of {bytes} bytes", "ack", Frame(Say, Padded(bytes)));
        foreach (var bytes in new[] { MessageBytesMax + 1, 65_535, 65_536, 65_537, 200_000, 1 << 20 })
            yield return new($"a message of {bytes} bytes", TooLarge, Frame(Say, Padded(bytes)));
        yield return new(
            "fragments that are too large together",
            TooLarge,
            Frame(1, Padded(MessageBytesMax)),
            Frame(Continue, [32])
        );
        yield return new(
            "fragments of which the last is too large",
            TooLarge,
            Frame(1, [32]),
            Frame(More, [32]),
            Frame(Continue, new byte[100_000])
        );
        yield return new(
            "fragments that are far too large together",
            "close 1009",
            [.. Enumerable.Range(0, 17).Select(i => Frame(i == 0 ? 1 : More, new byte[65_536]))]
        );
        yield return new("bytes that are too many", TooLarge, Frame(Binary, new byte[MessageBytesMax + 1]));
    }

    private static IEnumerable<FramingCase> Floods()
    {
        yield return new(
            "a flood of pings",
            "close 4029",
            [.. Enumerable.Repeat(Frame(Ping, []), 60).SelectMany(f => f)]
        );
        yield return new(
            "a flood of long pings",
            "close 4029",
            [.. Enumerable.Repeat(Frame(Ping, new byte[125]), 60).SelectMany(f => f)]
        );
        yield return new(
            "a flood of pongs",
            "close 4029",
            [.. Enumerable.Repeat(Frame(Pong, []), 60).SelectMany(f => f)]
        );
        yield return new(
            "a flood of requests",
            "close 4029",
            [.. Enumerable.Repeat(Frame(Say, "[]"u8.ToArray()), 500).SelectMany(f => f)]
        );
        yield return new(
            "a flood of bytes",
            "close 4029",
            [.. Enumerable.Repeat(Frame(Binary, []), 500).SelectMany(f => f)]
        );
    }

    private static IEnumerable<FramingCase> Garbage()
    {
        yield return new("HTTP where frames belong", Protocol, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        yield return new(
            "the beginning of TLS",
            Protocol,
            [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]
        );
        yield return new("zeros", Protocol, new byte[100]);
        yield return new("ones", Protocol, [.. Enumerable.Repeat((byte)0xFF, 100)]);
    }

    private static byte[] Padded(int bytes) =>
        [.. Request[..^1], .. Enumerable.Repeat((byte)' ', bytes - Request.Length), (byte)'}'];
}
