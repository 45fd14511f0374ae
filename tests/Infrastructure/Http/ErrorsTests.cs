using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>Every way to fail has the contract's shape.</summary>
public sealed class ErrorsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private const string Login = "/api/v1/auth/login";

    [Fact]
    public async Task An_unknown_route_is_404()
    {
        foreach (
            var path in new[]
            {
                "/",
                "/api",
                "/api/v1/nothing",
                "/_test_url_cache_",
                "/api/v1/auth/login/",
                "/API/v2/tracks",
            }
        )
        {
            var reply = await server.Visitor.Get(path);
            if (path != "/api/v1/auth/login/")
                reply.Is(404, "ROUTE_UNKNOWN");
            else
                Assert.Contains(reply.Status, new[] { 404, 405 });
        }
    }

    [Fact]
    public async Task A_wrong_method_is_405_and_tells_the_right_ones()
    {
        Assert.Equal("POST", (await server.Visitor.Get(Login)).Is(405, "METHOD_NOT_ALLOWED").Header("Allow"));
        (await server.Visitor.Delete("/api/v1/tracks")).Is(405, "METHOD_NOT_ALLOWED");
        (await server.Visitor.Put("/health/live")).Is(405, "METHOD_NOT_ALLOWED");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"email\":\"a\"")]
    [InlineData("{'email':'a'}")]
    [InlineData("nonsense")]
    public async Task A_body_that_is_no_json_is_400(string body) =>
        (await server.Visitor.PostText(Login, body)).Is(400);

    [Fact]
    public async Task Bad_json_has_its_own_code() =>
        (await server.Visitor.PostText(Login, "{\"email\": nope}")).Is(400, "JSON_INVALID");

    [Theory]
    [InlineData("{\"email\":5,\"password\":\"x\"}", "email WRONG_TYPE")]
    [InlineData("{\"email\":{\"a\":1}}", "email WRONG_TYPE")]
    [InlineData("{\"email\":[\"a\"]}", "email WRONG_TYPE")]
    [InlineData("{\"email\":\"a\",\"email\":\"b\"}", "email WRONG_TYPE")]
    public async Task A_wrong_type_and_a_key_that_stands_twice_are_told_by_field(string body, string fault) =>
        Assert.Equal([fault], (await server.Visitor.PostText(Login, body)).Is(422, "VALIDATION_ERROR").FieldErrors);

    [Fact]
    public async Task An_empty_body_is_refused()
    {
        var reply = await server.Visitor.PostText(Login, "");
        Assert.Contains(reply.Status, new[] { 400, 422 });
        Assert.False(reply.Json.GetProperty("success").GetBoolean());
        Assert.Contains((await server.Visitor.PostText(Login, "null")).Status, new[] { 400, 422 });
    }

    [Fact]
    public async Task A_body_of_another_kind_is_415()
    {
        (await server.Visitor.PostText(Login, "email=a&password=b", "application/x-www-form-urlencoded")).Is(
            415,
            "UNSUPPORTED_MEDIA_TYPE"
        );
        (await server.Visitor.PostText(Login, "{}", "text/plain")).Is(415, "UNSUPPORTED_MEDIA_TYPE");
        foreach (var charset in new[] { "nonsense", "utf-7", "\"\"", "utf-8;charset=x", "\"utf-99\"" })
        {
            var content = new ByteArrayContent("{}"u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", $"application/json; charset={charset}");
            Assert.InRange((await server.Visitor.Send(HttpMethod.Post, Login, content)).Status, 400, 422);
        }
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_413()
    {
        (await server.Visitor.PostText(Login, $$"""{"email":"{{new string('x', 1 << 20)}}"}""")).Is(
            413,
            "PAYLOAD_TOO_LARGE"
        );
        using var raw = await RawRequest.Open(
            server,
            "POST /api/v1/auth/login HTTP/1.1\nHost: veza\nContent-Type: application/json\nContent-Length: "
                + "999999999\nConnection: close\n\n"
        );
        // The answer comes before the body does; the server then reads for some seconds what is still sent, and cuts.
        Assert.StartsWith(
            "HTTP/1.1 413",
            await raw.ReadUntil("\"error_code\":\"PAYLOAD_TOO_LARGE\""),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Headers_that_are_too_large_are_refused()
    {
        using var raw = await RawRequest.Open(
            server,
            $"GET /health/live HTTP/1.1\nHost: veza\nX-Long: {new string('x', 40_000)}\n\n"
        );
        Assert.StartsWith("HTTP/1.1 431", await raw.ReadToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_accepts_problem_json_gets_it()
    {
        var reply = (
            await server.Visitor.Post(
                "/api/v1/auth/register",
                new { Email = "x" },
                ("Accept", "application/problem+json")
            )
        ).Is(422);
        Assert.StartsWith("application/problem+json", reply.ContentType, StringComparison.Ordinal);
        Assert.Equal(
            (422, "VALIDATION_ERROR", "/api/v1/auth/register"),
            (reply.Json.Number("status"), reply.Json.Text("error_code"), reply.Json.Text("instance"))
        );
        Assert.Equal("urn:veza:error:VALIDATION_ERROR", reply.Json.Text("type"));
        Each.Of(["title", "detail", "request_id"], name => Assert.NotEmpty(reply.Json.Text(name)));
        Assert.Contains("email INVALID_FORMAT", reply.FieldErrors);
        var unknown = (
            await server.Visitor.Get("/nowhere", ("Accept", "text/html, application/problem+json;q=0.9"))
        ).Is(404);
        Assert.StartsWith("application/problem+json", unknown.ContentType, StringComparison.Ordinal);
        Assert.StartsWith(
            "application/json",
            (await server.Visitor.Get("/nowhere")).Is(404).ContentType,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_sane_request_id_comes_back_and_an_insane_one_is_replaced()
    {
        foreach (var sane in new[] { "a", "trace-1_2.3", new string('x', 64) })
            Assert.Equal(
                sane,
                (await server.Visitor.Get("/health/live", ("X-Request-Id", sane))).Is(200).Header("X-Request-Id")
            );
        foreach (var insane in new[] { "has space", "<script>", new string('x', 65), "a,b" })
        {
            var given = (await server.Visitor.Get("/nowhere", ("X-Request-Id", insane)))
                .Is(404, "ROUTE_UNKNOWN")
                .Header("X-Request-Id")!;
            Assert.Matches("^[A-Za-z0-9._-]{1,64}$", given);
            Assert.NotEqual(insane, given);
        }

        Assert.NotEqual(
            (await server.Visitor.Get("/health/live")).Header("X-Request-Id"),
            (await server.Visitor.Get("/health/live")).Header("X-Request-Id")
        );
    }

    [Fact]
    public async Task The_character_that_no_text_column_takes_is_400()
    {
        var named =
            $$"""{"email":"nul@example.org","username":"nulname","password":"{{Actor.Password}}","display_name":"a\u0000b"}""";
        (await server.Visitor.PostText("/api/v1/auth/register", named)).Is(400, "CHARACTER_REFUSED");
        (await server.Visitor.PostText(Login, """{"email":"a\u0000@b.c","password":"x"}""")).Is(
            400,
            "CHARACTER_REFUSED"
        );
        (await server.Visitor.Get("/api/v1/tracks?q=%00")).Is(400, "CHARACTER_REFUSED");
    }

    [Fact]
    public async Task Times_are_utc_with_milliseconds_and_keys_are_snake_case()
    {
        var mira = await server.Register("mira");
        var me = (await mira.Get("/api/v1/auth/me")).Is(200).Json;
        Assert.Equal(["success", "message", "data", "meta", "errors"], me.EnumerateObject().Select(p => p.Name));
        Each.Of(Names(me), name => Assert.Matches("^[a-z][a-z0-9_]*$", name));
    }

    [Fact]
    public async Task The_server_tells_who_it_is()
    {
        var version = (await server.Visitor.Get("/version")).Is(200).Data;
        Assert.Equal(
            ("veza", VezaProgram.IsNative ? "native" : "jit"),
            (version.Text("name"), version.Text("runtime"))
        );
        Assert.Matches(@"^\d+\.\d+\.\d+$", version.Text("version"));
        Assert.Equal(
            ["api", "chat", "stream", "worker"],
            version.GetProperty("roles").EnumerateArray().Select(r => r.GetString())
        );
        var ready = (await server.Visitor.Get("/health/ready")).Is(200).Data;
        Assert.Equal(("ready", "up", "up"), (ready.Text("status"), ready.Text("postgres"), ready.Text("redis")));
        Assert.Null((await server.Visitor.Get("/health/live")).Is(200).Header("Server"));
    }

    private static IEnumerable<string> Names(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject().SelectMany(p => Names(p.Value).Prepend(p.Name)),
            JsonValueKind.Array => json.EnumerateArray().SelectMany(Names),
            _ => [],
        };
}
