using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>Opens the store that the settings name.</summary>
internal static class Stores
{
    internal static IObjectStore Open(StorageSettings settings) =>
        settings.S3 is { } s3 ? new S3Store(s3) : new DirectoryStore(settings.Directory!);
}
