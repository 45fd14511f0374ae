using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>A kind of job: its name in the table, how often it is tried, and what runs it.</summary>
internal sealed record JobKind(string Name, int AttemptsMax, Func<IServiceProvider, IJob> Create)
{
    /// <summary>Brief jobs have workers of their own: an e-mail does not wait behind an hour of audio.</summary>
    internal bool IsBrief { get; init; }

    /// <summary>
    /// Brief jobs that wait for servers which strangers chose: however slow those are, no e-mail waits for them.
    /// </summary>
    internal bool IsToStrangers { get; init; }
}

/// <summary>
/// Whose job it is, what it is about, and how much work it is thought to be. Owners take turns; who names none stands
/// apart and goes before.
/// </summary>
internal sealed record JobMatter(Guid OwnerId, Guid SubjectId, long WorkMs);

/// <summary>
/// Work that outlives the request. It runs at least once, so its visible effect must be in the transaction that calls
/// <see cref="JobRun.Complete"/>.
/// </summary>
internal interface IJob
{
    Task Run(JobRun run, CancellationToken ct);

    /// <summary>
    /// Says so where the user looks, when the job has failed for the last time; in the transaction that buries it.
    /// </summary>
    Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction);
}

/// <summary>An exception that says that no further try can help: the job is buried at once.</summary>
internal interface IHopeless;

/// <summary>
/// Thrown by a job for which there is no room now, such as on the disk: it waits and loses no try. One that waits in
/// vain for <see cref="WaitMax"/> has failed.
/// </summary>
internal sealed class JobPostponedException(string reason, TimeSpan wait) : Exception(reason)
{
    internal static readonly TimeSpan WaitMax = TimeSpan.FromHours(24);

    internal TimeSpan Wait => wait;
}

/// <summary>Thrown when another worker has taken the job over: nothing that this one did may be committed.</summary>
internal sealed class LeaseLostException(Guid id) : Exception($"The lease of job {id} was lost.");

/// <summary>One try at a job by one worker.</summary>
internal sealed record JobRun(Guid Id, string Kind, string Payload, int Attempts, long Fence)
{
    internal bool Completed { get; private set; }

    /// <summary>A worker was lost over it, perhaps by it.</summary>
    internal bool IsSuspect { get; init; }

    /// <summary>An operator wants it buried.</summary>
    internal bool IsCancelled { get; init; }

    /// <summary>
    /// Marks the job done in the transaction of its effect. Throws when the lease is somebody else's: then the effect
    /// is rolled back with it.
    /// </summary>
    internal async Task Complete(NpgsqlConnection db, NpgsqlTransaction transaction)
    {
        var rows = await db.ExecuteAsync(
            """
            update job set state = 'done', finished_at = now(), lease_until = null, last_error = null
             where id = @Id and fence = @Fence and state = 'running'
            """,
            new { Id, Fence },
            transaction
        );
        if (rows != 1)
            throw new LeaseLostException(Id);
        Completed = true;
    }

    /// <summary>Guards a write in the middle of the job: throws unless this worker still holds it.</summary>
    internal async Task Guard(NpgsqlConnection db, NpgsqlTransaction transaction)
    {
        var held = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from job where id = @Id and fence = @Fence and state = 'running' for share)",
            new { Id, Fence },
            transaction
        );
        if (!held)
            throw new LeaseLostException(Id);
    }
}

/// <summary>Writes and shows jobs. A job is a row in the transaction of its cause.</summary>
internal static class JobQueue
{
    internal const string Channel = "veza_job",
        CancelChannel = "veza_job_cancel";

    internal sealed record Shown(
        Guid Id,
        string Kind,
        string State,
        int Attempts,
        string? LastError,
        DateTime CreatedAt,
        DateTime? FinishedAt
    );

    internal static async Task Enqueue(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        JobKind kind,
        string payload,
        int priority = 0,
        JobMatter? matter = null
    )
    {
        var id = Guid.CreateVersion7();
        // NOTIFY is delivered at commit: the worker wakes when the row can be seen.
        await db.ExecuteAsync(
            """
            with added as (
              insert into job (id, kind, payload, priority, owner_id, subject_id, work_ms, ready_by)
              values (@id, @name, @payload::jsonb, @priority, @ownerId, @subjectId, @workMs,
                now() + interval '1 millisecond' * @workMs) returning kind
            )
            select pg_notify('veza_job', kind) from added
            """,
            new
            {
                id,
                name = kind.Name,
                payload,
                priority,
                ownerId = matter?.OwnerId,
                subjectId = matter?.SubjectId,
                workMs = matter?.WorkMs ?? 0,
            },
            transaction
        );
    }

    /// <summary>
    /// Ends what waits or runs for this subject, in the transaction of the cause; whoever runs it is told at commit,
    /// stops within moments and can write nothing more. Lock the subject's own row first: that is the order of
    /// everybody.
    /// </summary>
    internal static Task Cancel(NpgsqlConnection db, NpgsqlTransaction transaction, JobKind kind, Guid subjectId) =>
        db.ExecuteAsync(
            """
            with ended as (
              update job set state = 'cancelled', fence = fence + 1, finished_at = now(), lease_until = null
               where subject_id = @subjectId and kind = @name and state in ('queued', 'running') returning id
            )
            select pg_notify('veza_job_cancel', id::text) from ended
            """,
            new { subjectId, name = kind.Name },
            transaction
        );

    internal static async Task<Shown[]> List(PostgresSource postgres, string state, int max, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Shown>(
            """
            select id, kind, state, attempts, last_error, created_at, finished_at
              from job where state = @state order by id desc limit @max
            """,
            new { state, max }
        );
        return [.. rows];
    }

    /// <summary>Removes what waits of kinds that nobody runs any more.</summary>
    internal static Task Forget(NpgsqlConnection db, NpgsqlTransaction transaction, string[] kinds) =>
        db.ExecuteAsync(
            "delete from job where kind = any(@kinds) and state = 'queued'",
            new { kinds = new PgValue<string[]>(kinds) },
            transaction
        );

    /// <summary>Gives a dead job all its attempts again; false when it is not dead.</summary>
    internal static async Task<bool> Retry(PostgresSource postgres, Guid id, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var told = await db.QueryFirstOrDefaultAsync<string>(
            """
            with again as (
              update job set state = 'queued', attempts = 0, losses = 0, is_cancelled = false, priority = 0,
                run_at = now(), ready_by = now() + interval '1 millisecond' * work_ms, finished_at = null
               where id = @id and state = 'dead' returning kind
            ), told as (select kind, pg_notify('veza_job', kind) from again)
            select kind from told
            """,
            new { id }
        );
        return told is not null;
    }

    /// <summary>
    /// Has a waiting or running job buried: whoever runs it is cut off, and a worker tells its subject what it tells of
    /// a job that failed for the last time. False when it neither waits nor runs.
    /// </summary>
    internal static async Task<bool> Bury(PostgresSource postgres, Guid id, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var told = await db.QueryFirstOrDefaultAsync<string>(
            """
            with ended as (
              update job set is_cancelled = true, state = 'queued', fence = fence + 1, run_at = now(),
                lease_until = null, priority = 1000000
               where id = @id and state in ('queued', 'running') returning id, kind
            ), told as (select kind, pg_notify('veza_job_cancel', id::text), pg_notify('veza_job', kind) from ended)
            select kind from told
            """,
            new { id }
        );
        return told is not null;
    }
}
