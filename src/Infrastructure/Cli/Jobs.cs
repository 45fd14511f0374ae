using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Cli;

/// <summary>Shows jobs to an operator, lets dead ones live again, and ends what waits or runs.</summary>
internal static class Jobs
{
    private const int ListMax = 100;

    internal static async Task<int> Run(string[] args)
    {
        if (
            args
            is not (
                ["list"]
                or ["list", "queued" or "running" or "done" or "dead" or "cancelled"]
                or ["retry" or "cancel", _]
            )
        )
            return await Usage.Explain(["jobs", .. args]);
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        await using var postgres = PostgresSource.Open(settings.Postgres, "jobs");
        return args[0] switch
        {
            "list" => await List(postgres, args is [_, var state] ? state : "dead"),
            "retry" => await Change(
                args[1],
                id => JobQueue.Retry(postgres, id, CancellationToken.None),
                "is queued again",
                "there is no dead job"
            ),
            _ => await Change(
                args[1],
                id => JobQueue.Bury(postgres, id, CancellationToken.None),
                "is cancelled; the next free worker buries it",
                "there is no waiting or running job"
            ),
        };
    }

    private static async Task<int> List(PostgresSource postgres, string state)
    {
        var jobs = await JobQueue.List(postgres, state, ListMax, CancellationToken.None);
        foreach (var job in jobs)
            Console.WriteLine(
                $"{job.Id}  {job.Kind}  {job.State}  tries {job.Attempts}  {job.CreatedAt:yyyy-MM-ddTHH:mm:ssZ} "
                    + $" {job.LastError}"
            );
        Console.WriteLine($"{jobs.Length} {state} jobs{(jobs.Length == ListMax ? " (the newest)" : "")}");
        return Usage.Ok;
    }

    private static async Task<int> Change(string text, Func<Guid, Task<bool>> change, string done, string refused)
    {
        if (Guid.TryParse(text, out var id) && await change(id))
        {
            Console.WriteLine($"Job {id} {done}.");
            return Usage.Ok;
        }

        Console.Error.WriteLine($"veza: {refused} '{text}'. 'veza jobs list' shows them.");
        return Usage.Failed;
    }
}
