using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Operations;

/// <summary>
/// Ends a job that waits or runs. It is dead then, as if it had used up its tries, and may be given them again.
/// </summary>
internal sealed class CancelJob(PostgresSource postgres) : Slice<CancelJob.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/{id}");
        Group<OperationsGroup>();
        Description(route =>
            route
                .Requires(JobsManage)
                .Described("Cancel a job that waits or runs", Nothing.Value, errors: OperationsErrors.JobNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct) =>
        await JobQueue.Bury(postgres, request.Id, ct)
            ? Answer<Nothing>.Of(Nothing.Value, "The job is cancelled; the next free worker buries it")
            : OperationsErrors.JobNotFound;
}
