using System.Net;
using Microsoft.AspNetCore.Http;
using Veza.Features.Auth;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Tests.Harness;

/// <summary>
/// Makes accounts and their first session by the server's own nouns, as a registration leaves them in the database. The
/// password is hashed once a run and at bcrypt's least cost, so that people and their sign-ins cost a millisecond.
/// </summary>
/// <remarks>No e-mail goes out: whose subject is the registration itself, or its e-mail, registers by HTTP.</remarks>
internal sealed class Registrar : IDisposable
{
    private const int LeastCost = 4;
    private static readonly string PasswordHash = BCrypt.Net.BCrypt.HashPassword(Actor.Password, LeastCost);
    private readonly TestEnvironment premises;
    private readonly AccessTokens accessTokens;
    private readonly Sessions sessions;

    private Registrar(TestEnvironment premises, AccessTokens accessTokens, Sessions sessions) =>
        (this.premises, this.accessTokens, this.sessions) = (premises, accessTokens, sessions);

    internal static async Task<Registrar> For(VezaServer server)
    {
        var premises = server.Premises;
        var keyring = await premises.Keyring();
        var settings = server.Settings();
        var accessTokens = new AccessTokens(keyring, new Revocations(TimeProvider.System), settings);
        var sessions = new Sessions(new RefreshTokens(keyring), accessTokens, settings.Of<AuthSettings>());
        return new Registrar(premises, accessTokens, sessions);
    }

    internal async Task<NewPerson> Register(string email, string username, string displayName, IPAddress from)
    {
        var id = Guid.CreateVersion7();
        await using var db = await premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await using var insert = db.CreateCommand();
        insert.CommandText = """
            insert into account (id, email, username, display_name, password_hash) values ($1, $2, $3, $4, $5)
            """;
        foreach (var value in new object[] { id, email, username, displayName, PasswordHash })
            insert.Parameters.Add(new() { Value = value });
        await insert.ExecuteNonQueryAsync();
        var http = new DefaultHttpContext { Connection = { RemoteIpAddress = from } };
        var registered = new AuditEntry(AuditActions.Registered, id, Origin.Of(http), id);
        await AuditTrail.Write(db, transaction, registered);
        var held = await LockedAccount.Hold(db, transaction, id);
        var pair = await sessions.Begin(db, transaction, held!, [SignIn.Password], http);
        await transaction.CommitAsync();
        return new NewPerson(id, pair);
    }

    public void Dispose() => accessTokens.Dispose();
}

/// <summary>An account that was just made, and the tokens of its session.</summary>
internal sealed record NewPerson(Guid Id, TokenPair Tokens);
