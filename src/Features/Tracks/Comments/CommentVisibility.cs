using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks.Comments;

/// <summary>Why somebody may not change a comment: it does not exist to them, or it is not theirs.</summary>
internal static class CommentVisibility
{
    internal static async Task<Error> WhyNot(NpgsqlConnection db, Guid id, Caller caller)
    {
        var isSeen = await db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from track_comment c join track t on t.id = c.track_id where c.id = @id
              and (t.account_id = @UserId or t.is_open))
            """,
            new { id, caller.UserId }
        );
        return isSeen ? TracksErrors.CommentForbidden : TracksErrors.CommentNotFound;
    }
}
