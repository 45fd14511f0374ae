using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Mail;

/// <summary>
/// Job: hands an e-mail to the mail server. It may be handed over twice when this worker dies in between; both carry
/// the same Message-ID, by which mailboxes know them as one.
/// </summary>
internal sealed partial class SendMail(Outbox outbox, Settings settings, TimeProvider clock, ILogger<SendMail> log)
    : IJob
{
    /// <summary>With the waits of the queue about a day: a mail server may be away over night.</summary>
    internal const int AttemptsMax = 100;

    internal static readonly JobKind Kind = new(
        "send_mail",
        AttemptsMax,
        services => ActivatorUtilities.CreateInstance<SendMail>(services)
    )
    {
        IsBrief = true,
    };

    public async Task Run(JobRun run, CancellationToken ct)
    {
        var email = outbox.Open(run);
        if (email.IsBlank)
            return;
        if (email.SendBefore <= clock.GetUtcNow().UtcDateTime)
        {
            LogLate(run.Id);
            return;
        }

        if (settings.Mail is not { } mail)
            throw new MailRefusedException(
                "This worker has no mail server: give it the VEZA__MAIL__SMTP of the others."
            );
        await MailServer.Deliver(mail, email, run.Id, ct);
        LogSent(run.Id);
    }

    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "E-mail {Id} was not sent: what it says held no longer")]
    private partial void LogLate(Guid id);

    [LoggerMessage(Level = LogLevel.Information, Message = "E-mail {Id} was sent")]
    private partial void LogSent(Guid id);
}
