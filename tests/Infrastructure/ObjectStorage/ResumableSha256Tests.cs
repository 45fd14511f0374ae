using System.Security.Cryptography;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Tests.Infrastructure.ObjectStorage;

public sealed class ResumableSha256Tests
{
    [Fact]
    public void A_hash_that_is_put_away_at_any_place_comes_out_the_same()
    {
        var random = new Random(7);
        foreach (var length in new[] { 0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 1000, 100_003 })
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            var hash = ResumableSha256.New();
            for (var at = 0; at < length; )
            {
                var next = Math.Min(length, at + random.Next(1, 200));
                hash.Append(bytes.AsSpan(at, next - at));
                hash = ResumableSha256.Of(hash.State);
                at = next;
            }

            Assert.Equal(SHA256.HashData(bytes), hash.Digest());
            Assert.Equal(SHA256.HashData(bytes), hash.Digest());
        }
    }

    [Fact]
    public void A_state_that_is_none_is_refused() =>
        Assert.Throws<ArgumentException>(() => ResumableSha256.Of(new byte[32]));
}
