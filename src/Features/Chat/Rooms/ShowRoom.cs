using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>One room, for whoever may know of it.</summary>
internal static class ShowRoom
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/chat/rooms/{id}", Handle)
            .WithName("ShowRoom")
            .Requires(Permissions.ChatRead)
            .Documented("Chat", "Show a room", Room.Example, errors: ChatReads.RoomNotFound);

    private static async Task<Answer<Room>> Handle(Guid id, Caller caller, RoomAccess access, CancellationToken ct)
    {
        var room = await access.Find(id, caller, ct);
        return room is null ? ChatReads.RoomNotFound : Answer<Room>.Tagged(room, RoomTag.Of(room));
    }
}
