namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Names of public rooms are taken one at a time: whoever wants one, <c>@name</c>, holds it first, so that no statement
/// has to fail on the unique index (npgsql #6391 would spoil the next one on that connection). In a transaction that
/// holds a room as well, the room comes first.
/// </summary>
internal static class RoomNames
{
    internal const string Hold = "pg_advisory_xact_lock(hashtextextended(lower(@name), 0))";
}
