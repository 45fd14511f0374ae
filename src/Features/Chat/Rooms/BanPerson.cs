using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Keeps a person out of a room, member or not, until a time or until it is lifted: their sockets hear nothing of it
/// from then on, on every node, they cannot join or be invited, nor read it if it is public. Banning again changes the
/// reason and the time.
/// </summary>
internal sealed class BanPerson(PostgresSource postgres, RoomFeeds feeds, TimeProvider clock)
    : Slice<BanPerson.Request, Ban>
{
    [BodyOptional]
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        [property: JsonIgnore] Guid UserId,
        string? Reason,
        DateTime? Until
    );

    public override void Configure()
    {
        Put("/rooms/{id}/bans/{userId}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Ban a user from a room",
                    Ban.Example,
                    new Request(default, default, "Advertising", null),
                    errors:
                    [
                        Errors.Validation,
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        UsersReads.UserNotFound,
                        ChatErrors.OwnerMustStay,
                        ChatErrors.TooManyBans,
                    ]
                )
        );
    }

    public override async Task<Answer<Ban>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var userId = request.UserId;
        if (request.Reason?.Length > ChatLimits.ReasonCharsMax)
            return Errors.Validation.With(
                new FieldError("reason", "TOO_LONG", $"A reason has at most {ChatLimits.ReasonCharsMax} characters")
            );
        if (EndTime.Refuse(request.Until, clock) is { } past)
            return past;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Ban);
        if (held is null)
            return refused!;
        if (await held.Find(userId) is not { } person)
            return UsersReads.UserNotFound;
        if (!held.Allows(RoomAction.Ban, person.Rank))
            return ChatErrors.RoomForbidden;
        if (person.Role == "owner")
            return ChatErrors.OwnerMustStay;
        var ban = await db.QuerySingleOrDefaultAsync<BanRow>(
            $"""
            with b as (
              insert into room_ban (room_id, account_id, banned_by, reason, until)
              select @id, @userId, @callerId, @reason, coalesce(@until::timestamptz, 'infinity')
               where (select count(*) from (select 1 from room_ban where room_id = @id and account_id <> @userId
                 limit @BansMax) had) < @BansMax
              on conflict (room_id, account_id) do update set (banned_by, reason, until, created_at) =
                (excluded.banned_by, excluded.reason, excluded.until, case when room_ban.until > now()
                  then room_ban.created_at else now() end)
              returning account_id, reason, until, banned_by, created_at
            ), uninvited as (
              delete from room_invite where room_id = @id and account_id = @userId
            )
            select {BanRow.Columns} from b join account a on a.id = b.account_id
            """,
            new
            {
                id,
                userId,
                callerId = Caller.UserId,
                reason = request.Reason?.Trim() ?? "",
                until = request.Until,
                ChatLimits.BansMax,
            },
            transaction
        );
        if (ban is null)
            return ChatErrors.TooManyBans;
        var left = await held.Remove(userId);
        await transaction.CommitAsync(CancellationToken.None);
        if (!left)
            return Answer<Ban>.Of(ban.ToBan(), "They are banned");
        var hiddenFrom = await HiddenFrom.Members(db, id, userId);
        await db.DisposeAsync();
        await feeds.Publish(
            News.Left(id, userId, Frames.Member("member.left", id, userId, person.Username, "banned")) with
            {
                UnseenBy = hiddenFrom,
            }
        );
        return Answer<Ban>.Of(ban.ToBan(), "They are banned");
    }
}

[JsonSerializable(typeof(BanPerson.Request))]
internal sealed partial class BanPersonJson : JsonSerializerContext;
