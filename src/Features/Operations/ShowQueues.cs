using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Operations;

/// <summary>
/// How long the queues are, who waits, and how fast it goes: one line for each kind of job. Pace is what jobs took in
/// proportion to what was thought.
/// </summary>
internal sealed class ShowQueues(PostgresSource postgres) : Slice<ShowQueues.Response[]>
{
    internal new sealed record Response(
        string Kind,
        long Queued,
        long QueuedApart,
        int Running,
        int Owners,
        long QueuedWorkMs,
        double Pace,
        long WaitMs,
        long DoneInTenMinutes
    );

    internal sealed record Row(long QueuedApart, int Running, long DoneInTenMinutes);

    public override void Configure()
    {
        Get("/queues");
        Group<OperationsGroup>();
        Description(route =>
            route
                .Requires(JobsManage)
                .Described(
                    "Show the lengths and rates of the job queues",
                    new[] { new Response("transcode_track", 120, 0, 2, 7, 840_000, 1.1, 462_000, 148) }
                )
        );
    }

    protected override async Task<Answer<Response[]>> Execute(CancellationToken ct)
    {
        var queues = new List<Response>();
        foreach (
            var kind in Modules
                .All.SelectMany(module => module.Jobs.Concat(module.Subscriptions.Select(s => s.Job)))
                .Append(SendMail.Kind)
                .Select(kind => kind.Name)
        )
        {
            var load = await JobLoad.Of(postgres, kind, ct);
            await using var db = await postgres.OpenConnectionAsync(ct);
            // Counted to ten thousand: the number of what belongs to nobody has no other bound.
            var row = await db.QuerySingleAsync<Row>(
                """
                select (select count(*) from (select 1 from job where kind = @kind and state = 'queued'
                  and (owner_id is null or losses > 0) limit 10000) apart) as queued_apart,
                       (select count(*) from job where kind = @kind and state = 'running'
                         and lease_until is not null)::int as running,
                       (select count(*) from (select 1 from job where kind = @kind and state = 'done'
                         and finished_at > now() - interval '10 minutes' limit 10000) done) as done_in_ten_minutes
                """,
                new { kind }
            );
            queues.Add(
                new Response(
                    kind,
                    load.Queued,
                    row.QueuedApart,
                    row.Running,
                    load.Owners,
                    load.QueuedWorkMs,
                    Math.Round(load.Pace, 2),
                    (long)load.Wait.TotalMilliseconds,
                    row.DoneInTenMinutes
                )
            );
        }

        return queues.ToArray();
    }
}

[JsonSerializable(typeof(Envelope<ShowQueues.Response[]>))]
internal sealed partial class ShowQueuesJson : JsonSerializerContext;
