using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Sets a new password by the token of an e-mail. All sessions end; it signs nobody in. A password that is refused
/// leaves the token good.
/// </summary>
internal sealed class ResetPassword(PasswordResets resets) : Slice<ResetPassword.Request, Nothing>
{
    internal sealed record Request(string? Token, string? Password);

    public override void Configure()
    {
        Post("/password/reset");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Set a new password with the token of an e-mail",
                    Nothing.Value,
                    new Request("u0Jx81kQ7c2mYb9s4rTz6eWv3pLh5nGf1aDqXoCiKU8", "a longer sentence is better"),
                    errors: [Errors.Validation, AuthErrors.TicketInvalid, Errors.RateLimited, Errors.HashingBusy]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(request.Token))
            return Errors.Validation.With(new FieldError("token", "REQUIRED", "token is required"));
        return await resets.Apply(request.Token, request.Password, HttpContext, ct) is { } error
            ? error
            : Answer<Nothing>.Of(Nothing.Value, "The password is set; sign in with it");
    }
}

[JsonSerializable(typeof(ResetPassword.Request))]
internal sealed partial class ResetPasswordJson : JsonSerializerContext;
