using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Veza.Bench.Load;

/// <summary>Somebody who uploads for a measurement.</summary>
internal sealed class BenchAccount : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient http;

    private BenchAccount(HttpClient http) => this.http = http;

    internal static async Task<BenchAccount> Register(Uri url, string name)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(5) };
        var account = new BenchAccount(http);
        var signedIn = await Data(
            await http.PostAsJsonAsync(
                "/api/v1/auth/register",
                new
                {
                    email = $"{name}@example.org",
                    username = name,
                    password = "only for the bench",
                }
            )
        );
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            signedIn.GetProperty("access_token").GetString()
        );
        return account;
    }

    internal async Task<Guid> Upload(string path)
    {
        await using var file = File.OpenRead(path);
        using var form = new MultipartFormDataContent
        {
            { new StreamContent(file, 1 << 17), "file", Path.GetFileName(path) },
        };
        return (await Data(await http.PostAsync("/api/v1/tracks", form))).GetProperty("id").GetGuid();
    }

    internal async Task Ready(Guid track)
    {
        while (true)
        {
            switch (
                (await Data(await http.GetAsync($"/api/v1/tracks/{track}/status"))).GetProperty("status").GetString()
            )
            {
                case "ready":
                    return;
                case "failed":
                    throw new InvalidOperationException($"Track {track} failed.");
                default:
                    await Task.Delay(Pause);
                    break;
            }
        }
    }

    public void Dispose() => http.Dispose();

    private static async Task<JsonElement> Data(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(
                $"{answer.RequestMessage!.RequestUri}: {(int)answer.StatusCode} {text}"
            );
        return JsonDocument.Parse(text).RootElement.GetProperty("data");
    }
}
