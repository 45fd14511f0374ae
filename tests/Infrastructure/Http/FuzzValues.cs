using System.Text;
using System.Text.Json.Nodes;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>What nobody would send who means well, for each place where a request has room for it.</summary>
internal static class FuzzValues
{
    private static readonly string Long = new('a', 3000),
        LongEmoji = string.Concat(Enumerable.Repeat("😀", 400)),
        Zalgo = "z" + new string('\u0301', 600);

    /// <summary>Texts as they stand in JSON strings (escaped already) and, encoded by percent, in addresses.</summary>
    internal static readonly string[] Texts =
    [
        "",
        " ",
        "\t\r\n",
        "null",
        "undefined",
        "NaN",
        "true",
        "0",
        "-1",
        "1e309",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "0x7f",
        "1,5",
        "٣",
        "'",
        "\"",
        "\\",
        "' or 1=1 --",
        "'; drop table account; --",
        "%",
        "_",
        "%s%n",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "<script>alert(1)</script>",
        "../../../etc/passwd",
        "..\\..\\",
        "/",
        "//",
        ".",
        "..",
        "CON",
        "\u0000",
        "a\u0000b",
        "\u0001",
        "\u001b[2J",
        "\u007f",
        "\u0085",
        "\u200b",
        "\u202e",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "é",
        "e\u0301",
        "İ",
        "ß",
        "ﷺ",
        "😀",
        "👨‍👩‍👧‍👦",
        "🇫🇷",
        "\ud83d",
        "\ude00",
        "a\ud800",
        "\udfffz",
        Long,
        LongEmoji,
        Zalgo,
        "a@b.c",
        "mira@example.org",
        "https://0/",
        "https://[::]/",
        "https://[::ffff:0:0]/",
        "https://[64:ff9b::1]/x",
        "http://localhost",
        "javascript:alert(1)",
        "https://a..b/",
        "https://xn--/",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999Z",
        "infinity",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "{00000000-0000-0000-0000-000000000000}",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "f_________7",
        "public",
        "asc",
        "desc",
        "created_at",
        "*",
        "(",
        "[",
        "&",
        "a*",
        "-",
        ":*",
        "a & ! b",
        "\"a",
        "a\\",
    ];

