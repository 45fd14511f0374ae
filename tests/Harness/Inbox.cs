using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Veza.Tests.Harness;

/// <summary>A real mail server, and everything that it was sent.</summary>
internal sealed class Inbox : IAsyncDisposable
{
    private readonly string[] options;
    private readonly ConcurrentQueue<ReceivedEmail> letters = new();
    private readonly HashSet<ReceivedEmail> read = [];
    private readonly ConcurrentQueue<string> faults = new();
    private Process? process;
    private volatile bool listens;

    private Inbox(string[] options) => this.options = options;

    internal int Port { get; } = VezaServer.FreePort();

    internal ReceivedEmail[] Letters => [.. letters];

    /// <summary>What a server is given so that its e-mails come here.</summary>
    internal (string Name, string Value)[] Settings =>
        [("VEZA__MAIL__SMTP", $"smtp://127.0.0.1:{Port}"), ("VEZA__MAIL__FROM", "Veza <no-reply@veza.example>")];

    /// <summary>Options as tests/browser/inbox.mjs takes them after the port.</summary>
    internal static async Task<Inbox> Open(params string[] options)
    {
        var inbox = new Inbox(options);
        await inbox.Reopen();
        return inbox;
    }

    /// <summary>Back again at the same address, after <see cref="Close"/>.</summary>
    internal async Task Reopen()
    {
        var command = new ProcessStartInfo(
            "node",
            [
                Surroundings.PathOf("tests", "browser", "inbox.mjs"),
                Port.ToString(CultureInfo.InvariantCulture),
                .. options,
            ]
        )
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        command.Environment["VEZA_TEST_NODE_MODULES"] = Surroundings.NodeModules;
        process = new Process { StartInfo = command };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => faults.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.True(
            "the mail server listens",
            () =>
                process.HasExited && !listens
                    ? throw new InvalidOperationException($"The mail server ended: {string.Join('\n', faults)}")
                    : Task.FromResult(listens)
        );
    }

    /// <summary>As a mail server that fails: gone at once.</summary>
    internal async Task Close()
    {
        process!.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
        listens = false;
    }

    /// <summary>
    /// The oldest e-mail to this address, with these words in its subject, that no test has read yet; waits for it.
    /// </summary>
    internal Task<ReceivedEmail> Next(string to, string about = "") =>
        Eventually.Get(
            $"an e-mail to {to} about '{about}'",
            () =>
            {
                lock (read)
                {
                    var letter = letters.FirstOrDefault(l =>
                        !read.Contains(l)
                        && l.Recipients.Contains(to)
                        && l.Subject.Contains(about, StringComparison.OrdinalIgnoreCase)
                    );
                    if (letter is not null)
                        read.Add(letter);
                    return Task.FromResult(letter);
                }
            }
        );

    internal ReceivedEmail[] To(string address) =>
        [.. letters.Where(l => l.Recipients.Contains(address, StringComparer.OrdinalIgnoreCase))];

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await Close();
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        var json = JsonElement.Parse(line);
        if (json.TryGetProperty("listening", out _))
            listens = true;
        else
            letters.Enqueue(new ReceivedEmail(json));
    }
}

/// <summary>An e-mail as the mail server's own parser read it.</summary>
internal sealed partial class ReceivedEmail(JsonElement json)
{
    internal string[] Recipients { get; } =
    [.. json.GetProperty("recipients").EnumerateArray().Select(r => r.GetString()!)];

    internal string[] To { get; } = [.. json.GetProperty("to").EnumerateArray().Select(r => r.GetString()!)];

    internal string Subject => json.Text("subject");

    internal string Text => json.Text("text");

    internal string Html => json.Text("html");

    internal string MessageId => json.Text("message_id");

    internal JsonElement Json => json;

    internal string[] Headers => [.. json.GetProperty("headers").EnumerateArray().Select(h => h.GetString()!)];

    /// <summary>The one link, which both parts must have alike.</summary>
    internal string Link
    {
        get
        {
            var link = Assert.Single(TextLinkPattern().Matches(Text)).Value;
            Assert.Equal(link, WebUtility.HtmlDecode(Assert.Single(HtmlLinkPattern().Matches(Html)).Groups[1].Value));
            return link;
        }
    }

    internal string Token => Link[(Link.LastIndexOf('/') + 1)..];

    /// <summary>The one code of six digits, which both parts must have alike.</summary>
    internal string Code
    {
        get
        {
            var code = Assert.Single(TextCodePattern().Matches(Text)).Value;
            Assert.Contains($">{code}<", Html, StringComparison.Ordinal);
            return code;
        }
    }

    [GeneratedRegex(@"https?://\S+")]
    private static partial Regex TextLinkPattern();

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex HtmlLinkPattern();

    [GeneratedRegex("^[0-9]{6}$", RegexOptions.Multiline)]
    private static partial Regex TextCodePattern();
}

/// <summary>A server of all roles whose e-mails come into an inbox.</summary>
public sealed class VezaWithMail : IAsyncLifetime
{
    internal VezaServer Server { get; private set; } = null!;

    internal Inbox Inbox { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Inbox = await Inbox.Open();
        Server = await VezaServer.Start(Inbox.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Inbox.DisposeAsync();
    }
}
