using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Keys;

/// <summary>Personal keys: shown once, scoped, hashed, gone when deleted.</summary>
public sealed class ApiKeysTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static (string, string) Bearer(string key) => ("Authorization", $"Bearer {key}");

    private static Task<Reply> Create(Actor actor, params string[] scopes) =>
        actor.Post("/api/v1/auth/api-keys", new { Name = "nightly", Scopes = scopes });

    [Fact]
    public async Task A_key_is_shown_once_and_does_what_its_scopes_say()
    {
        var mira = await server.Register("mira");
        var made = (await Create(mira, "tracks:read", "tracks:write")).Is(201).Data;
        var key = made.Text("key");
        Assert.StartsWith(made.Text("prefix"), key, StringComparison.Ordinal);
        var listed = (await mira.Get("/api/v1/auth/api-keys")).Is(200);
        Assert.DoesNotContain(key, listed.Text, StringComparison.Ordinal);
        Assert.Equal(made.Text("id"), listed.Data[0].Text("id"));

        (await server.Visitor.Get($"/api/v1/tracks?user_id={mira.Id}", Bearer(key))).Is(200);
        (await server.Visitor.Get("/api/v1/auth/me", Bearer(key))).Is(403, "SCOPE_MISSING");
        (await server.Visitor.Get("/api/v1/chat/rooms", Bearer(key))).Is(403, "SCOPE_MISSING");
        (
            await server.Visitor.Post(
                "/api/v1/auth/api-keys",
                new { Name = "more", Scopes = new[] { "tracks:read" } },
                Bearer(key)
            )
        ).Is(403, "SCOPE_MISSING");
        (await server.Visitor.Post("/api/v1/auth/logout", new { Scope = "all" }, Bearer(key))).Is(403, "SCOPE_MISSING");
    }

    [Fact]
    public async Task A_key_for_chat_opens_the_socket_and_one_that_only_reads_does_not_write()
    {
        var davor = await server.Register("davor");
        var reading = (await Create(davor, "chat:read")).Is(201).Data.Text("key");
        await using var socket = await ChatSocket.Open(server, reading);
        Assert.Equal("ack", (await socket.Ask("ping")).Text("type"));
        var room = (
            await davor.Post(
                "/api/v1/chat/rooms",
                new { Name = $"Keys {Guid.CreateVersion7()}", Visibility = "public" }
            )
        )
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        Assert.Equal(
            "SCOPE_MISSING",
            (await socket.Ask("message.send", room, ("client_id", "c1"), ("content", "Hello"))).Text("error_code")
        );
        var other = (await Create(davor, "tracks:read")).Is(201).Data.Text("key");
        await Assert.ThrowsAsync<HttpRequestException>(async () => await ChatSocket.Open(server, other));
    }

    [Fact]
    public async Task A_key_without_the_scope_sees_what_anybody_sees()
    {
        var mira = await server.Register("mira");
        var track = Guid.CreateVersion7();
        await server.Database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
              values ($1, $2, 'Secret', 'private', 'ready', 'tracks/x/', '', 1)
            """,
            track,
            mira.Id
        );
        var (chat, tracks) = (
            (await Create(mira, "chat:read")).Is(201).Data.Text("key"),
            (await Create(mira, "tracks:read")).Is(201).Data.Text("key")
        );
        foreach (var path in new[] { $"/api/v1/tracks/{track}", $"/api/v1/tracks/{track}/status" })
        {
            (await server.Visitor.Get(path, Bearer(tracks))).Is(200);
            (await server.Visitor.Get(path, Bearer(chat))).Is(404, "TRACK_NOT_FOUND");
        }

        // Nothing is stored of this track: who may know of it is told that, and who may not is told nothing.
        (await server.Visitor.Get($"/api/v1/tracks/{track}/stream", Bearer(tracks))).Is(404, "STREAM_NOT_FOUND");
        (await server.Visitor.Get($"/api/v1/tracks/{track}/stream", Bearer(chat))).Is(404, "TRACK_NOT_FOUND");
    }

    [Fact]
    public async Task A_deleted_or_expired_key_is_refused()
    {
        var mira = await server.Register("mira");
        var made = (await Create(mira, "account:read")).Is(201).Data;
        var key = made.Text("key");
        (await server.Visitor.Get("/api/v1/auth/me", Bearer(key))).Is(200);
        (await (await server.Register("davor")).Delete($"/api/v1/auth/api-keys/{made.Text("id")}")).Is(
            404,
            "API_KEY_NOT_FOUND"
        );
        (await mira.Delete($"/api/v1/auth/api-keys/{made.Text("id")}")).Is(200);
        await Eventually.True(
            "the key is refused",
            async () => (await server.Visitor.Get("/api/v1/auth/me", Bearer(key))).Status == 401
        );
        (await server.Visitor.Get("/api/v1/auth/me", Bearer(key))).Is(401, "API_KEY_INVALID");

        var short_ = (
            await mira.Post(
                "/api/v1/auth/api-keys",
                new
                {
                    Name = "short",
                    Scopes = new[] { "account:read" },
                    ExpiresAt = DateTime.UtcNow.AddHours(1),
                }
            )
        ).Is(201).Data;
        await server.Database.Execute(
            "update api_key set expires_at = now() - interval '1 second' where id = $1",
            short_.GetProperty("id").GetGuid()
        );
        (await server.Visitor.Get("/api/v1/auth/me", Bearer(short_.Text("key")))).Is(401, "API_KEY_INVALID");
        foreach (var wrong in new[] { "veza_", "veza_x", key + "x", key[..^1], "veza_" + new string('x', 5000) })
            (await server.Visitor.Get("/api/v1/auth/me", Bearer(wrong))).Is(401, "API_KEY_INVALID");
    }

    [Fact]
    public async Task What_a_key_may_not_be_is_told()
    {
        var mira = await server.Register("mira");
        Assert.Equal(
            ["name REQUIRED", "scopes REQUIRED"],
            (await mira.Post("/api/v1/auth/api-keys", new { })).Is(422, "VALIDATION_ERROR").FieldErrors.Order()
        );
        foreach (var foreign in new[] { "account:secure", "users:manage", "everything", "" })
            Assert.Equal(["scopes NOT_ALLOWED"], (await Create(mira, foreign)).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.Equal(["expires_at OUT_OF_RANGE"], (
                await mira.Post(
                    "/api/v1/auth/api-keys",
                    new
                    {
                        Name = "x",
                        Scopes = new[] { "tracks:read" },
                        ExpiresAt = DateTime.UtcNow.AddHours(-1),
                    }
                )
            ).Is(422).FieldErrors);
    }

    [Fact]
    public async Task There_are_fifty_keys_at_most_however_many_are_asked_for_at_once()
    {
        var davor = await Actor.Register(server, "davor");
        await server.Database.Execute(
            """
            insert into api_key (id, account_id, name, prefix, secret_hash, scopes)
              select gen_random_uuid(), $1, 'k', 'veza_', decode(md5(n::text || $1::text), 'hex'), '{}'
              from generate_series(1, 47) n
            """,
            davor.Id
        );
        var replies = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Create(davor, "tracks:read")));
        Assert.Equal(3, replies.Count(r => r.Status == 201));
        Each.Of(replies.Where(r => r.Status != 201), r => r.Is(409, "TOO_MANY_API_KEYS"));
    }

    [Fact]
    public async Task Keys_are_hashed_at_rest()
    {
        var mira = await server.Register("mira");
        var key = (await Create(mira, "tracks:read")).Is(201).Data.Text("key");
        var rows = await server.Database.Column(
            """
            select api_key::text || audit_event::text from api_key join audit_event using (account_id)
              where account_id = $1
            """,
            mira.Id
        );
        Assert.NotEmpty(rows);
        Each.Of(rows, row => Assert.DoesNotContain(key[12..], row, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_proved_nothing_lately_makes_no_key()
    {
        var mira = await server.Register("mira");
        var old = await mira.SignIn();
        await server.Database.Execute(
            "update session set authenticated_at = now() - interval '16 minutes' where account_id = $1",
            mira.Id
        );
        old.Take((await old.Refresh()).Is(200).Data);
        (await Create(old, "tracks:read")).Is(403, "STEP_UP_REQUIRED");
    }
}
