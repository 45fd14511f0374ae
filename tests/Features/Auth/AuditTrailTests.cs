using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using Veza.Features.Auth.Accounts;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>The trail tells who, what, when, from where and in which session; nobody changes it.</summary>
public sealed class AuditTrailTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static string[] Actions(Reply reply) =>
        [.. reply.Is(200).Data.EnumerateArray().Select(e => e.Text("action"))];

    private async Task<Actor> Admin()
    {
        var admin = await server.RegisterByHttp("admin");
        await server.Database.Execute("update account set roles = '{user,admin}' where id = $1", admin.Id);
        return await admin.SignIn();
    }

    [Fact]
    public async Task People_read_their_own_trail_the_newest_first()
    {
        var davor = await Actor.RegisterByHttp(server, "davor");
        (
            await server.Visitor.Post(
                "/api/v1/auth/login",
                new { davor.Email, Password = "not the sentence" },
                ("User-Agent", "guess/1.0")
            )
        ).Is(401);
        var phone = await davor.SignIn();
        var reply = await phone.Get("/api/v1/auth/audit-log");
        Assert.Equal(
            ["sign_in.succeeded", "sign_in.failed", "sign_in.succeeded", "account.registered"],
            Actions(reply)
        );
        var (newest, failed) = (reply.Data[0], reply.Data[1]);
        Assert.Equal(
            (davor.Id.ToString(), davor.Id.ToString(), "127.0.0.1"),
            (newest.Text("account_id"), newest.Text("actor_id"), newest.Text("ip"))
        );
        Assert.Equal(
            (await phone.Get("/api/v1/auth/sessions"))
                .Data.EnumerateArray()
                .Single(s => s.GetProperty("current").GetBoolean())
                .Text("id"),
            newest.Text("session_id")
        );
        Assert.Equal("password", newest.GetProperty("detail").GetProperty("methods")[0].GetString());
        Assert.Equal(
            ("guess/1.0", JsonValueKind.Null),
            (failed.Text("device"), failed.GetProperty("actor_id").ValueKind)
        );
        Assert.DoesNotContain("sentence", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repeat()
    {
        var davor = await Actor.RegisterByHttp(server, "davor");
        for (var i = 0; i < 5; i++)
            await davor.SignIn();
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = (
                await davor.Get($"/api/v1/auth/audit-log?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}")
            ).Is(200);
            seen.AddRange(page.Data.EnumerateArray().Select(e => e.Text("id")));
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString();
        } while (cursor is not null);
        Assert.Equal(7, seen.Count);
        Assert.Equal(7, seen.Distinct().Count());
        Assert.Equal(
            ["cursor INVALID_FORMAT"],
            (await davor.Get("/api/v1/auth/audit-log?cursor=nonsense")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["limit OUT_OF_RANGE"],
            (await davor.Get("/api/v1/auth/audit-log?limit=201")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    [Fact]
    public async Task Admins_search_all_of_it_and_nobody_else_does()
    {
        var admin = await Admin();
        var davor = await Actor.RegisterByHttp(server, "davor");
        (await davor.Get("/api/v1/admin/audit-log")).Is(403, "FORBIDDEN");
        (await admin.Put($"/api/v1/admin/users/{davor.Id}/suspension", new { Reason = "Spam" })).Is(200);
        Assert.Equal(
            ["account.suspended", "sign_in.succeeded", "account.registered"],
            Actions(await admin.Get($"/api/v1/admin/audit-log?account_id={davor.Id}"))
        );
        var byAdmin = (await admin.Get($"/api/v1/admin/audit-log?actor_id={admin.Id}&limit=1")).Is(200).Data[0];
        Assert.Equal(("account.suspended", davor.Id.ToString()), (byAdmin.Text("action"), byAdmin.Text("account_id")));
        Each.Of(
            Actions(await admin.Get("/api/v1/admin/audit-log?action=account.suspended")),
            a => Assert.Equal("account.suspended", a)
        );
        Assert.True(Actions(await admin.Get("/api/v1/admin/audit-log")).Length > 3);
        (await admin.Get($"/api/v1/admin/audit-log?account_id={davor.Id}&action=x")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_suspension_that_runs_out_is_lifted_by_the_clock_and_the_trail_says_so()
    {
        var admin = await Admin();
        var davor = await Actor.RegisterByHttp(server, "davor");
        (
            await admin.Put(
                $"/api/v1/admin/users/{davor.Id}/suspension",
                new { Reason = "Cool down", Until = DateTime.UtcNow.AddHours(1) }
            )
        ).Is(200);
        (await server.Visitor.Post("/api/v1/auth/login", new { davor.Email, Actor.Password })).Is(
            403,
            "ACCOUNT_SUSPENDED"
        );
        await server.Database.Execute(
            "update account set suspended_until = now() - interval '1 second' where id = $1",
            davor.Id
        );
        await davor.SignIn();
        await using (var db = await server.Premises.Source.OpenConnectionAsync())
            await AccountStanding.LiftExpired(db);
        Assert.Contains(
            "account.suspension_expired",
            Actions(await admin.Get($"/api/v1/admin/audit-log?account_id={davor.Id}"))
        );
        Assert.Equal(
            0,
            await server.Database.Scalar<long>(
                "select count(*) from account where id = $1 and suspended_at is not null",
                davor.Id
            )
        );
    }

    [Fact]
    public async Task The_trail_can_only_grow()
    {
        await Actor.RegisterByHttp(server, "davor");
        foreach (var sql in new[] { "update audit_event set action = 'x'", "delete from audit_event" })
            Assert.Equal(
                PostgresErrorCodes.InsufficientPrivilege,
                (await Assert.ThrowsAsync<PostgresException>(async () => await server.Database.Execute(sql))).SqlState
            );
        Assert.Equal(0, await server.Database.Scalar<long>("select count(*) from only audit_event_rest"));
        Assert.True(
            await server.Database.Scalar<long>(
                "select count(*) from pg_inherits where inhparent = 'audit_event'::regclass"
            ) >= 5
        );
    }

    [Fact]
    public async Task An_operator_makes_an_admin()
    {
        var name = $"root{Guid.CreateVersion7():N}"[..20];
        var start = VezaProgram.Command(
            ["admin", "create", $"{name}@example.org", name],
            server.Premises.Variables,
            TestRun.Folder
        );
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync(Actor.Password);
        process.StandardInput.Close();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((0, $"{name} is there and is admin.\n"), (process.ExitCode, said));
        var signedIn = (await server.Visitor.Post("/api/v1/auth/login", new { Username = name, Actor.Password }))
            .Is(200)
            .Data;
        Assert.Equal(
            ["user", "admin"],
            signedIn.GetProperty("user").GetProperty("roles").EnumerateArray().Select(r => r.GetString())
        );
        (
            await server.Visitor.Get(
                "/api/v1/admin/audit-log",
                ("Authorization", $"Bearer {signedIn.Text("access_token")}")
            )
        ).Is(200);

        var mira = await Actor.RegisterByHttp(server, "mira");
        var promoted = (await server.Run("admin", "create", mira.Email, mira.Username)).Succeeds();
        Assert.Contains("is admin now", promoted.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await server.Run("admin", "create", "nonsense", "x")).ExitCode);
    }
}
