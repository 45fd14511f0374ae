using Npgsql;
using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Postgres;

/// <summary>COMMIT was sent and its answer is lost: all of the transaction holds, or nothing of it.</summary>
internal sealed class UnknownCommitException(Exception cause) : RefusedException(Answer, cause)
{
    private static readonly Error Answer = Errors.Unavailable.Saying(
        "This may or may not have been taken: look at what is there before you send it again"
    );

    /// <summary>
    /// Commits for whoever must not clean up when the answer is lost. A broken constraint is an answer.
    /// </summary>
    internal static async Task Commit(NpgsqlTransaction transaction)
    {
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is not PostgresException { SqlState: ['2', '3', ..] or ['4', '0', ..] })
        {
            throw new UnknownCommitException(e);
        }
    }
}
