using System.Buffers.Text;
using System.Security.Cryptography;
using Veza.Infrastructure.Security;

namespace Veza.Tests.Infrastructure.Security;

/// <summary>The example of RFC 7515, appendix A.3 (ES256), against the code that checks access tokens.</summary>
public sealed class CompactJwsTests
{
    private const string Example =
        "eyJhbGciOiJFUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private static ECDsa Key(string x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") =>
        ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint
                {
                    X = Base64Url.DecodeFromChars(x),
                    Y = Base64Url.DecodeFromChars("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
                },
            }
        );

    [Fact]
    public void The_example_of_the_rfc_is_read_and_verified()
    {
        using var key = Key();
        var jws = CompactJws.Read(Example)!;
        Assert.Equal("ES256", jws.Header.GetProperty("alg").GetString());
        Assert.Equal(
            ("joe", 1300819380L, true),
            (
                jws.Payload.GetProperty("iss").GetString(),
                jws.Payload.GetProperty("exp").GetInt64(),
                jws.Payload.GetProperty("http://example.com/is_root").GetBoolean()
            )
        );
        Assert.True(jws.IsSignedBy(key));
    }

    [Fact]
    public void The_example_with_anything_changed_is_not()
    {
        using var key = Key();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(CompactJws.Read(Example)!.IsSignedBy(other));
        var verified = 0;
        for (var i = 0; i < Example.Length; i++)
        {
            if (Example[i] == '.')
                continue;
            var changed = Example[..i] + (Example[i] == 'A' ? 'B' : 'A') + Example[(i + 1)..];
            if (CompactJws.Read(changed)?.IsSignedBy(key) == true)
                verified++;
        }

        Assert.Equal(0, verified);
    }

    /// <summary>
    /// The RFC's other examples: HS256 (A.1) and an unsecured one (A.5) have no signature of ours, whatever they say.
    /// </summary>
    [Theory]
    [InlineData(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )]
    [InlineData(
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    )]
    public void Other_algorithms_of_the_rfc_are_not_verified(string token)
    {
        using var key = Key();
        Assert.False(CompactJws.Read(token)!.IsSignedBy(key));
    }
}
