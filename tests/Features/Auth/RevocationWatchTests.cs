using Veza.Infrastructure.Security;

namespace Veza.Tests.Features.Auth;

/// <summary>Who watches a subject is called when it is revoked, whoever else stops watching at that moment.</summary>
public sealed class RevocationWatchTests
{
    private const int Rounds = 60_000;

    [Fact]
    public async Task A_watch_that_begins_while_the_last_one_ends_is_not_lost()
    {
        var revocations = new Revocations(TimeProvider.System);
        using var start = new Barrier(2);
        var (before, lost) = ((IDisposable)null!, 0);
        var subject = Guid.Empty;
        var ending = Task.Factory.StartNew(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                start.SignalAndWait();
                before.Dispose();
                start.SignalAndWait();
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var beginning = Task.Factory.StartNew(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                (subject, var called) = (Guid.CreateVersion7(), 0);
                before = revocations.OnRevoked(subject, 0, () => { });
                start.SignalAndWait();
                using var watch = revocations.OnRevoked(subject, 0, () => called++);
                start.SignalAndWait();
                revocations.Note(subject, Revocations.Ended);
                if (called != 1) lost++;
            }
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAll(ending, beginning);
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
