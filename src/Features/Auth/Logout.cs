using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Ends sessions: this one, all others, or all. Their refresh tokens are dead at once; an access token already out lives its few minutes.</summary>
internal static class Logout
{
    internal sealed record Request(string? RefreshToken, string? Scope);

    internal sealed record Response(int SessionsEnded);

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/auth/logout", Handle).WithName("Logout")
        .Documented("Auth", "End this session, the others, or all", new Response(1), new Request(null, "current"), errors: [Errors.Validation, Errors.RefreshTokenInvalid]);

    private static async Task<Answer<Response>> Handle(Request request, Caller caller, Sessions sessions, NpgsqlDataSource postgres, CancellationToken ct)
    {
        var scope = request.Scope ?? "current";
        if (scope is not ("current" or "others" or "all")) return Errors.Validation.With(new FieldError("scope", "NOT_ALLOWED", "scope is current, others or all"));
        var current = caller.SessionId;
        if (request.RefreshToken is { Length: > 0 } token)
        {
            if (sessions.Read(token) is not { } given) return Errors.RefreshTokenInvalid;
            current = given.SessionId;
        }

        await using var db = await postgres.OpenConnectionAsync(ct);
        var ended = await db.ExecuteAsync("""
            update session set ended_at = now(), end_reason = 'logout'
             where account_id = @UserId and ended_at is null and (@scope = 'all' or (id = @current) = (@scope = 'current'))
            """, new { caller.UserId, current, scope });
        return Answer<Response>.Of(new Response(ended), ended == 1 ? "Signed out" : $"{ended} sessions ended");
    }
}

[JsonSerializable(typeof(Logout.Request))]
[JsonSerializable(typeof(Envelope<Logout.Response>))]
internal sealed partial class LogoutJson : JsonSerializerContext;
