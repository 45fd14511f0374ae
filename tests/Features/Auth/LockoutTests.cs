using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Veza.Features.Auth;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// A server on which three wrong passwords lock an account, and which hears from a proxy where people are.
/// </summary>
public sealed class GuardedServer : IAsyncLifetime
{
    internal const int Tries = 3;

    internal VezaServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Server = await VezaServer.Start(
            ("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", $"{Tries}"),
            ("VEZA__HTTP__PROXIES", "127.0.0.1")
        );

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>What locks an account, what opens it, and who gets in meanwhile.</summary>
public sealed class LockoutTests(GuardedServer guarded) : IClassFixture<GuardedServer>
{
    private const int Tries = GuardedServer.Tries;
    private const string Home = "192.0.2.10",
        Neighbour = "192.0.2.77",
        Abroad = "203.0.113.5";
    private readonly VezaServer server = guarded.Server;

    private static string NewName(string name) => $"{name}{Guid.CreateVersion7():N}"[..24];

    private Task<Reply> Login(object who, string address) =>
        server.Visitor.Post("/api/v1/auth/login", who, ("X-Forwarded-For", address), ("X-Request-Id", "same"));

    private Task<Reply> Right(string name, string address) => Login(new { Username = name, Actor.Password }, address);

    private Task<Reply> Wrong(string name, string address) =>
        Login(new { Username = name, Password = "not the sentence" }, address);

    /// <summary>Somebody who registered at home.</summary>
    private async Task<(string Name, Guid Id)> Somebody()
    {
        var mira = await Actor.Register(server, "mira", IPAddress.Parse(Home));
        return (mira.Username, mira.Id);
    }

    private async Task Lock(string name, string address)
    {
        for (var i = 0; i < Tries; i++)
            (await Wrong(name, address)).Is(401, "CREDENTIALS_INVALID");
        (await Wrong(name, address)).Is(429, "ACCOUNT_LOCKED");
    }

    private Task<string[]> Trail(Guid id) =>
        server.Database.Column(
            """
            select concat_ws(' ', action, detail->>'cause', detail->>'where') from audit_event where account_id = $1
              and action like 'account.%lock%' order by at, id
            """,
            id
        );

