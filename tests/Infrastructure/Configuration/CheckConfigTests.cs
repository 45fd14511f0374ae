using Veza.Tests.Harness;
using Veza.Tests.House;

namespace Veza.Tests.Infrastructure.Configuration;

/// <summary>What an operator sees: each fault by the name of its variable, with what to do.</summary>
public sealed class CheckConfigTests
{
    private static Task<ProgramRun> Check(params (string Name, string? Value)[] settings) =>
        VezaProgram.Run(["check-config"], settings.ToDictionary(s => s.Name, s => s.Value));

    [Fact]
    public async Task Without_settings_every_one_that_is_missing_is_named_at_once()
    {
        var run = await Check();
        Assert.Equal(1, run.ExitCode);
        foreach (var name in new[] { "VEZA__POSTGRES", "VEZA__REDIS", "VEZA__STORAGE" })
            Assert.Contains($"veza: {name}: is not set; set it to ", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("VEZA__HTTP__PORT", "eighty", "'eighty' is not a whole number from 0 to 65535")]
    [InlineData("VEZA__HTTP__PORT", "70000", "'70000' is not a whole number from 0 to 65535")]
    [InlineData("VEZA__HTTP__ADDRESS", "here", "'here' is not an IP address")]
    [InlineData("VEZA__ROLES", "api,cook", "'cook' is not one of api, chat, stream, worker")]
    [InlineData("VEZA__PUBLIC_URL", "music.example.org", "'music.example.org' is not an http or https URL")]
    [InlineData("VEZA__AUTH__ACCESS_TOKEN_S", "5", "'5' is not a whole number from 60 to 3600")]
    [InlineData("VEZA__HTTP__PROXIES", "10.0.0.1,proxy.local", "'proxy.local' is neither an IP address nor a network")]
    [InlineData("VEZA__HTTP__PROXIES", "10.0.0.0/33", "'10.0.0.0/33' is neither an IP address nor a network")]
    [InlineData("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", "many", "'many' is not a whole number from 0 to 1000")]
    [InlineData("VEZA__STORAGE", "ftp://host/x", "'ftp://host/x' is neither a directory nor an s3:// URL")]
    [InlineData("VEZA__STREAM__DELIVERY", "pigeon", "'pigeon' is not one of direct, accel, redirect")]
    [InlineData("VEZA__STREAM__DELIVERY", "redirect", "is redirect, but storage is a directory")]
    [InlineData("VEZA__STREAM__ACCEL_PATH", "objects", "'objects' is not a path that begins and ends with /")]
    [InlineData("VEZA__STREAM__CDN", "cdn.example.org", "'cdn.example.org' is not an http or https URL")]
    [InlineData("VEZA__ENVIRONMENT", "test", "'test' is not production or development")]
    [InlineData("VEZA__MEDIA__REQUIRE", "network,luck", "'luck' is not one of network, files, user")]
    [InlineData("VEZA__REDIS", "http://host", "is not a redis:// URL")]
    [InlineData("VEZA__POSTGRES", "Hostname=x;Password=hidden-word", "cannot be read as a connection string")]
    [InlineData("VEZA__MASTER_KEY_FILE", "/nowhere/key", "the file '/nowhere/key' does not exist")]
    public async Task A_fault_names_the_variable_and_what_is_wrong(string name, string value, string problem)
    {
        var run = await Check(
            new Dictionary<string, string?>
            {
                ["VEZA__POSTGRES"] = "Host=127.0.0.1",
                ["VEZA__REDIS"] = "127.0.0.1",
                ["VEZA__STORAGE"] = TestRun.Folder,
                [name] = value,
            }
                .Select(s => (s.Key, s.Value))
                .ToArray()
        );
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"veza: {name}: {problem}",
            Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("hidden-word", run.Errors + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S3_without_keys_is_told()
    {
        var run = await Check(
            ("VEZA__POSTGRES", "Host=127.0.0.1"),
            ("VEZA__REDIS", "127.0.0.1"),
            ("VEZA__STORAGE", "s3://bucket?endpoint=http://127.0.0.1:9")
        );
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VEZA__S3__ACCESS_KEY", run.Errors, StringComparison.Ordinal);
        Assert.Contains("VEZA__S3__SECRET_KEY", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_answer_make_it_sound_and_one_that_does_not_is_named()
    {
        await using var premises = await TestEnvironment.Create();
        var sound = (await VezaProgram.Run(["check-config"], premises.Variables)).Succeeds();
        Assert.Contains("The configuration is sound.", sound.Output, StringComparison.Ordinal);
        premises.Variables["VEZA__POSTGRES"] = "Host=127.0.0.1;Port=1;Username=veza;Password=hidden-word;Database=veza";
        var run = await VezaProgram.Run(["check-config"], premises.Variables);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VEZA__POSTGRES: not so that PostgreSQL answers", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-word", run.Errors + run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jobs", "list")]
    [InlineData("keys", "rotate")]
    [InlineData("keys", "reseal")]
    public async Task Verbs_that_work_in_the_database_say_so_when_it_does_not_answer(params string[] verb)
    {
        await using var premises = await TestEnvironment.Create(inS3: false);
        premises.Variables["VEZA__POSTGRES"] = "Host=127.0.0.1;Port=1;Username=veza;Password=hidden-word;Database=veza";
        if (verb[0] == "keys")
        {
            var keyless = await VezaProgram.Run(verb, premises.Variables);
            Assert.Equal(1, keyless.ExitCode);
            Assert.StartsWith("veza: There is no master key at ", keyless.Errors, StringComparison.Ordinal);
        }

        premises.Variables["VEZA__MASTER_KEY"] = Convert.ToBase64String(
            System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)
        );
        var run = await VezaProgram.Run(verb, premises.Variables);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("veza: PostgreSQL did not answer as it should: ", run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.Trim().Split('\n'));
    }

    [Fact]
    public async Task Serve_refuses_what_check_config_refuses()
    {
        var run = await VezaProgram.Run(["serve"], new Dictionary<string, string?>());
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("VEZA__POSTGRES", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_verb_that_does_not_exist_is_told_and_help_lists_all()
    {
        var none = new Dictionary<string, string?>();
        Assert.Equal(2, (await VezaProgram.Run(["dance"], none)).ExitCode);
        Assert.Equal(2, (await VezaProgram.Run(["serve", "--dance"], none)).ExitCode);
        var help = (await VezaProgram.Run(["help"], none)).Succeeds().Output;
        foreach (
            var verb in new[]
            {
                "serve",
                "migrate",
                "check-config",
                "keys rotate",
                "jobs list",
                "jobs retry",
                "openapi",
                "healthcheck",
                "version",
            }
        )
            Assert.Contains($"veza {verb}", help, StringComparison.Ordinal);
        Assert.StartsWith(
            "veza ",
            (await VezaProgram.Run(["version"], none)).Succeeds().Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task There_is_no_default_secret()
    {
        var keys = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            await using var server = await VezaServer.Start();
            var path = Path.Combine(server.Premises.Variables["VEZA__DATA"]!, "master.key");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            var key = await File.ReadAllTextAsync(path);
            Assert.Equal(32, Convert.FromBase64String(key).Length);
            keys.Add(key);
            Assert.DoesNotContain(key, server.Log, StringComparison.Ordinal);
            // Kept over a restart: tokens stay good.
            var mira = await server.Register("mira");
            await server.Restart();
            (await mira.Get("/api/v1/auth/me")).Is(200);
            Assert.Equal(key, await File.ReadAllTextAsync(path));
            (await server.Run("healthcheck")).Succeeds();
        }

        Assert.NotEqual(keys[0], keys[1]);
    }

    [Fact]
    public async Task A_node_with_another_master_key_says_so_instead_of_serving()
    {
        await using var server = await VezaServer.Start();
        server.Premises.Variables["VEZA__DATA"] = TestRun.NewFolder("data");
        server.Premises.Variables["VEZA__HTTP__PORT"] = "0";
        var run = await VezaProgram.Run(["serve"], server.Premises.Variables);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("another master key", run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_whose_database_is_not_migrated_lives_says_so_and_serves_when_it_is()
    {
        await using var server = await VezaServer.Start();
        await server.Stop();
        await server.Database.Execute("drop table schema_migration");
        var restarting = server.Restart();
        await Eventually.True(
            "it is live",
            async () =>
            {
                try
                {
                    return (await server.Visitor.Get("/health/live")).Status == 200;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }
        );
        var waiting = (await server.Visitor.Get("/health/ready")).Is(503).Data;
        Assert.Contains(
            "veza migrate",
            await Eventually.Get(
                "it says what it waits for",
                async () =>
                    (await server.Visitor.Get("/health/ready")).Data.Text("waits_for") is var text
                    && text.Contains("migrate", StringComparison.Ordinal)
                        ? text
                        : null
            ),
            StringComparison.Ordinal
        );
        Assert.Equal("not ready", waiting.Text("status"));
        (await server.Visitor.Get("/api/v1/tracks")).Is(503, "UNAVAILABLE");
        await server.Database.Execute(
            "create table schema_migration (name text primary key, sha256 text not null, applied_at timestamptz "
                + "not null default now())"
        );
        foreach (var file in SchemaFile.All())
            await server.Database.Execute("insert into schema_migration (name, sha256) values ($1, '')", file.Name);
        await restarting;
        (await server.Visitor.Get("/api/v1/tracks")).Is(200);
    }
}
