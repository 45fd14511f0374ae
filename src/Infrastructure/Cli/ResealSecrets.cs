using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Cli;

/// <summary>
/// The verb <c>veza keys reseal</c>: seals what the rooms keep sealed anew under the newest data key, while Veza
/// serves.
/// </summary>
internal static class ResealSecrets
{
    internal static async Task<int> Run(IEnumerable<SealedColumn> columns)
    {
        if (Usage.Settings() is not { } settings)
            return Usage.Failed;
        await using var postgres = PostgresSource.Open(settings.Postgres, "keys");
        using var master = MasterKey.Open(settings.MasterKey, settings.DataDirectory, mayMake: false);
        var keyring = new Keyring(postgres, master, TimeProvider.System);
        await keyring.Load(CancellationToken.None);
        var secrets = new Secrets(keyring);
        await using var db = await postgres.OpenConnectionAsync();
        foreach (var column in columns)
            Console.WriteLine($"{await column.SealAnew(db, secrets)} {column.What} were sealed anew.");
        return Usage.Ok;
    }
}
