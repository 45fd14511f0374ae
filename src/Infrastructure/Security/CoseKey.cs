using System.Formats.Cbor;
using System.Security.Cryptography;

namespace Veza.Infrastructure.Security;

/// <summary>
/// A passkey's public key as COSE writes it (RFC 9052): ES256 on P-256, or RS256. .NET has no Ed25519, so EdDSA is not
/// offered.
/// </summary>
internal sealed class CoseKey
{
    internal const int Es256 = -7,
        Rs256 = -257;

    private const int KeyTypeLabel = 1,
        AlgorithmLabel = 3,
        CurveOrModulusLabel = -1,
        XOrExponentLabel = -2,
        YLabel = -3;
    private const int KeyTypeEc2 = 2,
        KeyTypeRsa = 3,
        CurveP256 = 1,
        CoordinateBytes = 32;
    private const int ModulusBytesMin = 256,
        ModulusBytesMax = 512,
        LabelsMax = 16;
    private static readonly byte[] Exponent65537 = [1, 0, 1];

    private readonly byte[] first;
    private readonly byte[] second;

    private CoseKey(int algorithm, byte[] first, byte[] second)
    {
        Algorithm = algorithm;
        this.first = first;
        this.second = second;
    }

    internal int Algorithm { get; }

    internal static CoseKey Read(ReadOnlyMemory<byte> encoded)
    {
        var key = Read(encoded, out var length);
        return length == encoded.Length
            ? key
            : throw new WebAuthnFaultException("There is more than a key in the public key");
    }

    /// <summary>The key at the beginning of these bytes, and how many of them it takes.</summary>
    internal static CoseKey Read(ReadOnlyMemory<byte> encoded, out int length)
    {
        var reader = new CborReader(encoded, CborConformanceMode.Strict, allowMultipleRootLevelValues: true);
        long? keyType = null,
            algorithm = null,
            curve = null;
        byte[]? curveOrModulus = null,
            xOrExponent = null,
            y = null;
        try
        {
            if (reader.ReadStartMap() is null or > LabelsMax)
                throw new WebAuthnFaultException("The public key is not a short map");
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                switch (reader.ReadInt64())
                {
                    case KeyTypeLabel:
                        keyType = reader.ReadInt64();
                        break;
                    case AlgorithmLabel:
                        algorithm = reader.ReadInt64();
                        break;
                    case CurveOrModulusLabel when reader.PeekState() == CborReaderState.ByteString:
                        curveOrModulus = reader.ReadByteString();
                        break;
                    case CurveOrModulusLabel:
                        curve = reader.ReadInt64();
                        break;
                    case XOrExponentLabel:
                        xOrExponent = reader.ReadByteString();
                        break;
                    case YLabel:
                        y = reader.ReadByteString();
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }

            reader.ReadEndMap();
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException)
        {
            throw new WebAuthnFaultException("The public key is not COSE", e);
        }

        length = encoded.Length - reader.BytesRemaining;
        return (algorithm, keyType) switch
        {
            (Es256, KeyTypeEc2)
                when curve == CurveP256
                    && xOrExponent is { Length: CoordinateBytes } x
                    && y is { Length: CoordinateBytes } => Tried(new CoseKey(Es256, x, y)),
            (Rs256, KeyTypeRsa)
                when curveOrModulus is { Length: >= ModulusBytesMin and <= ModulusBytesMax } n
                    && n[0] != 0
                    && Exponent65537.AsSpan().SequenceEqual(xOrExponent) => Tried(new CoseKey(Rs256, n, Exponent65537)),
            _ => throw new WebAuthnFaultException(
                "The public key is neither ES256 on P-256 nor RS256 of 2048 to 4096 bits"
            ),
        };
    }

    internal bool Verifies(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (Algorithm == Rs256)
        {
            using var rsa = OpenRsa();
            return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }

        using var curve = OpenCurve();
        return curve.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>
    /// A point that is not on its curve is found here, when the key is added, and not at the first sign-in.
    /// </summary>
    private static CoseKey Tried(CoseKey key)
    {
        try
        {
            using AsymmetricAlgorithm opened = key.Algorithm == Rs256 ? key.OpenRsa() : key.OpenCurve();
            return key;
        }
        catch (CryptographicException e)
        {
            throw new WebAuthnFaultException("The public key is no key of its algorithm", e);
        }
    }

    private RSA OpenRsa() => RSA.Create(new RSAParameters { Modulus = first, Exponent = second });

    private ECDsa OpenCurve() =>
        ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = first, Y = second },
            }
        );
}
