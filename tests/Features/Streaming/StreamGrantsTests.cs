using Veza.Features.Streaming;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

public sealed class StreamGrantsTests
{
    private sealed class Clock : TimeProvider
    {
        internal DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    [Fact]
    public async Task A_grant_is_good_until_its_second_and_not_longer()
    {
        await using var premises = await TestEnvironment.Create();
        var clock = new Clock();
        var grants = new StreamGrants(await premises.Keyring(clock), new Revocations(clock));
        var (track, session) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var grant = grants.Sign(track, 1, new StreamTerms(session), clock.Now.UtcDateTime.AddHours(1));
        Assert.Null(grants.Refuse(grant, track, 1, out var granted));
        Assert.InRange(granted.SecondsLeft, 3599, 3600);
        Assert.Equal("STREAM_SIGNATURE_INVALID", grants.Refuse(grant, track, 2, out _)!.Code);
        Assert.Equal("STREAM_SIGNATURE_INVALID", grants.Refuse(grant, Guid.CreateVersion7(), 1, out _)!.Code);

        clock.Now = clock.Now.AddMinutes(59);
        Assert.Null(grants.Refuse(grant, track, 1, out granted));
        Assert.InRange(granted.SecondsLeft, 59, 60);
        clock.Now = clock.Now.AddMinutes(1);
        var refused = grants.Refuse(grant, track, 1, out granted)!;
        Assert.Equal((403, "STREAM_URL_EXPIRED", 0), (refused.Status, refused.Code, granted.SecondsLeft));
    }

    [Fact]
    public async Task A_grant_outlives_the_rotation_of_its_key()
    {
        await using var premises = await TestEnvironment.Create();
        var clock = new Clock();
        var keyring = await premises.Keyring(clock);
        var grants = new StreamGrants(keyring, new Revocations(clock));
        var (track, session) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var grant = grants.Sign(track, 1, new StreamTerms(session), clock.Now.UtcDateTime.AddHours(2));
        await keyring.Rotate(TimeSpan.FromDays(1), CancellationToken.None);
        await keyring.Load(CancellationToken.None);
        clock.Now = clock.Now.AddMinutes(90);
        var renewed = grants.Sign(track, 1, new StreamTerms(session), clock.Now.UtcDateTime.AddHours(1));
        Assert.NotEqual(grant[..5], renewed[..5]);
        Assert.Null(grants.Refuse(grant, track, 1, out _));
        Assert.Null(grants.Refuse(renewed, track, 1, out _));
    }

    [Fact]
    public async Task A_grant_carries_its_terms_and_none_of_its_bytes_can_be_changed()
    {
        await using var premises = await TestEnvironment.Create();
        var clock = new Clock();
        var grants = new StreamGrants(await premises.Keyring(clock), new Revocations(clock));
        var (track, session) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        StreamTerms[] all =
        [
            new(session),
            new(session, 0, -3.21, -0.5),
            new(Guid.Empty, 61_000),
            new(session, null, 12.34),
            new(session, null, null, -1.1),
        ];
        foreach (var terms in all)
        {
            Assert.Null(
                grants.Refuse(
                    grants.Sign(track, 7, terms, clock.Now.UtcDateTime.AddHours(1)),
                    track,
                    7,
                    out var granted
                )
            );
            Assert.Equal(terms, granted.Terms);
        }

        var preview = grants.Sign(track, 7, new StreamTerms(session, 0), clock.Now.UtcDateTime.AddHours(1));
        var bytes = System.Buffers.Text.Base64Url.DecodeFromChars(preview);
        for (var i = 0; i < bytes.Length; i++)
        {
            var forged = bytes.ToArray();
            forged[i] ^= 0xFF;
            Assert.Equal(
                "STREAM_SIGNATURE_INVALID",
                grants.Refuse(System.Buffers.Text.Base64Url.EncodeToString(forged), track, 7, out var none)?.Code
            );
            Assert.Equal(default, none);
        }
    }
}
