using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.House;

/// <summary>
/// Every route is tried by everybody: anonymous, a stranger, the owner of what the path names, a moderator, an admin, a
/// suspended account, and an API key of the owner's that may only read tracks. Bodies are the examples of the OpenAPI
/// document. The answers are a table that changes on purpose.
/// </summary>
public sealed partial class AccessTests(VezaServer server) : IClassFixture<VezaServer>
{
    /// <summary>Without people in them.</summary>
    private static readonly string[] Elsewhere = ["/openapi", "/scalar", "/health", "/version", "/metrics"];

    [Fact]
    public async Task Everybody_gets_what_the_table_says()
    {
        string[] elsewhere = [.. Elsewhere, .. ModuleAccess.All.SelectMany(module => module.Elsewhere)];
        var routes = Routes
            .All()
            .Where(r => !elsewhere.Any(e => r.Path.StartsWith(e, StringComparison.Ordinal)))
            .ToArray();
        Assert.True(routes.Length > 30);
        var document = (await server.Visitor.Get("/openapi/v1.json")).Is(200).Json;
        await using var cast = await AccessScenario.For(server);
        var table = new List<string>();
        var faults = new List<string>();
        foreach (var (route, method) in routes.SelectMany(r => r.Methods.Select(m => (r, m))))
        {
            var cells = new List<string>();
            foreach (var kind in AccessScenario.Kinds)
            {
                var reply = await Try(cast, document, route.Path, method, kind);
                cells.Add(
                    $"{kind} {reply.Status}{(reply.Status >= 400 && reply.Body.Length > 0 && reply.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true ? $" {reply.ErrorCode}" : "")}"
                );
                faults.AddRange(Faults(route, method, kind, reply.Status));
            }

            table.Add($"{method} {route.Path}\n  {string.Join("\n  ", cells)}");
        }

        Assert.Empty(faults);
        Snapshots.Matches("access.txt", string.Join('\n', table.Order(StringComparer.Ordinal)));
    }

    /// <summary>What holds for every route, whatever the table says.</summary>
    private static IEnumerable<string> Faults(MappedRoute route, string method, string kind, int status)
    {
        if (status >= 500 && status != 503)
            yield return $"{method} {route.Path} answers {kind} with {status}";
        if (!route.IsAnonymous && kind is "anonymous" or "suspended" && status != 401)
            yield return $"{method} {route.Path} answers {kind} with {status}";
        if (
            route.Path.Contains("/admin/", StringComparison.Ordinal)
            && kind is "stranger" or "owner" or "key"
            && status != 403
        )
            yield return $"{method} {route.Path} answers {kind} with {status}";
        if (!route.IsAnonymous && kind == "key" && method is not ("GET" or "HEAD") && status != 403)
            yield return $"{method} {route.Path} answers a key that may only read with {status}";
        if (kind == "stranger" && status < 300 && ModuleAccess.Of(route.Path)?.IsOwnersAlone == true)
            yield return $"{method} {route.Path} gives a stranger what is not theirs";
    }

    private async Task<Reply> Try(AccessScenario cast, JsonElement document, string path, string method, string kind)
    {
        var owner = await cast.Account(["user"]);
        var bearer = await cast.Bearer(kind, owner);
        var url = path.Contains("{id}", StringComparison.Ordinal)
            ? path.Replace("{id}", (await cast.Thing(path, owner)).ToString(), StringComparison.Ordinal)
            : path;
        url = AccessScenario.Fill(url);
        url = InnerIdPattern().Replace(url, _ => Guid.CreateVersion7().ToString());
        Assert.DoesNotContain("{", url, StringComparison.Ordinal);
        var body = Example(document, path, method) is { } example
            ? new StringContent(example, Encoding.UTF8, "application/json")
            : null;
        (string, string)[] headers =
        [
            .. ModuleAccess
                .All.SelectMany(module => module.Headers)
                .Where(header => path.StartsWith(header.Path, StringComparison.Ordinal))
                .Select(header => (header.Name, header.Value)),
        ];
        return await server.Visitor.Send(
            new HttpMethod(method),
            url,
            body,
            bearer is null ? headers : [("Authorization", $"Bearer {bearer}"), .. headers]
        );
    }

    private static string? Example(JsonElement document, string path, string method) =>
        document.GetProperty("paths").TryGetProperty(path, out var item)
        && item.TryGetProperty(method.ToLowerInvariant(), out var operation)
        && operation.TryGetProperty("requestBody", out var body)
        && body.GetProperty("content").TryGetProperty("application/json", out var content)
        && content.TryGetProperty("example", out var example)
            ? example.GetRawText()
            : null;

    /// <summary>Of a thing inside the thing, which nobody has.</summary>
    [GeneratedRegex("\\{[a-z]+Id\\}")]
    private static partial Regex InnerIdPattern();

    /// <summary>
    /// A thing at which no route stands any more would be tried by nobody, and look as if it were.
    /// </summary>
    [Fact]
    public void Every_thing_of_a_module_stands_at_a_route()
    {
        var things = ModuleAccess.All.SelectMany(module => module.Things).ToArray();
        Assert.True(things.Length > 15);
        var met = Routes
            .All()
            .Where(r => r.Path.Contains("{id}", StringComparison.Ordinal))
            .Select(r => ModuleAccess.Of(r.Path))
            .ToHashSet();
        Assert.Empty(things.Where(thing => !met.Contains(thing)).Select(thing => thing.Path));
    }

    [Fact]
    public void Every_route_is_anonymous_or_says_what_it_requires()
    {
        var routes = Routes.All();
        Assert.True(routes.Length > 30);
        Assert.Empty(routes.Where(r => !r.IsAnonymous && r.Permission is null).Select(r => r.Path));
        Assert.Empty(routes.Where(r => r.IsAnonymous && r.Permission is not null).Select(r => r.Path));
    }
}
