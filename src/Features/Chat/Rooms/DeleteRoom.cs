using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Deletes a room for everybody at once: its owner may, and who moderates the site. What was said in it is removed
/// afterwards, see <see cref="RoomUpkeep"/>.
/// </summary>
internal sealed class DeleteRoom(PostgresSource postgres, RoomFeeds feeds) : Slice<DeleteRoom.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/rooms/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Delete a room",
                    Nothing.Value,
                    errors: [ChatReads.RoomNotFound, ChatErrors.RoomForbidden, ChatErrors.RoomIsDirect]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Delete);
        if (held is null)
            return refused!;
        await db.ExecuteAsync("delete from room where id = @id", new { id }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await feeds.Publish(News.Ended(id, Frames.RoomDeleted(id)));
        return Answer<Nothing>.Of(Nothing.Value, "The room is deleted");
    }
}
