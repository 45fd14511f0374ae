using System.Buffers.Text;
using System.Security.Cryptography;
using Veza.Infrastructure.Push;

namespace Veza.Tests.Infrastructure.Push;

/// <summary>Pushes as RFC 8291 encrypts them.</summary>
public sealed class PushEncryptionTests
{
    private const string P256dh =
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        Auth = "BTBZMqHH6r4Tts7J_aSIgg";

    [Fact]
    public void The_example_of_the_RFC_comes_out_to_the_letter()
    {
        var point = Base64Url.DecodeFromChars(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
        );
        using var sender = ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                D = Base64Url.DecodeFromChars("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
                Q = new ECPoint { X = point[1..33], Y = point[33..] },
            }
        );
        var body = PushEncryption.Encrypt(
            PushKeys.Read(P256dh, Auth)!,
            "When I grow up, I want to be a watermelon"u8,
            sender,
            Base64Url.DecodeFromChars("DGv6ra1nlYgDCS1FRnbzlw")
        );
        Assert.Equal(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
            Base64Url.EncodeToString(body)
        );
    }

    [Fact]
    public void No_two_pushes_of_the_same_are_alike()
    {
        var keys = PushKeys.Read(P256dh, Auth)!;
        Assert.NotEqual(PushEncryption.Encrypt(keys, "the same"u8), PushEncryption.Encrypt(keys, "the same"u8));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            PushEncryption.Encrypt(keys, new byte[PushEncryption.PlaintextBytesMax + 1])
        );
        Assert.True(PushEncryption.Encrypt(keys, new byte[PushEncryption.PlaintextBytesMax]).Length < 4096);
    }

    [Theory]
    [InlineData(null, Auth)]
    [InlineData(P256dh, null)]
    [InlineData("", "")]
    [InlineData("not base64url!", Auth)]
    [InlineData(Auth, Auth)]
    [InlineData(P256dh, "BTBZMqHH6r4Tts7J_aSI")]
    [InlineData("AiVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", Auth)]
    public void What_is_no_key_is_refused(string? p256dh, string? auth) => Assert.Null(PushKeys.Read(p256dh, auth));

    [Fact]
    public void A_point_that_is_not_on_the_curve_is_refused()
    {
        var point = Base64Url.DecodeFromChars(P256dh);
        point[^1] ^= 1;
        Assert.Null(PushKeys.Read(Base64Url.EncodeToString(point), Auth));
        Assert.DoesNotContain(P256dh, PushKeys.Read(P256dh, Auth)!.ToString(), StringComparison.Ordinal);
    }
}
