using System.Security.Cryptography;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Health;

/// <summary>
/// Waits until PostgreSQL is there and migrated and storage takes a byte, loads the keys, and then declares the process
/// ready. Live from the first moment, it never gives up waiting.
/// </summary>
internal sealed partial class Warmup(
    PostgresSource postgres,
    IObjectStore store,
    Keyring keyring,
    RevocationFeed revocations,
    Readiness readiness,
    Settings settings,
    TimeProvider clock,
    ILogger<Warmup> log
) : BackgroundService
{
    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(100),
        PauseMax = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        for (var pause = PauseFirst; !readiness.HasStarted; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            var before = readiness.WaitsFor;
            try
            {
                if (await Try(stopping))
                    return;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested && e is not CryptographicException)
            {
                readiness.WaitsFor =
                    e is NpgsqlException
                        ? $"PostgreSQL: {e.Message}"
                        : $"object storage ({settings.Storage}): {e.Message}";
            }

            if (readiness.WaitsFor != before)
                LogWaiting(readiness.WaitsFor);
            await Task.Delay(pause, clock, stopping);
        }
    }

    private async Task<bool> Try(CancellationToken stopping)
    {
        var missing = await Migrations.Missing(postgres, stopping);
        if (missing.Length > 0)
        {
            readiness.WaitsFor =
                $"'veza migrate': the database lacks {missing.Length} migrations, the first is {missing[0]}";
            return false;
        }

        await keyring.MakeMissing(stopping);
        await keyring.Load(stopping);
        await store.Check(stopping);
        await revocations.Loaded.WaitAsync(stopping);
        readiness.Ready();
        LogReady(settings.PublicUrl.OriginalString, string.Join(", ", settings.Roles), settings.Storage.ToString());
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for {What}")]
    private partial void LogWaiting(string? what);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready at {Url}: serving {Roles}, storage is {Storage}")]
    private partial void LogReady(string url, string roles, string storage);
}
