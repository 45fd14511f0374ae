using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Links;

/// <summary>Proving an address, and changing it.</summary>
public sealed class EmailTests(Shared<VezaWithMail> shared) : IClassFixture<Shared<VezaWithMail>>
{
    private readonly VezaWithMail veza = shared.It;
    private const string Verify = "/api/v1/auth/email/verify",
        Again = "/api/v1/auth/email/verification",
        Change = "/api/v1/auth/email/change";
    private readonly VezaServer server = shared.It.Server;
    private readonly Inbox inbox = shared.It.Inbox;

    private Task<bool> IsVerified(Actor person) =>
        server.Database.Scalar<bool>("select email_verified_at is not null from account where id = $1", person.Id);

    private Task<string> EmailOf(Actor person) =>
        server.Database.Scalar<string>("select email from account where id = $1", person.Id);

    private static string NewAddress() => $"new{Guid.CreateVersion7():N}@example.net";

    [Fact]
    public async Task The_email_of_the_registration_confirms_the_address_by_its_page()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var letter = await inbox.Next(mira.Email, "Confirm");
        for (var i = 0; i < 10; i++)
            (await server.Visitor.Get(letter.Link)).Is(200);
        Assert.False(await IsVerified(mira));
        (await server.Visitor.PostForm(letter.Link)).Is(200);
        Assert.True(await IsVerified(mira));
        (await server.Visitor.PostForm(letter.Link)).Is(410);
        (await server.Visitor.Get(letter.Link)).Is(410);
        // Nothing else has changed.
        (await (await mira.SignIn()).Get("/api/v1/auth/me")).Is(200);
        (await mira.Get("/api/v1/auth/me")).Is(200);
    }

    [Fact]
    public async Task The_token_or_the_code_confirms_and_the_code_only_in_its_own_account()
    {
        Actor mira = await Actor.RegisterByHttp(server, "mira"),
            davor = await Actor.RegisterByHttp(server, "davor");
        var (toMira, toDavor) = (await inbox.Next(mira.Email, "Confirm"), await inbox.Next(davor.Email, "Confirm"));
        (await server.Visitor.Post(Verify, new { toMira.Code })).Is(401, "UNAUTHENTICATED");
        if (toMira.Code != toDavor.Code)
            (await davor.Post(Verify, new { toMira.Code })).Is(422, "TICKET_INVALID");
        Assert.Equal(mira.Email, (await mira.Post(Verify, new { toMira.Code })).Is(200).Data.Text("email"));
        (await server.Visitor.Post(Verify, new { toDavor.Token })).Is(200);
        (await server.Visitor.Post(Verify, new { toDavor.Token })).Is(422, "TICKET_INVALID");
        Assert.Equal(["token REQUIRED"], (await mira.Post(Verify, new { })).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.True(await IsVerified(mira) && await IsVerified(davor));
    }

    [Fact]
    public async Task The_email_comes_again_until_the_address_is_confirmed()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var first = await inbox.Next(mira.Email, "Confirm");
        (await mira.Post(Again)).Is(202);
        var second = await inbox.Next(mira.Email, "Confirm");
        Assert.NotEqual(first.Token, second.Token);
        await server.Database.Execute(
            """
            update ticket set expires_at = now() where account_id = $1
              and id = (select max(id::text)::uuid from ticket where account_id = $1)
            """,
            mira.Id
        );
        (await server.Visitor.Post(Verify, new { second.Token })).Is(422, "TICKET_INVALID");
        (await server.Visitor.Post(Verify, new { first.Token })).Is(200);
        var letters = inbox.To(mira.Email).Length;
        Assert.Contains("already", (await mira.Post(Again)).Is(202).Json.Text("message"), StringComparison.Ordinal);
        await Eventually.True(
            "every e-mail has gone its way",
            async () => await server.Database.Scalar<long>("select count(*) from job where state <> 'done'") == 0
        );
        Assert.Equal(letters, inbox.To(mira.Email).Length);
        (await server.Visitor.Post(Again)).Is(401, "UNAUTHENTICATED");
    }

    [Fact]
    public async Task An_address_changes_when_the_new_mailbox_confirms_and_the_old_one_is_told()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var address = NewAddress();
        (await mira.Post(Change, new { Email = address })).Is(202);
        var letter = await inbox.Next(address, "Confirm");
        var notice = await inbox.Next(mira.Email, "about to change");
        Assert.Contains("n***@example.net", notice.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(address, notice.Text + notice.Html, StringComparison.Ordinal);
        Assert.Equal(mira.Email, await EmailOf(mira));
        (await server.Visitor.Get(letter.Link)).Is(200);
        Assert.Equal(address, (await server.Visitor.Post(Verify, new { letter.Token })).Is(200).Data.Text("email"));
        Assert.Equal(address, await EmailOf(mira));
        Assert.True(await IsVerified(mira));
        await inbox.Next(mira.Email, "has changed");
        (await server.Visitor.Post(Verify, new { letter.Token })).Is(422, "TICKET_INVALID");
        (await server.Visitor.Post("/api/v1/auth/login", new { Email = address, Actor.Password })).Is(200);
        (await server.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Is(
            401,
            "CREDENTIALS_INVALID"
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_address_that_somebody_took_meanwhile_stays_theirs(bool onThePage)
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var address = NewAddress();
        (await mira.Post(Change, new { Email = address })).Is(202);
        var letter = await inbox.Next(address, "Confirm");
        (
            await server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = address.ToUpperInvariant(),
                    Username = $"taker{(onThePage ? 1 : 2)}",
                    Actor.Password,
                }
            )
        ).Is(201);
        if (onThePage)
            Assert.Contains(
                "There is an account with this e-mail",
                (await server.Visitor.PostForm(letter.Link)).Is(409).Text,
                StringComparison.Ordinal
            );
        else
            (await server.Visitor.Post(Verify, new { letter.Token })).Is(409, "EMAIL_TAKEN");
        Assert.Equal(mira.Email, await EmailOf(mira));
    }

    [Fact]
    public async Task An_address_that_is_somebody_elses_gets_the_same_answer_and_its_owner_a_note()
    {
        Actor mira = await Actor.RegisterByHttp(server, "mira"),
            davor = await Actor.RegisterByHttp(server, "davor");
        var free = (await mira.Post(Change, new { Email = NewAddress() })).Is(202).Json.Text("message");
        Assert.Equal(free, (await mira.Post(Change, new { davor.Email })).Is(202).Json.Text("message"));
        var note = await inbox.Next(davor.Email, "Somebody wanted to use your address");
        Assert.DoesNotContain("http", note.Text, StringComparison.Ordinal);
        Assert.Equal(davor.Email, await EmailOf(davor));
    }

    [Fact]
    public async Task A_new_password_calls_a_change_off()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var address = NewAddress();
        (await mira.Post(Change, new { Email = address })).Is(202);
        var letter = await inbox.Next(address, "Confirm");
        (
            await mira.Put(
                "/api/v1/users/me/password",
                new { CurrentPassword = Actor.Password, NewPassword = "a longer sentence is better" }
            )
        ).Is(200);
        (await server.Visitor.Post(Verify, new { letter.Token })).Is(422, "TICKET_INVALID");
        Assert.Equal(mira.Email, await EmailOf(mira));
    }

    [Fact]
    public async Task A_session_that_proved_nothing_lately_changes_no_address()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        await server.Database.Execute(
            "update session set authenticated_at = now() - interval '1 hour' where account_id = $1",
            mira.Id
        );
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Post(Change, new { Email = NewAddress() })).Is(403, "STEP_UP_REQUIRED");
        (await server.Visitor.Post(Change, new { Email = NewAddress() })).Is(401, "UNAUTHENTICATED");
    }
}
