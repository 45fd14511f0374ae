using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Push;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications.Devices;

/// <summary>
/// Registers a device: a browser's PushSubscription as it is, or what the operator's gateway knows it by. Registering
/// it again renews it; registered by somebody else it is theirs from then on, and told nothing more of who had it
/// before. It is told for as long as the session lives that registered it last.
/// </summary>
internal sealed class RegisterPushDevice(
    PostgresSource postgres,
    Secrets secrets,
    PushDestinations destinations,
    NotificationsSettings settings
) : Slice<RegisterPushDevice.Request, PushDevice>
{
    internal sealed record SubscriptionKeys(string? P256dh, string? Auth);

    internal sealed record Request(
        string? Kind,
        string? Endpoint,
        SubscriptionKeys? Keys,
        string? App,
        string? Token,
        string? Name
    );

    public override void Configure()
    {
        Post("/devices");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Register a push device",
                    PushDevice.Example,
                    new Request(
                        null,
                        "https://fcm.googleapis.com/fcm/send/eXaMpLe",
                        new SubscriptionKeys(
                            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                            "BTBZMqHH6r4Tts7J_aSIgg"
                        ),
                        null,
                        null,
                        "Firefox on the train"
                    ),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    NotificationsErrors.PushEndpointRefused,
                    NotificationsErrors.PushKindUnavailable,
                    NotificationsErrors.TooManyPushDevices
                )
        );
    }

    public override async Task<Answer<PushDevice>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var kind = request.Kind ?? PushDevice.WebPush;
        if (Faults(request, kind) is { Length: > 0 } faults)
            return Errors.Validation.With(faults);
        if (kind == PushDevice.Gateway && settings.Gateway is null)
            return NotificationsErrors.PushKindUnavailable;
        var endpoint = kind == PushDevice.WebPush ? new Uri(request.Endpoint!) : null;
        if (endpoint is not null && !await destinations.Takes(endpoint, ct))
            return NotificationsErrors.PushEndpointRefused;

        var address = endpoint is null
            ? new PushAddress(kind, null, null, null, request.App, request.Token)
            : new PushAddress(kind, request.Endpoint, request.Keys!.P256dh, request.Keys.Auth, null, null);
        var hash = address.Hash();
        var device = await Keep(
            postgres,
            Caller,
            kind,
            hash,
            address.Seal(secrets, hash),
            endpoint?.Host ?? request.App!,
            request.Name?.Trim() ?? "",
            ct
        );
        return device is null
            ? NotificationsErrors.TooManyPushDevices
            : Answer<PushDevice>.Created(device, "You are told on this device", "/api/v1/notifications/devices");
    }

    private static async Task<PushDevice?> Keep(
        PostgresSource postgres,
        Caller caller,
        string kind,
        byte[] hash,
        byte[] content,
        string host,
        string name,
        CancellationToken ct
    )
    {
        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // One at a time for each account, so that the limit is one.
        await db.ExecuteAsync(
            "select 1 from account where id = @UserId for no key update",
            new { caller.UserId },
            transaction
        );
        // What the device was told of somebody else goes with the row.
        await db.ExecuteAsync(
            "delete from push_device where address_hash = @hash and account_id <> @UserId",
            new { hash = new PgValue<byte[]>(hash), caller.UserId },
            transaction
        );
        // The caller's own devices of sessions that are over: nothing is pushed there.
        await db.ExecuteAsync(
            $"""
            delete from push_device d where d.account_id = @UserId and d.address_hash <> @hash
              and not {PushDevice.IsAlive}
            """,
            new { caller.UserId, hash = new PgValue<byte[]>(hash) },
            transaction
        );
        var device = await db.QuerySingleOrDefaultAsync<PushDevice>(
            $"""
            insert into push_device as d (id, account_id, session_id, kind, address_hash, sealed, host, name)
            select @id, @UserId, @SessionId, @kind, @hash, @content, @host, @name
             where exists (select 1 from push_device where address_hash = @hash)
                or (select count(*) from push_device where account_id = @UserId) < @DevicesMax
            on conflict (address_hash) do update
              set session_id = excluded.session_id, sealed = excluded.sealed, name = excluded.name, rests_until = null
              where d.account_id = excluded.account_id
            returning {PushDevice.Columns}
            """,
            new
            {
                id,
                caller.UserId,
                caller.SessionId,
                kind,
                hash = new PgValue<byte[]>(hash),
                content = new PgValue<byte[]>(content),
                host,
                name,
                NotificationsLimits.DevicesMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return device;
    }

    private static FieldError[] Faults(Request request, string kind)
    {
        var faults = new List<FieldError>();
        if (request.Name?.Length > NotificationsLimits.DeviceNameCharsMax)
            faults.Add(
                new FieldError(
                    "name",
                    "TOO_LONG",
                    $"name has at most {NotificationsLimits.DeviceNameCharsMax} characters"
                )
            );
        if (kind == PushDevice.WebPush)
        {
            if (
                request.Endpoint is not { Length: > 0 and <= NotificationsLimits.EndpointCharsMax }
                || !Uri.TryCreate(request.Endpoint, UriKind.Absolute, out _)
            )
                faults.Add(
                    new FieldError(
                        "endpoint",
                        "INVALID_FORMAT",
                        $"endpoint is the URL of the subscription, of at most "
                            + $"{NotificationsLimits.EndpointCharsMax} characters"
                    )
                );
            if (PushKeys.Read(request.Keys?.P256dh, request.Keys?.Auth) is null)
                faults.Add(
                    new FieldError(
                        "keys",
                        "INVALID_FORMAT",
                        "keys has the p256dh (a point on P-256) and auth (16 bytes) of the subscription, in base64url"
                    )
                );
        }
        else if (kind == PushDevice.Gateway)
        {
            if (request.App is not { Length: > 0 and <= NotificationsLimits.AppCharsMax })
                faults.Add(new FieldError("app", "REQUIRED", "app names the application to the gateway"));
            if (request.Token is not { Length: > 0 and <= NotificationsLimits.TokenCharsMax })
                faults.Add(new FieldError("token", "REQUIRED", "token is what the device is known by there"));
        }
        else
        {
            faults.Add(new FieldError("kind", "NOT_ALLOWED", "kind is web_push or gateway"));
        }

        return [.. faults];
    }
}
