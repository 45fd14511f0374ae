using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// What people say of themselves beside being there, such as "🎧 mixing", for good or until a time. It stands in
/// PostgreSQL and outlives their sockets.
/// </summary>
internal sealed class CustomStatus(PostgresSource postgres, TimeProvider clock)
{
    private const int BatchMax = 1000;

    /// <summary>Upkeep: those that are over.</summary>
    internal static Task Forget(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from custom_status s using (select account_id from custom_status where until < now() order by until
              limit @BatchMax) past where s.account_id = past.account_id and s.until < now()
            """,
            new { BatchMax }
        );

    internal Error? Refuse(string? text, DateTime? until)
    {
        if (text is null)
            return until is null
                ? null
                : Errors.Validation.With(new FieldError("until", "NOT_ALLOWED", "until is the end of a text"));
        if (text.Contains('\0', StringComparison.Ordinal))
            return Errors.CharacterRefused;
        if (text.Length > PresenceLimits.TextCharsMax)
            return Errors.Validation.With(
                new FieldError("text", "TOO_LONG", $"text has at most {PresenceLimits.TextCharsMax} characters")
            );
        if (text.Any(char.IsControl) || text.Length != text.Trim().Length)
            return Errors.Validation.With(
                new FieldError("text", "NOT_ALLOWED", "text is one line, without blanks around it")
            );
        return EndTime.Refuse(until, clock);
    }

    /// <summary>An empty text takes it back.</summary>
    internal async Task Say(Caller caller, string text, DateTime? until, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (text.Length == 0)
        {
            await db.ExecuteAsync("delete from custom_status where account_id = @UserId", new { caller.UserId });
            return;
        }

        await db.ExecuteAsync(
            """
            insert into custom_status (account_id, text, until) select id, @text, @until from account where id = @UserId
            on conflict (account_id) do update set text = excluded.text, until = excluded.until
            """,
            new
            {
                caller.UserId,
                text,
                until,
            }
        );
    }
}
