using System.Globalization;
using System.Text;
using Veza.Features.Auth;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// Random schedules of a way in, or to a credential, beside a change that ends what it stands on: both over HTTP, in
/// any order, met at the account's row or anywhere else. VEZA_TEST_CREDENTIAL_SCHEDULES says how many; a failure names
/// its seed.
/// </summary>
public sealed class CredentialSchedulesTests(StagedPeople stage, ITestOutputHelper output) : IClassFixture<StagedPeople>
{
    private const int AtOnce = 5,
        YieldsMax = 400;
    private const string Longer = "a longer sentence is better";
    private static readonly int Schedules = int.Parse(
        Environment.GetEnvironmentVariable("VEZA_TEST_CREDENTIAL_SCHEDULES") ?? "150",
        CultureInfo.InvariantCulture
    );
    private static readonly string[] Plain = ["password", "username", "link", "code", "confirmed", "exchange"],
        Factored = ["totp", "recovery", "trusting"];
    private static readonly string[] InSession = ["refresh", "step-up"],
        All = [.. Plain, .. Factored, .. InSession, "passkey", "device"];

    /// <summary>
    /// Beside each change, the ways of which nothing may be alive when both are done, whichever came first.
    /// </summary>
    private static readonly Dictionary<string, string[]> Doomed = new()
    {
        ["password"] = [.. All.Except(["passkey"])],
        ["reset"] = [.. All.Except(["passkey"])],
        ["suspension"] = [.. All, "key"],
        ["demotion"] = [.. All, "key"],
        ["proof"] = [.. All, "key", "begin totp", "confirm totp", "add passkey"],
        ["logout"] = InSession,
        ["app off"] = [.. Factored, .. InSession],
        ["app on"] = [.. Plain, .. InSession],
    };

    [Fact]
    public async Task Nothing_is_alive_that_a_change_has_ended()
    {
        var met = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await Parallel.ForAsync(
            0,
            Schedules,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (seed, _) =>
            {
                var random = new Random(seed);
                var change = Doomed.Keys.ElementAt(seed % Doomed.Count);
                var way = Doomed[change][random.Next(Doomed[change].Length)];
                try
                {
                    met.AddOrUpdate(await Play(random, way, change), 1, (_, n) => n + 1);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Seed {seed}: {way} beside {change}: {e.Message}", e);
                }
            }
        );
        foreach (var (outcome, times) in met.OrderBy(o => o.Key))
            output.WriteLine($"{times, 6} {outcome}");
        Assert.Equal(Schedules, met.Values.Sum());
    }

    /// <summary>What became of the way.</summary>
    private async Task<string> Play(Random random, string way, string change)
    {
        var withTotp = change is "app off" || (change is not "app on" && (way is "device" || Factored.Contains(way)));
        var who = await stage.Add(verified: change != "proof", withTotp: withTotp);
        var (go, end) = (await who.Prepare(way), await PrepareChange(who, change));
        var held = random.Next(3) > 0 ? await HeldAccount.Of(who) : null;
        await using var _ = held;
        var goesFirst = random.Next(2) == 0;
        var first = goesFirst ? go() : end();
        if (held is null)
            for (var i = random.Next(YieldsMax); i > 0; i--)
                await Task.Yield();
        else if (random.Next(2) == 0)
            await held.Awaited(1, first);
        var second = goesFirst ? end() : go();
        if (held is not null)
        {
            await held.Awaited(2, first, second);
            await held.Commit();
        }

        var (came, ended) = goesFirst ? (await first, await second) : (await second, await first);
        Assert.True(
            came.Status < 500 && ended.Status < 500,
            $"{came.Status} {came.Text}\n{ended.Status} {ended.Text}\n{stage.Server.LogTail()}"
        );
        // Two proofs of one mailbox: the first voids the e-mail of the second.
        if (!(change == "proof" && way is "link" or "code" or "confirmed"))
            ended.Is(200);
        await Check(random, who, way, change, came);
        return $"{(came.Status == 200 ? "done" : "refused")} beside {change}";
    }

