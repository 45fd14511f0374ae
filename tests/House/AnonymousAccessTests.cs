using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>Every route is tried without a token. What may be called so stands in a list that only shrinks.</summary>
public sealed partial class AnonymousAccessTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Every_route_is_closed_to_strangers_unless_it_is_listed()
    {
        var routes = Routes.All();
        Assert.True(routes.Length >= 20);
        var open = new List<string>();
        foreach (var route in routes)
        {
            foreach (var method in route.Methods)
            {
                var path = ParameterPattern()
                    .Replace(
                        route.Path,
                        m =>
                            m.Value.Contains("documentName", StringComparison.Ordinal)
                                ? "v1"
                                : Guid.CreateVersion7().ToString()
                    );
                var reply = await server.Visitor.Send(new HttpMethod(method), path, null);
                if (reply.Status != 401)
                    open.Add($"{method} {route.Path}");
                else if (method != "HEAD")
                    reply.Is(401, "UNAUTHENTICATED");
            }
        }

        Snapshots.Matches("anonymous-routes.txt", string.Join('\n', open.Distinct().Order(StringComparer.Ordinal)));
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex ParameterPattern();
}
