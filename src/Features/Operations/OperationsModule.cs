using Veza.Infrastructure;

namespace Veza.Features.Operations;

/// <summary>What operators do with the house itself, over HTTP: the same as by the program's verbs.</summary>
internal static class OperationsModule
{
    internal const int JobsMax = 100;

    internal static readonly Module Inventory = new("Operations")
    {
        Slices =
        [
            (Roles.Api, ListJobs.Endpoint),
            (Roles.Api, ShowQueues.Endpoint),
            (Roles.Api, RetryJob.Endpoint),
            (Roles.Api, CancelJob.Endpoint),
        ],
        Json = [ListJobsJson.Default, ShowQueuesJson.Default],
    };
}
