using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>Who is banned from a room now, the latest first; for those who may ban.</summary>
[HotRead]
internal static class ListBans
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/rooms/{id}/bans", Handle)
            .WithName("ListBans")
            .Requires(Permissions.ChatRead)
            .Documented(
                "Chat",
                "List the banned users of a room",
                new[] { Ban.Example },
                errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.RoomIsDirect, ChatErrors.RoomForbidden]
            );

    private static async Task<Answer<Ban[]>> Handle(
        Guid id,
        int? limit,
        string? cursor,
        Caller caller,
        PostgresSource postgres,
        RoomAccess access,
        CancellationToken ct
    )
    {
        if (CursorPage.Read(limit, cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        if (await access.RefuseDeed(id, caller, RoomAction.Ban, ct) is { } forbidden)
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
