using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Links;

/// <summary>Signing in by e-mail: what a scanner, another browser, a second try and a clock do to a link.</summary>
public sealed class MagicLinkTests(Shared<VezaWithMail> shared) : IClassFixture<Shared<VezaWithMail>>
{
    private readonly VezaWithMail veza = shared.It;
    private const string Ask = "/api/v1/auth/magic-link",
        Verify = "/api/v1/auth/magic-link/verify";
    private readonly VezaServer server = shared.It.Server;
    private readonly Inbox inbox = shared.It.Inbox;

    private Task<Actor> Register(string name) => Actor.RegisterByHttp(server, name);

    private async Task<(string RequestToken, ReceivedEmail Letter)> AskFor(Visitor visitor, Actor person)
    {
        var reply = (await visitor.Post(Ask, new { person.Email })).Is(202);
        return (reply.Data.Text("request_token"), await inbox.Next(person.Email, "Sign in"));
    }

    [Fact]
    public async Task A_scanner_that_opens_the_link_ten_times_burns_nothing_and_then_it_works_once()
    {
        var mira = await Register("mira");
        using var browser = new VisitorWithCookies(server);
        var (_, letter) = await AskFor(browser, mira);
        for (var i = 0; i < 10; i++)
            (await server.Visitor.Get(letter.Link, ("User-Agent", "SafeLinks"))).Is(200);
        var signedIn = (await browser.Post(Verify, new { letter.Token })).Is(200).Data;
        Assert.Equal(mira.Id, signedIn.GetProperty("user").GetProperty("id").GetGuid());
        (await server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {signedIn.Text("access_token")}"))).Is(
            200
        );
        (await browser.Post(Verify, new { letter.Token })).Is(422, "TICKET_INVALID");
        (await browser.Post(Verify, new { mira.Email, letter.Code })).Is(422, "TICKET_INVALID");
        (await browser.Get(letter.Link)).Is(410);
        Assert.Equal(
            ["magic_link"],
            await server.Database.Column(
                "select unnest(methods) from session where account_id = $1 order by id desc limit 1",
                mira.Id
            )
        );
    }

