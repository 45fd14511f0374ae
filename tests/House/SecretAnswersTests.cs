using System.Reflection;
using System.Text.Json;
using Veza.Infrastructure.Http;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.House;

/// <summary>What brings a secret is kept by no cache.</summary>
public sealed class SecretAnswersTests
{
    private static readonly string[] Secret =
    [
        "access_token",
        "refresh_token",
        "mfa_token",
        "device_token",
        "request_token",
        "secret",
        "otpauth_uri",
        "recovery_codes",
        "key",
        "challenge",
        "authorization_url",
    ];

    private const BindingFlags Any =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [Fact]
    public void An_answer_with_a_secret_is_never_stored()
    {
        var types = Inventories
            .Slices()
            .SelectMany(slice => slice.Type.GetMethods(Any).Where(m => m.Name is "Handle" or "ExecuteAsync"))
            .SelectMany(m => Answered(m.ReturnType))
            .Append(typeof(Veza.Features.Auth.SignedIn))
            .Append(typeof(Veza.Features.Auth.OAuth.OAuthBegun))
            .Distinct()
            .ToArray();
        var secret = types.Where(t => IsOfAuth(t) && HasSecret(t)).ToArray();
        Assert.True(secret.Length >= 10, string.Join(", ", secret.Select(t => t.FullName)));
        Assert.Empty(secret.Where(t => !t.IsAssignableTo(typeof(INeverStored))).Select(t => t.FullName));
    }

    private static IEnumerable<Type> Answered(Type type) =>
        type.IsGenericType
            ? type.GetGenericTypeDefinition() == typeof(Answer<>)
                ? type.GetGenericArguments()
                : type.GetGenericArguments().SelectMany(Answered)
            : [];

    private static bool IsOfAuth(Type type) =>
        type.Namespace?.StartsWith("Veza.Features.Auth", StringComparison.Ordinal) == true;

    private static bool HasSecret(Type type, int depth = 0) =>
        depth < 3
        && !type.IsArray
        && type.GetProperties()
            .Any(p =>
                Secret.Contains(JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name))
                || (IsOfAuth(p.PropertyType) && HasSecret(p.PropertyType, depth + 1))
            );
}