    /// <summary>Values as they stand in JSON.</summary>
    internal static readonly string[] Json =
    [
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1.5",
        "-0",
        "1e400",
        "-1e400",
        "1e-400",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "123456789012345678901234567890",
        "\"\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "{\"a\":1}",
        "{\"\":\"\"}",
        "[\"a\",1,null]",
        "[\"\\u0000\"]",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"a\\u0000b\"",
        "\"\\uffff\"",
        "nope",
        "'a'",
        "\"unterminated",
        "01",
        "+1",
        ".5",
        "1.",
        "NaN",
        "Infinity",
        "0x10",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a\tb\"",
        "/* */1",
        "1,2",
        "}",
        "]",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}",
        new string('[', 40) + new string(']', 40),
        new string('[', 5000) + new string(']', 5000),
        string.Concat(Enumerable.Repeat("{\"a\":", 64)) + "1" + new string('}', 64),
        $"[{string.Join(',', Enumerable.Repeat("\"x\"", 2000))}]",
        $"[{string.Join(',', Enumerable.Range(0, 200).Select(n => $"\"0190b0c6-0000-7000-8000-{n:x12}\""))}]",
    ];

    /// <summary>Bodies that are no object at all.</summary>
    internal static readonly byte[][] Bodies =
    [
        [],
        "null"u8.ToArray(),
        "[]"u8.ToArray(),
        "{}"u8.ToArray(),
        "\"text\""u8.ToArray(),
        "1"u8.ToArray(),
        "{"u8.ToArray(),
        "}"u8.ToArray(),
        " "u8.ToArray(),
        [0],
        [0xFF, 0xFE],
        [0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}'],
        [(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}'],
        "{\"a\":1}{\"b\":2}"u8.ToArray(),
        "<a/>"u8.ToArray(),
        "a=b&c=d"u8.ToArray(),
        [0x1F, 0x8B, 8, 0, 0, 0],
        new byte[5000],
        Encoding.ASCII.GetBytes($"{{\"a\":\"{new string('x', 1_100_000)}\"}}"),
        Encoding.ASCII.GetBytes(new string('[', 100_000)),
    ];

    internal static readonly string[] ContentTypes =
    [
        "application/json",
        "application/json; charset=utf-16",
        "application/json; charset=nonsense",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=the-boundary",
        "multipart/mixed; boundary=a",
        "application/merge-patch+json",
        "application/octet-stream",
        "application/offset+octet-stream",
        "image/png",
        "audio/wav",
        "",
        ";",
        "/",
        "a",
        "application/json, text/plain",
        "application/json;;;",
        new string('a', 2000),
    ];

    internal static readonly (string Name, string Value)[] Headers =
    [
        ("Accept", "application/problem+json"),
        ("Accept", "*/*;q=nan"),
        ("Accept", ",,,"),
        ("Accept", "application/octet-stream"),
        ("Accept-Language", Utf8("x-ÿ")),
        ("Accept-Encoding", "gzip;q=-1, br"),
        ("If-None-Match", "*"),
        ("If-None-Match", "\"a"),
        ("If-None-Match", "W/\"\", nonsense"),
        ("If-Match", "*"),
        ("If-Match", "nonsense"),
        ("If-Match", "\"e0\""),
        ("If-Match", "\"e99999999999999999999\""),
        ("If-Range", "\"a\""),
        ("If-Range", "yesterday"),
        ("If-Modified-Since", "never"),
        ("If-Unmodified-Since", "0"),
        ("Range", "bytes=0-0"),
        ("Range", "bytes=-0"),
        ("Range", "bytes=5-2"),
        ("Range", "bytes=-"),
        ("Range", "bytes=9223372036854775807-"),
        ("Range", "bytes=0-1,3-4,2-"),
        ("Range", "lines=1-2"),
        ("Idempotency-Key", "a"),
        ("Idempotency-Key", new string('k', 4000)),
        ("Idempotency-Key", ""),
        ("Authorization", "Bearer"),
        ("Authorization", "Bearer ."),
        ("Authorization", "Bearer a.b.c"),
        ("Authorization", "Basic !!!"),
        ("Authorization", "Bearer veza_x"),
        ("Cookie", "a=b; =; \"; veza=x"),
        ("Origin", "null"),
        ("Origin", Utf8("https://é")),
        ("Referer", "::"),
        ("X-Forwarded-For", "::::, 1.2.3"),
        ("X-Forwarded-Proto", "gopher"),
        ("Forwarded", "for=\"[::\""),
        ("X-Request-Id", "a b"),
        ("X-HTTP-Method-Override", "PATCH"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("Expect", "200-maybe"),
        ("Upgrade", "h2c"),
        ("Content-Encoding", "gzip"),
        ("Content-Language", Utf8("ÿ")),
        ("Tus-Resumable", "0.2"),
        ("Tus-Resumable", "1.0.0"),
        ("Upload-Length", "-1"),
        ("Upload-Length", "99999999999999999999"),
        ("Upload-Offset", "1e3"),
        ("Upload-Offset", "9223372036854775807"),
        ("Upload-Concat", "final;"),
        ("Upload-Concat", "final;/api/v1/uploads/x"),
        ("Upload-Concat", Utf8("partial;ÿ")),
        ("Upload-Metadata", "filename"),
        ("Upload-Metadata", "filename !!!"),
        ("Upload-Metadata", "f\u00c3\u00a9 YQ=="),
        ("Upload-Metadata", "filename YQA="),
        ("Upload-Metadata", "filename 8J+YgO2gvQ==,filename YQ=="),
        ("Upload-Checksum", "sha1 !"),
        ("Upload-Checksum", "md9 YQ=="),
        ("Last-Event-ID", "\u00ff"),
        ("Last-Event-ID", Utf8("é")),
        ("Last-Event-ID", "99999999999999999999"),
        ("Sec-WebSocket-Key", "a"),
        ("Sec-WebSocket-Protocol", "veza.chat.v1, bearer.x"),
        ("User-Agent", new string('u', 199) + Utf8("😀")),
        ("User-Agent", ""),
        ("User-Agent", Utf8(LongEmoji)),
        ("DPoP", "x"),
        ("Content-MD5", "x"),
        ("Prefer", "x"),
        ("TE", "trailers"),
    ];

    /// <summary>As the bytes of UTF-8 go over the wire, one Latin-1 letter for each.</summary>
    internal static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    internal static T Any<T>(this Random random, IReadOnlyList<T> values) => values[random.Next(values.Count)];

    /// <summary>
    /// In an address: by percent, half a surrogate pair and other broken bytes too, or as it is where that can stand in
    /// a request line.
    /// </summary>
    internal static string InAddress(Random random) =>
        random.Next(10) switch
        {
            0 => "%ff%fe",
            1 => "%ED%A0%80",
            2 => "%00",
            3 => "%",
            4 => "%zz",
            5 => "%c0%af",
            6 => "a%2fb",
            _ => Escaped(random.Any(Texts)),
        };

    /// <summary>JSON with one value in it replaced, doubled, removed or added.</summary>
    internal static byte[] Mutated(string example, Random random)
    {
        if (JsonNode.Parse(example) is not JsonObject body || body.Count == 0)
            return random.Any(Bodies);
        var name = random.Any([.. body.Select(member => member.Key)]);
        var marker = $"@{random.Next()}@";
        if (random.Next(6) == 0 && body[name] is JsonObject { Count: > 0 } inner)
            inner[random.Any([.. inner.Select(member => member.Key)])] = marker;
        else
            body[name] = marker;
        var value = random.Next(3) == 0 ? random.Any(Json) : Quoted(random.Any(Texts));
        var text = body.ToJsonString().Replace($"\"{marker}\"", value, StringComparison.Ordinal);
        return (random.Next(12)) switch
        {
            0 => Encoding.UTF8.GetBytes(text[..random.Next(text.Length)]),
            1 => Encoding.UTF8.GetBytes($"{{\"{name}\":{value},{text[1..]}"),
            2 => Mutation.Of(Encoding.UTF8.GetBytes(text), random),
            3 => Encoding.Unicode.GetBytes(text),
            _ => Encoding.UTF8.GetBytes(text),
        };
    }

    /// <summary>A JSON string, with escapes for what cannot be written as UTF-8.</summary>
    internal static string Quoted(string text) =>
        $"\"{string.Concat(text.Select(c => c is < ' ' or '"' or '\\' || char.IsSurrogate(c) ? $"\\u{(int)c:x4}" : c.ToString()))}\"";

    private static string Escaped(string text) =>
        Uri.EscapeDataString(new string([.. text.EnumerateRunes().SelectMany(rune => rune.ToString())]));
}
