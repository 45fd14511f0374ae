using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Sets a new password by the token of an e-mail. All sessions end; it signs nobody in. A password that is refused
/// leaves the token good.
/// </summary>
internal static class ResetPassword
{
    internal sealed record Request(string? Token, string? Password);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/password/reset", Handle)
            .WithName("ResetPassword")
            .Anonymous()
            .Documented(
                "Auth",
                "Set a new password with the token of an e-mail",
                Nothing.Value,
                new Request("u0Jx81kQ7c2mYb9s4rTz6eWv3pLh5nGf1aDqXoCiKU8", "a longer sentence is better"),
                errors: [Errors.Validation, AuthErrors.TicketInvalid, Errors.RateLimited, Errors.HashingBusy]
            );

    private static async Task<Answer<Nothing>> Handle(
        Request request,
        PasswordResets resets,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (string.IsNullOrEmpty(request.Token))
            return Errors.Validation.With(new FieldError("token", "REQUIRED", "token is required"));
        return await resets.Apply(request.Token, request.Password, http, ct) is { } error
            ? error
            : Answer<Nothing>.Of(Nothing.Value, "The password is set; sign in with it");
    }
}

[JsonSerializable(typeof(ResetPassword.Request))]
internal sealed partial class ResetPasswordJson : JsonSerializerContext;
