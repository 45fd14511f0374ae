using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Redis;
using Veza.Infrastructure.Security;

namespace Veza;

/// <summary>
/// Builds the process that serves: the walls of the house, then the modules of the roles it was given.
/// </summary>
internal static class Server
{
    private const int BodyBytesMax = 1024 * 1024,
        HeadersBytesMax = 32 * 1024,
        HeaderCountMax = 64,
        RequestLineBytesMax = 8 * 1024;
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(25);

    internal static async Task<int> Run(string[] args)
    {
        var overrides = new Dictionary<string, string?>();
        if (args is ["--roles", var roles])
            overrides["roles"] = roles;
        else if (args is [var joined] && joined.StartsWith("--roles=", StringComparison.Ordinal))
            overrides["roles"] = joined["--roles=".Length..];
        else if (args is not [])
            return await Usage.Explain(["serve", .. args]);
        if (Usage.Settings(overrides) is not { } settings)
            return Usage.Failed;
        if (await MediaGuard.Forbids(settings, Console.Error))
            return Usage.Failed;
        await using var app = Build(settings);
        var readiness = app.Services.GetRequiredService<Readiness>();
        await app.RunAsync();
        // A process that ended before it was ever ready has failed, and its supervisor should know.
        return readiness.HasStarted ? Usage.Ok : Usage.Failed;
    }

    /// <summary>Prints the document of all roles; needs no server and no settings.</summary>
    internal static async Task<int> PrintOpenApi(string[] _)
    {
        var (settings, _) = Settings.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?>
                    {
                        ["postgres"] = "Host=nowhere",
                        ["redis"] = "nowhere",
                        ["storage"] = Path.GetTempPath(),
                    }
                )
                .Build(),
            Modules.All
        );
        await using var app = Build(settings!);
        var document = await app
            .Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(ApiDocument.Name)
            .GetOpenApiDocumentAsync();
        Console.WriteLine(await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1));
        return Usage.Ok;
    }

    internal static WebApplication Build(Settings settings)
    {
        // Settings are read once: else the host watches all folders below the working one, those of storage too.
        string[] args = ["--hostBuilder:reloadConfigOnChange=false"];
        var own = new WebApplicationOptions { ApplicationName = "veza", Args = args };
        var builder = WebApplication.CreateSlimBuilder(own);
        builder
            .Logging.ClearProviders()
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
        builder
            .Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("FastEndpoints", LogLevel.Warning)
            .AddFilter("System", LogLevel.Warning);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, settings));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainMax);
        ConstraintErrors.Know(Modules.All.SelectMany(module => module.Constraints));
        AddWalls(builder.Services, settings);
        foreach (var module in Modules.All)
            module.Nouns(builder.Services, settings.Roles);
        var entries = Modules.All.SelectMany(m => m.Slices).Where(e => settings.Roles.Contains(e.Role));
        SliceHost.Add(builder.Services, [.. entries.Select(e => e.Type)]);

        var app = builder.Build();
        app.Lifetime.ApplicationStopping.Register(app.Services.GetRequiredService<Readiness>().Drain);
        UnreadableRequests.Answer(app);
        ClientAddress.Believe(app, settings.Http.Proxies);
        app.Use(Draining.Tell);
        app.Use(RequestId.Assign);
        app.UseExceptionHandler(
            new ExceptionHandlerOptions
            {
                ExceptionHandler = ExceptionMapping.Handle,
                AllowStatusCode404Response = true,
                SuppressDiagnosticsCallback = _ => true,
            }
        );
        app.UseStatusCodePages(context => ExceptionMapping.HandleEmpty(context.HttpContext));
        app.Use(MethodOverride.Apply);
        app.Use(WellFormedText.RefuseInAddress);
        app.Use(WellFormedText.RefuseUnknownCharset);
        app.UseRouting();
        app.Use(RequestLimits.CountAddress);
        app.Use(ReadyGate);
        app.Use(RequestAuthorization.Check);
        app.Use(RequestLimits.CountCaller);
        app.MapOpenApi("/openapi/{documentName}.json").WithMetadata(new AnonymousAccess(), new ReadinessExempt());
        app.MapScalarApiReference(
                "/scalar",
                scalar =>
                    scalar
                        .WithTitle("Veza API")
                        .DisableDefaultFonts()
                        .WithOpenApiRoutePattern("/openapi/{documentName}.json")
            )
            .WithMetadata(new AnonymousAccess(), new ReadinessExempt());
        HealthRoutes.Map(app);
        MapModules(app, settings);
#pragma warning disable ASP0014 // The routes must be known to the document even when nothing is listened to.
        app.UseEndpoints(_ => { });
