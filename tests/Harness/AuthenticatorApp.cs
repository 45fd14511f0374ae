using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Web;

namespace Veza.Tests.Harness;

/// <summary>
/// The app on a person's phone: RFC 4226 and 6238 written a second time, so that the server's library is not its own
/// judge.
/// </summary>
internal sealed class AuthenticatorApp
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private readonly byte[] seed;
    private readonly int stepS;

    internal AuthenticatorApp(byte[] seed, int stepS = 30)
    {
        this.seed = seed;
        this.stepS = stepS;
    }

    /// <summary>As a phone's camera takes it: whatever the link says.</summary>
    internal static AuthenticatorApp Scan(string otpauthUri)
    {
        var link = new Uri(otpauthUri);
        Assert.Equal(("otpauth", "totp"), (link.Scheme, link.Host));
        var query = HttpUtility.ParseQueryString(link.Query);
        Assert.Equal(("SHA1", "6"), (query["algorithm"], query["digits"]));
        return new AuthenticatorApp(
            Decode(query["secret"]!),
            int.Parse(query["period"]!, CultureInfo.InvariantCulture)
        );
    }

    internal byte[] Seed => seed;

    internal long Step => DateTimeOffset.UtcNow.ToUnixTimeSeconds() / stepS;

    /// <summary>What it shows now.</summary>
    internal string Code => CodeAt(Step);

    internal string CodeAt(long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)],
            hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // It is what authenticator apps do.
        HMACSHA1.HashData(seed, counter, hash);
#pragma warning restore CA5350
        var truncated = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 0xF)..]) & int.MaxValue;
        return (truncated % 1_000_000).ToString("000000", CultureInfo.InvariantCulture);
    }

    /// <summary>A code of six digits that is none of those near now.</summary>
    internal string WrongCode(int which = 0)
    {
        var right = Enumerable.Range(-3, 7).Select(i => CodeAt(Step + i)).ToHashSet();
        return Enumerable
            .Range(100_000, 1_000)
            .Select(n => n.ToString(CultureInfo.InvariantCulture))
            .Where(c => !right.Contains(c))
            .ElementAt(which);
    }

    private static byte[] Decode(string text)
    {
        var bytes = new List<byte>();
        var (buffer, bits) = (0, 0);
        foreach (var c in text)
        {
            buffer = ((buffer << 5) | Base32.IndexOf(c, StringComparison.Ordinal)) & 0xFFF;
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(buffer >> bits));
        }

        return [.. bytes];
    }
}
