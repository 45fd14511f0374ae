using System.Net;
using Veza.Infrastructure.Limits;

namespace Veza.Infrastructure.Configuration;

/// <summary>
/// Everything an operator may set, read once and validated: of the house, and of each module by its own part. Source:
/// appsettings.json, then environment variables <c>VEZA__*</c>.
/// </summary>
internal sealed record Settings(
    IReadOnlySet<string> Roles,
    HttpSettings Http,
    Uri PublicUrl,
    string Postgres,
    string? PostgresServingRole,
    string Redis,
    StorageSettings Storage,
    string DataDirectory,
    string? MasterKey,
    WorkerSettings Worker,
    int AccessTokenS,
    LimitSettings Limits,
    MailSettings? Mail,
    TimeSpan StorageClaim,
    PushSettings Push,
    SocketSettings Sockets,
    MediaSettings Media
)
{
    /// <summary>
    /// For tests: violations of <see cref="Infrastructure.Postgres.HeldConnections"/> are told. Off, it costs nothing.
    /// </summary>
    internal bool WatchesConnections { get; init; }

    /// <summary>Says nothing: the record holds secrets.</summary>
    public override string ToString() => nameof(Settings);

    internal static readonly string[] AllRoles = ["api", "chat", "stream", "worker"];

    private IReadOnlyDictionary<Type, object> Parts { get; init; } = new Dictionary<Type, object>();

    /// <summary>A module's part.</summary>
    internal T Of<T>()
        where T : class => (T)Parts[typeof(T)];

    internal void AddParts(IServiceCollection services)
    {
        foreach (var (type, part) in Parts)
            services.AddSingleton(type, part);
    }

    internal static (Settings? Settings, IReadOnlyList<ConfigurationFault> Faults) Read(
        IConfiguration configuration,
        IReadOnlyCollection<Module> modules
    )
    {
        var read = new SettingsReader(configuration);
        var port = read.Int("http:port", 8080, 0, 65535);
        var address = read.Text("http:address", "127.0.0.1");
        if (address is not ("*" or "localhost") && !IPAddress.TryParse(address, out _))
            read.Fault("http:address", $"'{address}' is not an IP address", "use 127.0.0.1, 0.0.0.0, :: or *");

        var storage = StorageSettings.Read(read);
        var publicUrl = read.Url("public_url", $"http://localhost:{port}");
        var settings = new Settings(
            read.Set("roles", AllRoles),
            new HttpSettings(
                address,
                port,
                read.Int("http:header_timeout_s", 15, 1, 300),
                read.Int("http:connections_max", 20_000, 1, 1_000_000),
                read.List("http:origins"),
                read.Networks("http:proxies")
            ),
            publicUrl,
            read.Postgres("postgres"),
            read.Optional("postgres_serving_role"),
            read.Redis("redis"),
            storage,
            Path.GetFullPath(read.Text("data", "data")),
            read.Secret("master_key"),
            WorkerSettings.Read(read),
            read.Int("auth:access_token_s", 600, 60, 3600),
            LimitSettings.Read(read, modules.SelectMany(module => module.Policies)),
            MailSettings.Read(read),
            TimeSpan.FromSeconds(read.Int("uploads:claim_s", 300, 2, 3600)),
            PushSettings.Read(read, publicUrl),
            SocketSettings.Read(read),
            MediaSettings.Read(read)
        )
        {
            WatchesConnections = read.Int("watch_connections", 0, 0, 1) == 1,
        };
        settings = settings with
        {
            Parts = modules
                .SelectMany(module => module.Settings)
                .ToDictionary(part => part.Type, part => part.Read(read, settings)),
        };
        return (read.Faults.Count == 0 ? settings : null, read.Faults);
    }
}

/// <summary>
/// Where to listen, the limits of a connection before a route is known, the origins whose pages may open sockets
/// besides our own, and the proxies whose word on addresses counts.
/// </summary>
internal sealed record HttpSettings(
    string Address,
    int Port,
    int HeaderTimeoutS,
    int ConnectionsMax,
    string[] Origins,
    IPNetwork[] Proxies
);

/// <summary>
/// One thing that is wrong with the configuration: the variable to change, what is wrong with it, and what to do.
/// </summary>
internal sealed record ConfigurationFault(string Variable, string Problem, string Remedy)
{
    public override string ToString() => $"{Variable}: {Problem}; {Remedy}";
}
