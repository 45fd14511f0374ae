using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>The devices on which the second factor is not asked for, the newest first.</summary>
internal sealed class ListTrustedDevices(PostgresSource postgres) : Slice<ListTrustedDevices.Device[]>
{
    internal sealed record Device(
        Guid Id,
        [property: JsonPropertyName("device")] string Name,
        string? Ip,
        DateTime CreatedAt,
        DateTime LastUsedAt,
        DateTime ExpiresAt
    );

    public override void Configure()
    {
        Get("/2fa/trusted-devices");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described(
                    "List your trusted devices",
                    new[]
                    {
                        new Device(
                            Account.Example.Id,
                            "Mozilla/5.0 (X11; Linux x86_64)",
                            "203.0.113.7",
                            Account.Example.CreatedAt,
                            Account.Example.CreatedAt,
                            Account.Example.CreatedAt.AddDays(30)
                        ),
                    }
                )
        );
    }

    protected override async Task<Answer<Device[]>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var devices = await db.QueryAsync<Device>(
            """
            select id, device as name, host(ip) as ip, created_at, last_used_at, expires_at
              from trusted_device
             where account_id = @UserId and expires_at > now()
               and created_at >= (select password_changed_at from account where id = @UserId)
             order by created_at desc
            """,
            new { Caller.UserId }
        );
        return devices.ToArray();
    }
}

[JsonSerializable(typeof(Envelope<ListTrustedDevices.Device[]>))]
internal sealed partial class ListTrustedDevicesJson : JsonSerializerContext;
