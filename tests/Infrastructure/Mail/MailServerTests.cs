using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Mail;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Mail;

/// <summary>Signing in to the mail server and TLS with it, and what an operator is told about both.</summary>
public sealed class MailServerTests : MailStage
{
    private const string Password = "p@ss:w/rd%";
    private static readonly (string Name, string Value) From = ("VEZA__MAIL__FROM", "no-reply@veza.example");

    [Fact]
    public async Task A_mail_server_that_wants_a_password_gets_it()
    {
        await using var inbox = await Inbox.Open("veza", Password);
        (string, string)[] mail =
        [
            ("VEZA__MAIL__SMTP", $"smtp://veza:{Uri.EscapeDataString(Password)}@127.0.0.1:{inbox.Port}"),
            From,
        ];
        await using var worker = await Worker(mail);
        await Send(Hello("mira@example.org"), mail);
        Assert.Equal("veza", (await inbox.Next("mira@example.org")).Json.Text("user"));
        Assert.Contains(
            $"VEZA__MAIL__SMTP: the mail server answers: 127.0.0.1:{inbox.Port}, without TLS, from "
                + $"no-reply@veza.example",
            (await worker.Run("check-config")).Succeeds().Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_never_shown()
    {
        await using var inbox = await Inbox.Open("veza", Password);
        (string, string)[] mail = [("VEZA__MAIL__SMTP", $"smtp://veza:hidden-word@127.0.0.1:{inbox.Port}"), From];
        await using var worker = await Worker(mail);
        await Send(Hello("mira@example.org"), mail);
        await JobsAre("queued 1 The mail server does not take the user and password of VEZA__MAIL__SMTP.");
        var check = await worker.Run("check-config");
        Assert.Equal(1, check.ExitCode);
        Assert.Contains(
            "VEZA__MAIL__SMTP: not so that the mail server answers: The mail server does not take",
            check.Errors,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("hidden-word", check.Errors + check.Output + worker.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Emails_go_out_over_TLS_to_a_certificate_that_is_trusted_and_to_no_other()
    {
        var folder = TestRun.NewFolder("certificate");
        var (certificate, key) = (Path.Combine(folder, "mail.pem"), Path.Combine(folder, "mail.key"));
        MakeCertificate(certificate, key);
        await using var inbox = await Inbox.Open("--tls", certificate, key);
        (string, string)[] mail = [("VEZA__MAIL__SMTP", $"smtps://127.0.0.1:{inbox.Port}"), From];
        await using (await Worker(mail))
        {
            await Send(Hello("mira@example.org"), mail);
            await JobsAre("queued 1 TLS with the mail server 127.0.0.1 failed");
            Assert.Empty(inbox.Letters);
        }

        await using var trusting = await Worker([.. mail, ("SSL_CERT_FILE", certificate)]);
        await RetryNow();
        Assert.True((await inbox.Next("mira@example.org")).Json.GetProperty("tls").GetBoolean());
    }

    [Fact]
    public async Task A_mail_server_that_must_offer_STARTTLS_and_does_not_gets_no_email()
    {
        await using var inbox = await Inbox.Open();
        var mail = Premises.Settings(inbox.Settings).Mail! with { Security = MailSecurity.StartTls };
        var refused = await Assert.ThrowsAsync<MailRefusedException>(() =>
            MailServer.Deliver(mail, Hello("mira@example.org"), Guid.CreateVersion7(), CancellationToken.None)
        );
        Assert.StartsWith(
            "The mail server offers no STARTTLS: use smtps://",
            refused.Message,
            StringComparison.Ordinal
        );
        Assert.Empty(inbox.Letters);
    }

    [Theory]
    [InlineData(
        null,
        "no-reply@veza.example",
        "VEZA__MAIL__SMTP: is not set though VEZA__MAIL__FROM is; set it to smtp://"
    )]
    [InlineData(
        "smtp://mail.example.org",
        null,
        "VEZA__MAIL__FROM: is not set though VEZA__MAIL__SMTP is; set it to the address"
    )]
    [InlineData(
        "smtp://mail.example.org",
        "Veza",
        "VEZA__MAIL__FROM: 'Veza' is not an e-mail address; set it to the address"
    )]
    [InlineData(
        "mail.example.org:587",
        "no-reply@veza.example",
        "VEZA__MAIL__SMTP: is not an smtp:// or smtps:// URL; set it to smtp://"
    )]
    [InlineData(
        "http://veza:hidden-word@mail.example.org",
        "no-reply@veza.example",
        "VEZA__MAIL__SMTP: is not an smtp:// or smtps:// URL; set it to smtp://"
    )]
    [InlineData(
        "smtp://veza:hidden/word@mail.example.org",
        "no-reply@veza.example",
        "VEZA__MAIL__SMTP: is not an smtp:// or smtps:// URL; set it to smtp://"
    )]
    [InlineData(
        "smtp://veza@mail.example.org",
        "no-reply@veza.example",
        "VEZA__MAIL__SMTP: names a user without a password"
    )]
    [InlineData(
        "smtps://mail.example.org?tls=none",
        "no-reply@veza.example",
        "VEZA__MAIL__SMTP: its query '?tls=none' is not understood"
    )]
    public void A_fault_of_the_settings_says_what_to_do(string? smtp, string? from, string fault)
    {
        var values = Premises
            .Variables.Append(new("VEZA__MAIL__SMTP", smtp))
            .Append(new("VEZA__MAIL__FROM", from))
            .Select(v =>
                KeyValuePair.Create(v.Key["VEZA__".Length..].Replace("__", ":", StringComparison.Ordinal), v.Value)
            );
        var (settings, faults) = Settings.Read(
            new ConfigurationBuilder().AddInMemoryCollection(values).Build(),
            Modules.All
        );
        Assert.Null(settings);
        var told = Assert.Single(faults).ToString();
        Assert.StartsWith(fault, told, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smtp://veza:p%40ss@mail.example.org", "mail.example.org:587, STARTTLS")]
    [InlineData("smtps://veza:p%40ss@mail.example.org", "mail.example.org:465, TLS")]
    [InlineData("smtp://localhost:2525", "localhost:2525, without TLS")]
    [InlineData("smtp://mail.internal:25?tls=none", "mail.internal:25, without TLS")]
    public void TLS_is_what_it_does_unless_it_stays_on_the_machine(string smtp, string shown)
    {
        var mail = Premises
            .Settings(("VEZA__MAIL__SMTP", smtp), ("VEZA__MAIL__FROM", "Veza <no-reply@veza.example>"))
            .Mail!;
        Assert.Equal($"{shown}, from no-reply@veza.example", mail.ToString());
        Assert.Equal(smtp.Contains("veza:", StringComparison.Ordinal) ? "p@ss" : null, mail.Password);
    }

    private static void MakeCertificate(string certificatePath, string keyPath)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mail", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(
                certificateAuthority: true,
                hasPathLengthConstraint: false,
                0,
                critical: true
            )
        );
        using var certificate = request.CreateSelfSigned(
            DateTimeOffset.UtcNow.AddHours(-1),
            DateTimeOffset.UtcNow.AddDays(1)
        );
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
    }
}
