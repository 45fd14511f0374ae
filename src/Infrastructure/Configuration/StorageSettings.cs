namespace Veza.Infrastructure.Configuration;

/// <summary>Where audio is kept: a directory of this machine, or a bucket of an S3-compatible store.</summary>
internal sealed record StorageSettings(string? Directory, S3Settings? S3)
{
    internal static StorageSettings Read(SettingsReader read)
    {
        const string example = "set it to a directory, or to s3://BUCKET?endpoint=https://s3.example.org&region=eu-1";
        if (read.Optional("storage") is not { } text)
        {
            read.Fault("storage", "is not set", example);
            return new StorageSettings("", null);
        }

        if (!text.Contains("://", StringComparison.Ordinal))
            return new StorageSettings(Path.GetFullPath(text), null);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("file" or "s3"))
        {
            read.Fault("storage", $"'{text.Split('?')[0]}' is neither a directory nor an s3:// URL", example);
            return new StorageSettings("", null);
        }

        if (url.Scheme == "file")
            return new StorageSettings(url.LocalPath, null);
        var query = System.Web.HttpUtility.ParseQueryString(url.Query);
        var access = read.Secret("s3:access_key");
        var secret = read.Secret("s3:secret_key");
        if (access is null)
            read.Fault("s3:access_key", "is not set though storage is S3", "set the access key of the bucket's user");
        if (secret is null)
            read.Fault("s3:secret_key", "is not set though storage is S3", "set the secret key of the bucket's user");
        if (query["endpoint"] is { } endpoint && !Uri.TryCreate(endpoint, UriKind.Absolute, out _))
            read.Fault("storage", $"its endpoint '{endpoint}' is not a URL", example);
        return new StorageSettings(
            null,
            new S3Settings(url.Host, query["endpoint"], query["region"] ?? "us-east-1", access ?? "", secret ?? "")
        );
    }

    public override string ToString() =>
        S3 is null ? $"directory {Directory}" : $"S3 bucket {S3.Bucket} at {S3.Endpoint ?? S3.Region}";
}

/// <summary>An S3-compatible bucket; without an endpoint it is Amazon's own in the region.</summary>
internal sealed record S3Settings(string Bucket, string? Endpoint, string Region, string AccessKey, string SecretKey)
{
    public override string ToString() => $"{Bucket} at {Endpoint ?? Region}";
}
