using System.Net.Sockets;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Mail;

/// <summary>
/// Why an e-mail could not be handed over, for the operator: without addresses, since it stands in logs.
/// </summary>
internal class MailRefusedException(string message) : Exception(message);

/// <summary>The mail server will never take this e-mail.</summary>
internal sealed class EmailRefusedException(string message) : MailRefusedException(message), IHopeless;

/// <summary>The mail server of the settings, by SMTP.</summary>
internal static partial class MailServer
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(30);
    private const int PermanentFailureMin = 500;

    /// <summary>
    /// Hands over one e-mail. A connection for each: e-mails are few, and a connection kept open is one more that can
    /// be stale.
    /// </summary>
    internal static Task Deliver(MailSettings mail, Email email, Guid id, CancellationToken ct) =>
        Speak(mail, smtp => smtp.SendAsync(Message(mail, email, id), ct), ct);

    /// <summary>Whether it answers and lets us in; sends nothing.</summary>
    internal static Task Check(MailSettings mail, CancellationToken ct) => Speak(mail, smtp => smtp.NoOpAsync(ct), ct);

    private static async Task Speak(MailSettings mail, Func<SmtpClient, Task> conversation, CancellationToken ct)
    {
        HeldConnections.MustBeNone("the mail server");
        using var smtp = new SmtpClient { Timeout = (int)AnswerMax.TotalMilliseconds, LocalDomain = mail.From.Domain };
        // Revocation lists are looked up over the network, and a list that cannot be had would stop all mail.
        smtp.CheckCertificateRevocation = false;
        try
        {
            await smtp.ConnectAsync(
                mail.Host,
                mail.Port,
                mail.Security switch
                {
                    MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
                    MailSecurity.StartTls => SecureSocketOptions.StartTls,
                    _ => SecureSocketOptions.None,
                },
                ct
            );
            if (mail.User is not null)
                await smtp.AuthenticateAsync(mail.User, mail.Password!, ct);
            await conversation(smtp);
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            throw Explained(e, mail);
        }

        try
        {
            await smtp.DisconnectAsync(quit: true, ct);
        }
        catch (Exception e) when (e is IOException or ProtocolException or CommandException or SocketException)
        {
            // The server has taken the e-mail: how it says goodbye changes nothing.
        }
    }

    private static MimeMessage Message(MailSettings mail, Email email, Guid id)
    {
        if (!MailboxAddress.TryParse(email.To, out var to) || to.Address != email.To || to.Domain.Length == 0)
            throw new EmailRefusedException("The e-mail's address cannot be written to.");
        var message = new MimeMessage { Subject = email.Subject, MessageId = $"{id:N}@{mail.From.Domain}" };
        message.From.Add(mail.From);
        message.To.Add(to);
        // Out-of-office notes would answer to an address that nobody reads.
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        message.Body = new BodyBuilder { TextBody = email.Text, HtmlBody = email.Html }.ToMessageBody();
        return message;
    }

    private static Exception Explained(Exception e, MailSettings mail) =>
        e switch
        {
            EmailRefusedException => e,
            SmtpCommandException
            {
                ErrorCode: SmtpErrorCode.RecipientNotAccepted or SmtpErrorCode.MessageNotAccepted,
                StatusCode: >= (SmtpStatusCode)PermanentFailureMin
            } refused => new EmailRefusedException($"The mail server refused the e-mail for good: {Said(refused)}"),
            SmtpCommandException refused => new MailRefusedException(
                $"The mail server refused the e-mail for now: {Said(refused)}"
            ),
            AuthenticationException => new MailRefusedException(
                "The mail server does not take the user and password of VEZA__MAIL__SMTP."
            ),
            SslHandshakeException => new MailRefusedException(
                $"TLS with the mail server {mail.Host} failed: its certificate is not trusted, or port "
                    + $"{mail.Port} speaks no TLS."
            ),
            NotSupportedException when mail.Security == MailSecurity.StartTls => new MailRefusedException(
                "The mail server offers no STARTTLS: use smtps://, or ?tls=none when it stands in a network of "
                    + "your own."
            ),
            NotSupportedException => new EmailRefusedException(
                "The mail server cannot take an address with characters beyond ASCII, or no way of signing in that "
                    + "is known here."
            ),
            _ => new MailRefusedException(
                $"The mail server {mail.Host}:{mail.Port} does not answer as it should ({e.GetType().Name}): "
                    + $"{WithoutAddresses(e.Message)}"
            ),
        };

    private static string Said(SmtpCommandException refused) =>
        $"{(int)refused.StatusCode} {WithoutAddresses(refused.Message)}";

    private static string WithoutAddresses(string text) => AddressPattern().Replace(text, "***");

    [GeneratedRegex(@"[^\s<>()]+@[^\s<>()]+")]
    private static partial Regex AddressPattern();
}
