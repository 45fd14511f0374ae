using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>For other services: whether the token is good, and whose it is. Costs no query.</summary>
internal static class TestToken
{
    internal sealed record Response(
        bool Valid,
        Guid UserId,
        string Username,
        string[] Roles,
        string[] Permissions,
        DateTime ExpiresAt
    );

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/test", Handle)
            .WithName("TestToken")
            .Requires(Permissions.AccountRead)
            .Documented(
                "Auth",
                "Check an access token for another service",
                new Response(
                    true,
                    Account.Example.Id,
                    "mira",
                    ["user"],
                    [Permissions.TracksWrite, Permissions.ChatWrite],
                    Account.Example.CreatedAt
                ),
                errors: [Errors.TokenInvalid, Errors.TokenExpired]
            );

    private static Answer<Response> Handle(Caller caller) =>
        new Response(true, caller.UserId, caller.Username, caller.Roles, caller.Permissions, caller.ExpiresAt);
}

[JsonSerializable(typeof(Envelope<TestToken.Response>))]
internal sealed partial class TestTokenJson : JsonSerializerContext;
