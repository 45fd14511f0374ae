using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Chat.Rooms;

/// <summary>A person as a room knows them, member or not.</summary>
internal sealed record RoomPerson(
    Guid Id,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string[] Roles,
    string? Role
)
{
    internal Rank Rank => Permissions.Of(Roles).Contains(Permissions.ChatModerate) ? Rank.Site : Authority.Of(Role);

    internal UserCard ToPerson() => new(Id, Username, DisplayName, AvatarUrl);
}

/// <summary>
/// A room held for one act: nobody else joins, leaves or is put out of it, nor posts, until the transaction ends. What
/// is read of it after the hold stays true until then, so that no ban comes between a look and a join.
/// </summary>
internal sealed class LockedRoom(
    NpgsqlConnection db,
    NpgsqlTransaction transaction,
    LockedRoom.Standing standing,
    Rank rank
)
{
    internal sealed record Standing(
        Guid Id,
        string Name,
        string Visibility,
        int MemberCount,
        string? Role,
        bool IsSeen
    );

    internal Guid Id => standing.Id;

    internal string Name => standing.Name;

    internal string Visibility => standing.Visibility;

    internal int MemberCount => standing.MemberCount;

    /// <summary>
    /// Whether the caller may know of it: who moderates the site may act in rooms that they may not look into.
    /// </summary>
    internal bool IsSeen => standing.IsSeen;

    /// <summary>The caller's role, null for who is no member.</summary>
    internal string? Role => standing.Role;

    /// <summary>
    /// The room, or why the caller may not do this in it. A room that they may not know of does not exist, unless they
    /// moderate the site.
    /// </summary>
    internal static async Task<(LockedRoom? Room, Error? Refused)> Take(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid roomId,
        Caller caller,
        RoomAction deed
    )
    {
        await db.ExecuteAsync("select 1 from room where id = @roomId for no key update", new { roomId }, transaction);
        // A statement of its own: its snapshot is younger than the hold.
        return await Look(db, transaction, roomId, caller, deed);
    }

    /// <summary>The same without a hold, for who only looks.</summary>
    internal static async Task<(LockedRoom? Room, Error? Refused)> Look(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid roomId,
        Caller caller,
        RoomAction deed
    )
    {
        var standing = await db.QuerySingleOrDefaultAsync<Standing>(
            $"""
            select r.id, r.name, r.visibility, r.member_count, m.role, {Room.Seen} as is_seen
              from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId where r.id = @roomId
            """,
            new { roomId, caller.UserId },
            transaction
        );
        var rank = caller.May(Permissions.ChatModerate) ? Rank.Site : Authority.Of(standing?.Role);
        if (
            standing is null
            || !standing.IsSeen
                && (rank < Rank.Site || !Authority.ReachesUnseen(deed) || standing.Visibility == "direct")
        )
            return (null, ChatReads.RoomNotFound);
        if (standing.Visibility == "direct")
            return (null, ChatErrors.RoomIsDirect);
        return Authority.Allows(rank, deed)
            ? (new LockedRoom(db, transaction, standing, rank), null)
            : (null, ChatErrors.RoomForbidden);
    }

    internal bool Allows(RoomAction deed) => Authority.Allows(rank, deed);

    internal bool Allows(RoomAction deed, Rank done) => Authority.Allows(rank, deed, done);

    internal Task<RoomPerson?> Find(Guid personId) =>
        db.QuerySingleOrDefaultAsync<RoomPerson>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, a.roles, m.role from account a left
              join room_member m on m.room_id = @Id and m.account_id = a.id where a.id = @personId
            """,
            new { Id, personId },
            transaction
        );

    /// <summary>
    /// Somebody who is in the room and stands lower than the caller, or why this cannot be done to them.
    /// </summary>
    internal async Task<(RoomPerson? Person, Error? Refused)> FindLower(Guid personId, RoomAction deed)
    {
        var person = await Find(personId);
        if (person?.Role is null)
            return (null, ChatErrors.MemberNotFound);
        return Allows(deed, person.Rank) ? (person, null) : (null, ChatErrors.RoomForbidden);
    }

    internal Task<bool> HasBanned(Guid personId) =>
        db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from room_ban where room_id = @Id and account_id = @personId and until > now())
            """,
            new { Id, personId },
            transaction
        );

    /// <summary>Ends a membership; false when there was none.</summary>
    internal async Task<bool> Remove(Guid personId) =>
        await db.ExecuteAsync(
            """
            with gone as (
              delete from room_member where room_id = @Id and account_id = @personId returning room_id
            )
            update room set member_count = member_count - 1 where id in (select room_id from gone)
            """,
            new { Id, personId },
            transaction
        ) == 1;

    /// <summary>The room as the caller sees it now.</summary>
    internal Task<Room> Show(Caller caller) =>
        db.QuerySingleAsync<Room>(
            $"""
            select {Room.Columns} from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId
              where r.id = @Id
            """,
            new { Id, caller.UserId },
            transaction
        );
}
