using Veza.Infrastructure.Http;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>One room, for whoever may know of it.</summary>
internal sealed class ShowRoom(RoomAccess access) : Slice<ShowRoom.Request, Room>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Get("/rooms/{id}");
        Group<ChatGroup>();
        Description(route =>
            route.Requires(ChatRead).Described("Show a room", Room.Example, errors: ChatReads.RoomNotFound)
        );
    }

    public override async Task<Answer<Room>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var room = await access.Find(request.Id, Caller, ct);
        return room is null ? ChatReads.RoomNotFound : Answer<Room>.Tagged(room, RoomTag.Of(room));
    }
}
