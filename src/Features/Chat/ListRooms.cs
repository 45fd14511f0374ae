using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>The public rooms, newest first; with <c>mine=true</c> the rooms one is in, the private ones too.</summary>
internal static class ListRooms
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/chat/rooms", Handle).WithName("ListRooms").Requires(Permissions.ChatRead)
        .Documented("Chat", "Find rooms", new[] { Room.Example }, errors: [Errors.Validation, Errors.PageTooDeep]);

    private static async Task<Answer<Room[]>> Handle(bool? mine, int? page, int? per_page, Caller caller, NpgsqlDataSource postgres, CancellationToken ct)
    {
        if (Paging.Read(page, per_page, out var paging) is { } refused) return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var filter = new { caller.UserId, limit = paging.PerPage, offset = paging.Offset, countMax = Paging.ResultsMax };
        var (rows, total) = mine == true
            ? (await db.QueryAsync<Room>($"""
                select {Room.Columns} from room_member m join room r on r.id = m.room_id
                 where m.account_id = @UserId order by r.created_at desc, r.id limit @limit offset @offset
                """, filter), await db.ExecuteScalarAsync<long>("select count(*) from (select 1 from room_member where account_id = @UserId limit @countMax) counted", filter))
            : (await db.QueryAsync<Room>($"""
                select {Room.Columns} from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId
                 where r.visibility = 'public' order by r.created_at desc, r.id limit @limit offset @offset
                """, filter), await db.ExecuteScalarAsync<long>("select count(*) from (select 1 from room where visibility = 'public' limit @countMax) counted", filter));
        return Answer<Room[]>.Of([.. rows], "OK", meta: paging.Meta(total));
    }
}
