using System.Text.Json;

namespace Veza.Infrastructure.Security;

/// <summary>
/// What the browser says of a ceremony and the authenticator signs: which kind, for which challenge, on whose page.
/// </summary>
internal sealed record ClientData(string Type, string Challenge, string Origin, bool CrossOrigin)
{
    private const int DepthMax = 8;

    internal static ClientData Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(
                json,
                new JsonDocumentOptions { MaxDepth = DepthMax, AllowDuplicateProperties = false }
            );
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new WebAuthnFaultException("The client data is not an object");
            return new ClientData(
                Text(root, "type"),
                Text(root, "challenge"),
                Text(root, "origin"),
                root.TryGetProperty("crossOrigin", out var cross) && cross.ValueKind != JsonValueKind.False
            );
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new WebAuthnFaultException("The client data is not JSON", e);
        }
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new WebAuthnFaultException($"The client data has no {name}");
}
