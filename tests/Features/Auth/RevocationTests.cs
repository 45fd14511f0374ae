using System.Diagnostics;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// What was given is taken back on every node: tokens, sockets and stream URLs. The time from the revocation to the
/// last byte that was still given is told in the test's output.
/// </summary>
public sealed class RevocationTests(RevocationTests.TwoNodes nodes, ITestOutputHelper output)
    : IClassFixture<RevocationTests.TwoNodes>
{
    public sealed class TwoNodes : IAsyncLifetime
    {
        internal VezaServer One { get; private set; } = null!;

        internal VezaServer Other { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            One = await VezaServer.Start();
            Other = await VezaServer.Start(One.Premises, ("VEZA__PUBLIC_URL", One.Address));
        }

        public async ValueTask DisposeAsync()
        {
            await Other.DisposeAsync();
            await One.DisposeAsync();
        }
    }

    private readonly VezaServer server = nodes.One,
        other = nodes.Other;

    private async Task<Actor> Admin()
    {
        var admin = await server.Register("admin");
        await server.Database.Execute("update account set roles = '{user,admin}' where id = $1", admin.Id);
        return await admin.SignIn();
    }

    /// <summary>Until both nodes refuse the token; how long after the revocation the last of them took it.</summary>
    private async Task RefusedEverywhere(string what, Actor actor, params VezaServer[] everywhere)
    {
        var since = Stopwatch.StartNew();
        var lastTaken = TimeSpan.Zero;
        foreach (var node in everywhere is [] ? [other, server] : everywhere)
        {
            Reply reply = null!;
            await Eventually.True(
                $"the token is refused at {node.Address}",
                async () =>
                {
                    reply = await node.Visitor.Get(
                        "/api/v1/auth/test",
                        ("Authorization", $"Bearer {actor.AccessToken}")
                    );
                    if (reply.Status == 200)
                        lastTaken = since.Elapsed;
                    return reply.Status == 401;
                }
            );
            reply.Is(401, "TOKEN_REVOKED");
        }

        output.WriteLine($"{what}: last taken {lastTaken.TotalMilliseconds:0} ms after the revocation was answered");
    }

    [Fact]
    public async Task A_session_that_is_ended_is_over_on_every_node()
    {
        var mira = await server.Register("mira");
        var phone = await mira.SignIn();
        await using var socket = await ChatSocket.Open(other, phone.AccessToken);
        await socket.Acknowledged("ping");
        var sessions = (await mira.Get("/api/v1/auth/sessions")).Is(200).Data.EnumerateArray().ToArray();
        Assert.Equal([false, true], sessions.Select(s => s.GetProperty("current").GetBoolean()));
        Each.Of(
            sessions,
            s =>
                Assert.Equal(
                    ("password", JsonValueKind.Null),
                    (s.GetProperty("methods")[0].GetString(), s.GetProperty("ended").ValueKind)
                )
        );

        (await mira.Delete($"/api/v1/auth/sessions/{sessions[0].Text("id")}")).Is(200);
        await RefusedEverywhere("session ended", phone);
        Assert.Equal(4001, await socket.Closed);
        (await phone.Refresh()).Is(401, "SESSION_ENDED");
        (await mira.Get("/api/v1/auth/me")).Is(200);
        (await mira.Delete($"/api/v1/auth/sessions/{sessions[0].Text("id")}")).Is(404, "SESSION_NOT_FOUND");
        var ended = (await mira.Get("/api/v1/auth/sessions"))
            .Data.EnumerateArray()
            .Single(s => s.Text("id") == sessions[0].Text("id"));
        Assert.Equal("ended_by_owner", ended.GetProperty("ended").Text("reason"));
    }

    [Fact]
    public async Task Nobody_ends_the_session_of_another()
    {
        var mira = await server.Register("mira");
        var davor = await server.Register("davor");
        var his = (await davor.Get("/api/v1/auth/sessions")).Data[0].Text("id");
        (await mira.Delete($"/api/v1/auth/sessions/{his}")).Is(404, "SESSION_NOT_FOUND");
        (await davor.Get("/api/v1/auth/me")).Is(200);
    }

    [Fact]
    public async Task Logout_of_all_and_of_the_others_end_what_they_say()
    {
        var davor = await Actor.Register(server, "davor");
        var (phone, tv) = (await davor.SignIn(), await davor.SignIn(other));
        Assert.Equal(
            2,
            (await phone.Post("/api/v1/auth/logout", new { Scope = "others" })).Is(200).Data.Number("sessions_ended")
        );
        await RefusedEverywhere("logout of the others", tv);
        await RefusedEverywhere("logout of the others", davor);
        (await phone.Get("/api/v1/auth/me")).Is(200);
        var (again, more) = (await davor.SignIn(), await davor.SignIn());
        Assert.Equal(
            3,
            (await again.Post("/api/v1/auth/logout", new { Scope = "all" })).Is(200).Data.Number("sessions_ended")
        );
        foreach (var session in new[] { phone, again, more })
            await RefusedEverywhere("logout of all", session);
    }

    [Fact]
    public async Task A_reused_refresh_token_ends_the_access_token_too_and_says_who_brought_it()
    {
        var davor = await Actor.Register(server, "davor");
        var victim = await davor.SignIn();
        var stolen = victim.RefreshToken;
        victim.Take((await victim.Refresh()).Is(200).Data);
        victim.Take((await victim.Refresh()).Is(200).Data);
        (
            await server.Visitor.Send(
                HttpMethod.Post,
                "/api/v1/auth/refresh",
                JsonContent(new { refresh_token = stolen }),
                ("User-Agent", "thief/1.0")
            )
        ).Is(401, "REFRESH_TOKEN_REUSED");
        await RefusedEverywhere("reuse of a refresh token", victim);
        var ended = (await davor.Get("/api/v1/auth/sessions"))
            .Data.EnumerateArray()
            .Single(s => s.GetProperty("ended").ValueKind != JsonValueKind.Null)
            .GetProperty("ended");
        Assert.Equal(
            ("refresh_token_reused", "127.0.0.1", "thief/1.0"),
            (ended.Text("reason"), ended.Text("ip"), ended.Text("device"))
        );
        Assert.Contains(
            "session.refresh_token_reused",
            (await davor.Get("/api/v1/auth/audit-log")).Data.EnumerateArray().Select(e => e.Text("action"))
        );
    }

    [Fact]
    public async Task A_suspension_ends_tokens_sockets_streams_and_keys()
    {
        var admin = await Admin();
        var davor = await Actor.Register(server, "davor");
        var key = (
            await davor.Post(
                "/api/v1/auth/api-keys",
                new { Name = "player", Scopes = new[] { "tracks:read", "account:read" } }
            )
        )
            .Is(201)
            .Data.Text("key");
        var track = await davor.UploadTrack(await Sounds.Short);
        await davor.Ready(track);
        var stream = await davor.Stream(track);
        var (playlist, file) = (stream.Text("hls_url"), stream.GetProperty("variants")[0].Text("url"));
        (await other.Visitor.Get(playlist.Replace(server.Address, other.Address, StringComparison.Ordinal))).Is(200);
        (await other.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {key}"))).Is(200);
        await using var socket = await ChatSocket.Open(other, davor.AccessToken);

        (await admin.Put($"/api/v1/admin/users/{davor.Id}/suspension", new { Reason = "Spam in three rooms" })).Is(200);
        await RefusedEverywhere("suspension", davor);
        Assert.Equal(4001, await socket.Closed);
        foreach (var url in new[] { playlist, file })
        foreach (var node in new[] { server, other })
            (await node.Visitor.Get(url.Replace(server.Address, node.Address, StringComparison.Ordinal))).Is(
                403,
                "STREAM_URL_EXPIRED"
            );
        foreach (var node in new[] { server, other })
            (await node.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {key}"))).Is(
                403,
                "ACCOUNT_SUSPENDED"
            );
        var refused = (await server.Visitor.Post("/api/v1/auth/login", new { davor.Email, Actor.Password })).Is(
            403,
            "ACCOUNT_SUSPENDED"
        );
        Assert.Contains("Spam in three rooms", refused.Text, StringComparison.Ordinal);

        (await admin.Delete($"/api/v1/admin/users/{davor.Id}/suspension")).Is(200);
        await davor.SignIn();
        await Eventually.True(
            "the key is good again",
            async () => (await other.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {key}"))).Status == 200
        );
    }

    [Fact]
    public async Task A_listener_is_cut_off_in_the_middle_of_a_file()
    {
        var davor = await Actor.Register(server, "davor");
        var track = await davor.UploadTrack(
            await Sounds.Make("noise.flac", "-f", "lavfi", "-i", "anoisesrc=d=60:c=white:a=0.5:r=44100", "-ac", "2")
        );
        await davor.Ready(track);
        var url = (await davor.Stream(track))
            .GetProperty("variants")
            .EnumerateArray()
            .Single(v => v.Text("quality") == "lossless")
            .Text("url")
            .Replace(server.Address, other.Address, StringComparison.Ordinal);
        using var answer = await other.Http.GetAsync(new Uri(url), HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[1024];
        await body.ReadExactlyAsync(buffer);
        (await davor.Post("/api/v1/auth/logout", new { Scope = "all" })).Is(200);
        await RefusedEverywhere("logout while listening", davor);
        // What the kernel had already taken still comes; then the connection is cut before the end.
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            for (var left = answer.Content.Headers.ContentLength!.Value - buffer.Length; left > 0; )
                left -= await ReadSome(body, buffer);
        });
    }

    [Fact]
    public async Task A_change_of_roles_ends_the_old_token_and_a_refresh_brings_the_new_roles()
    {
        var admin = await Admin();
        var davor = await Actor.Register(server, "davor");
        (await davor.Get("/api/v1/auth/test")).Is(200);
        Assert.Equal(
            ["user", "moderator"],
            (await admin.Put($"/api/v1/admin/users/{davor.Id}/roles", new { Roles = new[] { "moderator" } }))
                .Is(200)
                .Data.GetProperty("roles")
                .EnumerateArray()
                .Select(r => r.GetString())
        );
        await RefusedEverywhere("change of roles", davor);
        davor.Take((await davor.Refresh()).Is(200).Data);
        Assert.Contains(
            "tracks:moderate",
            (await other.Visitor.Get("/api/v1/auth/test", ("Authorization", $"Bearer {davor.AccessToken}")))
                .Is(200)
                .Data.GetProperty("permissions")
                .EnumerateArray()
                .Select(p => p.GetString())
        );
        (await admin.Put($"/api/v1/admin/users/{admin.Id}/roles", new { Roles = new[] { "user" } })).Is(
            409,
            "OWN_ACCOUNT"
        );
        (await davor.Put($"/api/v1/admin/users/{admin.Id}/suspension", new { Reason = "a coup" })).Is(403, "FORBIDDEN");
    }

    [Fact]
    public async Task A_node_that_lost_postgres_learns_what_it_missed()
    {
        // Two of its own: which of the connections that were cut come back first is nobody else's matter.
        await using var one = await VezaServer.Start();
        await using var two = await VezaServer.Start(one.Premises, ("VEZA__PUBLIC_URL", one.Address));
        var davor = await Actor.Register(one, "davor");
        (await two.Visitor.Get("/api/v1/auth/test", ("Authorization", $"Bearer {davor.AccessToken}"))).Is(200);
        // Every connection is cut, those that listen too, and the word is given before they are back.
        await one.Database.Execute(
            """
            select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
              and pid <> pg_backend_pid()
            """
        );
        // A connection from the pool that was cut as well is a 503, upon which a client tries again.
        await Eventually.True(
            "the logout is taken",
            async () => (await davor.Post("/api/v1/auth/logout", new { Scope = "all" })).Status == 200
        );
        await RefusedEverywhere("after the connection was lost", davor, two, one);
    }

    [Fact]
    public async Task A_node_that_starts_later_knows_what_was_revoked()
    {
        var davor = await Actor.Register(server, "davor");
        (await davor.Post("/api/v1/auth/logout", new { })).Is(200);
        await using var late = await VezaServer.Start(server.Premises, ("VEZA__PUBLIC_URL", server.Address));
        (await late.Visitor.Get("/api/v1/auth/test", ("Authorization", $"Bearer {davor.AccessToken}"))).Is(
            401,
            "TOKEN_REVOKED"
        );
    }

    private static StringContent JsonContent(object body) =>
        new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    private static async Task<int> ReadSome(Stream body, byte[] buffer)
    {
        var read = await body.ReadAsync(buffer);
        return read > 0 ? read : throw new IOException("The body ended early.");
    }
}
