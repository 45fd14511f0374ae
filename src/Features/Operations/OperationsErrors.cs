using Veza.Infrastructure.Http;

namespace Veza.Features.Operations;

/// <summary>How what operators ask for fails.</summary>
internal static class OperationsErrors
{
    internal static readonly Error JobNotFound = new(
        "JOB_NOT_FOUND",
        404,
        "There is no such job in a state in which this can be done"
    );
}
