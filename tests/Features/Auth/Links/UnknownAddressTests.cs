using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Links;

/// <summary>
/// Nobody learns from the routes that send e-mails who has an account, nor makes them write to strangers or link
/// elsewhere.
/// </summary>
public sealed class UnknownAddressTests(VezaWithMail veza) : IClassFixture<VezaWithMail>
{
    private readonly VezaServer server = veza.Server;
    private readonly Inbox inbox = veza.Inbox;

    [Theory]
    [InlineData("/api/v1/auth/magic-link", "Sign in")]
    [InlineData("/api/v1/auth/password/forgot", "new password")]
    public async Task An_address_without_an_account_gets_the_same_answer_and_work_and_no_email(
        string path,
        string about
    )
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        await inbox.Next(mira.Email, "Confirm");
        var unknown = $"nobody{Guid.CreateVersion7():N}@example.org";
        var rowsBefore = await Rows();
        var toNobody = (await server.Visitor.Post(path, new { Email = unknown })).Is(202);
        var rowsBetween = await Rows();
        var toMira = (await server.Visitor.Post(path, new { Email = mira.Email.ToUpperInvariant() })).Is(202);
        Assert.Equal(rowsBetween.Zip(rowsBefore, (a, b) => a - b), (await Rows()).Zip(rowsBetween, (a, b) => a - b));
        Assert.Equal(toNobody.Json.Text("message"), toMira.Json.Text("message"));
        Assert.Equal(
            toNobody.Data.EnumerateObject().Select(p => p.Name),
            toMira.Data.EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal(Headers(toNobody), Headers(toMira));
        // The e-mail goes to the address that the account has, not to the spelling that was sent.
        await inbox.Next(mira.Email, about);
        await Eventually.True(
            "every e-mail has gone its way",
            async () => await server.Database.Scalar<long>("select count(*) from job where state <> 'done'") == 0
        );
        Assert.Empty(inbox.To(unknown));
    }

