using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// Job: writes the tracks of an account that has a new name into the index again. A trigger asks for it; see
/// track_search_follow_account.
/// </summary>
internal sealed class IndexUploader(PostgresSource postgres) : IJob
{
    internal const int AttemptsMax = 5;
    private const int BatchMax = 200;

    internal sealed record Payload(Guid AccountId);

    public async Task Run(JobRun run, CancellationToken ct)
    {
        // Its type is spelled out for Dapper.AOT's generator, which cannot see what the JSON generator makes.
        Guid accountId = JsonSerializer.Deserialize(run.Payload, IndexUploaderJson.Default.Payload)!.AccountId;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var ids = await db.QueryAsync<Guid>(
            "select id from track where account_id = @accountId and is_listed",
            new { accountId }
        );
        foreach (var batch in ids.Chunk(BatchMax))
            await db.ExecuteAsync(
                "select track_search_write(id) from unnest(@batch) id order by id",
                new { batch = new PgValue<Guid[]>(batch) }
            );
        await using var transaction = await db.BeginTransactionAsync(ct);
        await run.Complete(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>Nobody waits for it: the tracks are found by the old name until they change.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;

    /// <summary>
    /// Upkeep: forgets words that no listed track has any more, so that none of them is ever proposed.
    /// </summary>
    internal static Task ForgetWords(NpgsqlConnection db) =>
        db.ExecuteAsync(
            $"""
            with doubted as (
              delete from track_word_doubt where id in (select id from track_word_doubt order by id limit @BatchMax
                for update skip locked) returning word
            )
            delete from track_word w using (select distinct word from doubted) d
             where w.word = d.word and not exists (select 1 from track_search s
               where {TrackIndex.Keys} @@ quote_literal(d.word)::tsquery)
            """,
            new { BatchMax }
        );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IndexUploader.Payload))]
internal sealed partial class IndexUploaderJson : JsonSerializerContext;
