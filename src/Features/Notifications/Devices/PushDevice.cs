using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications.Devices;

/// <summary>A device as its owner sees it; the address itself is shown to nobody.</summary>
internal sealed record PushDevice(
    Guid Id,
    string Kind,
    string Host,
    string Name,
    bool Current,
    DateTime CreatedAt,
    DateTime? LastSentAt
)
{
    internal const string WebPush = "web_push",
        Gateway = "gateway";

    /// <summary>For <c>from push_device d</c>: its session, or the key, that registered it has not ended.</summary>
    internal const string IsAlive = """
        (exists (select 1 from session e where e.id = d.session_id and e.ended_at is null and e.expires_at > now())
         or exists (select 1 from api_key k where k.id = d.session_id
           and (k.expires_at is null or k.expires_at > now())))
        """;

    /// <summary>For <c>from push_device d</c>, asked by <c>@SessionId</c>.</summary>
    internal const string Columns =
        "d.id, d.kind, d.host, d.name, d.session_id = @SessionId as current, d.created_at, d.last_sent_at";

    internal static readonly PushDevice Example = new(
        Guid.Parse("019b0c65-1b22-7d1f-9e33-4c5d6e7f8091"),
        WebPush,
        "fcm.googleapis.com",
        "Firefox on the train",
        true,
        Notification.Example.CreatedAt,
        null
    );
}

/// <summary>
/// Where a device is reached: a browser's subscription, or what the gateway knows it by. It is sealed at rest, under
/// what its hash is.
/// </summary>
internal sealed record PushAddress(
    string Kind,
    string? Endpoint,
    string? P256dh,
    string? Auth,
    string? App,
    string? Token
)
{
    /// <summary>The context is that of <see cref="Context"/>.</summary>
    internal static readonly SealedColumn Addresses = new(
        "addresses of devices",
        """
        select id, 'push_device:' || encode(address_hash, 'hex') as context, sealed from push_device where id > @after
          order by id limit @BatchMax
        """,
        "update push_device set sealed = @sealedAnew where id = @Id and sealed = @before"
    );

    /// <summary>Says nothing: whoever has it can reach the device.</summary>
    public override string ToString() => nameof(PushAddress);

    /// <summary>What it is known by: the same subscription with other keys is the same device.</summary>
    internal byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes($"{Kind}\n{Endpoint ?? App}\n{Token}"));

    internal byte[] Seal(Secrets secrets, byte[] hash) =>
        secrets.Seal(JsonSerializer.SerializeToUtf8Bytes(this, PushDeviceJson.Default.PushAddress), Context(hash));

    internal static PushAddress Open(Secrets secrets, byte[] content, byte[] hash) =>
        JsonSerializer.Deserialize(secrets.Open(content, Context(hash)), PushDeviceJson.Default.PushAddress)!;

    private static string Context(byte[] hash) => $"push_device:{Convert.ToHexStringLower(hash)}";
}

[JsonSerializable(typeof(PushAddress))]
[JsonSerializable(typeof(RegisterPushDevice.Request))]
[JsonSerializable(typeof(Envelope<PushDevice>))]
[JsonSerializable(typeof(Envelope<PushDevice[]>))]
internal sealed partial class PushDeviceJson : JsonSerializerContext;
