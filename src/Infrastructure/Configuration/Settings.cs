using System.Net;
using Veza.Infrastructure.Limits;

namespace Veza.Infrastructure.Configuration;

/// <summary>
/// Everything an operator may set, read once and validated. Source: appsettings.json, then environment variables
/// <c>VEZA__*</c>.
/// </summary>
internal sealed record Settings(
    IReadOnlySet<string> Roles,
    HttpSettings Http,
    Uri PublicUrl,
    string Postgres,
    string? PostgresServingRole,
    string Redis,
    StorageSettings Storage,
    StreamSettings Stream,
    string DataDirectory,
    string? MasterKey,
    WorkerSettings Worker,
    AuthSettings Auth,
    LimitSettings Limits,
    MailSettings? Mail,
    OAuthSettings OAuth,
    UploadSettings Uploads,
    PlaySettings Plays,
    ChatSettings Chat,
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

    internal static (Settings? Settings, IReadOnlyList<ConfigurationFault> Faults) Read(IConfiguration configuration)
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
            StreamSettings.Read(read, storage),
            Path.GetFullPath(read.Text("data", "data")),
            read.Secret("master_key"),
            WorkerSettings.Read(read),
            new AuthSettings(
                read.Int("auth:access_token_s", 600, 60, 3600),
                read.Int("auth:session_days", 30, 1, 365),
                read.Int("auth:bcrypt_threads", Math.Max(1, Environment.ProcessorCount), 1, 64),
                read.Int("auth:bcrypt_queue_max", 64, 1, 10_000),
                read.Int("auth:refresh_grace_s", 30, 0, 300)
            ),
            LimitSettings.Read(read),
            MailSettings.Read(read),
            OAuthSettings.Read(read),
            new UploadSettings(
                read.Long("uploads:quota_bytes", 50L << 30, 0, 1L << 50),
                TimeSpan.FromSeconds(read.Int("uploads:expire_s", 24 * 60 * 60, 60, 30 * 24 * 60 * 60)),
                TimeSpan.FromSeconds(read.Int("uploads:claim_s", 300, 2, 3600))
            ),
            PlaySettings.Read(read),
            ChatSettings.Read(read),
            PushSettings.Read(read, publicUrl),
            SocketSettings.Read(read),
            MediaSettings.Read(read)
        )
        {
            WatchesConnections = read.Int("watch_connections", 0, 0, 1) == 1,
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

/// <summary>Token lifetimes and the bound on password hashing.</summary>
internal sealed record AuthSettings(
    int AccessTokenS,
    int SessionDays,
    int BcryptThreads,
    int BcryptQueueMax,
    int RefreshGraceS
);

/// <summary>
/// How many bytes of originals an account may have (0 is no limit), how long an upload may lie idle, and how long
/// objects that no row names yet are kept for a writer of whom nothing is heard.
/// </summary>
internal sealed record UploadSettings(long QuotaBytes, TimeSpan Expire, TimeSpan Claim);

/// <summary>
/// One thing that is wrong with the configuration: the variable to change, what is wrong with it, and what to do.
/// </summary>
internal sealed record ConfigurationFault(string Variable, string Problem, string Remedy)
{
    public override string ToString() => $"{Variable}: {Problem}; {Remedy}";
}
