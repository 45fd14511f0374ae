using Veza.Infrastructure.Http;

namespace Veza.Features.Chat;

/// <summary>What other rooms may show and say of rooms.</summary>
internal static class ChatReads
{
    internal static readonly Error RoomNotFound = new("ROOM_NOT_FOUND", 404, "There is no such room");
}
