using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.OAuth;

/// <summary>An answer of a provider: JSON, and no larger than it may be.</summary>
internal sealed record ProviderAnswer(int Status, JsonElement Json)
{
    internal bool IsSuccess => Status == StatusCodes.Status200OK;
}

/// <summary>
/// The one way to a provider's servers: it waits five seconds for a whole answer, reads 256 KiB and no more, follows no
/// redirect, keeps no cookies and unpacks nothing. Whatever else comes back is the provider's failure and never ours.
/// </summary>
internal sealed class ProviderHttp : IDisposable
{
    private const int AnswerBytesMax = 256 * 1024,
        HeadersKibMax = 16,
        JsonLevelsMax = 16;
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(5),
        ConnectionMax = TimeSpan.FromMinutes(5);
    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = JsonLevelsMax,
        AllowDuplicateProperties = false,
    };

    private readonly HttpClient client = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = AnswerMax,
            MaxResponseHeadersLength = HeadersKibMax,
            PooledConnectionLifetime = ConnectionMax,
        }
    )
    {
        // The deadline below also covers the body, which this one would not.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    internal async Task<ProviderAnswer> Get(Uri address, string? accessToken, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await Send(request, ct);
    }

    internal async Task<ProviderAnswer> Post(Uri address, Dictionary<string, string> form, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent(form),
        };
        return await Send(request, ct);
    }

    public void Dispose() => client.Dispose();

    internal static ProviderFault Unavailable(string reason) => new(AuthErrors.ProviderUnavailable, reason);

    private async Task<ProviderAnswer> Send(HttpRequestMessage request, CancellationToken ct)
    {
        HeldConnections.MustBeNone("a provider");
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.UserAgent.ParseAdd("Veza");
        var what = $"{request.Method} {request.RequestUri!.GetLeftPart(UriPartial.Path)}";
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(AnswerMax);
        try
        {
            using var response = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                deadline.Token
            );
            var status = (int)response.StatusCode;
            if (status is < 200 or (>= 300 and < 400) or >= 500)
                throw Unavailable($"{what} answered {status}");
            await response.Content.LoadIntoBufferAsync(AnswerBytesMax, deadline.Token);
            using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(deadline.Token), Strict);
            return new ProviderAnswer(status, body.RootElement.Clone());
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Unavailable($"{what} gave no whole answer in {AnswerMax.TotalSeconds:0} s");
        }
        catch (JsonException)
        {
            throw Unavailable($"{what} answered with something else than sound JSON");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unavailable(
                $"{what} failed: {(e as HttpRequestException)?.HttpRequestError.ToString() ?? e.GetType().Name}"
            );
        }
    }
}
