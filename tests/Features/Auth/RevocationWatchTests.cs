using Veza.Infrastructure.Security;

namespace Veza.Tests.Features.Auth;

/// <summary>Who watches a subject is called when it is revoked, whoever else stops watching at that moment.</summary>
public sealed class RevocationWatchTests
{
    private const int Rounds = 40_000,
        ComingAndGoing = 3,
        SpinsMax = 60;

    /// <summary>
    /// Some come and go all the while, so that the last one goes again and again; one comes, and stays.
    /// </summary>
    [Fact]
    public async Task A_watch_that_begins_while_the_last_one_ends_is_not_lost()
    {
        var revocations = new Revocations(TimeProvider.System);
        var (subject, over) = (new[] { Guid.CreateVersion7() }, false);
        var visitors = Enumerable
            .Range(0, ComingAndGoing)
            .Select(_ =>
                Task.Factory.StartNew(
                    () =>
                    {
                        while (!Volatile.Read(ref over))
                            revocations.OnRevoked(Volatile.Read(ref subject)[0], 0, () => { }).Dispose();
                    },
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default
                )
            )
            .ToArray();
        var (lost, random) = (0, new Random(1));
        for (var round = 0; round < Rounds; round++)
        {
            var (mine, called) = (new[] { Guid.CreateVersion7() }, 0);
            Volatile.Write(ref subject, mine);
            Thread.SpinWait(random.Next(SpinsMax));
            using var watch = revocations.OnRevoked(mine[0], 0, () => called++);
            revocations.Note(mine[0], Revocations.Ended);
            if (called != 1)
                lost++;
        }

        Volatile.Write(ref over, true);
        await Task.WhenAll(visitors);
        Assert.Equal(0, lost);
    }

    [Fact]
    public void Who_watches_what_is_revoked_already_is_called_at_once_and_who_stopped_is_not()
    {
        var (revocations, subject, called) = (new Revocations(TimeProvider.System), Guid.CreateVersion7(), 0);
        revocations.OnRevoked(subject, 0, () => called += 100).Dispose();
        revocations.Note(subject, 3);
        using var late = revocations.OnRevoked(subject, 2, () => called++);
        using var newer = revocations.OnRevoked(subject, 3, () => called += 10);
        Assert.Equal(1, called);
        revocations.Note(subject, Revocations.Ended);
        revocations.Note(subject, Revocations.Ended);
        Assert.Equal(11, called);
    }
}
