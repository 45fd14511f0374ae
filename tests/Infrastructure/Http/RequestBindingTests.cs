using System.Text;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>
/// What a library that binds by reflection does otherwise, or only in the native binary: each value of a request comes
/// from one place, is read by one rule, and what cannot be read is told in the contract's shape.
/// </summary>
public sealed class RequestBindingTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static readonly Guid Nobody = Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c");

    private async Task<(Actor Mira, Actor Davor)> Two() =>
        (await server.Register("mira"), await server.Register("davor"));

    private static string Message(Reply reply) =>
        reply.Json.GetProperty("errors").EnumerateArray().Single().Text("message");

    private static async Task<Reply> PutText(Visitor visitor, string path, string body, string? contentType)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        if (contentType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await visitor.Send(HttpMethod.Put, path, content);
    }

    [Fact]
    public async Task An_id_in_the_path_is_read()
    {
        var (mira, davor) = await Two();
        Assert.Equal(mira.Id, (await davor.Get($"/api/v1/users/{mira.Id}")).Is(200).Data.GetProperty("id").GetGuid());
        (await davor.Get($"/api/v1/users/{Nobody}")).Is(404, "USER_NOT_FOUND");
        (await davor.Put($"/api/v1/users/{mira.Id:N}/mute")).Is(200);
    }

    [Theory]
    [InlineData("GET", "/api/v1/users/nonsense")]
    [InlineData("GET", "/api/v1/users/nonsense/followers?limit=5")]
    [InlineData("PUT", "/api/v1/users/nonsense/follow")]
    [InlineData("PUT", "/api/v1/users/nonsense/mute")]
    [InlineData("DELETE", "/api/v1/users/nonsense/block")]
    public async Task What_is_no_id_is_told_by_its_name(string method, string path)
    {
        var mira = await server.Register("mira");
        var reply = (await mira.Send(new HttpMethod(method), path, null)).Is(422, "VALIDATION_ERROR");
        Assert.Equal(["id INVALID_FORMAT"], reply.FieldErrors);
        Assert.Equal("id is not a valid Guid", Message(reply));
    }

    [Theory]
    [InlineData("?limit=2", 200)]
    [InlineData("", 200)]
    [InlineData("?limit=", 200)]
    [InlineData("?limit=%20%207", 200)]
    [InlineData("?LIMIT=7", 200)]
    public async Task A_number_in_the_query_is_read_and_an_empty_one_is_as_if_it_were_not_there(
        string query,
        int status
    ) => (await (await server.Register("mira")).Get($"/api/v1/users/me/mutes{query}")).Is(status);

    [Theory]
    [InlineData("limit=nonsense", "limit INVALID_FORMAT")]
    [InlineData("limit=1.5", "limit INVALID_FORMAT")]
    [InlineData("limit=99999999999", "limit INVALID_FORMAT")]
    [InlineData("limit=1,2", "limit INVALID_FORMAT")]
    [InlineData("limit=1&limit=2", "limit INVALID_FORMAT")]
    [InlineData("limit=0", "limit OUT_OF_RANGE")]
    [InlineData("limit=101", "limit OUT_OF_RANGE")]
    [InlineData("cursor=nonsense", "cursor INVALID_FORMAT")]
    [InlineData("cursor=", "cursor INVALID_FORMAT")]
    public async Task What_is_no_number_in_the_query_is_told_and_never_taken_for_none(string query, string fault)
    {
        var reply = await (await server.Register("mira")).Get($"/api/v1/users/me/mutes?{query}");
        Assert.Equal([fault], reply.Is(422, "VALIDATION_ERROR").FieldErrors);
        if (fault == "limit INVALID_FORMAT")
            Assert.Equal("limit cannot be read", Message(reply));
    }

    [Fact]
    public async Task A_text_of_the_query_is_not_split_at_its_commas()
    {
        var admin = await Admin();
        (await admin.Get("/api/v1/admin/jobs?state=done")).Is(200);
        (await admin.Get("/api/v1/admin/jobs")).Is(200);
        Assert.Equal(
            ["state NOT_ALLOWED"],
            (await admin.Get("/api/v1/admin/jobs?state=done,dead")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    [Fact]
    public async Task The_query_overrides_neither_the_body_nor_the_path()
    {
        var (mira, davor) = await Two();
        var until = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var reply = await mira.Send(
            HttpMethod.Put,
            $"/api/v1/users/{davor.Id}/mute?until=2000-01-01T00:00:00Z&id={Nobody}",
            new StringContent($$"""{"until":"{{until:O}}","id":"{{Nobody}}"}""", Encoding.UTF8, "application/json")
        );
        Assert.Equal(davor.Id, reply.Is(200).Data.GetProperty("id").GetGuid());
        Assert.Equal(until, reply.Data.GetProperty("until").GetDateTime());
    }

    [Fact]
    public async Task The_body_is_not_read_for_what_stands_in_the_path()
    {
        var (mira, davor) = await Two();
        var reply = await PutText(mira, $"/api/v1/users/{davor.Id}/mute", """{"id":"nonsense"}""", "application/json");
        Assert.Equal(davor.Id, reply.Is(200).Data.GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task A_time_of_another_zone_becomes_utc()
    {
        var (mira, davor) = await Two();
        var reply = await PutText(
            mira,
            $"/api/v1/users/{davor.Id}/mute",
            """{"until":"2100-01-01T02:00:00+02:00"}""",
            "application/json"
        );
        Assert.Equal("2100-01-01T00:00:00.000Z", reply.Is(200).Data.Text("until"));
    }

    [Fact]
    public async Task A_time_that_is_over_is_refused()
    {
        var (mira, davor) = await Two();
        foreach (var path in new[] { $"/api/v1/users/{davor.Id}/mute", $"/api/v1/users/me/supporters/{davor.Id}" })
        {
            var reply = await mira.Put(path, new { until = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc) });
            Assert.Equal(["until OUT_OF_RANGE"], reply.Is(422, "VALIDATION_ERROR").FieldErrors);
            Assert.Equal("until lies in the past", Message(reply));
        }
    }

    [Fact]
    public async Task A_body_that_may_be_left_out_may_be_left_out()
    {
        var (mira, davor) = await Two();
        var path = $"/api/v1/users/{davor.Id}/mute";
        foreach (var reply in new[] { await mira.Put(path), await PutText(mira, path, "null", "application/json") })
            Assert.Equal(JsonValueKind.Null, reply.Is(200).Data.GetProperty("until").ValueKind);
        Assert.Equal(200, (await PutText(mira, path, "{}", "application/json; charset=utf-8")).Status);
    }

    [Theory]
    [InlineData("null", "application/json", 400, "BAD_REQUEST")]
    [InlineData("", null, 400, "BAD_REQUEST")]
    [InlineData("{}", null, 415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("{}", "application/json", 422, "VALIDATION_ERROR")]
    [InlineData("{\"track_ids\":[1]}", "application/json", 422, "VALIDATION_ERROR")]
    [InlineData("{\"track_ids\":[\"nonsense\"]}", "application/json", 422, "VALIDATION_ERROR")]
    [InlineData("{\"track_ids\":[],\"id\":\"nonsense\"}", "application/json", 404, "ALBUM_NOT_FOUND")]
    public async Task A_body_that_is_needed_is_no_empty_one(string body, string? type, int status, string code) =>
        (await PutText(await server.Register("mira"), $"/api/v1/albums/{Nobody}/tracks", body, type)).Is(status, code);

    [Theory]
    [InlineData("null", "title REQUIRED")]
    [InlineData("\"  \"", "title REQUIRED")]
    [InlineData("\"Lines\"", "visibility NOT_ALLOWED")]
    public async Task What_the_rules_refuse_is_told_by_field(string title, string fault)
    {
        var mira = await server.Register("mira");
        var visibility = fault.StartsWith("visibility", StringComparison.Ordinal) ? "secret" : "public";
        var body = $$"""{"title":{{title}},"visibility":"{{visibility}}"}""";
        Assert.Equal([fault], (await mira.PostText("/api/v1/albums", body)).Is(422, "VALIDATION_ERROR").FieldErrors);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("nonsense")]
    public async Task A_body_of_another_type_is_refused_in_the_shape_of_the_contract(string? contentType)
    {
        var (mira, davor) = await Two();
        var reply = await PutText(mira, $"/api/v1/users/{davor.Id}/mute", """{"until":null}""", contentType);
        reply.Is(415, "UNSUPPORTED_MEDIA_TYPE");
    }

    [Theory]
    [InlineData("{", 400, "JSON_INVALID")]
    [InlineData("", 400, "JSON_INVALID")]
    [InlineData("""{"until":"soon"}""", 422, "VALIDATION_ERROR")]
    [InlineData("""{"until":null,"until":null}""", 422, "VALIDATION_ERROR")]
    [InlineData("""{"until":5}""", 422, "VALIDATION_ERROR")]
    [InlineData("[]", 400, "JSON_INVALID")]
    public async Task Json_that_cannot_be_read_is_told(string body, int status, string code)
    {
        var (mira, davor) = await Two();
        var path = $"/api/v1/users/{davor.Id}/mute";
        if (body.Length == 0)
            (await PutText(mira, path, " ", "application/json")).Is(status, code);
        else
            (await PutText(mira, path, body, "application/json")).Is(status, code);
    }

    [Fact]
    public async Task A_list_of_all_routes_is_at_no_secret_address()
    {
        (await server.Visitor.Get("/_test_url_cache_")).Is(404, "ROUTE_UNKNOWN");
        (await (await server.Register("mira")).Get("/_test_url_cache_")).Is(404, "ROUTE_UNKNOWN");
    }

    [Fact]
    public async Task Who_is_nobody_is_told_so_before_anything_is_read()
    {
        (await server.Visitor.Put($"/api/v1/users/{Nobody}/mute", new { until = "nonsense" })).Is(
            401,
            "UNAUTHENTICATED"
        );
        (await server.Visitor.Get("/api/v1/users/me/mutes?limit=nonsense")).Is(401, "UNAUTHENTICATED");
        (await server.Visitor.Get("/api/v1/admin/jobs")).Is(401, "UNAUTHENTICATED");
    }

    [Fact]
    public async Task A_method_that_is_not_taken_is_told() =>
        (await (await server.Register("mira")).Post($"/api/v1/users/{Nobody}/mute")).Is(405, "METHOD_NOT_ALLOWED");

    [Theory]
    [InlineData("worker")]
    [InlineData("stream")]
    [InlineData("chat")]
    public async Task A_role_that_serves_no_such_slice_starts(string role)
    {
        await using var node = await VezaServer.Start(server.Premises, ("VEZA__ROLES", role));
        (await node.Visitor.Get("/health/ready")).Is(200);
        (await node.Visitor.Get($"/api/v1/users/{Nobody}")).Is(404, "ROUTE_UNKNOWN");
    }

    [Fact]
    public void The_start_says_nothing_of_its_endpoints() =>
        Assert.DoesNotContain("Registered", server.Log, StringComparison.Ordinal);

    private async Task<Actor> Admin()
    {
        var admin = await Actor.Register(server, "ada");
        await server.Database.Execute("update account set roles = '{user,admin}' where id = $1", admin.Id);
        return await admin.SignIn();
    }
}
