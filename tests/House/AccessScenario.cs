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

    /// <summary>The id of a thing of the owner's that stands at this path's {id}.</summary>
    internal async Task<Guid> Thing(string path, Guid owner)
    {
        var id = Guid.CreateVersion7();
        if (path.StartsWith("/api/v1/chat/dm/{id}", StringComparison.Ordinal))
            return owner;
        if (
            path.StartsWith("/api/v1/users/{id}", StringComparison.Ordinal)
            || path.StartsWith("/api/v1/admin/users/{id}", StringComparison.Ordinal)
        )
            return owner;
        await server.Database.Execute(Insert(path), id, owner);
        return id;
    }

    public ValueTask DisposeAsync()
    {
        tokens.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string Insert(string path) =>
        path.Split('/')[3..5] switch
        {
            ["users", "me"] => """
                with fan as (insert into account (id, username, email, display_name)
                  values ($1, left($1::text, 30), $1 || '@example.org', 'Fan')
                  returning id) insert into supporter (account_id, supporter_id) select $2, id from fan
                """,
            ["tracks", _] => """
                insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
                  values ($1, $2, 'Secret', 'private', 'ready', 'tracks/' || $1 || '/', '', 1)
                """,
            ["comments", _] => """
                with made as (
                  insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
                    values ($1, $2, 'Secret', 'private', 'ready', 'tracks/' || $1 || '/', '', 1)
                      returning id, account_id
                )
                insert into track_comment (id, track_id, author_id, content) select id, id, account_id, 'Mine' from made
                """,
            ["playlists", _] =>
                "insert into playlist (id, owner_id, name, visibility) values ($1, $2, 'Secret', 'private')",
            ["albums", _] =>
                "insert into album (id, account_id, title, visibility) values ($1, $2, 'Secret', 'private')",
            ["uploads", _] => """
                insert into upload (id, account_id, kind, length_bytes, expires_at)
                  values ($1, $2, 'whole', 10, now() + interval '1 day')
                """,
            ["admin", "blocked-recordings"] => """
                insert into blocked_recording (id, track_id, title, artist, reason, blocked_by, keys, items)
                  values ($1, $1, 'Theirs', '', 'Notice', $2, '{}', '{}')
                """,
            ["plays", _] => """
                insert into play (id, track_id, listener, account_id, source, duration_ms, counts_after_ms, is_own,
                  is_bot,
                  begun_at, closes_at, heard_at, credited_until)
                values ($1, $1, $1, $2, 'other', 60000, 30000, false, false, now(), now() + interval '1 hour', now(),
                  now())
                """,
            ["chat", "messages"] or ["chat", "attachments"] => """
                with made as (insert into room (id, name, visibility, owner_id, member_count, last_seq)
                  values ($1, 'Secret ' || $1, 'private', $2, 1, 1) returning id, owner_id),
                joined as (insert into room_member (room_id, account_id, role) select id, owner_id, 'owner' from made),
                said as (insert into message (id, room_id, seq, client_id, author_id, content)
                  select id, id, 1, 'c1', owner_id, 'Mine' from made),
                used as (insert into attachment_use (account_id, used_bytes) select owner_id, 1 from made)
                insert into attachment (id, room_id, account_id, message_id, name, content_type, size_bytes)
                  select id, id, owner_id, id, 'mine.txt', 'text/plain', 1 from made
                """,
            ["notifications", "devices"] => """
                insert into push_device (id, account_id, session_id, kind, address_hash, sealed, host)
                  values ($1, $2, $1, 'web_push', uuid_send($1), '', 'push.example.org')
                """,
            ["chat", "rooms"] or ["notifications", "rooms"] => """
                with made as (insert into room (id, name, visibility, owner_id, member_count)
                  values ($1, 'Secret ' || $1, 'private', $2, 1) returning id, owner_id)
                insert into room_member (room_id, account_id, role) select id, owner_id, 'owner' from made
                """,
            ["admin", "jobs"] => """
                insert into job (id, kind, payload, state, owner_id)
                  values ($1, 'test', '{}', 'dead', $2)
                """,
            ["auth", "sessions"] =>
                "insert into session (id, account_id, expires_at) values ($1, $2, now() + interval '1 day')",
            ["auth", "api-keys"] => """
                insert into api_key (id, account_id, name, prefix, secret_hash, scopes)
                  values ($1, $2, 'k', 'veza_', uuid_send($1), '{}')
                """,
            ["auth", "passkeys"] => """
                insert into passkey (id, account_id, credential_id, public_key, algorithm, name)
                  values ($1, $2, uuid_send($1), '', -7, 'Phone')
                """,
            ["auth", "identities"] =>
                "insert into identity (id, account_id, provider, subject) values ($1, $2, 'github', $1::text)",
            ["auth", "2fa"] or ["auth", "trusted-devices"] => """
                insert into trusted_device (id, account_id, token_hash, expires_at)
                  values ($1, $2, uuid_send($1), now() + interval '1 day')
                """,
            _ => throw new InvalidOperationException(
                $"The table of access has nothing to put at {path}: teach it to make one."
            ),
        };

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
