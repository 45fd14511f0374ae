using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>
/// Room that a multipart upload has reserved. It is given back by the transaction that adds the track, when disposed, or, after a crash, by the upkeep once the
/// claim on the files is swept.
/// </summary>
internal sealed partial class FormRoom(PostgresSource postgres, Guid id, ILogger log) : IAsyncDisposable
{
    /// <summary>Before that nobody looks whether its process still lives.</summary>
    internal static readonly TimeSpan LookAfter = TimeSpan.FromMinutes(1);

    private bool given;

    /// <summary>The reserved room of a form whose file goes under this prefix, or null when there is not enough.</summary>
    internal static async Task<FormRoom?> Reserve(StorageQuota quota, PostgresSource postgres, Guid id, string prefix, Guid accountId, long bytes, ILogger log, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await quota.Reserve(db, id, accountId, "form", bytes, prefix, LookAfter) ? new FormRoom(postgres, id, log) : null;
    }

    internal Task GiveBack(NpgsqlConnection db, NpgsqlTransaction transaction) => StorageQuota.Release(db, transaction, id);

    internal void Given() => given = true;

    public async ValueTask DisposeAsync()
    {
        if (given) return;
        try
        {
            await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
            await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
            await GiveBack(db, transaction);
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            LogLeft(id, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The room of upload {Id} is left to the upkeep: {Reason}")]
    private partial void LogLeft(Guid id, string reason);
}
