using Dapper;
using Npgsql;

namespace Veza.Features.Plays;

/// <summary>
/// The months to come have their partitions before they begin; those whose plays are no longer kept are dropped. Their
/// days stay.
/// </summary>
internal static class PlayMonths
{
    internal const int AheadMonths = 2,
        KeptMonths = 13;

    internal static Task Keep(NpgsqlConnection db) =>
        db.ExecuteAsync(
            "select make_play_partitions(@AheadMonths), drop_play_partitions(@KeptMonths)",
            new { AheadMonths, KeptMonths }
        );
}
