using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Operations;

/// <summary>
/// Ends a job that waits or runs. It is dead then, as if it had used up its tries, and may be given them again.
/// </summary>
internal static class CancelJob
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/admin/jobs/{id}", Handle)
            .WithName("CancelJob")
            .Requires(Permissions.JobsManage)
            .Documented("Admin", "End a job that waits or runs", Nothing.Value, errors: Errors.JobNotFound);

    private static async Task<Answer<Nothing>> Handle(Guid id, PostgresSource postgres, CancellationToken ct) =>
        await JobQueue.Bury(postgres, id, ct)
            ? Answer<Nothing>.Of(Nothing.Value, "The job is cancelled; the next free worker buries it")
            : Errors.JobNotFound;
}
