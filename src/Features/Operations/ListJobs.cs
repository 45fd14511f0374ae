using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Operations;

/// <summary>
/// The newest jobs of a state, the dead ones without one. Payloads are not shown: they may hold what is somebody's own.
/// </summary>
internal sealed class ListJobs(PostgresSource postgres) : Slice<ListJobs.Request, ListJobs.Response[]>
{
    private static readonly string[] States = ["queued", "running", "done", "dead", "cancelled"];

    internal sealed record Request(string State = "dead");

    internal sealed class Rules : Validator<Request>
    {
        public Rules() =>
            RuleFor(r => r.State)
                .Must(States.Contains)
                .WithErrorCode("NOT_ALLOWED")
                .WithMessage($"state is one of {string.Join(", ", States)}");
    }

    internal new sealed record Response(
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

    public override void Configure()
    {
        Get("");
        Group<OperationsGroup>();
        Description(route =>
            route
                .Requires(JobsManage)
                .Described(
                    $"The newest {OperationsLimits.JobsMax} jobs of a state: {string.Join(", ", States)}",
                    new[] { Example },
                    errors: Errors.Validation
                )
        );
    }

    public override async Task<Answer<Response[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var jobs = await JobQueue.List(postgres, request.State, OperationsLimits.JobsMax, ct);
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
