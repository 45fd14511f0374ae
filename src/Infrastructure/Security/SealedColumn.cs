using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Security;

/// <summary>
/// A column in which a room keeps secrets sealed. <paramref name="Page"/> gives id, context and sealed of at most
/// <c>@BatchMax</c> rows after <c>@after</c>, by id, with the context under which each was sealed;
/// <paramref name="Replace"/> puts <c>@sealedAnew</c> into the row <c>@Id</c> as long as <c>@before</c> stands there.
/// </summary>
internal sealed record SealedColumn(string What, string Page, string Replace)
{
    private const int BatchMax = 500;

    internal sealed record Value(Guid Id, string Context, byte[] Sealed);

    /// <summary>
    /// Seals what is not under the newest key anew, and says how many. What changes meanwhile is left as it is: it was
    /// sealed by the newest key already.
    /// </summary>
    internal async Task<int> SealAnew(NpgsqlConnection db, Secrets secrets)
    {
        var (count, after) = (0, Guid.Empty);
        while (true)
        {
            Value[] batch = [.. await db.QueryAsync<Value>(Page, new { after, BatchMax })];
            foreach (var row in batch.Where(row => !secrets.IsNewest(row.Sealed)))
            {
                var sealedAnew = secrets.Seal(secrets.Open(row.Sealed, row.Context), row.Context);
                count += await db.ExecuteAsync(
                    Replace,
                    new
                    {
                        row.Id,
                        sealedAnew = new PgValue<byte[]>(sealedAnew),
                        before = new PgValue<byte[]>(row.Sealed),
                    }
                );
            }

            if (batch.Length < BatchMax)
                return count;
            after = batch[^1].Id;
        }
    }
}
