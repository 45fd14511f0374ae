using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// Which members of a room are not to hear what somebody does there, for news that is told to everybody else.
/// </summary>
[HotRead]
internal static class HiddenFrom
{
    /// <summary>Those who block the person or are blocked by them.</summary>
    internal static async Task<Guid[]> Members(NpgsqlConnection db, Guid roomId, Guid userId)
    {
        var ids = await db.QueryAsync<Guid>(
            """
            select s.other_id from block_pair s join room_member m on m.room_id = @roomId and m.account_id = s.other_id
              where s.account_id = @userId
            """,
            new { roomId, userId }
        );
        return [.. ids];
    }

    /// <summary>Whether one of the two blocks the other.</summary>
    internal static Task<bool> Person(NpgsqlConnection db, Guid personId, Guid userId) =>
        db.ExecuteScalarAsync<bool>($"select @personId in ({UsersReads.BlockedBy} @userId)", new { userId, personId });
}
