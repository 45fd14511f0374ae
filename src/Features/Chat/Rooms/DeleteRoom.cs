using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Deletes a room for everybody at once: its owner may, and who moderates the site. What was said in it is removed
/// afterwards, see <see cref="RoomUpkeep"/>.
/// </summary>
internal static class DeleteRoom
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/rooms/{id}", Handle)
            .WithName("DeleteRoom")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Delete a room",
                Nothing.Value,
                errors: [ChatReads.RoomNotFound, ChatErrors.RoomForbidden, ChatErrors.RoomIsDirect]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        RoomFeeds feeds,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, caller, RoomAction.Delete);
        if (held is null)
            return refused!;
        await db.ExecuteAsync("delete from room where id = @id", new { id }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await feeds.Publish(News.Ended(id, Frames.RoomDeleted(id)));
        return Answer<Nothing>.Of(Nothing.Value, "The room is deleted");
    }
}
