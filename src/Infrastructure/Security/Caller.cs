using Veza.Infrastructure.Texts;

namespace Veza.Infrastructure.Security;

/// <summary>
/// Who makes the request, as the access token or the API key says. A slice that takes one is never called without. The
/// session's id is the key's for a caller by API key.
/// </summary>
internal sealed record Caller(
    Guid UserId,
    Guid SessionId,
    string Username,
    string[] Roles,
    string[] Permissions,
    DateTime ExpiresAt,
    DateTime AuthenticatedAt
)
{
    /// <summary>Of the session when the token was issued; a revocation names the least that is still good.</summary>
    internal int Epoch { get; init; }

    internal int Rotation { get; init; }

    internal bool IsApiKey { get; init; }

    internal bool May(string permission) => Array.IndexOf(Permissions, permission) >= 0;

    /// <summary>Binds a handler's parameter; null only where the slice is anonymous.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.Get<Caller>());
}

/// <summary>Who asks, as far as the connection and its headers tell: for sessions and the audit trail.</summary>
internal sealed record Origin(string? Ip, string Device, Guid? SessionId)
{
    private const int DeviceCharsMax = 200;

    /// <summary>Of what no person asked for: transitions of the clock, commands of an operator.</summary>
    internal static readonly Origin Veza = new(null, "veza", null);

    internal Origin In(Guid sessionId) => this with { SessionId = sessionId };

    internal static Origin Of(HttpContext http)
    {
        var device = TextCut.OfRecord(http.Request.Headers.UserAgent.ToString(), DeviceCharsMax);
        var address = http.Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        var caller = http.Features.Get<Caller>();
        return new Origin(address?.ToString(), device, caller is { IsApiKey: false } ? caller.SessionId : null);
    }
}
