using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>A person at the three providers, in the words of each. A test changes what it is about.</summary>
internal sealed record ProviderPerson(
    string Name,
    Dictionary<string, object?> Google,
    Dictionary<string, object?> GitHub,
    object GitHubEmails,
    Dictionary<string, object?> Discord
)
{
    private static int count = 1000;

    internal static ProviderPerson Named(string name, string? email = null, bool verified = true)
    {
        var number = Interlocked.Increment(ref count);
        email ??= $"{name}{number}@example.org";
        return new ProviderPerson(
            $"{name}{number}",
            new()
            {
                ["sub"] = $"1100000000000000{number}",
                ["email"] = email,
                ["email_verified"] = verified,
                ["name"] = $"{name} at Google",
                ["given_name"] = name,
                ["picture"] = "https://lh3.example/p",
            },
            new()
            {
                ["login"] = $"{name}-hub{number}",
                ["id"] = 5_800_000 + number,
                ["node_id"] = "MDQ6VXNlcjE=",
                ["type"] = "User",
                ["site_admin"] = false,
                ["name"] = $"{name} at GitHub",
                ["email"] = null,
            },
            new object[]
            {
                new
                {
                    email = $"second-{email}",
                    primary = false,
                    verified = true,
                    visibility = (string?)null,
                },
                new
                {
                    email,
                    primary = true,
                    verified,
                    visibility = "private",
                },
            },
            new()
            {
                ["id"] = $"80351110224{number}",
                ["username"] = $"{name}.cord{number}",
                ["discriminator"] = "0",
                ["global_name"] = $"{name} at Discord",
                ["avatar"] = null,
                ["verified"] = verified,
                ["email"] = email,
                ["flags"] = 64,
                ["mfa_enabled"] = false,
                ["locale"] = "en-GB",
            }
        );
    }

    internal string Email => (string)Google["email"]!;

    internal object Body =>
        new
        {
            name = Name,
            google = Google,
            github = new { user = GitHub, emails = GitHubEmails },
            discord = Discord,
        };
}

/// <summary>
/// The providers: a real OpenID provider as Google, and with GitHub's and Discord's endpoints around it (tests/oauth).
/// </summary>
internal sealed class OAuthProvider : IAsyncDisposable
{
    internal const string GoogleSecret = "google-secret-of-more-than-32-bytes-000",
        GitHubSecret = "github-secret-0123456789",
        DiscordSecret = "discord-secret-0123456789";
    private readonly Process process;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = Eventually.DeadlineMax,
    };

    private OAuthProvider(Process process, string address) => (this.process, Address) = (process, address);

    internal string Address { get; }

    /// <summary>What a server needs to know of it.</summary>
    internal (string Name, string Value)[] Settings =>
        [
            ("VEZA__OAUTH__GOOGLE__CLIENT_ID", "google-client"),
            ("VEZA__OAUTH__GOOGLE__CLIENT_SECRET", GoogleSecret),
            ("VEZA__OAUTH__GOOGLE__ISSUER", Address),
            ("VEZA__OAUTH__GITHUB__CLIENT_ID", "github-client"),
            ("VEZA__OAUTH__GITHUB__CLIENT_SECRET", GitHubSecret),
            ("VEZA__OAUTH__GITHUB__URL", $"{Address}/github"),
            ("VEZA__OAUTH__DISCORD__CLIENT_ID", "discord-client"),
            ("VEZA__OAUTH__DISCORD__CLIENT_SECRET", DiscordSecret),
            ("VEZA__OAUTH__DISCORD__URL", $"{Address}/discord"),
        ];

    internal static async Task<OAuthProvider> Start()
    {
        var command = new ProcessStartInfo("node", [Surroundings.PathOf("tests", "oauth", "provider.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        command.Environment["VEZA_TEST_NODE_MODULES"] = Surroundings.NodeModules;
        var process = Process.Start(command)!;
        var said = new StringBuilder();
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginErrorReadLine();
        var address = await process.StandardOutput.ReadLineAsync();
        return new OAuthProvider(
            process,
            address ?? throw new InvalidOperationException($"The provider did not start.\n{said}")
        );
    }

    /// <summary>Registers a server as an application of all three.</summary>
    internal Task Register(string publicUrl) =>
        Tell(
            "server",
            new
            {
                public_url = publicUrl,
                secrets = new
                {
                    google = GoogleSecret,
                    github = GitHubSecret,
                    discord = DiscordSecret,
                },
            }
        );

    internal async Task<ProviderPerson> Add(ProviderPerson person)
    {
        await Tell("person", person.Body);
        return person;
    }

    internal Task<ProviderPerson> Add(string name, string? email = null, bool verified = true) =>
        Add(ProviderPerson.Named(name, email, verified));

    /// <summary>From now on this endpoint, such as google/token, answers so; soundly again with null.</summary>
    internal Task Misbehave(string endpoint, string? kind) => Tell("fault", new { endpoint, kind });

    /// <summary>The next ID token is not what it should be.</summary>
    internal Task Forge(object forgery) => Tell("forgery", forgery);

    /// <summary>From now on it signs with a new key of this name, and publishes no other.</summary>
    internal Task Rotate(string keyId) => Tell("rotation", keyId);

    /// <summary>What was asked of the endpoints, and the tokens that were given.</summary>
    internal Task<JsonElement> Seen() => Tell("seen", null);

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task<JsonElement> Tell(string what, object? body)
    {
        using var content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri($"{Address}/_control/{what}"), content);
        Assert.True(answer.IsSuccessStatusCode);
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync());
    }
}