    [Fact]
    public async Task Ten_wrong_passwords_lock_an_account_whatever_it_is_called_by()
    {
        await using var production = await VezaServer.Start();
        var mira = await production.Register("mira");
        for (var i = 0; i < 10; i++)
            (
                await production.Visitor.Post(
                    "/api/v1/auth/login",
                    i % 2 == 0
                        ? new { mira.Email, Password = "wrong one" }
                        : new { mira.Username, Password = "wrong one" }
                )
            ).Is(401, "CREDENTIALS_INVALID");
        // The account takes no more: the right one is no longer looked at, by whichever name, and neither name says why
        // before it was tried ten times itself.
        (await production.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Is(
            401,
            "CREDENTIALS_INVALID"
        );
        for (var i = 0; i < 4; i++)
            (await production.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Is(
                401,
                "CREDENTIALS_INVALID"
            );
        var locked = (await production.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Is(
            429,
            "ACCOUNT_LOCKED"
        );
        Assert.InRange(int.Parse(locked.Header("Retry-After")!, CultureInfo.InvariantCulture), 800, 900);
        (
            await production.Visitor.Post(
                "/api/v1/auth/login",
                new { Username = mira.Username.ToUpperInvariant(), Actor.Password }
            )
        ).Is(401, "CREDENTIALS_INVALID");
        // Who is signed in goes on, and a refresh changes nothing about the lock.
        mira.Take((await mira.Refresh()).Is(200).Data);
        (await mira.Get("/api/v1/auth/me")).Is(200);
        (await production.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Is(
            429,
            "ACCOUNT_LOCKED"
        );
    }

    [Fact]
    public async Task A_name_without_an_account_is_locked_in_the_same_way()
    {
        var (name, nobody) = ((await Somebody()).Name, NewName("nobody"));
        for (var i = 0; i < Tries + 2; i++)
        {
            var (known, unknown) = (await Wrong(name, Abroad), await Wrong(nobody, Abroad));
            Assert.Equal((known.Status, known.Text), (unknown.Status, unknown.Text));
            Assert.Equal(known.Header("Retry-After") is null, unknown.Header("Retry-After") is null);
        }

        (await Wrong(nobody.ToUpperInvariant(), Abroad)).Is(429, "ACCOUNT_LOCKED");
    }

    /// <summary>Whoever locks a name must not see by it which other one leads to the same account.</summary>
    [Fact]
    public async Task The_other_name_of_a_locked_account_answers_as_a_name_without_an_account()
    {
        var ((name, id), nobody) = (await Somebody(), NewName("nobody"));
        await Lock(name, Abroad);
        Task<Reply> ByEmail(string who, string password) =>
            Login(new { Email = $"{who}@example.org", Password = password }, Abroad);
        for (var i = 0; i < Tries + 2; i++)
        {
            var (other, unknown) = (
                await ByEmail(name, i % 2 == 0 ? Actor.Password : "not the sentence"),
                await ByEmail(nobody, "not the sentence")
            );
            Assert.Equal(
                (unknown.Status, unknown.Text, unknown.Header("Retry-After") is null),
                (other.Status, other.Text, other.Header("Retry-After") is null)
            );
        }

        Assert.Equal(["account.locked elsewhere"], await Trail(id));
        // Who gets the right password right while nobody has locked anything is let in by either.
        await server.Database.Execute("update session set created_at = now() where account_id = $1", id);
        Assert.Equal(200, (await Login(new { Email = $"{name}@example.org", Actor.Password }, Home)).Status);
    }

    [Fact]
    public async Task An_admin_opens_every_name_of_the_account()
    {
        var (name, id) = await Somebody();
        var admin = await server.Register("bea");
        await server.Database.Execute("update account set roles = '{user,admin}' where id = $1", admin.Id);
        admin = await admin.SignIn();
        await Lock(name, Abroad);
        for (var i = 0; i < Tries; i++)
            (await Login(new { Email = $"{name}@example.org", Password = "wrong one" }, Abroad)).Is(401);
        (await Login(new { Email = $"{name}@example.org", Password = "wrong one" }, Abroad)).Is(429, "ACCOUNT_LOCKED");
        (await admin.Delete($"/api/v1/admin/users/{id}/lock")).Is(200);
        (await Right(name, Abroad)).Is(200);
        (await Login(new { Email = $"{name}@example.org", Actor.Password }, Abroad)).Is(200);
    }

    [Fact]
    public async Task The_time_to_wait_never_grows_whatever_is_tried_meanwhile()
    {
        var (name, _) = await Somebody();
        await Lock(name, Abroad);
        var waits = new List<int>();
        for (var i = 0; i < 40; i++)
        {
            var reply = await (i % 3 == 0 ? Right(name, Abroad) : Wrong(name, $"203.0.113.{i}"));
            waits.Add(int.Parse(reply.Is(429, "ACCOUNT_LOCKED").Header("Retry-After")!, CultureInfo.InvariantCulture));
        }

        Assert.Equal(waits.OrderDescending(), waits);
        Assert.InRange(waits[0], 1, 900);
    }

    [Fact]
    public async Task Strangers_lock_out_strangers_and_the_owner_signs_in_from_where_they_did_before()
    {
        var (name, id) = await Somebody();
        await Lock(name, Abroad);
        (await Right(name, Abroad)).Is(429, "ACCOUNT_LOCKED");
        (await Right(name, Home)).Is(200);
        (await Right(name, Neighbour)).Is(200);
        Assert.Equal(["account.locked elsewhere"], await Trail(id));
        // A sign-in of long ago makes no network known.
        await server.Database.Execute(
            "update session set created_at = now() - interval '31 days' where account_id = $1",
            id
        );
        (await Right(name, Home)).Is(429, "ACCOUNT_LOCKED");
    }

    [Fact]
    public async Task Known_networks_have_a_limit_too()
    {
        var (name, id) = await Somebody();
        await Lock(name, Home);
        (await Right(name, Neighbour)).Is(429, "ACCOUNT_LOCKED");
        Assert.Equal(["account.locked known networks"], await Trail(id));
    }

    [Fact]
    public async Task A_trusted_device_is_known_wherever_it_is()
    {
        var (name, id) = await Somebody();
        await Lock(name, Abroad);
        await server.Database.Execute(
            """
            insert into trusted_device (id, account_id, token_hash, expires_at)
              values ($1, $2, $3, now() + interval '1 day')
            """,
            Guid.CreateVersion7(),
            id,
            SHA256.HashData(Encoding.UTF8.GetBytes("the device"))
        );
        (
            await Login(
                new
                {
                    Username = name,
                    Actor.Password,
                    DeviceToken = "another device",
                },
                Abroad
            )
        ).Is(429, "ACCOUNT_LOCKED");
        (
            await Login(
                new
                {
                    Username = name,
                    Actor.Password,
                    DeviceToken = "the device",
                },
                Abroad
            )
        ).Is(200);
    }

    [Fact]
    public async Task Good_sign_ins_do_not_count_and_forgive_nothing()
    {
        var (name, _) = await Somebody();
        for (var i = 0; i < Tries - 1; i++)
            (await Wrong(name, Home)).Is(401);
        for (var i = 0; i < Tries + 1; i++)
            (await Right(name, Home)).Is(200);
        (await Wrong(name, Home)).Is(401);
        (await Right(name, Home)).Is(429, "ACCOUNT_LOCKED");
    }

    [Fact]
    public async Task Fifty_parallel_guesses_are_no_more_than_the_limit()
    {
        var (name, _) = await Somebody();
        var replies = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Wrong(name, $"203.0.113.{i}")));
        Assert.Equal(Tries, replies.Count(r => r.Status == 401));
        Each.Of(replies.Where(r => r.Status != 401), r => r.Is(429, "ACCOUNT_LOCKED"));
    }

    [Fact]
    public async Task An_admin_unlocks_and_the_trail_tells_both()
    {
        var (name, id) = await Somebody();
        var admin = await server.Register("ana");
        (await admin.Delete($"/api/v1/admin/users/{id}/lock")).Is(403);
        await server.Database.Execute("update account set roles = '{user,admin}' where id = $1", admin.Id);
        admin = await admin.SignIn();
        await Lock(name, Abroad);
        (await admin.Delete($"/api/v1/admin/users/{id}/lock")).Is(200);
        (await Right(name, Abroad)).Is(200);
        Assert.Equal(["account.locked elsewhere", "account.unlocked admin"], await Trail(id));
        (await admin.Delete($"/api/v1/admin/users/{id}/lock")).Is(200);
        (await admin.Delete($"/api/v1/admin/users/{Guid.CreateVersion7()}/lock")).Is(404, "USER_NOT_FOUND");
        Assert.Equal(2, (await Trail(id)).Length);
    }

    [Fact]
    public async Task A_lock_opens_by_itself_when_it_said_and_the_trail_tells()
    {
        await using var hasty = await VezaServer.Start(
            ("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", "2"),
            ("VEZA__LIMITS__SIGN_IN__WINDOW_S", "12")
        );
        var mira = await hasty.Register("mira");
        for (var i = 0; i < 2; i++)
            (await hasty.Visitor.Post("/api/v1/auth/login", new { mira.Email, Password = "wrong one" })).Is(401);
        await Eventually.True(
            "the lock opens",
            async () =>
                (await hasty.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Status == 200
        );
        await using var db = await hasty.Premises.Source.OpenConnectionAsync();
        await Eventually.True(
            "the trail tells of it",
            async () =>
            {
                await SecretTries.ExpireLocks(db);
                return (
                    await hasty.Database.Column(
                        "select action from audit_event where action like 'account.%lock%' order by at, id"
                    )
                )
                    is ["account.locked", "account.unlocked"];
            }
        );
    }

    [Fact]
    public async Task Locks_stand_when_Redis_dies_and_when_it_comes_back_empty_and_others_sign_in_all_the_while()
    {
        await using var redis = await OwnRedis.Start();
        await using var alone = await VezaServer.Start(
            ("VEZA__REDIS", redis.Address),
            ("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", "3")
        );
        var (mira, davor) = (await alone.Register("mira"), await alone.Register("davor"));
        Task<Reply> Guess() => alone.Visitor.Post("/api/v1/auth/login", new { mira.Email, Password = "wrong one" });
        for (var i = 0; i < 2; i++)
            (await Guess()).Is(401);
        await redis.Kill();
        (await Guess()).Is(401);
        var locked = (await Guess()).Is(429, "ACCOUNT_LOCKED");
        await davor.SignIn();
        await redis.Run();
        var still = (await Guess()).Is(429, "ACCOUNT_LOCKED");
        Assert.InRange(
            int.Parse(still.Header("Retry-After")!, CultureInfo.InvariantCulture),
            1,
            int.Parse(locked.Header("Retry-After")!, CultureInfo.InvariantCulture)
        );
        await davor.SignIn();
    }

    /// <summary>
    /// The one place that looks at passwords is kept busy: whoever needed it would be told to come back.
    /// </summary>
    [Fact]
    public async Task The_right_password_of_a_locked_account_is_not_even_looked_at()
    {
        await using var busy = await VezaServer.Start(
            ("VEZA__AUTH__BCRYPT_THREADS", "1"),
            ("VEZA__AUTH__BCRYPT_QUEUE_MAX", "1"),
            ("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", "2")
        );
        var mira = await busy.Register("mira");
        for (var i = 0; i < 2; i++)
            (await busy.Visitor.Post("/api/v1/auth/login", new { mira.Email, Password = "wrong one" })).Is(401);
        var flood = Enumerable
            .Range(0, 60)
            .Select(i =>
                busy.Visitor.Post("/api/v1/auth/login", new { Username = $"nobody{i}", Password = "wrong one" })
            )
            .ToArray();
        for (var i = 0; i < 20; i++)
            (await busy.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password })).Is(
                429,
                "ACCOUNT_LOCKED"
            );
        Assert.Contains(await Task.WhenAll(flood), reply => reply.Status == 503);
    }

    [Fact]
    public async Task Guessing_at_many_names_from_one_address_is_refused_for_known_and_unknown_ones_alike()
    {
        await using var narrow = await VezaServer.Start(
            ("VEZA__LIMITS__SIGN_IN__PER_ADDRESS", "4"),
            ("VEZA__HTTP__PROXIES", "127.0.0.1")
        );
        var mira = await narrow.Register("mira");
        Task<Reply> Guess(string name, string address) =>
            narrow.Visitor.Post(
                "/api/v1/auth/login",
                new { Username = name, Password = "wrong one" },
                ("X-Forwarded-For", address)
            );
        for (var i = 0; i < 4; i++)
            (await Guess($"nobody{i}", Abroad)).Is(401);
        (await Guess("nobody9", Abroad)).Is(429, "RATE_LIMITED");
        (await Guess(mira.Username, Abroad)).Is(429, "RATE_LIMITED");
        (await Guess("nobody9", Home)).Is(401);
    }
}