    private async Task Check(Random random, StagedPerson who, string way, string change, Reply came)
    {
        if (change == "demotion")
        {
            if (came.Status == 200 && came.Data.TryGetProperty("access_token", out var token))
                await OldRolesAreGone(token.GetString()!);
            return;
        }

        // Whoever changes it from home stays there, and whoever proves the mailbox comes in.
        var others = await stage.Database.Scalar<long>(
            "select count(*) from session where account_id = $1 and ended_at is null and id <> $2",
            who.Id,
            who.Home.Id
        );
        if (change is "proof")
            Assert.InRange(others, 0, 1);
        else if (change is not "logout")
            Assert.Equal(0, others);
        if (change is "proof")
        {
            Assert.Equal(
                0,
                await stage.Database.Scalar<long>(
                    """
                    select (select count(*) from api_key where account_id = $1) + (select count(*) from passkey
                      where account_id = $1) + (select count(*) from identity where account_id = $1)
                         + (select count(*) from totp where account_id = $1) + (select count(*) from trusted_device
                           where account_id = $1)
                         + (select count(*) from account where id = $1
                           and (password_hash is not null or email_verified_at is null))
                    """,
                    who.Id
                )
            );
            if (way is "link" or "code" or "confirmed")
                return;
        }

        if (came.Status is not (200 or 201))
            return;
        if (came.Data.TryGetProperty("key", out var key))
            await IsRefused(key.GetString()!);
        if (!came.Data.TryGetProperty("access_token", out var access))
            return;
        if (random.Next(4) == 0)
            await SocketCloses(access.GetString()!);
        await IsRefused(access.GetString()!);
        if (came.Data.TryGetProperty("refresh_token", out var refresh))
            Assert.Equal(
                401,
                (
                    await stage.Server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken = refresh.GetString() })
                ).Status
            );
    }

    private async Task<Func<Task<Reply>>> PrepareChange(StagedPerson who, string change)
    {
        switch (change)
        {
            case "password":
                return () =>
                    Send(
                        who.Home,
                        HttpMethod.Put,
                        "/api/v1/users/me/password",
                        $$"""{"current_password":"{{StagedPeople.Password}}","new_password":"{{Longer}}"}"""
                    );
            case "reset":
                var letter = await stage.Issue(
                    TicketPurpose.PasswordReset,
                    new TicketDraft(who.Id, who.Email, TimeSpan.FromMinutes(30))
                );
                return () => who.Post("password/reset", new { letter.Token, Password = Longer });
            case "suspension":
                return () =>
                    Send(
                        stage.Admin.Home,
                        HttpMethod.Put,
                        $"/api/v1/admin/users/{who.Id}/suspension",
                        """{"reason":"Spam"}"""
                    );
            case "demotion":
                return () =>
                    Send(
                        stage.Admin.Home,
                        HttpMethod.Put,
                        $"/api/v1/admin/users/{who.Id}/roles",
                        """{"roles":["user"]}"""
                    );
            case "proof":
                return await who.Prepare("code");
            case "logout":
                return () => who.Post("logout", new { Scope = "all" }, who.Home);
            case "app off":
                return () => Send(who.Home, HttpMethod.Delete, "/api/v1/auth/2fa/totp", null);
            default:
                await stage.Database.Execute(
                    "insert into totp (account_id, sealed) values ($1, $2)",
                    who.Id,
                    stage.Factor.Seal(who.App.Seed, who.Id)
                );
                return () => who.Post("2fa/totp/confirm", new { who.App.Code }, who.Home);
        }
    }

    private Task<Reply> Send(StagedSession by, HttpMethod method, string path, string? json) =>
        stage.Server.Visitor.Send(
            method,
            path,
            json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"),
            by.Bearer
        );

    private Task<Reply> Ask(string token) =>
        stage.Server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {token}"));

    private Task IsRefused(string token) =>
        Eventually.True("the token is refused", async () => (await Ask(token)).Status is 401 or 403);

    private Task OldRolesAreGone(string token) =>
        stage.Read(token)!.Roles is ["user"] ? Task.CompletedTask : IsRefused(token);

    private async Task SocketCloses(string token)
    {
        try
        {
            await using var socket = await ChatSocket.Open(stage.Server, token);
            Assert.NotNull(await socket.Closed);
        }
        catch (HttpRequestException refused)
        {
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
        }
    }
}
