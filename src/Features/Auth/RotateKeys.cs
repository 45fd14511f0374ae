using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Rotates the signing keys while the nodes run.</summary>
internal static class RotateKeys
{
    /// <summary>
    /// Longer than any token or URL that the old keys signed can be in use, refresh tokens apart: those end their
    /// sessions.
    /// </summary>
    internal static async Task<int> Run(string[] args)
    {
        if (args is not ["rotate"])
            return await Usage.Explain(["keys", .. args]);
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        await using var postgres = PostgresSource.Open(settings.Postgres, "keys");
        // Opening the keys that are there proves that this is the nodes' master key: keys sealed with another would
        // stop them all.
        using var master = MasterKey.Open(settings.MasterKey, settings.DataDirectory, mayMake: false);
        var keyring = new Keyring(postgres, master, TimeProvider.System);
        await keyring.Load(CancellationToken.None);
        var days = settings.Of<AuthSettings>().SessionDays;
        await keyring.Rotate(TimeSpan.FromDays(days), CancellationToken.None);
        Console.WriteLine($"New keys sign from a minute from now on; the old ones verify for another {days} days.");
        return Usage.Ok;
    }
}
