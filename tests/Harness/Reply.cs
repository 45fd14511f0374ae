using System.Text;
using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>An answer of the server, read to its end.</summary>
internal sealed class Reply(VezaServer server, HttpRequestMessage request, HttpResponseMessage response, byte[] body)
{
    internal int Status => (int)response.StatusCode;

    internal byte[] Body => body;

    internal string Text => Encoding.UTF8.GetString(body);

    internal string? ContentType => response.Content.Headers.ContentType?.ToString();

    internal JsonElement Json => JsonElement.Parse(body);

    internal JsonElement Data => Json.GetProperty("data");

    internal string ErrorCode => Json.GetProperty("error_code").GetString()!;

    /// <summary>The faults of fields as <c>email INVALID_FORMAT</c>.</summary>
    internal string[] FieldErrors =>
        [
            .. Json.GetProperty("errors")
                .EnumerateArray()
                .Select(e => $"{e.GetProperty("field").GetString()} {e.GetProperty("code").GetString()}"),
        ];

    internal string? Header(string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

    /// <summary>Fails with the answer and the server's log unless the status is this one.</summary>
    internal Reply Is(int status)
    {
        if (Status != status)
            Assert.Fail(
                $"{request.Method} {request.RequestUri} answered {Status} instead of {status}:\n{Text}\n"
                    + $"{server.LogTail()}"
            );
        return this;
    }

    /// <summary>Fails unless it is this error, whole and in the contract's shape.</summary>
    internal Reply Is(int status, string errorCode)
    {
        Is(status);
        Assert.Equal(errorCode, ErrorCode);
        Assert.False(Json.GetProperty("success").GetBoolean());
        Assert.NotEmpty(Json.GetProperty("message").GetString()!);
        Assert.Equal(Header("X-Request-Id"), Json.GetProperty("meta").GetProperty("request_id").GetString());
        Assert.Equal(JsonValueKind.Array, Json.GetProperty("errors").ValueKind);
        return this;
    }
}

internal static class JsonReading
{
    internal static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;

    internal static long Number(this JsonElement json, string name) => json.GetProperty(name).GetInt64();
}
