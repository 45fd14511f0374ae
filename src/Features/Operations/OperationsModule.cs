using Veza.Infrastructure;
using Veza.Infrastructure.Http;

namespace Veza.Features.Operations;

/// <summary>What operators do with the house itself, over HTTP: the same as by the program's verbs.</summary>
internal static class OperationsModule
{
    internal static readonly Module Inventory = new("Operations")
    {
        Slices =
        [
            new(Roles.Api, typeof(ListJobs), ListJobsJson.Default),
            new(Roles.Api, typeof(ShowQueues), ShowQueuesJson.Default),
            new(Roles.Api, typeof(RetryJob)),
            new(Roles.Api, typeof(CancelJob)),
        ],
    };
}

/// <summary>What the slices of this room share.</summary>
internal sealed class OperationsGroup() : SliceGroup("/api/v1/admin/jobs", "Operations");
