using FluentValidation;

namespace Veza.Infrastructure.Http;

/// <summary>What may be said in a text, with the contract's codes and messages; what is null is not said.</summary>
internal static class TextRules
{
    /// <summary>What a thing is called: never blank, and left out only where it has a name already.</summary>
    internal static IRuleBuilderOptions<T, string?> IsName<T>(
        this IRuleBuilderInitial<T, string?> rule,
        string field,
        int charsMax,
        bool isRequired = false
    ) =>
        rule.Cascade(CascadeMode.Stop)
            .Must(name => name is null ? !isRequired : name.Trim().Length > 0)
            .WithErrorCode("REQUIRED")
            .WithMessage($"{field} is required")
            .HasAtMost($"A {field}", charsMax);

    internal static IRuleBuilderOptions<T, string?> HasAtMost<T>(
        this IRuleBuilder<T, string?> rule,
        string subject,
        int charsMax
    ) =>
        rule.MaximumLength(charsMax)
            .WithErrorCode("TOO_LONG")
            .WithMessage($"{subject} has at most {charsMax} characters");

    internal static IRuleBuilderOptions<T, string?> IsVisibility<T>(
        this IRuleBuilder<T, string?> rule,
        params string[] kinds
    ) =>
        rule.Must(kind => kind is null || kinds.Contains(kind))
            .WithErrorCode("NOT_ALLOWED")
            .WithMessage($"visibility is {string.Join(", ", kinds[..^1])} or {kinds[^1]}");
}
