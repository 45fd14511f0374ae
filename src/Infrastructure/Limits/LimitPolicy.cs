using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// How often a thing may be tried within a window: by whom or on whom it is done (an account, a recipient), from one
/// address, from one subnet. 0 is no limit. Every try counts unless its slot is given back. Modules list theirs; each
/// number is a setting: VEZA__LIMITS__NAME__PER_SUBJECT, PER_ADDRESS, PER_SUBNET, WINDOW_S.
/// </summary>
internal sealed record LimitPolicy(string Name, int PerSubject, int PerAddress, int PerSubnet, TimeSpan Window)
{
    /// <summary>Whether an attack on accounts tightens what a stranger's address and subnet may do.</summary>
    internal bool Tightens { get; init; }

    /// <summary>What is said when the subject's own limit refuses.</summary>
    internal Error SubjectRefused { get; init; } = Errors.RateLimited;
}
