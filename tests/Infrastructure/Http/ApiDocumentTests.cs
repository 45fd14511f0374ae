using System.Text.Json;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;
using Veza.Tests.House;

namespace Veza.Tests.Infrastructure.Http;

public sealed partial class ApiDocumentTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private static readonly string[] Methods = ["get", "put", "post", "delete", "patch", "head", "options"];

    private async Task<JsonElement> Document() => (await server.Visitor.Get("/openapi/v1.json")).Is(200).Json;

    private static IEnumerable<(string Name, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where Methods.Contains(operation.Name)
        select ($"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value);

    [Fact]
    public async Task It_is_openapi_3_1_and_says_so()
    {
        var document = await Document();
        Assert.StartsWith("3.1", document.Text("openapi"), StringComparison.Ordinal);
        Assert.Equal("Veza", document.GetProperty("info").Text("title"));
        Assert.Equal(server.Address, document.GetProperty("servers")[0].Text("url"));
    }

    [Fact]
    public async Task Every_operation_has_a_summary_an_id_and_answers_with_examples()
    {
        var operations = Operations(await Document()).ToArray();
        Assert.True(operations.Length >= 20);
        var faults = new List<string>();
        foreach (var (name, operation) in operations)
        {
            foreach (var wanted in new[] { "summary", "operationId", "tags", "responses" })
                if (!operation.TryGetProperty(wanted, out _))
                    faults.Add($"{name} has no {wanted}");
            if (!operation.TryGetProperty("responses", out var responses))
                continue;
            if (!responses.EnumerateObject().Any(r => r.Name[0] is '3' or '2' or '1'))
                faults.Add($"{name} never succeeds");
            foreach (var response in responses.EnumerateObject())
                if (
                    IsEnveloped(name)
                    && response.Value.TryGetProperty("content", out var content)
                    && content.TryGetProperty("application/json", out var json)
                    && !json.TryGetProperty("example", out _)
                )
                    faults.Add($"{name} {response.Name} has no example");
        }

        Assert.Empty(faults);
        var ids = operations.Select(o => o.Operation.Text("operationId")).ToArray();
        Assert.Equal(ids.Distinct(), ids);
    }

    /// <summary>Shapes of other people's standards have their own documents.</summary>
    private static bool IsEnveloped(string name) =>
        !name.EndsWith("/waveform", StringComparison.Ordinal) && !name.EndsWith("jwks.json", StringComparison.Ordinal);

    [Fact]
    public async Task Every_route_of_the_api_is_in_it()
    {
        var documented = Operations(await Document()).Select(o => o.Name).ToHashSet();
        var mapped = Routes
            .All()
            .Where(r => r.Path.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(r => r.Methods.Select(m => $"{m} {Documented(r.Path)}"))
            .ToArray();
        Assert.True(mapped.Length >= 13);
        Assert.Empty(mapped.Except(documented));
    }

    [Fact]
    public async Task References_lead_somewhere()
    {
        var document = await Document();
        var references = ReferencePattern()
            .Matches(document.GetRawText())
            .Select(m => m.Groups[1].Value)
            .Distinct()
            .ToArray();
        Assert.NotEmpty(references);
        Each.Of(
            references,
            name =>
                Assert.True(document.GetProperty("components").GetProperty("schemas").TryGetProperty(name, out _), name)
        );
    }

    [Fact]
    public async Task The_verb_prints_what_the_server_serves()
    {
        var printed = JsonElement.Parse(
            (await VezaProgram.Run(["openapi"], new Dictionary<string, string?>())).Succeeds().Output
        );
        var served = await Document();
        Assert.Equal(served.GetProperty("paths").ToString(), printed.GetProperty("paths").ToString());
        Assert.Equal(served.GetProperty("components").ToString(), printed.GetProperty("components").ToString());
    }

    private static string Documented(string path) => CatchAllPattern().Replace(path, "{$1}");

    [GeneratedRegex("#/components/schemas/([^\"]+)")]
    private static partial Regex ReferencePattern();

    [GeneratedRegex(@"\{\**([^}:?]+)[^}]*\}")]
    private static partial Regex CatchAllPattern();
}
