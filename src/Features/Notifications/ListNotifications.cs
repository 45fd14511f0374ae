using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>
/// The caller's notifications, newest first. What was deleted, or comes from somebody of whom the caller sees nothing,
/// is not in it.
/// </summary>
[HotRead]
internal sealed class ListNotifications(PostgresSource postgres) : Slice<ListNotifications.Request, Notification[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described("List notifications", new[] { Notification.Example }, errors: [Errors.Validation])
        );
    }

    public override async Task<Answer<Notification[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<NotificationRow>(
            $"""
            select n.id, n.kind, n.room_id, r.name as room_name, r.visibility, n.message_id, n.seq, m.content,
                   n.author_id, a.username, a.display_name, a.avatar_url, n.created_at, n.read_at
              from notification n left join message m on m.id = n.message_id join room r on r.id = n.room_id left
                join account a on a.id = n.author_id
             where n.account_id = @UserId and (n.created_at, n.id) < (@Moment, @Id) and {NotificationVisibility.Holds}
             order by n.created_at desc, n.id desc limit @Take
            """,
            new
            {
                Caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<Notification>(
            [.. rows.Select(row => row.ToNotification())],
            notification => (notification.CreatedAt, notification.Id)
        );
    }
}
