using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Operations;

/// <summary>
/// The newest jobs of a state, the dead ones without one. Payloads are not shown: they may hold what is somebody's own.
/// </summary>
internal static class ListJobs
{
    private static readonly string[] States = ["queued", "running", "done", "dead", "cancelled"];

    internal sealed record Response(
        Guid Id,
        string Kind,
        string State,
        int Attempts,
        string? LastError,
        DateTime CreatedAt,
        DateTime? FinishedAt
    );

    private static readonly Response Example = new(
        Guid.Parse("019b0c61-3000-7a02-b1c8-7f3e9d5a6b10"),
        "transcode_track",
        "dead",
        5,
        "No space left on device",
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc),
        new DateTime(2026, 3, 1, 18, 31, 41, DateTimeKind.Utc)
    );

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/admin/jobs", Handle)
            .WithName("ListJobs")
            .Requires(Permissions.JobsManage)
            .Documented(
                "Admin",
                $"The newest {OperationsModule.JobsMax} jobs of a state: {string.Join(", ", States)}",
                new[] { Example },
                errors: Errors.Validation
            );

    private static async Task<Answer<Response[]>> Handle(
        PostgresSource postgres,
        CancellationToken ct,
        string state = "dead"
    )
    {
        if (!States.Contains(state))
            return Errors.Validation.With(
                new FieldError("state", "NOT_ALLOWED", $"state is one of {string.Join(", ", States)}")
            );
        var jobs = await JobQueue.List(postgres, state, OperationsModule.JobsMax, ct);
        return jobs.Select(job => new Response(
                job.Id,
                job.Kind,
                job.State,
                job.Attempts,
                job.LastError,
                job.CreatedAt,
                job.FinishedAt
            ))
            .ToArray();
    }
}

[JsonSerializable(typeof(Envelope<ListJobs.Response[]>))]
internal sealed partial class ListJobsJson : JsonSerializerContext;
