using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Asks for a link with which to set a new password. The answer is the same whether there is such an account or not.
/// </summary>
internal static class ForgotPassword
{
    internal sealed record Request(string? Email);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/password/forgot", Handle)
            .WithName("ForgotPassword")
            .Anonymous()
            .Documented(
                "Auth",
                "Request a link to set a new password",
                Nothing.Value,
                new Request("mira@example.org"),
                StatusCodes.Status202Accepted,
                Errors.Validation,
                Errors.RateLimited,
                AuthErrors.MailNotConfigured
            );

    private static async Task<Answer<Nothing>> Handle(
        Request request,
        PasswordRequests requests,
        HttpContext http,
        CancellationToken ct
    ) =>
        await requests.Take(request.Email, http, ct) is { } error
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
