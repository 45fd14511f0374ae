using Npgsql;
using Veza.Features.Auth;
using Veza.Features.Auth.Factors;
using Veza.Features.Auth.Links;
using Veza.Features.Auth.OAuth;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// A server, and what makes people with every credential on it by SQL and by the server's own nouns: a password costs a
/// millisecond here.
/// </summary>
public sealed class StagedPeople : IAsyncLifetime
{
    internal const string Password = "a long sentence is best";
    private static readonly string PasswordHash = BCrypt.Net.BCrypt.HashPassword(Password, 4);
    private static int count;
    private AccessTokens accessTokens = null!;
    private RefreshTokens refreshTokens = null!;
    private Secrets secrets = null!;
    private Tickets tickets = null!;

    internal VezaServer Server { get; private set; } = null!;

    internal TestDatabase Database => Server.Database;

    internal SecondFactor Factor { get; private set; } = null!;

    internal AddressProof Proof { get; private set; } = null!;

    internal StagedPerson Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await VezaServer.Start(
            ("VEZA__MAIL__SMTP", "smtp://127.0.0.1:1"),
            ("VEZA__MAIL__FROM", "veza@example.org")
        );
        var keyring = await Server.Premises.Keyring();
        var settings = Server.Premises.Settings(("VEZA__PUBLIC_URL", Server.Address));
        (accessTokens, refreshTokens) = (
            new AccessTokens(keyring, new Revocations(TimeProvider.System), settings),
            new RefreshTokens(keyring)
        );
        secrets = new Secrets(keyring);
        (tickets, Factor, Proof) = (
            new Tickets(secrets),
            new SecondFactor(secrets, TimeProvider.System),
            new AddressProof(new Outbox(secrets, settings))
        );
        Admin = await Add(verified: true, roles: ["user", "admin"]);
    }

    public async ValueTask DisposeAsync()
    {
        accessTokens.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>
    /// Somebody with a password, two sessions, a passkey, an identity elsewhere and a trusted device.
    /// </summary>
    internal async Task<StagedPerson> Add(bool verified = false, bool withTotp = false, string[]? roles = null)
    {
        var number = Interlocked.Increment(ref count);
        var (id, name) = (Guid.CreateVersion7(), $"staged{number}");
        roles ??= ["user", "moderator"];
        await Database.Execute(
            """
            insert into account (id, email, username, display_name, password_hash, roles, email_verified_at,
              password_changed_at)
            values ($1, $2, $3, $3, $4, $5, case when $6 then now() end, now() - interval '1 hour')
            """,
            id,
            $"{name}@example.org",
            name,
            PasswordHash,
            roles,
            verified
        );
        var passkey = new SoftPasskey();
        var passkeyId = Guid.CreateVersion7();
        await Database.Execute(
            """
            insert into passkey (id, account_id, credential_id, public_key, algorithm, name)
              values ($1, $2, $3, $4, -7, 'Key')
            """,
            passkeyId,
            id,
            passkey.Id,
            passkey.CoseKey
        );
        var identityId = Guid.CreateVersion7();
        await Database.Execute(
            "insert into identity (id, account_id, provider, subject) values ($1, $2, 'github', $3)",
            identityId,
            id,
            name
        );
        var device = OneTime.NewToken();
        await Database.Execute(
            """
            insert into trusted_device (id, account_id, token_hash, expires_at)
              values ($1, $2, $3, now() + interval '1 day')
            """,
            Guid.CreateVersion7(),
            id,
            OneTime.Hash(device)
        );
        var app = new AuthenticatorApp(TimeCodes.NewSeed());
        string[] codes = [];
        if (withTotp)
        {
            await Database.Execute(
                "insert into totp (account_id, sealed, confirmed_at) values ($1, $2, now())",
                id,
                Factor.Seal(app.Seed, id)
            );
            codes = await InOne((db, transaction) => Factor.RenewCodes(db, transaction, id));
        }

        var person = new StagedPerson(this, id, $"{name}@example.org", name, roles)
        {
            Passkey = passkey,
            PasskeyId = passkeyId,
            IdentityId = identityId,
            DeviceToken = device,
            App = app,
            RecoveryCodes = codes,
            Home = await Begin(id, name, roles),
            Other = await Begin(id, name, roles),
        };
        return person;
    }

    /// <summary>A session as a sign-in a moment ago left it.</summary>
    internal async Task<StagedSession> Begin(Guid account, string name, string[] roles)
    {
        var id = Guid.CreateVersion7();
        await Database.Execute(
            """
            insert into session (id, account_id, expires_at, methods)
              values ($1, $2, now() + interval '30 days', '{password}')
            """,
            id,
            account
        );
        return new StagedSession(
            id,
            accessTokens.Issue(new Bearer(account, id, name, roles, DateTime.UtcNow, 0, 0)),
            refreshTokens.Write(id, 0)
        );
    }

    internal Task<IssuedTicket> Issue(TicketPurpose purpose, TicketDraft draft) =>
        InOne((db, transaction) => tickets.Issue(db, transaction, purpose, draft));

    internal async Task<T> InOne<T>(Func<NpgsqlConnection, NpgsqlTransaction, Task<T>> work)
    {
        await using var db = await Server.Premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        var result = await work(db, transaction);
        await transaction.CommitAsync();
        return result;
    }

    internal async Task<string> Challenge() =>
        (await Server.Visitor.Post("/api/v1/auth/passkeys/login/options"))
            .Is(200)
            .Data.GetProperty("public_key")
            .Text("challenge");

    internal Caller? Read(string accessToken) => accessTokens.Read(accessToken, out var caller) is null ? caller : null;
}

