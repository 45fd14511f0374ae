using System.Globalization;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Cli;

/// <summary>Brings the database to this binary's schema.</summary>
internal static class Migrate
{
    internal static async Task<int> Run(string[] _)
    {
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        await using var postgres = PostgresSource.Open(settings.Postgres, "migrate");
        var count = await Migrations.Apply(postgres, Console.WriteLine, CancellationToken.None);
        Console.WriteLine(count == 0 ? "The database is up to date." : $"{count} migrations applied.");
        if (settings.PostgresServingRole is not { } role)
            return Usage.Ok;
        await Migrations.Grant(postgres, role, CancellationToken.None);
        Console.WriteLine($"The role {role} may serve.");
        return Usage.Ok;
    }
}

/// <summary>Explains each fault of the settings, then tries each server that they name.</summary>
internal static class CheckConfig
{
    internal static async Task<int> Run(string[] _)
    {
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        var sound = await Try(
            "VEZA__POSTGRES",
            "PostgreSQL answers",
            async () =>
            {
                await using var postgres = PostgresSource.Open(settings.Postgres, "check");
                var missing = await Migrations.Missing(postgres, CancellationToken.None);
                return missing.Length == 0
                    ? "the schema is up to date"
                    : $"'veza migrate' has {missing.Length} migrations to apply";
            }
        );
        sound &= await Try(
            "VEZA__REDIS",
            "Redis answers",
            async () =>
            {
                using var redis = new Redis.RedisLink(settings, TimeProvider.System);
                return $"ping {(await redis.Database.PingAsync()).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms";
            }
        );
        sound &= await Try(
            "VEZA__STORAGE",
            "storage takes and gives back a byte",
            async () =>
            {
                await Stores.Open(settings.Storage).Check(CancellationToken.None);
                return settings.Storage.ToString();
            }
        );
        if (settings.Mail is { } mail)
            sound &= await Try(
                "VEZA__MAIL__SMTP",
                "the mail server answers",
                async () =>
                {
                    await Mail.MailServer.Check(mail, CancellationToken.None);
                    return mail.ToString();
                }
            );
        if (settings.Roles.Contains("worker"))
            sound &= await Try(
                "VEZA__WORKER__SCRATCH",
                "files in work have room",
                () =>
                {
                    Directory.CreateDirectory(settings.Worker.Scratch);
                    return Task.FromResult(
                        $"{settings.Worker}; {new DriveInfo(settings.Worker.Scratch).AvailableFreeSpace >> 20} "
                            + $"MiB are free"
                    );
                }
            );
        if (settings.Roles.Overlaps([Roles.Worker, Roles.Api]) && Media.MediaSandbox.IsInstalled)
            sound &= await Try(
                MediaSettings.Variable,
                "the tools of strangers' files are kept in",
                async () =>
                {
                    var lacks = await Media.MediaGuard.Lacks(settings);
                    if (lacks.Length > 0)
                        throw new InvalidOperationException(string.Join('\n', lacks));
                    var here = await Media.MediaProtections.Known;
                    return here.ToString();
                }
            );
        Console.WriteLine(
            sound
                ? "The configuration is sound."
                : "The configuration is well-formed, but not everything that it names answers."
        );
        return sound ? Usage.Ok : Usage.Failed;
    }

    private static async Task<bool> Try(string variable, string claim, Func<Task<string>> check)
    {
        try
        {
            Console.WriteLine($"{variable}: {claim}: {await check()}");
            return true;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"{variable}: not so that {claim}: {e.Message}");
            return false;
        }
    }
}

/// <summary>For a container's HEALTHCHECK: asks the server of the same settings.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(3);

    internal static async Task<int> Run(string[] _)
    {
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        using var client = new HttpClient { Timeout = AnswerMax };
        var host = settings.Http.Address is "*" or "0.0.0.0" or "::" or "localhost"
            ? "127.0.0.1"
            : settings.Http.Address;
        try
        {
            var answer = await client.GetAsync(new Uri($"http://{host}:{settings.Http.Port}/health/ready"));
            Console.WriteLine($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            return answer.IsSuccessStatusCode ? Usage.Ok : Usage.Failed;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Console.Error.WriteLine($"veza: no answer: {e.Message}");
            return Usage.Failed;
        }
    }
}
