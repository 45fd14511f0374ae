using Dapper;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Plays;

/// <summary>Where somebody listens who has no account: hashes of address and day, and of network and day.</summary>
internal sealed record PlayPlace(Guid Address, Guid Network);

/// <summary>What is known of a listener when a play begins.</summary>
internal sealed record PlayStart(
    Guid TrackId,
    Guid Listener,
    Guid? AccountId,
    bool IsBot,
    string Source,
    Guid? SourceId,
    string? Country,
    PlayPlace? Place
);

/// <summary>Whether a play could begin: no row without the track, no threshold without a play.</summary>
internal sealed record BegunPlay(string Status, long? CountsAfterMs);

/// <summary>How a play stands: the listening that was credited, and what became of it once that was enough.</summary>
internal sealed record PlayStanding(long ListenedMs, string? Verdict);

/// <summary>
/// Begins plays and takes their heartbeats, one statement each. Listening is credited against the server's clock: what
/// a heartbeat claims beyond the time that has passed is not believed until it has. At the threshold the play is
/// judged, once, for good.
/// </summary>
internal sealed class PlayBook(PostgresSource postgres, TimeProvider clock)
{
    /// <summary>A play counts after this much listening, or half of the track if that is less.</summary>
    internal const long CountsAfterMaxMs = 30_000;

    /// <summary>
    /// Another play by the same listener counts again after this time, or the track's length if that is more.
    /// </summary>
    internal const long WindowMinMs = 3_600_000;

    /// <summary>The silence between two heartbeats that may still be credited.</summary>
    internal const long CreditMaxMs = 60_000;

    /// <summary>A play takes heartbeats for twice its track's length and this time more.</summary>
    internal const long PauseMaxMs = 600_000;

    /// <summary>Who claims more than this beyond the time that has passed is a program.</summary>
    internal const long OverclaimMaxMs = 60_000;

    /// <summary>Heartbeats beyond one a second that are forgiven, and all that one play takes.</summary>
    internal const int BeatsBurstMax = 10,
        BeatsMax = 20_000;

    /// <summary>
    /// Plays without an account that count of one track: from one address (a household, an office) and from one network
    /// (/24, /48), within the window and in a day.
    /// </summary>
    internal const int AddressMax = 4,
        AddressDayMax = 12,
        NetworkMax = 16,
        NetworkDayMax = 100;

    /// <summary>Tracks that one account, or all anonymous listeners of an address, may hear at once.</summary>
    internal const int AtOnceMax = 4,
        AtOnceAnonymousMax = 20;

    /// <summary>A play whose last heartbeat is younger sounds now.</summary>
    internal const long SoundsMs = 15_000;

    /// <summary>Plays that are not closed: of one listener, and of all of an address without an account.</summary>
    internal const int OpenMax = 200,
        OpenAtAddressMax = 1000;

    internal DateTime Now => clock.GetUtcNow().UtcDateTime;

