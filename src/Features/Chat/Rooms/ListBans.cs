using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>Who is banned from a room now, the latest first; for those who may ban.</summary>
[HotRead]
internal sealed class ListBans(PostgresSource postgres, RoomAccess access) : Slice<ListBans.Request, Ban[]>
{
    internal sealed record Request(Guid Id, int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/rooms/{id}/bans");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List the banned users of a room",
                    new[] { Ban.Example },
                    errors:
                    [
                        Errors.Validation,
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                    ]
                )
        );
    }

    public override async Task<Answer<Ban[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        if (await access.RefuseDeed(id, Caller, RoomAction.Ban, ct) is { } forbidden)
            return forbidden;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<BanRow>(
            $"""
            select {BanRow.Columns} from room_ban b join account a on a.id = b.account_id
             where b.room_id = @id and b.until > now() and (b.created_at, b.account_id) < (@Moment, @after)
             order by b.created_at desc, b.account_id desc limit @Take
            """,
            new
            {
                id,
                seek.Moment,
                after = seek.Id,
                seek.Take,
            }
        );
        Ban[] bans = [.. rows.Select(row => row.ToBan())];
        return seek.Answer(bans, ban => (ban.CreatedAt, ban.User.Id));
    }
}
