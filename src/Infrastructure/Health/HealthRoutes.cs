using System.Reflection;
using System.Text.Json.Serialization;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Redis;

namespace Veza.Infrastructure.Health;

/// <summary>Liveness, readiness and version: for load balancers and for people.</summary>
internal static class HealthRoutes
{
    private static readonly TimeSpan ProbeMax = TimeSpan.FromSeconds(1);

    internal sealed record Live(string Status);

    /// <summary>
    /// Status of the process, what it waits for, and each server behind it as <c>up</c> or <c>down</c>.
    /// </summary>
    internal sealed record Ready(string Status, string? WaitsFor, string Postgres, string Redis);

    internal sealed record VersionFacts(string Name, string Version, string Commit, string Runtime, string[] Roles);

    internal static string Version { get; } =
        Assembly
            .GetExecutingAssembly()
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion
        ?? "0.0.0";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/health/live", ShowLive)
            .WithName("ShowLive")
            .Anonymous()
            .WithoutReadiness()
            .Unmetered()
            .Documented("Health", "Whether the process lives", response: new Live("live"));
        routes
            .MapGet("/health/ready", ShowReady)
            .WithName("ShowReady")
            .Anonymous()
            .WithoutReadiness()
            .Unmetered()
            .Documented(
                "Health",
                "Whether the process takes requests; 503 before its dependencies answer and while it drains",
                response: new Ready("ready", null, "up", "up")
            );
        routes
            .MapGet("/version", ShowVersion)
            .WithName("ShowVersion")
            .Anonymous()
            .WithoutReadiness()
            .Unmetered()
            .Documented(
                "Health",
                "What runs here",
                response: new VersionFacts("veza", "0.1.0", "5e2a0c1", "native", ["api", "chat", "stream", "worker"])
            );
    }

    private static Answer<Live> ShowLive() => new Live("live");

    private static async Task<Answer<Ready>> ShowReady(
        Readiness readiness,
        PostgresSource postgres,
        RedisLink redis,
        CancellationToken ct
    )
    {
        var up = await Answers(postgres, ct);
        var facts = new Ready(
            readiness.IsReady && up ? "ready" : "not ready",
            readiness.WaitsFor,
            up ? "up" : "down",
            redis.IsUp ? "up" : "down"
        );
        return Answer<Ready>.Of(
            facts,
            facts.Status,
            facts.Status == "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
        );
    }

    private static Answer<VersionFacts> ShowVersion(Configuration.Settings settings)
    {
        var parts = Version.Split('+', 2);
        return new VersionFacts(
            "veza",
            parts[0],
            parts.Length == 2 ? parts[1] : "unknown",
            AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") is null ? "native" : "jit",
            [.. settings.Roles.Order()]
        );
    }

    private static async Task<bool> Answers(PostgresSource postgres, CancellationToken ct)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(ProbeMax);
            await using var command = postgres.CreateCommand("select 1");
            await command.ExecuteScalarAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }
}

[JsonSerializable(typeof(Envelope<HealthRoutes.Live>))]
[JsonSerializable(typeof(Envelope<HealthRoutes.Ready>))]
[JsonSerializable(typeof(Envelope<HealthRoutes.VersionFacts>))]
[JsonSerializable(typeof(Envelope<Nothing>))]
[JsonSerializable(typeof(ErrorEnvelope))]
[JsonSerializable(typeof(Problem))]
// Scalars of routes and queries: the OpenAPI document asks for them.
[JsonSerializable(typeof(Guid?))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(long?))]
[JsonSerializable(typeof(bool?))]
internal sealed partial class WireJson : JsonSerializerContext;
