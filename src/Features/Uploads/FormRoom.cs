using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>
/// Room and place that a multipart upload has reserved, with the claim on its file. Both are given back by the
/// transaction that adds the track, or when disposed before that was sent; after a crash, and after a commit whose
/// answer was lost, by the upkeep once the claim is gone.
/// </summary>
internal sealed partial class FormRoom(PostgresSource postgres, StorageClaim claim, Guid id, ILogger log)
    : IAsyncDisposable
{
    /// <summary>Before that nobody looks whether its process still lives.</summary>
    internal static readonly TimeSpan LookAfter = TimeSpan.FromMinutes(1);

    /// <summary>Where the file goes.</summary>
    internal string Prefix => claim.Prefix;

    /// <summary>The reserved room of a form whose file goes under this prefix, or why there is none.</summary>
    internal static async Task<(FormRoom? Room, Error? Refused)> Reserve(
        StorageClaims claims,
        StorageQuota quota,
        PostgresSource postgres,
        Guid id,
        string prefix,
        Guid accountId,
        long bytes,
        ILogger log,
        CancellationToken ct
    )
    {
        var claim = await claims.Take(prefix, ct);
        Error? refused;
        try
        {
            await using var db = await postgres.OpenConnectionAsync(ct);
            refused = await quota.Reserve(db, id, accountId, "form", bytes, prefix, LookAfter);
        }
        catch
        {
            await claim.DisposeAsync();
            throw;
        }

        if (refused is null)
            return (new FormRoom(postgres, claim, id, log), null);
        await claim.DisposeAsync();
        return (null, refused);
    }

    /// <summary>
    /// Commits what the file has become. False: it took so long that its place was swept, and nothing is sent.
    /// </summary>
    internal async Task<bool> Commit(NpgsqlConnection db, NpgsqlTransaction transaction)
    {
        await StorageQuota.Release(db, transaction, id);
        return await StorageClaim.Commit(db, transaction, claim);
    }

    public async ValueTask DisposeAsync()
    {
        await claim.DisposeAsync();
        if (claim.IsSent)
            return;
        try
        {
            await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
            await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
            await StorageQuota.Release(db, transaction, id);
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
