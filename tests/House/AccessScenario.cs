using System.Text.Json;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// People and things for one try at one route, made by SQL because there are hundreds of tries: the owner of what the
/// route is about, and the caller, who may be the same.
/// </summary>
internal sealed class AccessScenario : IAsyncDisposable
{
    /// <summary>Who tries every route.</summary>
    internal static readonly string[] Kinds =
    [
        "anonymous",
        "stranger",
        "owner",
        "moderator",
        "admin",
        "suspended",
        "key",
    ];

    private readonly VezaServer server;
    private readonly AccessTokens tokens;
    private readonly Lazy<Task<string>> suspended;

    private AccessScenario(VezaServer server, AccessTokens tokens)
    {
        (this.server, this.tokens) = (server, tokens);
        suspended = new Lazy<Task<string>>(Suspended);
    }

    internal static async Task<AccessScenario> For(VezaServer server)
    {
        var settings = server.Premises.Settings(("VEZA__PUBLIC_URL", server.Address));
        return new AccessScenario(
            server,
            new AccessTokens(await server.Premises.Keyring(), new Revocations(TimeProvider.System), settings)
        );
    }

    internal async Task<Guid> Account(string[] roles)
    {
        var id = Guid.CreateVersion7();
        await server.Database.Execute(
            "insert into account (id, username, email, display_name, roles) values ($1, $2, $3, 'Somebody', $4)",
            id,
            $"u{id:N}"[..30],
            $"{id:N}@example.org",
            roles
        );
        return id;
    }

    /// <summary>What this kind of caller sends as Authorization; nothing for the anonymous.</summary>
    internal async Task<string?> Bearer(string kind, Guid owner)
    {
        if (kind == "anonymous")
            return null;
        if (kind == "key")
            return await Key(owner);
        if (kind == "suspended")
            return await suspended.Value;
        string[] roles = kind is "moderator" or "admin" ? ["user", kind] : ["user"];
        return await Token(kind == "owner" ? owner : await Account(roles), roles);
    }

    private async Task<string> Token(Guid account, string[] roles)
    {
        var session = Guid.CreateVersion7();
        await server.Database.Execute(
            "insert into session (id, account_id, expires_at) values ($1, $2, now() + interval '1 day')",
            session,
            account
        );
        return tokens.Issue(new Bearer(account, session, "somebody", roles, DateTime.UtcNow, 0, 0));
    }

    /// <summary>The path with everything in it but ids: those are of things.</summary>
    internal static string Fill(string path) =>
        ModuleAccess
            .All.SelectMany(module => module.Parameters)
            .Aggregate(path, (filled, p) => filled.Replace($"{{{p.Name}}}", p.Value, StringComparison.Ordinal));

    /// <summary>The id of a thing of the owner's that stands at this path's {id}.</summary>
    internal async Task<Guid> Thing(string path, Guid owner)
    {
        var thing =
            ModuleAccess.Of(path)
            ?? throw new InvalidOperationException(
                $"The table of access has nothing to put at {path}: add it to the Access of its module."
            );
        if (thing.Insert is null)
            return owner;
        var id = Guid.CreateVersion7();
        await server.Database.Execute(thing.Insert, id, owner);
        return id;
    }

    public ValueTask DisposeAsync()
    {
        tokens.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> Key(Guid owner)
    {
        var key = $"veza_{Guid.CreateVersion7():N}";
        await server.Database.Execute(
            """
            insert into api_key (id, account_id, name, prefix, secret_hash, scopes)
              values ($1, $2, 'k', 'veza_', $3, '{tracks:read}')
            """,
            Guid.CreateVersion7(),
            owner,
            OneTime.Hash(key)
        );
        return key;
    }

    /// <summary>
    /// One caller for all routes, suspended by an admin over HTTP, so that what the table shows is what a suspension
    /// does.
    /// </summary>
    private async Task<string> Suspended()
    {
        var account = await Account(["user"]);
        var token = await Token(account, ["user"]);
        var admin = await Bearer("admin", account);
        var suspension = new StringContent(
            JsonSerializer.Serialize(new { reason = "Spam" }),
            System.Text.Encoding.UTF8,
            "application/json"
        );
        (
            await server.Visitor.Send(
                HttpMethod.Put,
                $"/api/v1/admin/users/{account}/suspension",
                suspension,
                ("Authorization", $"Bearer {admin}")
            )
        ).Is(200);
        await Eventually.True(
            "the suspension is known",
            async () =>
                (await server.Visitor.Get("/api/v1/auth/test", ("Authorization", $"Bearer {token}"))).Status == 401
        );
        return token;
    }
}
