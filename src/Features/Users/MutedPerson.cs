using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;

namespace Veza.Features.Users;

/// <summary>Whom an account mutes, and until when; null is until it is lifted.</summary>
internal sealed record MutedPerson(
    Guid Id,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    DateTime Since,
    DateTime? Until
)
{
    private const int BatchMax = 1000;

    internal static readonly MutedPerson Example = new(
        ShowUser.Example.Id,
        "mira",
        "Mira",
        null,
        ShowUser.Example.CreatedAt,
        ShowUser.Example.CreatedAt.AddDays(7)
    );

    /// <summary>Upkeep: those that are over.</summary>
    internal static Task Forget(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from account_mute m using (select muter_id, muted_id from account_mute where until < now()
              and until < 'infinity' order by until limit @BatchMax) past
             where m.muter_id = past.muter_id and m.muted_id = past.muted_id and m.until < now()
            """,
            new { BatchMax }
        );
}

[JsonSerializable(typeof(Envelope<MutedPerson>))]
[JsonSerializable(typeof(Envelope<MutedPerson[]>))]
internal sealed partial class MutedPersonJson : JsonSerializerContext;
