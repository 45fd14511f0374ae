using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>A browser's subscription at the push service of the tests.</summary>
internal sealed record PushSubscription(string Id, JsonElement Json)
{
    /// <summary>As a page sends what PushSubscription.toJSON gives.</summary>
    internal object Body =>
        new
        {
            Endpoint = Json.Text("endpoint"),
            ExpirationTime = (long?)null,
            Keys = Json.GetProperty("keys"),
        };
}

/// <summary>
/// A push service, a gateway and the devices behind them, of other hands than the server's: they verify and decrypt
/// what comes (tests/browser/push.mjs).
/// </summary>
internal sealed class PushService : IAsyncDisposable
{
    internal const string GatewaySecret = "a gateway's secret of more than 32 characters",
        Gateway = "gateway",
        Contact = "mailto:ops@veza.example";
    private readonly ConcurrentQueue<ReceivedPush> pushes = new();
    private readonly ConcurrentQueue<string> faults = new();
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = Eventually.DeadlineMax,
    };
    private Process? process;
    private volatile bool listens;

    internal int Port { get; } = VezaServer.FreePort();

    internal string Origin => $"http://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>What a server is given so that it may push here, at once.</summary>
    internal (string Name, string Value)[] Settings =>
        [
            ("VEZA__PUSH__CONTACT", Contact),
            ("VEZA__PUSH__NETWORKS", "127.0.0.0/8"),
            ("VEZA__PUSH__GRACE_S", "0"),
            ("VEZA__PUSH__GATEWAY", $"{Origin}/gateway"),
            ("VEZA__PUSH__GATEWAY_SECRET", GatewaySecret),
        ];

    internal static async Task<PushService> Open()
    {
        var service = new PushService();
        var command = new ProcessStartInfo(
            "node",
            [
                Surroundings.PathOf("tests", "browser", "push.mjs"),
                service.Port.ToString(CultureInfo.InvariantCulture),
                GatewaySecret,
            ]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        command.Environment["VEZA_TEST_NODE_MODULES"] = Surroundings.NodeModules;
        var process = service.process = new Process { StartInfo = command };
        process.OutputDataReceived += (_, line) => service.Take(line.Data);
        process.ErrorDataReceived += (_, line) => service.faults.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.True(
            "the push service listens",
            () =>
                process.HasExited
                    ? throw new InvalidOperationException(
                        $"The push service ended: {string.Join('\n', service.faults)}"
                    )
                    : Task.FromResult(service.listens)
        );
        return service;
    }

    internal async Task<PushSubscription> Subscribe()
    {
        var made = await Tell("subscribe");
        return new PushSubscription(made.Text("id"), made);
    }

    /// <summary>How the next pushes to a device are answered; after these with 201 again.</summary>
    internal Task Answer(string device, params object[] answers) => Tell("answers", new { id = device, answers });

    /// <summary>Lets go the pushes that are held.</summary>
    internal Task Release() => Tell("release");

    /// <summary>The oldest push to a device that no test has taken yet; waits for it.</summary>
    internal async Task<JsonElement> Next(string device) =>
        (
            await Eventually.Get(
                $"a push to {device}",
                () => Task.FromResult(pushes.FirstOrDefault(p => p.Device == device && p.Take()))
            )
        ).Json;

    /// <summary>All that ever came to a device, as <c>type content</c>.</summary>
    internal string[] To(string device) => [.. pushes.Where(p => p.Device == device).Select(p => Told(p.Json))];

    internal static string Told(JsonElement push) =>
        push.TryGetProperty("fault", out var fault) ? $"fault {fault}"
        : push.GetProperty("content").TryGetProperty("content", out var content)
            ? $"{push.GetProperty("content").Text("type")} {content}"
        : push.GetProperty("content").Text("type");

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        process!.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        var json = JsonElement.Parse(line);
        if (json.TryGetProperty("listening", out _))
            listens = true;
        else
            pushes.Enqueue(new ReceivedPush(json));
    }

    private async Task<JsonElement> Tell(string what, object? body = null)
    {
        using var content = new StringContent(
            JsonSerializer.Serialize(body ?? new { }),
            Encoding.UTF8,
            "application/json"
        );
        using var answer = await http.PostAsync(new Uri($"{Origin}/_control/{what}"), content);
        Assert.True(answer.IsSuccessStatusCode);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync());
    }
}

/// <summary>A push as the push service verified and decrypted it; each is taken by one test.</summary>
internal sealed class ReceivedPush(JsonElement json)
{
    private int taken;

    internal JsonElement Json => json;

    internal string Device { get; } = json.Text("device");

    internal bool Take() => Interlocked.Exchange(ref taken, 1) == 0;
}

/// <summary>A server of all roles that may push to the push service.</summary>
public sealed class VezaWithPush : IAsyncLifetime
{
    internal VezaServer Server { get; private set; } = null!;

    internal PushService Service { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Service = await PushService.Open();
        Server = await VezaServer.Start(Service.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Service.DisposeAsync();
    }
}
