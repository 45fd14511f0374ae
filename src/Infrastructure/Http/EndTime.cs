using FluentValidation;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Until when something holds, as a client says it: without a time it holds until it is ended. A time that has passed
/// is refused.
/// </summary>
internal static class EndTime
{
    private const string Code = "OUT_OF_RANGE";

    internal static Error? Refuse(DateTime? end, TimeProvider clock, string field = "until") =>
        IsAhead(end, clock) ? null : Errors.Validation.With(new FieldError(field, Code, Passed(field)));

    internal static IRuleBuilderOptions<T, DateTime?> LiesAhead<T>(
        this IRuleBuilder<T, DateTime?> rule,
        TimeProvider clock,
        string field = "until"
    ) => rule.Must(end => IsAhead(end, clock)).WithErrorCode(Code).WithMessage(Passed(field));

    private static bool IsAhead(DateTime? end, TimeProvider clock) =>
        end is null || end > clock.GetUtcNow().UtcDateTime;

    private static string Passed(string field) => $"{field} lies in the past";
}
