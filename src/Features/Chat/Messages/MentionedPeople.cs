using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Whom a text calls, when it is posted or edited: members of the room by name, and everybody or those who are there if
/// the caller moderates it. Whoever is no member is just a word.
/// </summary>
/// <param name="Json">What stands on the message's row.</param>
/// <param name="Calls">room, here, or null.</param>
[HotRead]
internal sealed record MentionedPeople(string Json, string? Calls)
{
    internal static readonly MentionedPeople None = new("[]", null);

    /// <summary>The account of all zeros stands for everybody in the room.</summary>
    internal static readonly Guid Everybody = Guid.Empty;

    /// <summary>
    /// Keeps what is unread of mentions; for a statement with the message as <c>m</c>. Mentions of the author count for
    /// nobody.
    /// </summary>
    internal const string Kept = """
        insert into message_mention (account_id, room_id, seq, message_id, author_id)
        select x.account_id, m.room_id, m.seq, m.id, m.author_id
          from m cross join lateral (
            select (e.value ->> 'id')::uuid as account_id from jsonb_array_elements(m.mentions) e
             union all select '00000000-0000-0000-0000-000000000000' where m.calls = 'room') x
         where x.account_id <> m.author_id
        on conflict (account_id, room_id, seq) do nothing
        """;

    /// <summary>
    /// Whether somebody may call everybody, asked once more of the row that the statement sees; it ends with an
    /// account: <c>= @UserId)</c>.
    /// </summary>
    internal const string MayCall = """
        exists (select 1 from room_member x where x.room_id = @roomId and x.role <> 'member' and x.account_id
        """;

    /// <summary>Most texts name nobody, and cost no connection.</summary>
    internal static async Task<MentionedPeople> Of(
        PostgresSource postgres,
        Guid roomId,
        string? content,
        Caller caller,
        CancellationToken ct
    )
    {
        if (!NamesAnybody(MentionText.Read(content ?? "")))
            return None;
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Of(db, roomId, content, caller);
    }

    internal static async Task<MentionedPeople> Of(NpgsqlConnection db, Guid roomId, string? content, Caller caller)
    {
        var text = MentionText.Read(content ?? "");
        var named = text.Names;
        if (!NamesAnybody(text))
            return None;
        Mention[] people =
        [
            .. await db.QueryAsync<Mention>(
                """
                select a.id, a.username from account a join room_member w on w.account_id = a.id and w.room_id = @roomId
                  where lower(a.username) = any(@names)
                """,
                new { roomId, names = new PgValue<string[]>(named) }
            ),
        ];
        var calls = text.Calls;
        if (
            calls is not null
            && !await db.ExecuteScalarAsync<bool>(
                """
                select exists (select 1 from room_member where room_id = @roomId and account_id = @UserId
                  and role in ('owner', 'moderator'))
                """,
                new { roomId, caller.UserId }
            )
        )
            calls = null;
        var meant = text.Choose(people);
        return new MentionedPeople(
            meant.Length == 0 ? None.Json : JsonSerializer.Serialize(meant, MessageJson.Default.MentionArray),
            calls
        );
    }

    private static bool NamesAnybody(MentionText text) => text.Names.Length > 0 || text.Calls is not null;
}
