using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Presigned GET URLs of objects in the bucket (AWS Signature Version 4, query parameters). Everybody gets the same URL
/// within an hour, or no cache would ever be hit: it is dated to the hour's beginning, and good for the hour and two
/// more. Cached answers may be kept thirty days.
/// </summary>
internal sealed class BucketLinks(S3Settings settings, Uri? cdn, TimeProvider clock)
{
    internal const string CacheControl = "public, max-age=2592000, immutable";
    private const string Algorithm = "AWS4-HMAC-SHA256",
        Service = "s3";
    private static readonly TimeSpan Dated = TimeSpan.FromHours(1),
        Good = TimeSpan.FromHours(3);
    private readonly Uri bucket = settings.Endpoint is { } endpoint
        ? new Uri($"{endpoint.TrimEnd('/')}/{settings.Bucket}/")
        : new Uri($"https://{settings.Bucket}.s3.{settings.Region}.amazonaws.com/");

    /// <summary>
    /// At the CDN where there is one: it must ask the bucket under the bucket's own name, which is what is signed.
    /// </summary>
    internal Uri To(string key)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var path = bucket.AbsolutePath + ObjectKey.Valid(key);
        var query = Query(
            path,
            now - new TimeSpan(now.Ticks % Dated.Ticks),
            Good,
            ("response-cache-control", CacheControl)
        );
        return new Uri($"{(cdn ?? bucket).GetLeftPart(UriPartial.Authority)}{path}?{query}");
    }

    /// <summary>
    /// The query that makes a GET of the path good from that time on. More parameters come in the order of their names,
    /// after X-Amz.
    /// </summary>
    internal string Query(
        string path,
        DateTime from,
        TimeSpan good,
        params ReadOnlySpan<(string Name, string Value)> more
    )
    {
        var time = from.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{settings.Region}/{Service}/aws4_request";
        var query = new StringBuilder(
            $"X-Amz-Algorithm={Algorithm}&X-Amz-Credential={Uri.EscapeDataString($"{settings.AccessKey}/{scope}")}&X-Amz-Date={time}"
        );
        query.Append(
            CultureInfo.InvariantCulture,
            $"&X-Amz-Expires={(long)good.TotalSeconds}&X-Amz-SignedHeaders=host"
        );
        foreach (var (name, value) in more)
            query.Append(CultureInfo.InvariantCulture, $"&{name}={Uri.EscapeDataString(value)}");
        var request = $"GET\n{path}\n{query}\nhost:{bucket.Authority}\n\nhost\nUNSIGNED-PAYLOAD";
        var signed =
            $"{Algorithm}\n{time}\n{scope}\n"
            + $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + settings.SecretKey);
        foreach (var step in scope.Split('/'))
            key = Mac(key, step);
        return query
            .Append(CultureInfo.InvariantCulture, $"&X-Amz-Signature={Convert.ToHexStringLower(Mac(key, signed))}")
            .ToString();
    }

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
