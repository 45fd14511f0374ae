using Dapper;
using Npgsql;

namespace Veza.Features.Chat.Messages;

/// <summary>Upkeep: the months to come have their partitions before they begin.</summary>
internal static class MessageMonths
{
    internal const int AheadMonths = 2;

    internal static Task Keep(NpgsqlConnection db) =>
        db.ExecuteAsync("select make_message_partitions(@AheadMonths)", new { AheadMonths });
}