    [Fact]
    public async Task The_page_has_one_button_and_the_window_that_asked_gets_the_session()
    {
        var mira = await Register("mira");
        using var browser = new VisitorWithCookies(server);
        var (requestToken, letter) = await AskFor(browser, mira);
        (await server.Visitor.Post(Verify, new { RequestToken = requestToken })).Is(409, "LINK_NOT_CONFIRMED");
        var page = (await browser.Get(letter.Link)).Is(200);
        Assert.Contains("<form method=\"post\"><button>Sign in</button></form>", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("default-src 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal(
            ("no-store", "no-referrer", "nosniff"),
            (page.Header("Cache-Control"), page.Header("Referrer-Policy"), page.Header("X-Content-Type-Options"))
        );
        Assert.Equal("text/html; charset=utf-8", page.ContentType);

        (await browser.PostForm(letter.Link)).Is(200);
        (await browser.PostForm(letter.Link)).Is(410);
        (await server.Visitor.Post(Verify, new { RequestToken = requestToken + "x" })).Is(409, "LINK_NOT_CONFIRMED");
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => server.Visitor.Post(Verify, new { RequestToken = requestToken }))
        );
        Assert.Equal(
            mira.Id,
            Assert.Single(replies, r => r.Status == 200).Data.GetProperty("user").GetProperty("id").GetGuid()
        );
        Assert.Equal(9, replies.Count(r => r.Status == 409));
    }

    [Fact]
    public async Task Another_browser_is_told_to_use_the_code_and_does_not_burn_the_link()
    {
        var mira = await Register("mira");
        using VisitorWithCookies asked = new(server),
            other = new(server);
        (await other.Post(Ask, new { Email = "somebody@example.org" })).Is(202);
        var (requestToken, letter) = await AskFor(asked, mira);
        var page = (await other.Get(letter.Link)).Is(200);
        Assert.DoesNotContain("<form", page.Text, StringComparison.Ordinal);
        Assert.Contains("six digits", page.Text, StringComparison.Ordinal);
        (await other.PostForm(letter.Link)).Is(403);
        (await other.Post(Verify, new { letter.Token })).Is(403, "LINK_OF_ANOTHER_BROWSER");
        (await server.Visitor.Post(Verify, new { letter.Token })).Is(403, "LINK_OF_ANOTHER_BROWSER");
        (await other.Post(Verify, new { letter.Token, RequestToken = "guess" })).Is(403, "LINK_OF_ANOTHER_BROWSER");
        // What the other browser did must not let the one who asked in, either.
        (await asked.Post(Verify, new { RequestToken = requestToken })).Is(409, "LINK_NOT_CONFIRMED");
        (await other.Post(Verify, new { mira.Email, letter.Code })).Is(200);
        (await asked.Post(Verify, new { letter.Token })).Is(422, "TICKET_INVALID");
    }

    [Fact]
    public async Task A_client_without_cookies_shows_that_it_asked_by_its_request_token()
    {
        var mira = await Register("mira");
        var (requestToken, letter) = await AskFor(server.Visitor, mira);
        (await server.Visitor.Post(Verify, new { letter.Token, RequestToken = requestToken })).Is(200);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_asks_twice_may_open_either_email(bool opensFirst)
    {
        var mira = await Register("mira");
        using var browser = new VisitorWithCookies(server);
        var (_, first) = await AskFor(browser, mira);
        var (_, second) = await AskFor(browser, mira);
        (await browser.Post(Verify, new { (opensFirst ? first : second).Token })).Is(200);
    }

    [Fact]
    public async Task The_cookie_is_for_these_routes_and_out_of_reach_for_scripts()
    {
        var reply = (await server.Visitor.Post(Ask, new { Email = "cookie@example.org" })).Is(202);
        var cookie = reply.Header("Set-Cookie")!;
        Assert.StartsWith($"veza_browser={reply.Data.Text("request_token")};", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/api/v1/auth;", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("secure", cookie, StringComparison.Ordinal);
        await using var secure = await VezaServer.Start(
            server.Premises,
            [.. inbox.Settings, ("VEZA__PUBLIC_URL", "https://music.example.org/veza")]
        );
        cookie = (await secure.Visitor.Post(Ask, new { Email = "cookie@example.org" })).Is(202).Header("Set-Cookie")!;
        Assert.StartsWith("__Secure-veza_browser=", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/veza/api/v1/auth;", cookie, StringComparison.Ordinal);
        await using var whole = await VezaServer.Start(
            server.Premises,
            [.. inbox.Settings, ("VEZA__PUBLIC_URL", "https://music.example.org")]
        );
        cookie = (await whole.Visitor.Post(Ask, new { Email = "cookie@example.org" })).Is(202).Header("Set-Cookie")!;
        Assert.StartsWith("__Host-veza_browser=", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/;", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("domain", cookie, StringComparison.Ordinal);
    }

    /// <summary>
    /// An attacker plants a cookie that they know in the browser of somebody who will ask for a link there, and waits
    /// for the session.
    /// </summary>
    [Fact]
    public async Task A_planted_cookie_opens_nothing_of_whoever_asks_next()
    {
        var mira = await Register("mira");
        const string planted = "planted-planted-planted-planted-planted-000";
        var asked = (await server.Visitor.Post(Ask, new { mira.Email }, ("Cookie", $"veza_browser={planted}"))).Is(202);
        var letter = await inbox.Next(mira.Email, "Sign in");
        var cookie = asked.Header("Set-Cookie")!.Split(';')[0]["veza_browser=".Length..];
        Assert.NotEqual(planted, asked.Data.Text("request_token"));
        Assert.Equal(asked.Data.Text("request_token"), cookie.Split('.')[0]);
        // The link's own browser confirms it; whoever knows what was planted fetches nothing.
        (
            await server.Visitor.Send(
                HttpMethod.Post,
                letter.Link[server.Address.Length..],
                null,
                ("Cookie", $"veza_browser={planted}")
            )
        ).Is(403);
        (
            await server.Visitor.Send(
                HttpMethod.Post,
                letter.Link[server.Address.Length..],
                null,
                ("Cookie", $"veza_browser={cookie}")
            )
        ).Is(200);
        (await server.Visitor.Post(Verify, new { RequestToken = planted })).Is(409, "LINK_NOT_CONFIRMED");
        (await server.Visitor.Post(Verify, new { }, ("Cookie", $"veza_browser={planted}"))).Is(
            409,
            "LINK_NOT_CONFIRMED"
        );
        (await server.Visitor.Post(Verify, new { }, ("Cookie", $"veza_browser={cookie}"))).Is(200);
    }

    [Fact]
    public async Task Each_asking_has_its_own_secret_and_the_cookie_keeps_the_last_four()
    {
        using var browser = new VisitorWithCookies(server);
        var secrets = new List<string>();
        Reply reply = null!;
        for (var i = 0; i < 6; i++)
            secrets.Add(
                (reply = (await browser.Post(Ask, new { Email = $"asks-{i}@example.org" })).Is(202)).Data.Text(
                    "request_token"
                )
            );
        Assert.Equal(6, secrets.Distinct().Count());
        Assert.Equal(
            Enumerable.Reverse(secrets).Take(4),
            reply.Header("Set-Cookie")!.Split(';')[0]["veza_browser=".Length..].Split('.')
        );
    }

    [Fact]
    public async Task After_five_wrong_codes_the_right_one_is_refused()
    {
        var mira = await Register("mira");
        var (requestToken, letter) = await AskFor(server.Visitor, mira);
        for (var i = 0; i < 5; i++)
            (await server.Visitor.Post(Verify, new { mira.Email, Code = Wrong(letter.Code, i) })).Is(
                422,
                "TICKET_INVALID"
            );
        (await server.Visitor.Post(Verify, new { mira.Email, letter.Code })).Is(422, "TICKET_INVALID");
        // Who guesses at the code does not take the link from whoever asked for it.
        (await server.Visitor.Post(Verify, new { letter.Token, RequestToken = requestToken })).Is(200);
        // A new e-mail is a new chance, and three wrong codes leave two.
        var (_, again) = await AskFor(server.Visitor, mira);
        for (var i = 0; i < 3; i++)
            (await server.Visitor.Post(Verify, new { mira.Email, Code = Wrong(again.Code, i) })).Is(
                422,
                "TICKET_INVALID"
            );
        (await server.Visitor.Post(Verify, new { Email = mira.Email.ToUpperInvariant(), again.Code })).Is(200);
    }

    [Fact]
    public async Task Codes_cannot_be_guessed_at_by_asking_for_ever_new_emails()
    {
        var mira = await Register("mira");
        var statuses = new List<int>();
        for (var letters = 0; letters < 3; letters++)
        {
            var (_, letter) = await AskFor(server.Visitor, mira);
            for (var i = 0; i < 5; i++)
                statuses.Add(
                    (await server.Visitor.Post(Verify, new { mira.Email, Code = Wrong(letter.Code, i) })).Status
                );
        }

        Assert.Equal((10, 5), (statuses.Count(s => s == 422), statuses.Count(s => s == 429)));
        (await server.Visitor.Post(Ask, new { mira.Email })).Is(202);
        (await server.Visitor.Post(Ask, new { mira.Email })).Is(202);
        var refused = (await server.Visitor.Post(Ask, new { Email = mira.Email.ToUpperInvariant() })).Is(
            429,
            "RATE_LIMITED"
        );
        Assert.InRange(int.Parse(refused.Header("Retry-After")!), 1, 3600);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_fifty_at_once_exactly_one_is_let_in(bool byCode)
    {
        var mira = await Register("mira");
        var (requestToken, letter) = await AskFor(server.Visitor, mira);
        object body = byCode ? new { mira.Email, letter.Code } : new { letter.Token, RequestToken = requestToken };
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => server.Visitor.Post(Verify, body)));
        Assert.Equal(49, replies.Count(r => r.Status is 422 or 429));
        Assert.Single(replies, r => r.Status == 200);
        Assert.Equal(
            1,
            await server.Database.Scalar<long>(
                "select count(*) from session where account_id = $1 and 'magic_link' = any(methods)",
                mira.Id
            )
        );
    }

    [Fact]
    public async Task What_has_expired_lets_nobody_in()
    {
        var mira = await Register("mira");
        using var browser = new VisitorWithCookies(server);
        var (requestToken, letter) = await AskFor(browser, mira);
        Assert.True(
            await server.Database.Scalar<bool>(
                """
                select max(expires_at) <= now() + interval '10 minutes' from ticket where account_id = $1
                  and purpose = 'MagicLink'
                """,
                mira.Id
            )
        );
        var (_, confirmed) = await AskFor(browser, mira);
        (await browser.PostForm(confirmed.Link)).Is(200);
        await server.Database.Execute("update ticket set expires_at = now() where account_id = $1", mira.Id);
        await server.Database.Execute("update link_confirmation set expires_at = now() where account_id = $1", mira.Id);
        (await browser.Get(letter.Link)).Is(410);
        (await browser.PostForm(letter.Link)).Is(410);
        (await browser.Post(Verify, new { letter.Token })).Is(422, "TICKET_INVALID");
        (await browser.Post(Verify, new { mira.Email, letter.Code })).Is(422, "TICKET_INVALID");
        (await browser.Post(Verify, new { RequestToken = requestToken })).Is(409, "LINK_NOT_CONFIRMED");
    }

    [Fact]
    public async Task A_suspended_account_is_told_so_and_stays_out()
    {
        var mira = await Register("mira");
        var (requestToken, letter) = await AskFor(server.Visitor, mira);
        await server.Database.Execute(
            "update account set suspended_at = now(), suspension_reason = 'Spam' where id = $1",
            mira.Id
        );
        (await server.Visitor.Post(Verify, new { letter.Token, RequestToken = requestToken })).Is(
            403,
            "ACCOUNT_SUSPENDED"
        );
    }

    [Fact]
    public async Task A_link_to_an_address_that_the_account_no_longer_has_is_worth_nothing()
    {
        var mira = await Register("mira");
        var (requestToken, letter) = await AskFor(server.Visitor, mira);
        await server.Database.Execute("update account set email = 'moved-' || email where id = $1", mira.Id);
        (await server.Visitor.Post(Verify, new { letter.Token, RequestToken = requestToken })).Is(
            422,
            "TICKET_INVALID"
        );
        (await server.Visitor.Post(Verify, new { mira.Email, letter.Code })).Is(422, "TICKET_INVALID");
    }

    [Theory]
    [InlineData("{}", "token REQUIRED")]
    [InlineData("""{"code":"123456"}""", "email REQUIRED")]
    [InlineData("""{"email":"mira@example.org"}""", "code REQUIRED")]
    public async Task What_is_missing_is_named(string body, string fault) =>
        Assert.Equal([fault], (await server.Visitor.PostText(Verify, body)).Is(422, "VALIDATION_ERROR").FieldErrors);

    [Theory]
    [InlineData("""{"token":"x"}""")]
    [InlineData("""{"token":"\u0000"}""")]
    [InlineData("""{"email":"nobody@example.org","code":"123456"}""")]
    [InlineData("""{"email":"nobody@example.org","code":"١٢٣٤٥٦"}""")]
    public async Task What_was_never_given_is_refused(string body) =>
        Assert.Contains((await server.Visitor.PostText(Verify, body)).Status, new[] { 400, 422 });

    private static string Wrong(string code, int i) => ((int.Parse(code) + 1 + i) % 1_000_000).ToString("D6");
}
