using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Links;

/// <summary>Setting a new password: by an e-mail, and by knowing the old one.</summary>
public sealed class PasswordTests(Shared<VezaWithMail> shared) : IClassFixture<Shared<VezaWithMail>>
{
    private readonly VezaWithMail veza = shared.It;
    private const string Forgot = "/api/v1/auth/password/forgot",
        Reset = "/api/v1/auth/password/reset",
        Change = "/api/v1/users/me/password",
        NewPassword = "a longer sentence is better";
    private readonly VezaServer server = shared.It.Server;
    private readonly Inbox inbox = shared.It.Inbox;

    private async Task<ReceivedEmail> AskFor(Actor person)
    {
        (await server.Visitor.Post(Forgot, new { person.Email })).Is(202);
        return await inbox.Next(person.Email, "Set a new password");
    }

    private Task<Reply> Login(Actor person, string password) =>
        server.Visitor.Post("/api/v1/auth/login", new { person.Email, Password = password });

    [Fact]
    public async Task A_reset_sets_the_password_ends_every_session_and_tells_the_owner()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var phone = await mira.SignIn();
        var letter = await AskFor(mira);
        for (var i = 0; i < 10; i++)
            (await server.Visitor.Get(letter.Link)).Is(200);
        (await server.Visitor.Post(Reset, new { letter.Token, Password = "short" })).Is(422, "VALIDATION_ERROR");
        (await server.Visitor.Post(Reset, new { letter.Token, Password = NewPassword })).Is(200);
        (await server.Visitor.Post(Reset, new { letter.Token, Password = "another long sentence" })).Is(
            422,
            "TICKET_INVALID"
        );
        (await Login(mira, Actor.Password)).Is(401, "CREDENTIALS_INVALID");
        (await Login(mira, NewPassword)).Is(200);
        foreach (var session in new[] { mira, phone })
            (await session.Refresh()).Is(401, "SESSION_ENDED");
        await Eventually.True(
            "its access tokens have ended",
            async () => (await mira.Get("/api/v1/auth/me")).Status == 401
        );
        await inbox.Next(mira.Email, "was changed");
        Assert.Equal(
            ["password.reset", "password.reset_asked"],
            await server.Database.Column(
                "select action from audit_event where account_id = $1 and action like 'password.%' order by action",
                mira.Id
            )
        );
    }

    [Fact]
    public async Task The_page_sets_the_password_and_says_what_is_wrong_with_one()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var letter = await AskFor(mira);
        Assert.Contains(
            "autocomplete=\"new-password\"",
            (await server.Visitor.Get(letter.Link)).Is(200).Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "at least 8 characters",
            (await server.Visitor.PostForm(letter.Link, ("password", "short"))).Is(422).Text,
            StringComparison.Ordinal
        );
        (await server.Visitor.Post(letter.Link, new { Password = NewPassword })).Is(415);
        Assert.Contains(
            "Your password is set",
            (await server.Visitor.PostForm(letter.Link, ("password", NewPassword))).Is(200).Text,
            StringComparison.Ordinal
        );
        (await server.Visitor.PostForm(letter.Link, ("password", NewPassword))).Is(410);
        (await server.Visitor.Get(letter.Link)).Is(410);
        (await Login(mira, NewPassword)).Is(200);
    }

    [Fact]
    public async Task A_password_manager_finds_the_page_to_ask_for_a_new_password_on()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var page = (await server.Visitor.Get("/.well-known/change-password", ("Host", "evil.example")))
            .Is(302)
            .Header("Location")!;
        Assert.StartsWith(server.Address, page, StringComparison.Ordinal);
        Assert.Contains("type=\"email\"", (await server.Visitor.Get(page)).Is(200).Text, StringComparison.Ordinal);
        Assert.Contains(
            "Email format is invalid",
            (await server.Visitor.PostForm(page, ("email", "mira"))).Is(422).Text,
            StringComparison.Ordinal
        );
        var known = (await server.Visitor.PostForm(page, ("email", mira.Email))).Is(202);
        var unknown = (await server.Visitor.PostForm(page, ("email", "nobody-here@example.org"))).Is(202);
        Assert.Equal(known.Text, unknown.Text);
        (await server.Visitor.Get((await inbox.Next(mira.Email, "Set a new password")).Link)).Is(200);
    }

    [Fact]
    public async Task A_locked_account_is_opened_by_a_reset()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        for (var i = 0; i < 10; i++)
            (await Login(mira, "not my password")).Is(401);
        (await Login(mira, Actor.Password)).Is(429, "ACCOUNT_LOCKED");
        (await server.Visitor.Post(Reset, new { (await AskFor(mira)).Token, Password = mira.Username })).Is(
            422,
            "VALIDATION_ERROR"
        );
        (await server.Visitor.Post(Reset, new { (await AskFor(mira)).Token, Password = NewPassword })).Is(200);
        (await Login(mira, NewPassword)).Is(200);
    }

    [Fact]
    public async Task A_borrowed_session_cannot_guess_the_password()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        for (var i = 0; i < 10; i++)
            (await mira.Put(Change, new { CurrentPassword = $"guess number {i}", NewPassword })).Is(
                422,
                "CURRENT_PASSWORD_WRONG"
            );
        (await mira.Put(Change, new { CurrentPassword = Actor.Password, NewPassword })).Is(429, "ACCOUNT_LOCKED");
    }

    [Fact]
    public async Task Of_many_resets_by_one_email_one_counts()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var letter = await AskFor(mira);
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i => server.Visitor.Post(Reset, new { letter.Token, Password = $"{NewPassword} {i}" }))
        );
        var winner = Assert.Single(replies.Index(), r => r.Item.Status == 200).Index;
        Each.Of(replies.Where(r => r.Status != 200), r => r.Is(422, "TICKET_INVALID"));
        (await Login(mira, $"{NewPassword} {winner}")).Is(200);
    }

    [Fact]
    public async Task An_expired_email_resets_nothing_and_a_used_one_takes_the_older_with_it()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var (older, newer, late) = (await AskFor(mira), await AskFor(mira), await AskFor(mira));
        await server.Database.Execute(
            """
            update ticket set expires_at = now()
              where id = (select id from ticket where account_id = $1 order by created_at desc limit 1)
            """,
            mira.Id
        );
        (await server.Visitor.Post(Reset, new { late.Token, Password = NewPassword })).Is(422, "TICKET_INVALID");
        (await server.Visitor.Get(late.Link)).Is(410);
        (await server.Visitor.Post(Reset, new { newer.Token, Password = NewPassword })).Is(200);
        (await server.Visitor.Post(Reset, new { older.Token, Password = NewPassword })).Is(422, "TICKET_INVALID");
    }

    [Fact]
    public async Task A_ticket_is_good_for_its_own_purpose_only()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var verification = await inbox.Next(mira.Email, "Confirm");
        var reset = await AskFor(mira);
        (await server.Visitor.Post(Reset, new { verification.Token, Password = NewPassword })).Is(
            422,
            "TICKET_INVALID"
        );
        (await server.Visitor.Post("/api/v1/auth/email/verify", new { reset.Token })).Is(422, "TICKET_INVALID");
        (await server.Visitor.Post("/api/v1/auth/magic-link/verify", new { reset.Token })).Is(422, "TICKET_INVALID");
        (await server.Visitor.Get(reset.Link.Replace("password/reset", "magic-link", StringComparison.Ordinal))).Is(
            410
        );
    }

    /// <summary>Somebody registers with a stranger's address and waits until its owner comes.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_first_proves_an_address_gets_an_account_without_the_keys_of_whoever_made_it(bool byReset)
    {
        var eve = await Actor.RegisterByHttp(server, "eve");
        var key = (await eve.Post("/api/v1/auth/api-keys", new { Name = "later", Scopes = new[] { "account:read" } }))
            .Is(201)
            .Data.Text("key");
        await server.Database.Execute(
            "insert into totp (account_id, sealed, confirmed_at) values ($1, '\\x00', now())",
            eve.Id
        );
        if (byReset)
        {
            (await server.Visitor.Post(Reset, new { (await AskFor(eve)).Token, Password = NewPassword })).Is(200);
        }
        else
        {
            var requestToken = (await server.Visitor.Post("/api/v1/auth/magic-link", new { eve.Email }))
                .Is(202)
                .Data.Text("request_token");
            var letter = await inbox.Next(eve.Email, "Sign in");
            var signedIn = (
                await server.Visitor.Post(
                    "/api/v1/auth/magic-link/verify",
                    new { letter.Token, RequestToken = requestToken }
                )
            )
                .Is(200)
                .Data;
            Assert.True(signedIn.TryGetProperty("access_token", out _), signedIn.ToString());
        }

        (await Login(eve, Actor.Password)).Is(401, "CREDENTIALS_INVALID");
        (await eve.Refresh()).Is(401, "SESSION_ENDED");
        await Eventually.True(
            "its API key has ended",
            async () => (await server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {key}"))).Status == 401
        );
        await inbox.Next(eve.Email, "yours alone");
    }

    [Fact]
    public async Task A_verified_account_keeps_its_factors_through_a_reset()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        (
            await server.Visitor.Post(
                "/api/v1/auth/email/verify",
                new { (await inbox.Next(mira.Email, "Confirm")).Token }
            )
        ).Is(200);
        await server.Database.Execute(
            "insert into totp (account_id, sealed, confirmed_at) values ($1, '\\x00', now())",
            mira.Id
        );
        (await server.Visitor.Post(Reset, new { (await AskFor(mira)).Token, Password = NewPassword })).Is(200);
        Assert.True((await Login(mira, NewPassword)).Is(200).Data.GetProperty("mfa_required").GetBoolean());
        var requestToken = (await server.Visitor.Post("/api/v1/auth/magic-link", new { mira.Email }))
            .Is(202)
            .Data.Text("request_token");
        var letter = await inbox.Next(mira.Email, "Sign in");
        var answer = (
            await server.Visitor.Post(
                "/api/v1/auth/magic-link/verify",
                new { letter.Token, RequestToken = requestToken }
            )
        )
            .Is(200)
            .Data;
        Assert.True(answer.GetProperty("mfa_required").GetBoolean());
        Assert.False(answer.TryGetProperty("access_token", out _));
    }

    [Fact]
    public async Task Who_knows_the_password_changes_it_and_only_the_other_sessions_end()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var phone = await mira.SignIn();
        var pending = await AskFor(mira);
        (await mira.Put(Change, new { CurrentPassword = "not my password", NewPassword })).Is(
            422,
            "CURRENT_PASSWORD_WRONG"
        );
        Assert.Equal(
            ["current_password REQUIRED"],
            (await mira.Put(Change, new { NewPassword })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["new_password TOO_SHORT"],
            (await mira.Put(Change, new { CurrentPassword = Actor.Password, NewPassword = "short" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            1,
            (await mira.Put(Change, new { CurrentPassword = Actor.Password, NewPassword }))
                .Is(200)
                .Data.Number("sessions_ended")
        );
        (await mira.Get("/api/v1/auth/me")).Is(200);
        (await mira.Refresh()).Is(200);
        (await phone.Refresh()).Is(401, "SESSION_ENDED");
        (await Login(mira, Actor.Password)).Is(401, "CREDENTIALS_INVALID");
        (await Login(mira, NewPassword)).Is(200);
        (await server.Visitor.Post(Reset, new { pending.Token, Password = "another long sentence" })).Is(
            422,
            "TICKET_INVALID"
        );
        await inbox.Next(mira.Email, "was changed");
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_was_made_with_the_current_password()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(i =>
                    mira.Put(Change, new { CurrentPassword = Actor.Password, NewPassword = $"{NewPassword} {i}" })
                )
        );
        var winner = Assert.Single(replies.Index(), r => r.Item.Status == 200).Index;
        (await Login(mira, $"{NewPassword} {winner}")).Is(200);
    }

    [Fact]
    public async Task An_account_without_a_password_sets_its_first_by_a_fresh_session()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        await server.Database.Execute("update account set password_hash = null where id = $1", mira.Id);
        (await mira.Put(Change, new { NewPassword })).Is(200);
        (await Login(mira, NewPassword)).Is(200);
        await server.Database.Execute("update account set password_hash = null where id = $1", mira.Id);
        await server.Database.Execute(
            "update session set authenticated_at = now() - interval '1 hour' where account_id = $1",
            mira.Id
        );
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Put(Change, new { NewPassword })).Is(403, "STEP_UP_REQUIRED");
    }
}
