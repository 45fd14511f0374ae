namespace Veza.Features.Operations;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class OperationsLimits
{
    internal const int JobsMax = 100;
}
