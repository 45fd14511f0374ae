using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Postgres;

namespace Veza.Tests.Harness;

/// <summary>
/// A real server process on real PostgreSQL, Redis and object storage. As a class fixture it serves all roles.
/// </summary>
public sealed class VezaServer : IAsyncLifetime
{
    private const int PortMin = 18_000,
        PortMax = 32_000,
        LogLinesShown = 60;
    private static readonly ConcurrentDictionary<VezaServer, bool> Running = new();
    private readonly ConcurrentQueue<string> log = new();
    private readonly ConcurrentDictionary<(string Class, string Name), Lazy<Task<Actor>>> actors = new();
    private readonly Lazy<Task<Registrar>> registrar;
    private readonly bool ownsPremises;
    private readonly (string Name, string Value)[] settings;
    private Process? process;
    private volatile string? violation;

    public VezaServer()
        : this(null, []) { }

    private VezaServer(TestEnvironment? premises, (string Name, string Value)[] settings)
    {
        Premises = premises!;
        ownsPremises = premises is null;
        this.settings = settings;
        registrar = new Lazy<Task<Registrar>>(() => Harness.Registrar.For(this));
        Port = FreePort();
        Address = $"http://127.0.0.1:{Port}";
        Http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                PooledConnectionLifetime = TimeSpan.FromSeconds(30),
            }
        )
        {
            Timeout = Eventually.DeadlineMax,
        };
    }

    internal TestEnvironment Premises { get; private set; }

    internal TestDatabase Database => Premises.Database;

    internal int Port { get; }

    internal string Address { get; }

    internal HttpClient Http { get; }

    internal int ProcessId => process!.Id;

    internal string Log => string.Join('\n', log);

    /// <summary>
    /// A server with settings of its own, such as <c>("VEZA__ROLES", "api")</c>; on premises of its own, or as one more
    /// node on given ones.
    /// </summary>
    internal static async Task<VezaServer> Start(
        TestEnvironment? premises = null,
        params (string Name, string Value)[] settings
    )
    {
        var server = new VezaServer(premises, settings);
        await server.InitializeAsync();
        return server;
    }

    internal static Task<VezaServer> Start(params (string Name, string Value)[] settings) => Start(null, settings);

    public async ValueTask InitializeAsync()
    {
        if (ownsPremises)
            Premises = await TestEnvironment.Create();
        await StartProcess();
    }

    /// <summary>As a failing machine does it: at once and without a word.</summary>
    internal async Task Kill()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    internal async Task<int> Stop()
    {
        await VezaProgram.Run(
            new ProcessStartInfo("kill", ["-TERM", ProcessId.ToString(CultureInfo.InvariantCulture)])
        );
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        await process!.WaitForExitAsync(deadline.Token);
        return process.ExitCode;
    }

    internal async Task Restart()
    {
        if (!process!.HasExited)
            await Stop();
        process.Dispose();
        await StartProcess();
    }

    /// <summary>A verb of the program with this server's settings.</summary>
    internal Task<ProgramRun> Run(params string[] verb) => VezaProgram.Run(verb, Variables());

    /// <summary>The person of this name on this server; all tests of a class meet the same one.</summary>
    internal Task<Actor> Register(string name) => Met(name, Actor.Register);

    /// <summary>The same, of somebody who registers as a client does.</summary>
    internal Task<Actor> RegisterByHttp(string name) => Met(name, Actor.RegisterByHttp);

    private Task<Actor> Met(string name, Func<VezaServer, string, Task<Actor>> register) =>
        actors
            .GetOrAdd(
                (TestContext.Current.TestClass?.TestClassName ?? "", name),
                who => new Lazy<Task<Actor>>(() => register(this, who.Name))
            )
            .Value;

    /// <summary>Who makes the people of this server; the keys of the ring are read once.</summary>
    internal Task<Registrar> Registrar => registrar.Value;

    internal Visitor Visitor => new(this);

    internal Reply Reply(HttpRequestMessage request, HttpResponseMessage response, byte[] body) =>
        new(this, request, response, body);

    /// <summary>The settings as this server reads them.</summary>
    internal Settings Settings() =>
        Premises.Settings([
            .. Variables()
                .Where(v => v.Key.StartsWith("VEZA__", StringComparison.Ordinal))
                .Select(v => (v.Key, v.Value!)),
        ]);

    public async ValueTask DisposeAsync()
    {
        if (registrar.IsValueCreated)
            (await registrar.Value).Dispose();
        Running.TryRemove(this, out _);
        Http.Dispose();
        if (process is { HasExited: false })
            await Kill();
        // Also of one that has ended by itself: what it said last is read to its end.
        if (process is not null)
            await process.WaitForExitAsync();
        process?.Dispose();
        if (ownsPremises && Premises is not null)
            await Premises.DisposeAsync();
        if (violation is not null)
            throw new InvalidOperationException($"The server at {Address} told: {violation}");
    }

    internal string LogTail() =>
        $"--- the last lines of the server at {Address} ---\n{string.Join('\n', log.TakeLast(LogLinesShown))}";

    internal static string AllLogs() => string.Join('\n', Running.Keys.Select(s => s.LogTail()));

    private Dictionary<string, string?> Variables()
    {
        var variables = new Dictionary<string, string?>(Premises.Variables)
        {
            ["VEZA__HTTP__PORT"] = Port.ToString(CultureInfo.InvariantCulture),
            ["VEZA__HTTP__ADDRESS"] = "127.0.0.1",
            ["VEZA__PUBLIC_URL"] = Address,
            ["VEZA__WATCH_CONNECTIONS"] = "1",
        };
        foreach (var (name, value) in settings)
            variables[name] = value;
        return variables;
    }

    private async Task StartProcess()
    {
        process = new Process { StartInfo = VezaProgram.Command(["serve"], Variables(), TestRun.Folder) };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Running[this] = true;
        await Eventually.True($"the server is ready. {LogTail()}", IsReady);
    }

    private async Task<bool> IsReady()
    {
        if (process!.HasExited)
            throw new InvalidOperationException(
                $"The server ended with {process.ExitCode} before it was ready.\n{LogTail()}"
            );
        try
        {
            using var answer = await Http.GetAsync(new Uri(Address + "/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        log.Enqueue(line);
        if (!line.Contains(HeldConnections.Mark, StringComparison.Ordinal))
            return;
        violation = line;
        Violations.Add(line);
    }

    /// <summary>
    /// Below the range from which the kernel takes ports for outgoing connections, so that none of them can come
    /// between.
    /// </summary>
    internal static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(PortMin, PortMax);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: try another.
            }
        }
    }
}
