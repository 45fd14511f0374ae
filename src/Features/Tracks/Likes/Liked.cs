using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Tracks.Likes;

/// <summary>How one stands to a track after liking it or not.</summary>
internal sealed record Liking(bool Liked, long LikeCount);

/// <summary>
/// What one statement found and did: whether the caller may know the track, whether anything changed, and whether its
/// owner blocks the caller or the other way round.
/// </summary>
internal sealed record LikeOutcome(bool IsSeen, bool IsChanged, bool IsBlocked);

/// <summary>Whether somebody likes a track.</summary>
internal static class Liked
{
    internal static async Task<Track> Tell(NpgsqlConnection db, Track track, Caller? caller)
    {
        if (caller is null)
            return track;
        var liked = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from track_like where track_id = @Id and account_id = @UserId)",
            new { track.Id, caller.UserId }
        );
        return track with { Liked = liked };
    }

    /// <summary>The answer to a like or its end, with the count as it is now.</summary>
    internal static async Task<Answer<Liking>> Answer(
        NpgsqlConnection db,
        Guid trackId,
        LikeOutcome outcome,
        bool liked
    )
    {
        if (!outcome.IsSeen)
            return TracksReads.TrackNotFound;
        if (outcome.IsBlocked)
            return UsersReads.PersonBlocked;
        if (outcome.IsChanged)
            await TrackCounts.Fold(db, trackId);
        var count = await db.ExecuteScalarAsync<long>(
            $"select {TrackCounts.Likes} from track t where t.id = @trackId",
            new { trackId }
        );
        return new Liking(liked, count);
    }
}
