using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// The public rooms, or those that the words of <c>q</c> find, by age, members or activity; with <c>mine=true</c> the
/// rooms the caller is in, the private ones too, newest first.
/// </summary>
internal sealed class ListRooms(PostgresSource postgres) : Slice<ListRooms.Request, Room[]>
{
    internal sealed record Request(bool? Mine, string? Q, string? SortBy, string? Order, int? Page, int? PerPage);

    /// <summary>Each room is looked up by its key: the planner would rather read all rooms there are.</summary>
    internal const string Joined =
        $"room_member m cross join lateral (select {Room.Facts} from room r where r.id = m.room_id limit 1) r "
        + $"where m.account_id = @UserId and r.visibility <> 'direct'";

    public override void Configure()
    {
        Get("/rooms");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described(
                    "List and search public rooms",
                    new[] { Room.Example },
                    errors: [Errors.Validation, Errors.PageTooDeep]
                )
        );
    }

    public override async Task<Answer<Room[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (Paging.Read(request.Page, request.PerPage, out var paging) is { } refused)
            return refused;
        if (request.Q?.Length > ChatLimits.QueryCharsMax)
            return Errors.Validation.With(
                new FieldError("q", "TOO_LONG", $"q has at most {ChatLimits.QueryCharsMax} characters")
            );
        if (request.SortBy is not null && !RoomDirectory.Orders.Contains(request.SortBy))
            return Errors.Validation.With(
                new FieldError("sort_by", "NOT_ALLOWED", $"sort_by is one of {string.Join(", ", RoomDirectory.Orders)}")
            );
        if (request.Order is not (null or "asc" or "desc"))
            return Errors.Validation.With(new FieldError("order", "NOT_ALLOWED", "order is asc or desc"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var (rooms, total) =
            request.Mine == true
                ? await Own(db, Caller, paging)
                : await RoomDirectory.Find(
                    db,
                    Caller,
                    string.IsNullOrWhiteSpace(request.Q) ? null : request.Q,
                    request.SortBy ?? RoomDirectory.ByCreation,
                    request.Order != "asc",
                    paging
                );
        return Answer<Room[]>.Of(rooms, "OK", meta: paging.Meta(total));
    }

    /// <summary>Conversations of two have a list of their own.</summary>
    private static async Task<(Room[] Rooms, long Total)> Own(NpgsqlConnection db, Caller caller, Paging paging)
    {
        var asked = new
        {
            caller.UserId,
            limit = paging.PerPage,
            offset = paging.Offset,
            countMax = Paging.ResultsMax,
        };
        var rows = await db.QueryAsync<Room>(
            $"""
            select {Room.Columns} from {ListRooms.Joined} order by r.created_at desc, r.id limit @limit offset @offset
            """,
            asked
        );
        var total = await db.ExecuteScalarAsync<long>(
            $"""
            select count(*) from (select 1 from {ListRooms.Joined} limit @countMax) counted
            """,
            asked
        );
        return ([.. rows], total);
    }
}
