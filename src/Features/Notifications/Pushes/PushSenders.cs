using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Features.Notifications.Devices;
using Veza.Infrastructure.Push;

namespace Veza.Features.Notifications.Pushes;

/// <summary>One way to devices of one kind.</summary>
internal interface IPushSender
{
    string Kind { get; }

    /// <summary>
    /// True when it was taken, false when there is no such device any more; throws when it was not taken.
    /// </summary>
    Task<bool> Send(PushAddress address, PushNote note, CancellationToken ct);
}

/// <summary>
/// Browsers, by the Web Push protocol (RFC 8030): encrypted for the subscription, so that the push service reads
/// nothing.
/// </summary>
internal sealed class WebPushSender(PushHttp http, Vapid vapid) : IPushSender
{
    public string Kind => PushDevice.WebPush;

    public async Task<bool> Send(PushAddress address, PushNote note, CancellationToken ct)
    {
        var endpoint = new Uri(address.Endpoint!);
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new ByteArrayContent(
                PushEncryption.Encrypt(PushKeys.Read(address.P256dh, address.Auth)!, note.Write())
            ),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentEncoding.Add("aes128gcm");
        request.Headers.TryAddWithoutValidation("Authorization", vapid.Authorization(endpoint));
        request.Headers.TryAddWithoutValidation("TTL", note.TtlS.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("Urgency", note.Urgency);
        request.Headers.TryAddWithoutValidation("Topic", note.Topic);
        return await http.Post(request, isStrangers: true, ct);
    }
}

/// <summary>
/// Everything else (FCM, APNs, UnifiedPush): JSON to the operator's gateway, signed with the secret that both know.
/// </summary>
internal sealed class GatewaySender(PushHttp http, NotificationsSettings settings, TimeProvider clock) : IPushSender
{
    internal sealed record Device(string App, string Token);

    internal sealed record Body(Device Device, string Topic, int TtlS, string Urgency, JsonElement Notification);

    public string Kind => PushDevice.Gateway;

    public async Task<bool> Send(PushAddress address, PushNote note, CancellationToken ct)
    {
        if (settings.Gateway is not { } gateway)
            throw new PushFailedException("This worker has no gateway: give it the VEZA__PUSH__GATEWAY of the others.");
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new Body(
                new Device(address.App!, address.Token!),
                note.Topic,
                note.TtlS,
                note.Urgency,
                JsonElement.Parse(note.Write())
            ),
            GatewaySenderJson.Default.Body
        );
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url)
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation(
            "Veza-Signature",
            Signature(gateway.Secret, clock.GetUtcNow().ToUnixTimeSeconds(), body)
        );
        return await http.Post(request, isStrangers: false, ct);
    }

    /// <summary>The time is signed too, so that a gateway can refuse what is old.</summary>
    private static string Signature(string secret, long now, byte[] body)
    {
        var time = now.ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{time}."), .. body];
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed))}";
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GatewaySender.Body))]
internal sealed partial class GatewaySenderJson : JsonSerializerContext;
