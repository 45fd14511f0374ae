using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Plays;

/// <summary>
/// Who listens, as a play knows it: a keyed hash of the account, or of address, user agent and day. Neither can be read
/// back without the master key.
/// </summary>
internal sealed class Listeners(MasterKey master, PlaysSettings settings)
{
    private const int CountryChars = 2;
    private readonly byte[] key = master.Derive("listeners");

    internal Guid Of(Caller? caller, HttpContext http, DateTime now) =>
        caller is not null
            ? Of(caller.UserId)
            : Hash("address", AddressOf(http), http.Request.Headers.UserAgent.ToString(), DayOf(now));

    internal Guid Of(Guid accountId) => Hash("account", accountId.ToString());

    /// <summary>
    /// Where somebody without an account listens: their address and its network, as hashes of the day. What a client
    /// says of itself is no part of it.
    /// </summary>
    internal PlayPlace? PlaceOf(Caller? caller, HttpContext http, DateTime now) =>
        caller is not null
            ? null
            : new PlayPlace(
                Hash("place", AddressOf(http), DayOf(now)),
                Hash("network", ClientAddress.SubnetOf(ClientAddress.Of(http)).ToString(), DayOf(now))
            );

    /// <summary>The country that a proxy of ours names in the configured header; nobody else is believed.</summary>
    internal string? CountryOf(HttpContext http)
    {
        if (settings.CountryHeader is not { } header || !ClientAddress.CameThroughProxy(http))
            return null;
        var country = http.Request.Headers[header].ToString().ToUpperInvariant();
        // XX and T1 are what proxies say when they do not know.
        return country.Length == CountryChars && country.All(char.IsAsciiLetterUpper) && country != "XX"
            ? country
            : null;
    }

    private static string DayOf(DateTime now) => now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string AddressOf(HttpContext http)
    {
        Span<byte> unit = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(unit, ClientAddress.UnitOf(ClientAddress.Of(http)));
        return Convert.ToHexString(unit);
    }

    private Guid Hash(params string[] parts) =>
        new(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Join('\n', parts)))[..16]);
}
