using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Operations;

/// <summary>Gives a dead job all its tries again.</summary>
internal sealed class RetryJob(PostgresSource postgres) : Slice<RetryJob.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Post("/{id}/retry");
        Group<OperationsGroup>();
        Description(route =>
            route
                .Requires(JobsManage)
                .Described("Retry a dead job", Nothing.Value, errors: OperationsErrors.JobNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct) =>
        await JobQueue.Retry(postgres, request.Id, ct)
            ? Answer<Nothing>.Of(Nothing.Value, "The job is queued again")
            : OperationsErrors.JobNotFound;
}
