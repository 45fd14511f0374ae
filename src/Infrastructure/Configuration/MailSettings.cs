using MimeKit;

namespace Veza.Infrastructure.Configuration;

/// <summary>How e-mails leave: the mail server, and the address that they come from.</summary>
internal sealed record MailSettings(
    string Host,
    int Port,
    MailSecurity Security,
    string? User,
    string? Password,
    MailboxAddress From
)
{
    private const string SmtpExample =
            "set it to smtp://USER:PASSWORD@mail.example.org:587 (STARTTLS) or "
            + "smtps://USER:PASSWORD@mail.example.org:465",
        FromExample = "set it to the address that e-mails come from, such as Veza <no-reply@music.example.org>";
    private const int SubmissionPort = 587,
        SubmissionsPort = 465;

    /// <summary>Says nothing of the password.</summary>
    public override string ToString() =>
        $"{Host}:{Port}, {Security switch { MailSecurity.Tls => "TLS", MailSecurity.StartTls => "STARTTLS", _ => "without TLS" }}, from {From.Address}";

    /// <summary>Null when no mail server is set: then everything that needs e-mails says so.</summary>
    internal static MailSettings? Read(SettingsReader read)
    {
        var from = read.Optional("mail:from");
        if (read.Secret("mail:smtp") is not { } text)
        {
            if (from is not null)
                read.Fault("mail:smtp", "is not set though VEZA__MAIL__FROM is", SmtpExample);
            return null;
        }

        MailboxAddress? sender = null;
        if (from is null)
            read.Fault("mail:from", "is not set though VEZA__MAIL__SMTP is", FromExample);
        else if (!MailboxAddress.TryParse(from, out sender) || sender.Domain.Length == 0)
            read.Fault("mail:from", $"'{from}' is not an e-mail address", FromExample);

        // The value holds a password: name the problem, never the value.
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("smtp" or "smtps")
            || url.Host.Length == 0
            || url.AbsolutePath is not ("" or "/")
        )
        {
            read.Fault("mail:smtp", "is not an smtp:// or smtps:// URL", SmtpExample);
            return null;
        }

        var user = url.UserInfo.Split(':', 2);
        if (url.UserInfo.Length > 0 && (user.Length < 2 || user[0].Length == 0 || user[1].Length == 0))
        {
            read.Fault(
                "mail:smtp",
                "names a user without a password, or a password without a user",
                SmtpExample + "; write @ : / and % in a password as %40 %3A %2F and %25"
            );
            return null;
        }

        if (SecurityOf(url) is not { } security)
        {
            read.Fault(
                "mail:smtp",
                $"its query '{url.Query}' is not understood",
                "leave it away, or use ?tls=none for an smtp:// server of your own network that has no TLS"
            );
            return null;
        }

        return sender is null
            ? null
            : new MailSettings(
                url.IdnHost,
                url.Port > 0 ? url.Port
                    : url.Scheme == "smtps" ? SubmissionsPort
                    : SubmissionPort,
                security,
                user.Length == 2 ? Uri.UnescapeDataString(user[0]) : null,
                user.Length == 2 ? Uri.UnescapeDataString(user[1]) : null,
                sender
            );
    }

    /// <summary>
    /// E-mails carry keys to accounts: they go out unencrypted only where that was asked for, or never leave the
    /// machine.
    /// </summary>
    private static MailSecurity? SecurityOf(Uri url) =>
        (url.Scheme, url.Query) switch
        {
            ("smtps", "") => MailSecurity.Tls,
            ("smtp", "?tls=none") => MailSecurity.None,
            ("smtp", "") => url.IsLoopback ? MailSecurity.None : MailSecurity.StartTls,
            _ => null,
        };
}

/// <summary>What stands between this server and the mail server.</summary>
internal enum MailSecurity
{
    None,
    StartTls,
    Tls,
}