#pragma warning restore ASP0014
        return app;
    }

    /// <summary>In the order of the inventories, which is that of the document.</summary>
    private static void MapModules(WebApplication app, Settings settings)
    {
        var slices = SliceHost.Map(app);
        foreach (var module in Modules.All)
        {
            var routes = new DefaultEndpointDataSource(module.Slices.SelectMany(entry => slices[entry.Type]));
            ((IEndpointRouteBuilder)app).DataSources.Add(routes);
        }
    }

    private static void Limit(KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeadersBytesMax;
        kestrel.Limits.MaxRequestHeaderCount = HeaderCountMax;
        kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(settings.Http.HeaderTimeoutS);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
        kestrel.Limits.MaxConcurrentConnections = settings.Http.ConnectionsMax;
        kestrel.Limits.MaxConcurrentUpgradedConnections = settings.Http.ConnectionsMax;
        ConnectionShares.Limit(kestrel, settings.Http);
        // A body slower than this is an attack, or a line that cannot carry audio.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(
            bytesPerSecond: 240,
            gracePeriod: TimeSpan.FromSeconds(10)
        );
        switch (settings.Http.Address)
        {
            case "*":
                kestrel.ListenAnyIP(settings.Http.Port);
                break;
            case "localhost":
                kestrel.ListenLocalhost(settings.Http.Port);
                break;
            default:
                kestrel.Listen(IPAddress.Parse(settings.Http.Address), settings.Http.Port);
                break;
        }
    }

    private static void AddWalls(IServiceCollection services, Settings settings)
    {
        services.AddSingleton(settings).AddSingleton(settings.Storage).AddSingleton(TimeProvider.System);
        settings.AddParts(services);
        services.AddSingleton(_ =>
            PostgresSource.Open(
                settings.Postgres,
                string.Join(',', settings.Roles),
                settings.WatchesConnections ? HeldConnections.Shout : null
            )
        );
        services.AddSingleton(_ => MasterKey.Open(settings.MasterKey, settings.DataDirectory));
        services
            .AddSingleton<Keyring>()
            .AddSingleton<Secrets>()
            .AddSingleton<Revocations>()
            .AddSingleton<AccessTokens>()
            .AddSingleton<RedisLink>();
        services
            .AddSingleton<PictureStudio>()
            .AddSingleton<Readiness>()
            .AddSingleton<StorageClaims>()
            .AddSingleton<Outbox>();
        services.AddSingleton<IObjectStore>(_ => Stores.Open(settings.Storage));
        services.AddSingleton<RevocationFeed>().AddHostedService(s => s.GetRequiredService<RevocationFeed>());
        ClientAddress.BelieveNobodyElse(services);
        services
            .AddSingleton<RequestLimits>()
            .AddSingleton(s => new TryTable(s.GetRequiredService<TimeProvider>()))
            .AddSingleton<SharedTries>()
            .AddSingleton<AttackGauge>()
            .AddSingleton<Limits>();
        services.AddHostedService<ClearedLimits>();
        services.AddHostedService<Draining>().AddHostedService<Warmup>().AddHostedService<KeyringReload>();
        if (settings.Roles.Contains(Roles.Worker))
        {
            services
                .AddSingleton(new UpkeepTasks([.. Modules.All.SelectMany(m => m.Upkeep)]))
                .AddHostedService<Upkeep>();
            JobKind[] kinds = [.. Modules.All.SelectMany(m => m.Jobs), SendMail.Kind];
            AddWorker(
                services,
                kinds.Where(kind => !kind.IsBrief),
                new JobLimits(settings.Worker.Concurrency, TimeSpan.FromSeconds(settings.Worker.JobWallS))
            );
            AddWorker(services, kinds.Where(kind => kind is { IsBrief: true, IsToStrangers: false }), JobLimits.Brief);
            AddWorker(services, kinds.Where(kind => kind.IsToStrangers), JobLimits.ToStrangers);
            AddListeners(services);
        }

        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(json => Shape(json.SerializerOptions));
        ApiDocument.Add(services);
    }

    private static void AddListeners(IServiceCollection services)
    {
        EventSubscription[] subscriptions = [.. Modules.All.SelectMany(m => m.Subscriptions)];
        services.AddSingleton(subscriptions).AddHostedService<EventDispatcher>();
        AddWorker(services, subscriptions.Select(s => s.Job), JobLimits.OfListeners(subscriptions.Length));
    }

    private static void AddWorker(IServiceCollection services, IEnumerable<JobKind> kinds, JobLimits limits) =>
        services.AddSingleton<IHostedService>(s => new JobWorker(
            s.GetRequiredService<PostgresSource>(),
            [.. kinds],
            s,
            limits,
            s.GetRequiredService<Readiness>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<JobWorker>>()
        )
        {
            Leaving = s.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping,
        });

    /// <summary>
    /// The JSON of the contract: snake_case, no duplicate keys, no numbers in strings, times in UTC with milliseconds.
    /// </summary>
    internal static void Shape(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.DictionaryKeyPolicy = null;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.AllowDuplicateProperties = false;
        json.PropertyNameCaseInsensitive = false;
        json.MaxDepth = 32;
        json.Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        json.Converters.Add(new UtcTimeConverter());
        json.Converters.Add(new WellFormedText());
        json.TypeInfoResolverChain.Clear();
        json.TypeInfoResolverChain.Add(WireJson.Default);
        foreach (var context in Modules.All.SelectMany(m => m.Json.Concat(m.Slices.SelectMany(e => e.Json))))
            json.TypeInfoResolverChain.Add(context);
    }

    /// <summary>Until the dependencies answered once, routes say 503 instead of failing one by one.</summary>
    private static Task ReadyGate(HttpContext context, RequestDelegate next)
    {
        var readiness = context.RequestServices.GetRequiredService<Readiness>();
        if (
            readiness.HasStarted
            || context.GetEndpoint() is not { } endpoint
            || endpoint.Metadata.GetMetadata<ReadinessExempt>() is not null
        )
            return next(context);
        return ErrorWriter.Write(context, Errors.Unavailable.Saying($"Starting: waiting for {readiness.WaitsFor}"));
    }
}
