using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Keeps a member from posting, until a time or until it is lifted; they hear everything. It outlives their leaving, so
/// that nobody leaves to be rid of it. Muting again changes the time.
/// </summary>
internal static class MuteMember
{
    internal sealed record Request(DateTime? Until);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/rooms/{id}/members/{userId}/mute", Handle)
            .WithName("MuteMember")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Mute a member",
                RoomMember.Example with
                {
                    Muted = true,
                },
                new Request(null),
                errors:
                [
                    Errors.Validation,
                    ChatReads.RoomNotFound,
                    ChatErrors.RoomIsDirect,
                    ChatErrors.RoomForbidden,
                    ChatErrors.MemberNotFound,
                    ChatErrors.TooManyMutes,
                ]
            );

    private static async Task<Answer<RoomMember>> Handle(
        Guid id,
        Guid userId,
        Request? request,
        Caller caller,
        PostgresSource postgres,
        RoomFeeds feeds,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        if (EndTime.Refuse(request?.Until, clock) is { } past)
            return past;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, caller, RoomAction.Mute);
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
                callerId = caller.UserId,
                until = request?.Until,
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
