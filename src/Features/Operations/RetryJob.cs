using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Operations;

/// <summary>Gives a dead job all its tries again.</summary>
internal static class RetryJob
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/admin/jobs/{id}/retry", Handle)
            .WithName("RetryJob")
            .Requires(Permissions.JobsManage)
            .Documented("Admin", "Give a dead job all its tries again", Nothing.Value, errors: Errors.JobNotFound);

    private static async Task<Answer<Nothing>> Handle(Guid id, PostgresSource postgres, CancellationToken ct) =>
        await JobQueue.Retry(postgres, id, ct)
            ? Answer<Nothing>.Of(Nothing.Value, "The job is queued again")
            : Errors.JobNotFound;
}
