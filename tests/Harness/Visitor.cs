using System.Text;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>
/// Somebody who talks to the server, so far without a name. Bodies are written in the contract's snake_case.
/// </summary>
internal class Visitor(VezaServer server)
{
    private static readonly JsonSerializerOptions Wire = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    internal VezaServer Server => server;

    internal virtual string? AccessToken => null;

    private protected virtual HttpClient Http => server.Http;

    internal Task<Reply> Get(string path, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Get, path, null, headers);

    internal Task<Reply> Head(string path, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Head, path, null, headers);

    internal Task<Reply> Delete(string path) => Send(HttpMethod.Delete, path, null);

    internal Task<Reply> Post(string path, object? body = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, path, JsonOf(body), headers);

    internal Task<Reply> Put(string path, object? body = null) => Send(HttpMethod.Put, path, JsonOf(body));

    /// <summary>As a page's form does it.</summary>
    internal Task<Reply> PostForm(string path, params (string Name, string Value)[] fields) =>
        Send(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)))
        );

    internal Task<Reply> PostText(string path, string body, string contentType = "application/json") =>
        Send(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, contentType));

    /// <summary>A multipart upload; the content is streamed.</summary>
    internal async Task<Reply> Upload(Stream file, string fileName, params (string Name, string Value)[] fields)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent(value), name);
        form.Add(new StreamContent(file), "file", fileName);
        return await Send(HttpMethod.Post, "/api/v1/tracks", form);
    }

    internal Task<Reply> Upload(byte[] file, string fileName, params (string Name, string Value)[] fields) =>
        Upload(new MemoryStream(file), fileName, fields);

    internal async Task<Reply> Upload(string path, params (string Name, string Value)[] fields)
    {
        await using var file = File.OpenRead(path);
        return await Upload(file, Path.GetFileName(path), fields);
    }

    internal async Task<JsonElement> Stream(Guid track) => (await Get($"/api/v1/tracks/{track}/stream")).Is(200).Data;

    /// <summary>To a path of this server, or to a whole URL that it gave.</summary>
    internal async Task<Reply> Send(
        HttpMethod method,
        string path,
        HttpContent? content,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(
            method,
            new Uri(path.StartsWith("http", StringComparison.Ordinal) ? path : server.Address + path)
        )
        {
            Content = content,
        };
        // Signed URLs need no token, as players send none.
        if (AccessToken is { } token && path.StartsWith('/'))
            request.Headers.Authorization = new("Bearer", token);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        using var response = await Http.SendAsync(request);
        return server.Reply(request, response, await response.Content.ReadAsByteArrayAsync());
    }

    private static StringContent? JsonOf(object? body) =>
        body is null
            ? null
            : new StringContent(JsonSerializer.Serialize(body, Wire), Encoding.UTF8, "application/json");
}