    internal async Task<BegunPlay?> Begin(Guid id, PlayStart start, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (start.Place is { } place)
            await Turn.Take(db, transaction, "play at an address", place.Address);
        await Turn.Take(db, transaction, "play", start.Listener);
        var begun = await db.QuerySingleOrDefaultAsync<BegunPlay>(
            BeginSql,
            new
            {
                id,
                start.TrackId,
                start.Listener,
                start.AccountId,
                start.IsBot,
                start.Source,
                start.SourceId,
                start.Country,
                address = start.Place?.Address,
                network = start.Place?.Network,
                now = Now,
                CountsAfterMaxMs,
                PauseMaxMs,
                OpenMax,
                OpenAtAddressMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return begun;
    }

    /// <summary>Null when there is no such play, or it is over.</summary>
    internal async Task<PlayStanding?> Beat(Guid id, long positionMs, long listenedMs, bool ended, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<PlayStanding>(
            BeatSql,
            new
            {
                id,
                positionMs,
                listenedMs,
                ended,
                now = Now,
                WindowMinMs,
                CreditMaxMs,
                OverclaimMaxMs,
                BeatsBurstMax,
                BeatsMax,
                AtOnceMax,
                AtOnceAnonymousMax,
                SoundsMs,
                AddressMax,
                AddressDayMax,
                NetworkMax,
                NetworkDayMax,
            }
        );
    }

    // Only the last day's partitions can hold open plays of a listener that matter here.
    private const string BeginSql = """
        with seen as (
          select t.id, t.status, greatest(coalesce(t.duration_ms, 0), 2) as duration_ms,
            coalesce(t.account_id = @AccountId, false) as is_own
            from track t where t.id = @TrackId and (t.account_id = @AccountId or t.is_open)
        ), begun as (
          insert into play (id, track_id, listener, account_id, source, source_id, country, duration_ms,
            counts_after_ms, is_own, is_bot, begun_at, closes_at, heard_at, credited_until,
                            address, network)
          select @id, s.id, @Listener, @AccountId, @Source, @SourceId, @Country, s.duration_ms,
            least(@CountsAfterMaxMs, s.duration_ms / 2), s.is_own, @IsBot,
                 @now, @now::timestamptz + (2 * s.duration_ms + @PauseMaxMs) * interval '1 millisecond', @now, @now,
                   @address, @network
            from seen s
           where s.status = 'ready'
             and (select count(*) from (select 1 from play p where p.listener = @Listener
               and p.id >= uuid_at(@now::timestamptz - interval '1 day')
                                                            and not p.is_closed and p.closes_at > @now
                                                              limit @OpenMax) open) < @OpenMax
             and (select count(*) from (select 1 from play p where p.address = @address
               and p.id >= uuid_at(@now::timestamptz - interval '1 day')
                                                            and not p.is_closed and p.closes_at > @now
                                                              limit @OpenAtAddressMax) open) < @OpenAtAddressMax
          returning counts_after_ms
        )
        select s.status, b.counts_after_ms from seen s left join begun b on true
        """;

    // held: the row, locked, so that two heartbeats at once are two. credit: what the clock allows of the claim. beat:
    // the play after it. judged: whether it has come to its threshold, and what speaks against it. fresh: whether it is
    // the one play in the window, and there is room at its address and in its network: count_play holds their rows
    // until the end, so that of many that come at once no more than may be are let through.
    private const string BeatSql = """
        with moment as (
          select @now::timestamptz as now
        ), held as materialized (
          select p.id, p.track_id, p.listener, p.account_id, p.address, p.network,
                 p.duration_ms, p.counts_after_ms, p.is_own, p.is_bot, p.begun_at, p.listened_ms, p.position_ms,
                   p.beats, p.heard, p.verdict,
                 m.now, greatest(p.credited_until, m.now - @CreditMaxMs * interval '1 millisecond') as credited_until,
                   least(@positionMs, p.duration_ms) as at_ms
            from moment m join play p on p.closes_at > m.now
           where p.id = @id and p.beats < @BeatsMax
             for update of p
        ), credit as (
          select h.id, greatest(0, least(@listenedMs - h.listened_ms,
            (extract(epoch from h.now - h.credited_until) * 1000)::bigint)) as ms from held h
        ), beat as (
          select h.id, h.track_id, h.listener, h.account_id, h.address, h.network, h.duration_ms, h.counts_after_ms,
            h.is_own, h.begun_at, h.now, h.at_ms, h.verdict,
                 h.listened_ms + c.ms as listened_ms,
                   h.credited_until + c.ms * interval '1 millisecond' as credited_until,
                 h.heard | play_hundredths(greatest(h.at_ms - c.ms, case when h.position_ms <= h.at_ms
                   then h.position_ms else 0 end), h.at_ms, h.duration_ms) as heard,
                 h.is_bot or h.beats >= @BeatsBurstMax + extract(epoch from h.now - h.begun_at)
                          or @listenedMs > extract(epoch from h.now - h.begun_at) * 1000 + @OverclaimMaxMs as is_bot
            from held h join credit c on c.id = h.id
        ), judged as (
          select b.id, case
                   when b.verdict is not null or b.listened_ms < b.counts_after_ms then null
                   when b.is_own then 'own'
                   when b.is_bot then 'bot'
                   -- Listening without getting anywhere: the position stands, or goes round in circles.
                   when bit_count(b.heard) * b.duration_ms * 2 < b.counts_after_ms * 100 then 'bot'
                   when b.address is not null and (select count(distinct o.track_id) from play o
                          where o.address = b.address and o.id >= uuid_at(b.now - interval '1 day')
                            and o.track_id <> b.track_id and not o.is_closed
                            and o.closes_at > b.now and o.heard_at > b.now - @SoundsMs * interval '1 millisecond')
                              >= @AtOnceAnonymousMax then 'bot'
                   when b.address is null and (select count(distinct o.track_id) from play o
                          where o.listener = b.listener and o.id >= uuid_at(b.now - interval '1 day')
                            and o.track_id <> b.track_id and not o.is_closed
                            and o.closes_at > b.now and o.heard_at > b.now - @SoundsMs * interval '1 millisecond')
                        >= case when b.account_id is null then @AtOnceAnonymousMax::int else @AtOnceMax::int end
                          then 'bot'
                   else 'due' end as verdict
            from beat b
        ), fresh as materialized (
          select count_play(b.listener, b.track_id, b.address, b.network, b.begun_at, b.now,
            greatest(@WindowMinMs, b.duration_ms),
                            @AddressMax, @AddressDayMax, @NetworkMax, @NetworkDayMax) as is_counted
            from beat b join judged j on j.id = b.id where j.verdict = 'due'
        ), beaten as (
          update play p
             set heard_at = b.now, position_ms = b.at_ms, listened_ms = b.listened_ms,
               credited_until = b.credited_until, heard = b.heard, is_bot = b.is_bot, beats = p.beats + 1,
                 closes_at = case when @ended then b.now else p.closes_at end,
                 verdict = coalesce(p.verdict, case when j.verdict <> 'due' then j.verdict when j.verdict = 'due' then
                   case when (select is_counted from fresh) then 'counted' else 'repeat' end end),
                 -- The window's row as it was before this statement: the listener's first counted play of the day.
                 is_new_listener = case when j.verdict = 'due' then not exists (
                   select 1 from play_window w where w.listener = p.listener and w.track_id = p.track_id
                     and w.counted_at >= date_trunc('day', b.begun_at at time zone 'UTC') at time zone 'UTC')
                   else p.is_new_listener end
            from beat b join judged j on j.id = b.id
           where p.id = @id and p.id = b.id
          returning p.listened_ms, p.verdict, p.account_id, p.track_id, j.verdict is not null as is_judged
        ), remembered as (
          insert into track_listener as l (account_id, track_id, last_played_at, plays)
          select b.account_id, b.track_id, m.now, case b.verdict when 'counted' then 1 else 0 end
            from beaten b join moment m on true join account a on a.id = b.account_id
           where b.is_judged and b.verdict <> 'bot'
          on conflict (account_id, track_id) do update
            set last_played_at = excluded.last_played_at, plays = l.plays + excluded.plays
        )
        select listened_ms, verdict from beaten
        """;
}
