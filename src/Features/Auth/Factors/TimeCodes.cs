using System.Security.Cryptography;
using OtpNet;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// The codes that an authenticator app shows (RFC 6238: SHA-1, six digits, thirty seconds), taken one step early or
/// late. Whether a step was used before is the database's to say.
/// </summary>
internal static class TimeCodes
{
    internal const int Digits = 6,
        StepS = 30,
        SeedBytes = 20;
    private const int StepsEitherSide = 1;
    private const string Issuer = "Veza";
    private static readonly VerificationWindow Window = new(previous: StepsEitherSide, future: StepsEitherSide);

    internal static byte[] NewSeed() => RandomNumberGenerator.GetBytes(SeedBytes);

    /// <summary>
    /// The time step whose code this is, or null. People type the code with a blank in its middle, as apps show it.
    /// </summary>
    internal static long? StepOf(byte[] seed, string code, DateTime now)
    {
        var digits = code.Replace(" ", "", StringComparison.Ordinal);
        if (digits.Length != Digits || !digits.AsSpan().ContainsOnlyDigits())
            return null;
        return new Totp(seed, StepS, OtpHashMode.Sha1, Digits).VerifyTotp(now, digits, out var step, Window)
            ? step
            : null;
    }

    /// <summary>The seed as a person types it into an app that has no camera.</summary>
    internal static string Base32(byte[] seed) => Base32Encoding.ToString(seed);

    /// <summary>What the QR code says, in the form that apps agree on.</summary>
    internal static string Link(byte[] seed, string email) =>
        $"otpauth://totp/{Issuer}:{Uri.EscapeDataString(email)}?secret={Base32(seed)}&issuer={Issuer}&algorithm=SHA1&digits={Digits}&period={StepS}";

    private static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}
