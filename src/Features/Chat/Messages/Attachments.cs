using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Attachments between their upload and their message. When the row of one goes, however it goes, a trigger puts its
/// object up for sweeping.
/// </summary>
internal static class Attachments
{
    /// <summary>So many may wait for a message at once.</summary>
    internal const int LooseMax = 30,
        SweepBatchMax = 500;

    internal const string ObjectName = "file";

    /// <summary>With the minute of the upkeep and that of the sweeper well within the hour.</summary>
    private static readonly TimeSpan LooseKept = TimeSpan.FromMinutes(45);

    internal static readonly Attachment Example = new(
        Guid.Parse("019b0c63-1a2b-7c3d-8e4f-5a6b7c8d9e0f"),
        "verse-2.flac",
        "audio/flac",
        1_048_576
    );

    /// <summary>
    /// The attachments that a post names, held so that no other post takes them: for a statement with
    /// <c>@attachments</c>, <c>@roomId</c> and <c>@UserId</c>. The post counts them, puts <see cref="OnMessage"/> on
    /// its row and takes them with <see cref="Take"/>.
    /// </summary>
    internal const string Held = """
        held_files as (
          select f.id, f.name, f.content_type, f.size_bytes, n.place from unnest(@attachments::uuid[])
            with ordinality n(id, place) join attachment f on f.id = n.id
           where f.room_id = @roomId and f.account_id = @UserId and f.message_id is null for no key update of f
        )
        """;

    internal const string OnMessage = """
        (select coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'content_type', f.content_type,
          'size_bytes', f.size_bytes) order by f.place), '[]') from held_files f)
        """;

    /// <summary>With the new message as <c>m</c>.</summary>
    internal const string Take = "update attachment f set message_id = m.id from m, held_files h where f.id = h.id";

    /// <summary>
    /// A prefix that is this attachment's alone, under its room's. The trigger of the table knows it too.
    /// </summary>
    internal static string PrefixOf(Guid roomId, Guid id) => $"attachments/{roomId}/{id}/";

    /// <summary>Whether the caller has as much waiting, or as much stored, as is allowed.</summary>
    internal static async Task<Error?> RefuseMore(
        PostgresSource postgres,
        Caller caller,
        long quotaBytes,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var loose = await db.ExecuteScalarAsync<long>(
            "select count(*) from attachment where account_id = @UserId and message_id is null",
            new { caller.UserId }
        );
        if (loose >= LooseMax)
            return ChatErrors.TooManyAttachments;
        var used =
            await db.ExecuteScalarAsync<long?>(
                "select used_bytes from attachment_use where account_id = @UserId",
                new { caller.UserId }
            ) ?? 0;
        return quotaBytes > 0 && used >= quotaBytes ? ChatErrors.AttachmentQuotaExceeded : null;
    }

    /// <summary>
    /// Takes the turn of this person, so that what the statement that adds a file counts stays so until it commits.
    /// </summary>
    internal static Task TakeTurn(NpgsqlConnection db, NpgsqlTransaction transaction, Caller caller) =>
        Turn.Take(db, transaction, "attachment", caller.UserId);

    /// <summary>Upkeep: what no message took in time goes.</summary>
    internal static Task ForgetLoose(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from attachment where id in (select id from attachment where message_id is null
              and created_at < now() - @kept::interval order by created_at limit @SweepBatchMax for update skip locked)
            """,
            new { kept = LooseKept, SweepBatchMax }
        );
}
