using FluentValidation;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>What an address must be to which somebody wants an e-mail.</summary>
internal sealed class AddressRules : RulesFor<AddressRules.Given>
{
    internal static readonly AddressRules Validator = new();

    internal sealed record Given(string? Email);

    public AddressRules() => RuleFor(r => r.Email).Cascade(CascadeMode.Stop).Present().Email();
}
