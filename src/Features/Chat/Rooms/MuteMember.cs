using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Keeps a member from posting, until a time or until it is lifted; they hear everything. It outlives their leaving, so
/// that nobody leaves to be rid of it. Muting again changes the time.
/// </summary>
internal sealed class MuteMember(PostgresSource postgres, RoomFeeds feeds, TimeProvider clock)
    : Slice<MuteMember.Request, RoomMember>
{
    [BodyOptional]
    internal sealed record Request([property: JsonIgnore] Guid Id, [property: JsonIgnore] Guid UserId, DateTime? Until);

    public override void Configure()
    {
        Put("/rooms/{id}/members/{userId}/mute");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Mute a member",
                    RoomMember.Example with
                    {
                        Muted = true,
                    },
                    new Request(default, default, null),
                    errors:
                    [
                        Errors.Validation,
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        ChatErrors.MemberNotFound,
                        ChatErrors.TooManyMutes,
                    ]
                )
        );
    }

    public override async Task<Answer<RoomMember>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var userId = request.UserId;
        if (EndTime.Refuse(request.Until, clock) is { } past)
            return past;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Mute);
        if (held is null)
            return refused!;
        var (person, untouchable) = await held.FindLower(userId, RoomAction.Mute);
        if (person is null)
            return untouchable!;
        var muted = await db.ExecuteAsync(
            """
            insert into room_mute (room_id, account_id, muted_by, until)
            select @id, @userId, @callerId, coalesce(@until::timestamptz, 'infinity')
             where (select count(*) from (select 1 from room_mute where room_id = @id and account_id <> @userId
               limit @MutesMax) had) < @MutesMax
            on conflict (room_id, account_id) do update set (muted_by, until) = (excluded.muted_by, excluded.until)
            """,
            new
            {
                id,
                userId,
                callerId = Caller.UserId,
                until = request.Until,
                ChatLimits.MutesMax,
            },
            transaction
        );
        if (muted == 0)
            return ChatErrors.TooManyMutes;
        var member = await RoomMember.Find(db, transaction, id, userId);
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await feeds.Publish(News.Passing(id, Guid.Empty, Frames.Member(id, member!)));
        return Answer<RoomMember>.Of(member!, "They are muted");
    }
}

[JsonSerializable(typeof(MuteMember.Request))]
internal sealed partial class MuteMemberJson : JsonSerializerContext;
