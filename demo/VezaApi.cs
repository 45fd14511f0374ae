using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Veza.Demo;

/// <summary>
/// Veza as its HTTP contract has it: the envelope comes off here, and every refusal says what was asked and what came
/// back.
/// </summary>
internal sealed class VezaApi(Uri url) : IDisposable
{
    private const int PerPage = 100;
    private const int Attempts = 4;
    private static readonly TimeSpan PatienceMost = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);

    // A proxy of the surroundings has no business between two programs of one machine.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = !url.IsLoopback })
    {
        Timeout = TimeSpan.FromMinutes(3),
    };

    public void Dispose() => _http.Dispose();

    /// <summary>Waits until something ready answers at the address.</summary>
    public async Task Reach(CancellationToken ct)
    {
        DateTime until = DateTime.UtcNow + StartsWithin;
        while (true)
        {
            string last;
            try
            {
                using HttpResponseMessage answer = await _http.GetAsync(Path("/health/ready"), ct);
                if (answer.IsSuccessStatusCode)
                    return;

                last = $"GET /health/ready answers {(int)answer.StatusCode}";
            }
            catch (HttpRequestException refused)
            {
                last = refused.Message;
            }

            if (DateTime.UtcNow > until)
                throw new SeedFailure($"No Veza is ready at {url} ({last}). Start one, or name another with --url.");

            await Task.Delay(250, ct);
        }
    }

    public Task<JsonNode?> Get(string path, Person? by, CancellationToken ct) =>
        Send(HttpMethod.Get, path, by, () => null, ct);

    public Task<JsonNode?> Put(string path, Person? by, CancellationToken ct) =>
        Send(HttpMethod.Put, path, by, () => null, ct);

    public Task<JsonNode?> Post(string path, Person? by, JsonObject body, CancellationToken ct) =>
        Send(
            HttpMethod.Post,
            path,
            by,
            () => new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"),
            ct
        );

    public Task<JsonNode?> Post(string path, Person? by, Func<HttpContent?> body, CancellationToken ct) =>
        Send(HttpMethod.Post, path, by, body, ct);

    /// <summary>A list to its end, page by page.</summary>
    public async Task<List<JsonNode>> GetAll(string path, Person by, CancellationToken ct)
    {
        var all = new List<JsonNode>();
        for (int page = 1; ; page++)
        {
            string address =
                $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}page={page}&per_page={PerPage}";
            JsonArray items =
                await Get(address, by, ct) as JsonArray
                ?? throw new SeedFailure($"GET {address} did not answer with a list.");
            all.AddRange(items.OfType<JsonNode>());
            if (items.Count < PerPage)
                return all;
        }
    }

    /// <summary>A text field of an answer that the contract promises.</summary>
    public static string Text(JsonNode? data, string field) =>
        data?[field] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : throw new SeedFailure($"An answer has no \"{field}\": {data?.ToJsonString()}");

    private async Task<JsonNode?> Send(
        HttpMethod method,
        string path,
        Person? by,
        Func<HttpContent?> body,
        CancellationToken ct
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            // A content can be sent once: each attempt makes its own.
            using var request = new HttpRequestMessage(method, Path(path)) { Content = body() };
            if (by is not null)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", by.AccessToken);

            using HttpResponseMessage answer = await Exchange(request, path, ct);
            string text = await answer.Content.ReadAsStringAsync(ct);
            if (answer.IsSuccessStatusCode)
                return text.Length == 0 ? null : Parse(text)?["data"];

            bool busy = answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable;
            if (busy && attempt < Attempts && answer.Headers.RetryAfter?.Delta is { } wait && wait <= PatienceMost)
            {
                await Task.Delay(wait, ct);
                continue;
            }

            throw Refusal(method, path, answer, text);
        }
    }

    private async Task<HttpResponseMessage> Exchange(HttpRequestMessage request, string path, CancellationToken ct)
    {
        try
        {
            return await _http.SendAsync(request, ct);
        }
        catch (HttpRequestException broken)
        {
            throw new SeedFailure($"{request.Method} {path} got no answer: {broken.Message}");
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new SeedFailure($"{request.Method} {path} got no answer within {_http.Timeout.TotalSeconds:0} s.");
        }
    }

    private static SeedFailure Refusal(HttpMethod method, string path, HttpResponseMessage answer, string text)
    {
        JsonNode? envelope = Parse(text);
        string? code = (string?)envelope?["error_code"],
            id = (string?)envelope?["meta"]?["request_id"];
        if (id is null && answer.Headers.TryGetValues("X-Request-Id", out IEnumerable<string>? ids))
            id = ids.First();

        string said = (string?)envelope?["message"] ?? text[..Math.Min(text.Length, 200)];
        var line = new StringBuilder(
            $"{method} {path} answered {(int)answer.StatusCode} {code}: {said} (request {id ?? "without id"})"
        );
        foreach (JsonNode? field in envelope?["errors"] as JsonArray ?? [])
            line.Append($"\n  {field?["field"]}: {field?["code"]} {field?["message"]}");

        return new SeedFailure(line.ToString(), answer.StatusCode, code);
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Relative to the address, which may itself end in a path.
    private Uri Path(string path) => new($"{url.AbsoluteUri.TrimEnd('/')}{path}");
}
