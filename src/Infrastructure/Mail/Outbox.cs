using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Mail;

/// <summary>
/// Where e-mails wait: a job in the transaction of its cause, its content sealed, since it may hold the key to an
/// account. Without a mail server nothing is written; whoever cannot do without asks <see cref="IsOn"/> first.
/// </summary>
internal sealed class Outbox(Secrets secrets, Settings settings)
{
    private const string Context = "email";

    internal sealed record Payload(byte[] Sealed);

    internal bool IsOn => settings.Mail is not null;

    internal Task Send(NpgsqlConnection db, NpgsqlTransaction transaction, Email email)
    {
        if (!IsOn)
            return Task.CompletedTask;
        var content = secrets.Seal(JsonSerializer.SerializeToUtf8Bytes(email, EmailJson.Default.Email), Context);
        return JobQueue.Enqueue(
            db,
            transaction,
            SendMail.Kind,
            JsonSerializer.Serialize(new Payload(content), OutboxJson.Default.Payload)
        );
    }

    internal Email Open(JobRun run)
    {
        var payload = JsonSerializer.Deserialize(run.Payload, OutboxJson.Default.Payload)!;
        return JsonSerializer.Deserialize(secrets.Open(payload.Sealed, Context), EmailJson.Default.Email)!;
    }
}

[JsonSerializable(typeof(Outbox.Payload))]
internal sealed partial class OutboxJson : JsonSerializerContext;
