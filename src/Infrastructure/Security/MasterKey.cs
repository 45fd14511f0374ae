using System.Security.Cryptography;
using System.Text;

namespace Veza.Infrastructure.Security;

/// <summary>
/// Seals what Veza keeps secret in the database: AES-256-GCM, bound to a context so that a sealed value cannot be moved
/// elsewhere.
/// </summary>
internal sealed class MasterKey : IDisposable
{
    private const byte Version = 1;
    private const int KeyBytes = 32,
        NonceBytes = 12,
        TagBytes = 16,
        IdBytes = 4;
    private readonly AesGcm aes;
    private readonly byte[] id;
    private readonly byte[] derivation;

    private MasterKey(byte[] key)
    {
        aes = new AesGcm(key, TagBytes);
        derivation = HMACSHA256.HashData(key, "veza derived keys"u8);
        id = SHA256.HashData([.. "veza master key id"u8, .. key])[..IdBytes];
    }

    /// <summary>
    /// The configured key (base64, 32 bytes), or the one in the data directory, made there on first start.
    /// </summary>
    internal static MasterKey Open(string? configured, string dataDirectory, bool mayMake = true)
    {
        if (configured is not null)
            return new MasterKey(Decode(configured, "VEZA__MASTER_KEY"));
        var path = Path.Combine(dataDirectory, "master.key");
        if (!File.Exists(path) && !mayMake)
            throw new CryptographicException(
                $"There is no master key at {path}. Give this command the VEZA__MASTER_KEY or VEZA__DATA of the nodes."
            );
        if (!File.Exists(path))
            Make(path);
        return new MasterKey(Decode(File.ReadAllText(path).Trim(), path));
    }

    internal byte[] Seal(ReadOnlySpan<byte> secret, string context)
    {
        var sealedBytes = new byte[1 + IdBytes + NonceBytes + TagBytes + secret.Length];
        sealedBytes[0] = Version;
        id.CopyTo(sealedBytes, 1);
        var nonce = sealedBytes.AsSpan(1 + IdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        aes.Encrypt(
            nonce,
            secret,
            sealedBytes.AsSpan(1 + IdBytes + NonceBytes + TagBytes),
            sealedBytes.AsSpan(1 + IdBytes + NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(context)
        );
        return sealedBytes;
    }

    internal byte[] Open(ReadOnlySpan<byte> sealedBytes, string context)
    {
        const int head = 1 + IdBytes + NonceBytes + TagBytes;
        if (sealedBytes.Length < head || sealedBytes[0] != Version)
            throw new CryptographicException("The sealed value has an unknown form.");
        if (!sealedBytes.Slice(1, IdBytes).SequenceEqual(id))
            throw new CryptographicException(
                "The database's keys were sealed with another master key. Give this node the VEZA__MASTER_KEY "
                    + "(or the data directory) of the others."
            );
        var secret = new byte[sealedBytes.Length - head];
        aes.Decrypt(
            sealedBytes.Slice(1 + IdBytes, NonceBytes),
            sealedBytes[head..],
            sealedBytes.Slice(1 + IdBytes + NonceBytes, TagBytes),
            secret,
            Encoding.UTF8.GetBytes(context)
        );
        return secret;
    }

    /// <summary>
    /// A key for something that need not be kept, such as the names of counters: the same on every node, and nobody
    /// else's.
    /// </summary>
    internal byte[] Derive(string purpose) => HMACSHA256.HashData(derivation, Encoding.UTF8.GetBytes(purpose));

    public void Dispose() => aes.Dispose();

    private static byte[] Decode(string text, string source)
    {
        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(text, key, out var written) && written == KeyBytes
            ? key
            : throw new CryptographicException(
                $"{source} is not the base64 of {KeyBytes} bytes. Make one with: openssl rand -base64 32"
            );
    }

    /// <summary>
    /// Two processes may start at once: the file appears whole or not at all, and the first one wins.
    /// </summary>
    private static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Environment.ProcessId}";
        using (
            var file = new FileStream(
                draft,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
        {
            file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))));
            file.Flush(flushToDisk: true);
        }

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
