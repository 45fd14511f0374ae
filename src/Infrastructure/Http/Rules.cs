using System.Text.Json;
using FluentValidation;

namespace Veza.Infrastructure.Http;

/// <summary>What may not come in: FluentValidation, with the contract's field names and codes.</summary>
internal abstract class RulesFor<T> : AbstractValidator<T>
{
    static RulesFor() => ValidatorWords.Choose();

    /// <summary>The error of all broken rules together, or null when the request is sound.</summary>
    internal Error? Refuse(T request)
    {
        var result = Validate(request);
        return result.IsValid
            ? null
            : Errors.Validation.With([
                .. result.Errors.Select(e => new FieldError(e.PropertyName, e.ErrorCode, e.ErrorMessage)),
            ]);
    }
}

/// <summary>The words of every validator in the process: fields as on the wire, messages in one language.</summary>
internal static class ValidatorWords
{
    internal static void Choose()
    {
        ValidatorOptions.Global.PropertyNameResolver = (_, member, _) =>
            member is null ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Name);
        ValidatorOptions.Global.LanguageManager.Enabled = false;
    }
}
