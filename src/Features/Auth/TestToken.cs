using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth;

/// <summary>For other services: whether the token is good, and whose it is. Costs no query.</summary>
internal sealed class TestToken : Slice<TestToken.Response>
{
    internal new sealed record Response(
        bool Valid,
        Guid UserId,
        string Username,
        string[] Roles,
        string[] Permissions,
        DateTime ExpiresAt
    );

    public override void Configure()
    {
        Get("/test");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described(
                    "Check an access token for another service",
                    new Response(
                        true,
                        Account.Example.Id,
                        "mira",
                        ["user"],
                        [TracksWrite, ChatWrite],
                        Account.Example.CreatedAt
                    ),
                    errors: [Errors.TokenInvalid, Errors.TokenExpired]
                )
        );
    }

    protected override Task<Answer<Response>> Execute(CancellationToken ct) =>
        Task.FromResult<Answer<Response>>(
            new Response(true, Caller.UserId, Caller.Username, Caller.Roles, Caller.Permissions, Caller.ExpiresAt)
        );
}

[JsonSerializable(typeof(Envelope<TestToken.Response>))]
internal sealed partial class TestTokenJson : JsonSerializerContext;
