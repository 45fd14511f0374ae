using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Streaming;

/// <summary>
/// Who sends a variant's bytes once a signed URL was found good: this process, the proxy before it, which reads the
/// same directory, or the bucket and what caches it.
/// </summary>
internal sealed class Delivery(StreamingSettings settings, StorageSettings storage, TimeProvider clock)
{
    private static readonly TimeSpan RedirectKept = TimeSpan.FromMinutes(5);
    private readonly BucketLinks? links =
        settings.Delivery == StreamingSettings.Redirect ? new BucketLinks(storage.S3!, settings.Cdn, clock) : null;

    /// <summary>True when the answer is complete and others send the bytes, ranges and conditions included.</summary>
    internal bool HandOver(HttpResponse response, ObjectAnswer answer, int secondsLeft)
    {
        switch (settings.Delivery)
        {
            case StreamingSettings.Accel:
                response.ContentType = answer.ContentType;
                response.Headers["X-Accel-Redirect"] = settings.AccelPath + answer.Key;
                return true;
            // A presigned GET is no good for a HEAD, which is cheap to answer here.
            case StreamingSettings.Redirect when HttpMethods.IsGet(response.HttpContext.Request.Method):
                // Kept for a while, so that a player that reads segment by segment does not ask for each.
                response.Headers.CacheControl =
                    $"private, max-age={Math.Min(secondsLeft, (int)RedirectKept.TotalSeconds)}";
                response.Headers.Location = links!.To(answer.Key).AbsoluteUri;
                response.StatusCode = StatusCodes.Status302Found;
                return true;
            default:
                return false;
        }
    }
}
