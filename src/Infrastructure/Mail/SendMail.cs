using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Mail;

/// <summary>
/// Job: hands a letter to the mail server. It may be handed over twice when this worker dies in between; both carry the
/// same Message-ID, by which mailboxes know them as one.
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
        var letter = outbox.Open(run);
        if (letter.IsBlank)
            return;
        if (letter.SendBefore <= clock.GetUtcNow().UtcDateTime)
        {
            LogLate(run.Id);
            return;
        }

        if (settings.Mail is not { } mail)
            throw new MailRefusedException(
                "This worker has no mail server: give it the VEZA__MAIL__SMTP of the others."
            );
        await MailServer.Deliver(mail, letter, run.Id, ct);
        LogSent(run.Id);
    }

    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Letter {Id} was not sent: what it says held no longer")]
    private partial void LogLate(Guid id);

    [LoggerMessage(Level = LogLevel.Information, Message = "Letter {Id} was sent")]
    private partial void LogSent(Guid id);
}
