using Dapper;
using Npgsql;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>
/// The recordings that are here already, by what they sound like. An index finds the few that share keys with a new
/// one; comparing those item by item decides. What others keep to themselves is never found.
/// </summary>
[HotRead]
internal static class KnownRecordings
{
    /// <summary>
    /// How many are compared, of those with the most keys in common; and how many of these it is asked of whether the
    /// owner may know of them.
    /// </summary>
    internal const int ComparedMax = 8,
        CandidatesMax = 1000;

    /// <summary>
    /// One key in common is chance, as measured over recordings that have nothing to do with each other.
    /// </summary>
    internal const int SharedKeysMin = 2;

    internal sealed record Candidate(Guid Id, int[] Items);

    internal static readonly AudioFault Blocked = new(
        "RECORDING_BLOCKED",
        "This recording may not be uploaded here: its moderators have blocked it. If it is yours, write to "
            + "them, and they can lift that."
    );

    /// <summary>Throws <see cref="AudioRefused"/> for a recording that moderators have blocked.</summary>
    internal static async Task RefuseBlocked(PostgresSource postgres, Fingerprint? print, CancellationToken ct)
    {
        if (print is null)
            return;
        int[] keys = print.Keys();
        await using var db = await postgres.OpenConnectionAsync(ct);
        // Key by key: for all at once (&&) the planner expects so many rows that it may prefer to read the whole table.
        var found = await db.QueryAsync<Candidate>(
            """
            with found as (
              select b.id, count(*) as shared from unnest(@keys::int[]) k join blocked_recording b on b.keys @> array[k]
               group by b.id having count(*) >= @SharedKeysMin order by shared desc limit @ComparedMax
            )
            select b.id, b.items from found join blocked_recording b on b.id = found.id order by found.shared desc
            """,
            new
            {
                keys = new PgValue<int[]>(keys),
                SharedKeysMin,
                ComparedMax,
            }
        );
        if (Same(found, print) is { } blocked)
            throw new AudioRefused(Blocked, $"blocked_recording {blocked}");
    }

    /// <summary>
    /// A track of the same recording that the owner of this one may know of: their own, or a listed one; the most
    /// alike, null without any.
    /// </summary>
    internal static async Task<Guid?> Twin(
        PostgresSource postgres,
        Guid trackId,
        Fingerprint? print,
        CancellationToken ct
    )
    {
        if (print is null)
            return null;
        int[] keys = print.Keys();
        await using var db = await postgres.OpenConnectionAsync(ct);
        var found = await db.QueryAsync<Candidate>(
            """
            with found as (
              select f.track_id, f.revision, count(*) as shared from unnest(@keys::int[]) k
                join track_fingerprint f on f.keys @> array[k]
               where f.track_id <> @trackId group by f.track_id, f.revision having count(*) >= @SharedKeysMin
                 order by shared desc limit @CandidatesMax
            )
            select t.id, f.items
              from found join track t on t.id = found.track_id and t.revision = found.revision
                join track_fingerprint f on f.track_id = t.id and f.revision = t.revision
             where t.status = 'ready' and (t.is_listed
               or t.account_id = (select account_id from track where id = @trackId))
             order by found.shared desc, t.id limit @ComparedMax
            """,
            new
            {
                trackId,
                keys = new PgValue<int[]>(keys),
                CandidatesMax,
                SharedKeysMin,
                ComparedMax,
            }
        );
        return Same(found, print);
    }

    /// <summary>Keeps what this audio of the track sounds like; in the transaction that makes it ready.</summary>
    internal static async Task Keep(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid trackId,
        long revision,
        Fingerprint? print,
        Guid? twin
    )
    {
        if (print is null)
            return;

        int[] keys = print.Keys(),
            items = print.Items;
        // The twin may have been deleted since it was found.
        await db.ExecuteAsync(
            """
            insert into track_fingerprint (track_id, revision, keys, items, duplicate_of)
              values (@trackId, @revision, @keys, @items, (select id from track where id = @twin for key share))
            """,
            new
            {
                trackId,
                revision,
                keys = new PgValue<int[]>(keys),
                items = new PgValue<int[]>(items),
                twin,
            },
            transaction
        );
    }

    /// <summary>Forgets the prints of audio that the track has no more.</summary>
    internal static Task ForgetGone(NpgsqlConnection db, NpgsqlTransaction transaction, Guid trackId) =>
        db.ExecuteAsync(
            """
            delete from track_fingerprint f using track t
             where f.track_id = @trackId and t.id = f.track_id and f.revision <> t.revision
               and not exists (select 1 from track_revision r where r.track_id = f.track_id and r.revision = f.revision)
            """,
            new { trackId },
            transaction
        );

    private static Guid? Same(IEnumerable<Candidate> found, Fingerprint print) =>
        found
            .Select(candidate => (candidate.Id, Difference: print.DifferenceFrom(new Fingerprint(candidate.Items))))
            .Where(candidate => candidate.Difference <= Fingerprint.DifferenceMax)
            .OrderBy(candidate => candidate.Difference)
            .Select(candidate => (Guid?)candidate.Id)
            .FirstOrDefault();
}
