using System.Net;
using System.Net.Http.Headers;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Push;

/// <summary>Whoever should take the push does not, for now.</summary>
internal sealed class PushFailedException(string message) : Exception(message);

/// <summary>It will never be taken: a matter for the operator.</summary>
internal sealed class PushRefusedException(string message) : Exception(message), IHopeless;

/// <summary>
/// The one way by which pushes leave: a request that waits ten seconds, follows no redirect, keeps no cookies and reads
/// no answer beyond its headers. To strangers' URLs it goes by <see cref="PushDestinations"/>; to the operator's
/// gateway as it stands.
/// </summary>
internal sealed class PushHttp(PushDestinations destinations, TimeProvider clock) : IDisposable
{
    private const int HeadersKibMax = 16,
        RetryAfterMinS = 1,
        RetryAfterMaxS = 6 * 3600,
        RetryAfterUsualS = 60;
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10),
        ConnectionMax = TimeSpan.FromMinutes(5);
    private readonly HttpClient guarded = Client(destinations.Connect),
        trusted = Client(null);

    /// <summary>
    /// True when it was taken, false when there is no such device any more. Everything else is a try that failed, now
    /// or for good.
    /// </summary>
    internal async Task<bool> Post(HttpRequestMessage request, bool isStrangers, CancellationToken ct)
    {
        HeldConnections.MustBeNone("a push service");
        var host = request.RequestUri!.Host;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(AnswerMax);
        try
        {
            using var answer = await (isStrangers ? guarded : trusted).SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                deadline.Token
            );
            return Judge(answer, host);
        }
        catch (HttpRequestException e) when (e.InnerException is DestinationRefusedException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new PushFailedException($"The push service {host} gave no answer in {AnswerMax.TotalSeconds:0} s");
        }
        catch (HttpRequestException e)
        {
            throw new PushFailedException($"The push service {host} cannot be reached: {e.HttpRequestError}");
        }
    }

    public void Dispose()
    {
        guarded.Dispose();
        trusted.Dispose();
    }

    private bool Judge(HttpResponseMessage answer, string host)
    {
        var status = (int)answer.StatusCode;
        if (status is >= 200 and < 300)
            return true;
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
            return false;
        // Who names a time is waited for, and that costs no try.
        if (status == 429 || (status >= 500 && answer.Headers.RetryAfter is not null))
            throw new JobPostponedException(
                $"The push service {host} asks for patience ({status})",
                Wait(answer.Headers.RetryAfter)
            );
        if (status >= 500)
            throw new PushFailedException($"The push service {host} answered {status}");
        throw new PushRefusedException($"The push service {host} refused the push for good: {status}");
    }

    private TimeSpan Wait(RetryConditionHeaderValue? retryAfter)
    {
        var wait =
            retryAfter?.Delta
            ?? (retryAfter?.Date is { } date ? date - clock.GetUtcNow() : TimeSpan.FromSeconds(RetryAfterUsualS));
        return TimeSpan.FromSeconds(Math.Clamp(wait.TotalSeconds, RetryAfterMinS, RetryAfterMaxS));
    }

    private static HttpClient Client(
        Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect
    ) =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = connect is null,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = AnswerMax,
                MaxResponseHeadersLength = HeadersKibMax,
                PooledConnectionLifetime = ConnectionMax,
                ConnectCallback = connect,
            }
        )
        {
            // The deadline is for each request.
            Timeout = Timeout.InfiniteTimeSpan,
        };
}
