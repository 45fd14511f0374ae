using System.Text;
using Veza.Infrastructure.Mail;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Mail;

/// <summary>From a committed transaction to a mailbox, whatever stands in the way.</summary>
public sealed class OutboxTests : MailStage
{
    [Fact]
    public async Task An_email_of_a_committed_transaction_arrives_and_one_of_a_rolled_back_transaction_never_was()
    {
        await using var inbox = await Inbox.Open();
        await using var worker = await Worker(inbox.Settings);
        await Send(Hello("nobody@example.org"), inbox.Settings, commits: false);
        await Send(Hello("mira@example.org"), inbox.Settings);
        var letter = await inbox.Next("mira@example.org");
        Assert.Equal(("Hello", "https://veza.example/hello"), (letter.Subject, letter.Link));
        Assert.Equal("no-reply@veza.example", letter.Json.Text("from"));
        Assert.Contains("Auto-Submitted: auto-generated", letter.Headers);
        await JobsAre("done 1");
        Assert.Single(inbox.Letters);
    }

    [Fact]
    public async Task What_an_email_says_stands_nowhere_in_the_database()
    {
        await using var inbox = await Inbox.Open();
        await Send(Hello("mira@example.org"), inbox.Settings);
        var payload = Assert.Single(await Premises.Database.Column("select payload from job"));
        Assert.DoesNotContain("mira", payload, StringComparison.Ordinal);
        Assert.DoesNotContain("veza.example", payload, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "veza.example",
            Encoding.Latin1.GetString(
                Convert.FromBase64String(System.Text.Json.JsonElement.Parse(payload).Text("Sealed"))
            ),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("veza.example", Hello("mira@example.org").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_mail_server_is_away_emails_wait_and_none_is_lost()
    {
        await using var inbox = await Inbox.Open();
        await inbox.Close();
        await using var worker = await Worker(inbox.Settings);
        for (var i = 0; i < 5; i++)
            await Send(Hello($"mira{i}@example.org"), inbox.Settings);
        await Eventually.True(
            "each was tried",
            async () =>
                (await States()).All(s => s.StartsWith("queued 1 The mail server 127.0.0.1", StringComparison.Ordinal))
        );
        await inbox.Reopen();
        await RetryNow();
        for (var i = 0; i < 5; i++)
            await inbox.Next($"mira{i}@example.org");
        await Eventually.True(
            "each is done",
            async () => (await States()).All(s => s.StartsWith("done 2", StringComparison.Ordinal))
        );
        Assert.Equal(5, inbox.Letters.Length);
    }

    [Fact]
    public async Task A_worker_that_is_killed_in_the_middle_of_it_loses_no_email_and_mailboxes_can_tell_the_copies()
    {
        await using var inbox = await Inbox.Open();
        await using var worker = await Worker(inbox.Settings);
        await Send(Hello("stalled@example.org"), inbox.Settings);
        var first = await inbox.Next("stalled@example.org");
        await worker.Kill();
        await Premises.Database.Execute("update job set lease_until = now() - interval '1 second'");
        await using var other = await Worker(inbox.Settings);
        var second = await inbox.Next("stalled@example.org");
        Assert.Equal(first.MessageId, second.MessageId);
        await JobsAre("done 2");
    }

    [Fact]
    public async Task A_mailbox_that_does_not_exist_ends_it_at_once_and_its_name_stays_out_of_the_log()
    {
        await using var inbox = await Inbox.Open();
        await using var worker = await Worker(inbox.Settings);
        await Send(Hello("refused.mira@example.org"), inbox.Settings);
        await JobsAre("dead 1 The mail server refused the e-mail for good: 550 5.1.1 <***>: no such mailbox");
        await Eventually.True(
            "it is in the log",
            () => Task.FromResult(worker.Log.Contains("no such mailbox", StringComparison.Ordinal))
        );
        Assert.DoesNotContain("refused.mira", worker.Log, StringComparison.Ordinal);
        Assert.Empty(inbox.Letters);
    }

    [Fact]
    public async Task A_mail_server_that_asks_for_patience_gets_the_email_later()
    {
        await using var inbox = await Inbox.Open();
        await using var worker = await Worker(inbox.Settings);
        await Send(Hello("later@example.org"), inbox.Settings);
        await JobsAre("queued 1 The mail server refused the e-mail for now: 451");
        await RetryNow();
        await inbox.Next("later@example.org");
        await JobsAre("done 2");
    }

    [Fact]
    public async Task An_email_whose_time_is_over_and_a_blank_one_are_not_sent()
    {
        await using var inbox = await Inbox.Open();
        await Send(Hello("late@example.org", DateTime.UtcNow.AddSeconds(-1)), inbox.Settings);
        await Send(Hello("blank@example.org") with { IsBlank = true }, inbox.Settings);
        await Send(Hello("mira@example.org", DateTime.UtcNow.AddMinutes(10)), inbox.Settings);
        await using var worker = await Worker(inbox.Settings);
        await inbox.Next("mira@example.org");
        await Eventually.True(
            "all are done",
            async () => (await States()).All(s => s.StartsWith("done 1", StringComparison.Ordinal))
        );
        Assert.Single(inbox.Letters);
    }

    [Fact]
    public async Task An_email_does_not_wait_behind_other_jobs()
    {
        await using var inbox = await Inbox.Open();
        // One slot for audio, and it stays taken: its job waits for a table that is locked.
        await using var worker = await Worker([("VEZA__WORKER__CONCURRENCY", "1"), .. inbox.Settings]);
        await using var blocking = await Premises.Database.Source.OpenConnectionAsync();
        await using var transaction = await blocking.BeginTransactionAsync();
        await using (
            var hold = new Npgsql.NpgsqlCommand("lock table track in access exclusive mode", blocking, transaction)
        )
            await hold.ExecuteNonQueryAsync();
        for (var i = 0; i < 3; i++)
            await Premises.Database.Execute(
                $$"""insert into job (id, kind, payload) values ($1, 'transcode_track', '{"TrackId":"{{Guid.CreateVersion7()}}"}')""",
                Guid.CreateVersion7()
            );
        await Eventually.True(
            "audio fills its slot",
            async () => await Premises.Database.Scalar<long>("select count(*) from job where state = 'running'") >= 1
        );
        await Send(Hello("mira@example.org"), inbox.Settings);
        await inbox.Next("mira@example.org");
    }

    [Fact]
    public async Task An_address_cannot_add_headers_or_recipients()
    {
        await using var inbox = await Inbox.Open();
        await using var worker = await Worker(inbox.Settings);
        string[] addresses =
        [
            "mira@example.org\r\nBcc: eve@example.org",
            "mira@example.org, eve@example.org",
            "Eve <eve@example.org>",
            "mira@example.org>\r\nRCPT TO:<eve@example.org",
            "",
            "mira",
        ];
        foreach (var address in addresses)
            await Send(Hello(address), inbox.Settings);
        await Eventually.True(
            "each is dead",
            async () => (await States()).All(s => s == "dead 1 The e-mail's address cannot be written to.")
        );
        Assert.Empty(inbox.Letters);
    }

    [Fact]
    public async Task What_is_put_into_an_email_stays_one_line_of_plain_text()
    {
        await using var inbox = await Inbox.Open();
        await using var worker = await Worker(inbox.Settings);
        const string hostile = "<script>alert(1)</script>\"'&\r\nBcc: eve@example.org\r\n\r\n--boundary";
        var paper = new EmailTemplate()
            .Say(hostile)
            .Link(hostile, "https://veza.example/?a=1&b=\"><b>")
            .Code(hostile, "123456");
        await Send(paper.Seal("mira@example.org", $"Hi {hostile} ž 🎵"), inbox.Settings);
        var letter = await inbox.Next("mira@example.org");
        Assert.Equal("Hi <script>alert(1)</script>\"'&  Bcc: eve@example.org    --boundary ž 🎵", letter.Subject);
        Assert.Equal(["mira@example.org"], letter.Recipients);
        Assert.Equal(["mira@example.org"], letter.To);
        Assert.Equal(("", ""), (letter.Json.Text("cc"), letter.Json.Text("bcc")));
        Assert.DoesNotContain("<script", letter.Html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", letter.Html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", letter.Html, StringComparison.Ordinal);
        Assert.DoesNotContain(letter.Headers, h => h.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("123456", letter.Code);
    }

    [Fact]
    public async Task A_worker_without_a_mail_server_says_so_and_the_email_waits()
    {
        await using var inbox = await Inbox.Open();
        await Send(Hello("mira@example.org"), inbox.Settings);
        await using var worker = await Worker();
        await JobsAre("queued 1 This worker has no mail server");
    }
}
