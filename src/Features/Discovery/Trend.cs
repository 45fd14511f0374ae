using Dapper;
using Npgsql;

namespace Veza.Features.Discovery;

/// <summary>
/// How tracks cool down. A play weighs half as much after each half-life; heat is the logarithm of all weights, as they
/// would be at one fixed moment, so nothing is computed anew when time goes by.
/// </summary>
internal static class Trend
{
    internal static readonly TimeSpan HalfLife = TimeSpan.FromDays(2);

    /// <summary>The hottest that are kept. A track beyond them begins anew with its next play.</summary>
    internal const int KeptMax = 10_000;

    private const int BatchMax = 5_000;

    internal static double HalfLivesAt(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch) / HalfLife;

    internal static Task Forget(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from track_trend where track_id in (select track_id from track_trend
              order by heat desc, track_id offset @KeptMax limit @BatchMax)
            """,
            new { KeptMax, BatchMax }
        );
}
