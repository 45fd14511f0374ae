using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Notifications.Devices;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications.Pushes;

/// <summary>
/// Job: brings one device to what holds of one notification: shows it, or takes back what it may show. It looks again
/// after each step, and notes a try before it is made, so whatever happens meanwhile, and wherever a worker dies, the
/// last that a device hears is what is true. A push may come twice, under the same topic.
/// </summary>
internal sealed partial class SendPush(
    PostgresSource postgres,
    Secrets secrets,
    IEnumerable<IPushSender> senders,
    ILogger<SendPush> log
) : IJob
{
    /// <summary>With the waits of the queue about an hour and a half.</summary>
    internal const int AttemptsMax = 12;
    internal const string Name = "send_push";
    private const int StepsMax = 4,
        ShownForS = 24 * 3600;
    private static readonly TimeSpan Rest = TimeSpan.FromDays(1);

    internal static readonly JobKind Kind = new(
        Name,
        AttemptsMax,
        services => ActivatorUtilities.CreateInstance<SendPush>(services)
    )
    {
        IsBrief = true,
        IsToStrangers = true,
    };

    internal sealed record Payload(Guid NotificationId, Guid DeviceId);

    public async Task Run(JobRun run, CancellationToken ct)
    {
        Payload push = JsonSerializer.Deserialize(run.Payload, SendPushJson.Default.Payload)!;
        for (var step = 0; step < StepsMax; step++)
        {
            if (await Look(push, ct) is not { } state)
                return;
            if (state is { IsWanted: true, IsSent: false })
            {
                if (!state.IsTried && (state.AgeS > ShownForS || state.IsOvertaken))
                    return;
                if (state.QuietEnd is { } end)
                {
                    await Hold(run, push, end, ct);
                    return;
                }

                await NoteTry(push, ct);
                if (
                    !await Send(
                        push,
                        state,
                        PushNote.Showing(push.NotificationId, state, Math.Clamp(ShownForS - state.AgeS, 0, ShownForS)),
                        ct
                    )
                )
                    return;
                await NoteSent(push, ct);
            }
            else
            {
                if (
                    state is { IsWanted: false, IsTried: true, IsTakenBack: false }
                    && await Send(push, state, PushNote.TakingBack(push.NotificationId, state, ShownForS), ct)
                )
                    await NoteTakenBack(push, ct);
                return;
            }
        }
    }

    /// <summary>
    /// The notification stands in the list all the same. The device is not tried with each that follows: it rests until
    /// it is registered again, or the time is over.
    /// </summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction)
    {
        Payload push = JsonSerializer.Deserialize(run.Payload, SendPushJson.Default.Payload)!;
        return db.ExecuteAsync(
            "update push_device set rests_until = now() + @Rest where id = @DeviceId",
            new { push.DeviceId, Rest },
            transaction
        );
    }

    private async Task<PushState?> Look(Payload push, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await PushState.Find(db, push.NotificationId, push.DeviceId);
    }

    private async Task NoteTry(Payload push, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            """
            update push set tried_at = now() where notification_id = @NotificationId and device_id = @DeviceId
              and tried_at is null
            """,
            new { push.NotificationId, push.DeviceId }
        );
    }

    /// <summary>
    /// Another worker may have taken it back while this was on its way, and so before it: then once more, afterwards.
    /// </summary>
    private async Task NoteSent(Payload push, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            """
            with done as (
              update push set sent_at = now(), withdrawn_at = null where notification_id = @NotificationId
                and device_id = @DeviceId returning device_id
            )
            update push_device set last_sent_at = now() where id in (select device_id from done)
            """,
            new { push.NotificationId, push.DeviceId }
        );
    }

    private async Task NoteTakenBack(Payload push, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            "update push set withdrawn_at = now() where notification_id = @NotificationId and device_id = @DeviceId",
            new { push.NotificationId, push.DeviceId }
        );
    }

    /// <summary>
    /// Strangers take their time, so no connection is held meanwhile. False when the device is gone, which is then
    /// forgotten.
    /// </summary>
    private async Task<bool> Send(Payload push, PushState state, PushNote note, CancellationToken ct)
    {
        var sender = senders.Single(s => s.Kind == state.DeviceKind);
        if (await sender.Send(PushAddress.Open(secrets, state.Sealed, state.AddressHash), note, ct))
            return true;
        LogGone(push.DeviceId);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("delete from push_device where id = @DeviceId", new { push.DeviceId });
        return false;
    }

    /// <summary>The quiet hours began, or were set, after it was on its way: the same again when they end.</summary>
    private async Task Hold(JobRun run, Payload push, DateTime end, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await db.ExecuteAsync(
            """
            with held as (
              update push p set held_until = @end from notification n
               where p.notification_id = @NotificationId and p.device_id = @DeviceId and n.id = p.notification_id
                 returning p.notification_id, p.device_id, n.account_id
            )
            select enqueue_job(@Name,
              jsonb_build_object('notification_id', notification_id, 'device_id', device_id), @end, account_id)
              from held
            """,
            new
            {
                push.NotificationId,
                push.DeviceId,
                end,
                Name,
            },
            transaction
        );
        await run.Complete(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Device {Id} is gone, as its push service says, and was forgotten"
    )]
    private partial void LogGone(Guid id);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SendPush.Payload))]
internal sealed partial class SendPushJson : JsonSerializerContext;
