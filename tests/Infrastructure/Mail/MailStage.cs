using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Mail;

/// <summary>An outbox that the test writes to, on the premises of workers that send.</summary>
public abstract class MailStage : IAsyncLifetime
{
    private protected TestEnvironment Premises { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Premises = await TestEnvironment.Create();

    public async ValueTask DisposeAsync()
    {
        await Premises.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static Email Hello(string to, DateTime? sendBefore = null) =>
        new EmailTemplate().Say("Hello.").Link("Open Veza", "https://veza.example/hello").Seal(to, "Hello", sendBefore);

    private protected Task<VezaServer> Worker(params (string Name, string Value)[] mail) =>
        VezaServer.Start(Premises, [("VEZA__ROLES", "worker"), .. mail]);

    private protected async Task Send(Email letter, (string Name, string Value)[] mail, bool commits = true)
    {
        var outbox = new Outbox(new Secrets(await Premises.Keyring()), Premises.Settings(mail));
        await using var db = await Premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await outbox.Send(db, transaction, letter);
        if (commits)
            await transaction.CommitAsync();
    }

    private protected Task<string[]> States() =>
        Premises.Database.Column(
            "select state || ' ' || attempts || ' ' || coalesce(last_error, '') from job order by id"
        );

    private protected Task JobsAre(string state) =>
        Eventually.True(
            $"the job is {state}",
            async () => await States() is [var only] && only.StartsWith(state, StringComparison.Ordinal)
        );

    /// <summary>What waits for its next try need not wait in a test.</summary>
    private protected Task RetryNow() =>
        Premises.Database.Execute(
            """
            with due as (update job set run_at = now() where state = 'queued' returning kind)
              select pg_notify('veza_job', kind) from due
            """
        );
}