    [Fact]
    public async Task No_header_of_a_request_gets_into_a_link()
    {
        (string, string)[][] attempts =
        [
            [("Host", "evil.example")],
            [("Host", "evil.example:443")],
            [("X-Forwarded-Host", "evil.example")],
            [("X-Forwarded-Server", "evil.example")],
            [("Forwarded", "host=evil.example;proto=https")],
            [("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "444")],
            [("X-Original-Host", "evil.example")],
            [("X-Original-URL", "//evil.example/")],
            [("Origin", "https://evil.example")],
            [("Referer", "https://evil.example/")],
            [("X-Forwarded-Prefix", "/evil")],
        ];
        foreach (var headers in attempts)
        {
            var mira = await Actor.RegisterByHttp(server, "mira");
            foreach (
                var (path, about) in new[]
                {
                    ("/api/v1/auth/magic-link", "Sign in"),
                    ("/api/v1/auth/password/forgot", "new password"),
                }
            )
            {
                (await server.Visitor.Post(path, new { mira.Email }, headers)).Is(202);
                var letter = await inbox.Next(mira.Email, about);
                Assert.StartsWith($"{server.Address}/api/v1/auth/", letter.Link, StringComparison.Ordinal);
                Assert.DoesNotContain(
                    "evil",
                    letter.Text + letter.Html + string.Join('\n', letter.Headers),
                    StringComparison.OrdinalIgnoreCase
                );
            }
        }
    }

    [Fact]
    public async Task Names_and_addresses_of_a_stranger_get_no_words_into_an_email()
    {
        const string hostile = "<a href=\"https://evil.example\">Win\r\nBcc: eve@example.org\r\n";
        var body = new
        {
            Email = "hostile'+tag@example.org",
            Username = "hostile",
            Actor.Password,
            DisplayName = hostile.Replace("\r\n", " ", StringComparison.Ordinal),
        };
        (await server.Visitor.Post("/api/v1/auth/register", body)).Is(201);
        var letter = await inbox.Next("hostile'+tag@example.org", "Confirm");
        Assert.DoesNotContain(
            "evil",
            letter.Text + letter.Html + string.Join('\n', letter.Headers),
            StringComparison.OrdinalIgnoreCase
        );
        Assert.StartsWith(server.Address, letter.Link, StringComparison.Ordinal);
        string[] unsound =
        [
            "a@example.org\r\nBcc: b@example.org",
            "a@example.org,b@example.org",
            "\"a b\"@example.org",
            "<a@example.org>",
            "a:b@example.org",
            "a\u0001@example.org",
            "a(b)@example.org",
        ];
        foreach (var email in unsound)
        {
            (await server.Visitor.Post("/api/v1/auth/magic-link", new { Email = email })).Is(422, "VALIDATION_ERROR");
            (await server.Visitor.Post("/api/v1/auth/password/forgot", new { Email = email })).Is(
                422,
                "VALIDATION_ERROR"
            );
        }
    }

    [Fact]
    public async Task No_token_code_or_browser_secret_stands_in_the_database_or_in_the_log()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var verification = await inbox.Next(mira.Email, "Confirm");
        var browser = (await server.Visitor.Post("/api/v1/auth/magic-link", new { mira.Email }))
            .Is(202)
            .Data.Text("request_token");
        var link = await inbox.Next(mira.Email, "Sign in");
        (await server.Visitor.Post("/api/v1/auth/password/forgot", new { mira.Email })).Is(202);
        var reset = await inbox.Next(mira.Email, "new password");
        (await server.Visitor.Get(link.Link)).Is(200);
        (await server.Visitor.Get(reset.Link)).Is(200);
        string[] secrets = [verification.Token, link.Token, reset.Token, browser, link.Code, verification.Code];
        Each.Of(secrets, secret => Assert.True(secret.Length >= 6));
        var tables = await server.Database.Column(
            """
            select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
            """
        );
        Assert.Contains("ticket", tables);
        Assert.Contains("job", tables);
        foreach (var table in tables)
        {
            foreach (var row in await server.Database.Column($"select t::text from {table} t"))
                Each.Of(secrets, secret => Assert.False(Holds(row, secret), $"{table} holds a secret: {row}"));
        }

        Each.Of(secrets[..4], secret => Assert.DoesNotContain(secret, server.Log, StringComparison.Ordinal));
        Assert.DoesNotContain(mira.Email, server.Log, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Without_a_mail_server_everybody_is_told_the_same()
    {
        await using var silent = await VezaServer.Start(server.Premises);
        var mira = await Actor.RegisterByHttp(silent, "mira");
        foreach (var email in new[] { mira.Email, "nobody@example.org", "not an address" })
        {
            (await silent.Visitor.Post("/api/v1/auth/magic-link", new { Email = email })).Is(
                503,
                "MAIL_NOT_CONFIGURED"
            );
            (await silent.Visitor.Post("/api/v1/auth/password/forgot", new { Email = email })).Is(
                503,
                "MAIL_NOT_CONFIGURED"
            );
        }

        (await mira.Post("/api/v1/auth/email/verification")).Is(503, "MAIL_NOT_CONFIGURED");
        (await mira.Post("/api/v1/auth/email/change", new { Email = "other@example.org" })).Is(
            503,
            "MAIL_NOT_CONFIGURED"
        );
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from ticket where account_id = $1", mira.Id)
        );
    }

    /// <summary>Six digits may stand in an id or a time by chance: a code counts where it stands alone.</summary>
    private static bool Holds(string row, string secret) =>
        System.Text.RegularExpressions.Regex.IsMatch(row, $@"(?<![0-9A-Za-z.\-]){secret}(?![0-9A-Za-z\-])");

    private async Task<long[]> Rows() =>
        [
            .. (
                await server.Database.Column(
                    """
                    select count(*) from ticket union all select count(*) from job union all select count(*)
                      from audit_event
                    """
                )
            ).Select(long.Parse),
        ];

    private static string[] Headers(Reply reply) =>
        [
            .. new[] { "Content-Type", "Cache-Control", "Location", "Retry-After" }.Select(name =>
                $"{name}: {reply.Header(name)}"
            ),
            (reply.Header("Set-Cookie") ?? "").Split('=')[0],
        ];
}
