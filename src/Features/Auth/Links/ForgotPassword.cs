using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Asks for a link with which to set a new password. The answer is the same whether there is such an account or not.
/// </summary>
internal sealed class ForgotPassword(PasswordRequests requests) : Slice<ForgotPassword.Request, Nothing>
{
    internal sealed record Request(string? Email);

    public override void Configure()
    {
        Post("/password/forgot");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Request a link to set a new password",
                    Nothing.Value,
                    new Request("mira@example.org"),
                    StatusCodes.Status202Accepted,
                    Errors.Validation,
                    Errors.RateLimited,
                    AuthErrors.MailNotConfigured
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct) =>
        await requests.Take(request.Email, HttpContext, ct) is { } error
            ? error
            : Answer<Nothing>.Of(
                Nothing.Value,
                "If there is an account with this address, an e-mail is on its way",
                StatusCodes.Status202Accepted
            );
}

[JsonSerializable(typeof(ForgotPassword.Request))]
[JsonSerializable(typeof(Envelope<Nothing>))]
internal sealed partial class ForgotPasswordJson : JsonSerializerContext;