internal sealed record StagedSession(Guid Id, string AccessToken, string RefreshToken)
{
    internal (string, string) Bearer => ("Authorization", $"Bearer {AccessToken}");
}

/// <summary>
/// Somebody with every credential, and every way to use one. Home is where they act from; the other session is what a
/// change from home ends.
/// </summary>
internal sealed record StagedPerson(StagedPeople Stage, Guid Id, string Email, string Username, string[] Roles)
{
    private const string Auth = "/api/v1/auth/";

    internal required SoftPasskey Passkey { get; init; }
    internal required Guid PasskeyId { get; init; }
    internal required Guid IdentityId { get; init; }
    internal required string DeviceToken { get; init; }
    internal required AuthenticatorApp App { get; init; }
    internal required string[] RecoveryCodes { get; init; }
    internal required StagedSession Home { get; init; }
    internal required StagedSession Other { get; init; }

    internal Task<Reply> Post(string path, object? body, StagedSession? by = null) =>
        by is null
            ? Stage.Server.Visitor.Post(Auth + path, body)
            : Stage.Server.Visitor.Post(Auth + path, body, by.Bearer);

    /// <summary>
    /// Every way in and every way to a credential by its name: what has to be there is made first, and the request that
    /// counts comes of it.
    /// </summary>
    internal async Task<Func<Task<Reply>>> Prepare(string way)
    {
        switch (way)
        {
            case "password":
                return () => Post("login", new { Email, StagedPeople.Password });
            case "username":
                return () => Post("login", new { Username, StagedPeople.Password });
            case "device":
                return () =>
                    Post(
                        "login",
                        new
                        {
                            Email,
                            StagedPeople.Password,
                            DeviceToken,
                        }
                    );
            case "link" or "code" or "confirmed":
                var browser = OneTime.NewToken();
                var letter = await Stage.Issue(
                    TicketPurpose.MagicLink,
                    new TicketDraft(Id, Email, TimeSpan.FromMinutes(10), BrowserSecret: browser, WithCode: true)
                );
                if (way == "code")
                    return () => Post("magic-link/verify", new { Email, letter.Code });
                if (way == "link")
                    return () => Post("magic-link/verify", new { letter.Token, RequestToken = browser });
                (
                    await Stage.Server.Visitor.Send(
                        HttpMethod.Post,
                        $"{Auth}magic-link/{letter.Token}",
                        null,
                        ("Cookie", $"veza_browser={browser}")
                    )
                ).Is(200);
                return () => Post("magic-link/verify", new { RequestToken = browser });
            case "passkey":
                var proof = Passkey.SignIn(await Ceremony());
                return () => Post("passkeys/login", new { Credential = proof });
            case "exchange":
                var verifier = OneTime.NewToken();
                var detail = $$"""{"provider":"github","code_challenge":"{{AttemptProofs.ChallengeOf(verifier)}}"}""";
                var code = await Stage.Issue(
                    TicketPurpose.OAuthExchange,
                    new TicketDraft(Id, null, TimeSpan.FromMinutes(1), detail)
                );
                return () => Post("oauth/exchange", new { Code = code.Token, CodeVerifier = verifier });
            case "totp" or "recovery" or "trusting":
                var mfa = await Stage.Issue(
                    TicketPurpose.Mfa,
                    new TicketDraft(Id, null, SignIn.MfaLifetime, """{"method":"password"}""")
                );
                return () =>
                    Post(
                        "login/mfa",
                        new
                        {
                            MfaToken = mfa.Token,
                            Code = way == "recovery" ? RecoveryCodes[0] : App.Code,
                            TrustDevice = way == "trusting",
                        }
                    );
            case "refresh":
                return () => Post("refresh", new { Other.RefreshToken });
            case "step-up":
                return () => Post("step-up", new { StagedPeople.Password }, Other);
            case "step-up by code":
                return () => Post("step-up", new { App.Code }, Other);
            case "step-up by passkey":
                var again = Passkey.SignIn(await Ceremony());
                return () => Post("step-up", new { Credential = again }, Other);
            case "key":
                return () => Post("api-keys", new { Name = "key", Scopes = new[] { Permissions.AccountRead } }, Other);
            case "moderator's key":
                return () => Post("api-keys", new { Name = "key", Scopes = new[] { Permissions.UsersSuspend } }, Other);
            case "begin totp":
                return () => Post("2fa/totp", null, Other);
            case "confirm totp":
                await Stage.Database.Execute(
                    "insert into totp (account_id, sealed) values ($1, $2)",
                    Id,
                    Stage.Factor.Seal(App.Seed, Id)
                );
                return () => Post("2fa/totp/confirm", new { App.Code }, Other);
            case "renew codes":
                return () => Post("2fa/recovery-codes", null, Other);
            case "add passkey":
                var challenge = (await Post("passkeys/options", null, Other))
                    .Is(200)
                    .Data.GetProperty("public_key")
                    .Text("challenge");
                var made = new SoftPasskey().Register(await Ceremony(challenge));
                return () => Post("passkeys", new { Credential = made }, Other);
            case "change address":
                return () => Post("email/change", new { Email = $"moved-{Email}" }, Other);
            default:
                throw new ArgumentException(way);
        }
    }

    private async Task<Ceremony> Ceremony(string? challenge = null) =>
        new()
        {
            Challenge = challenge ?? await Stage.Challenge(),
            Origin = Stage.Server.Address,
            RelyingPartyId = "127.0.0.1",
            UserHandle = Id.ToByteArray(bigEndian: true),
        };
}
