using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Plays;

/// <summary>
/// What an artist learns of their own track: plays by day, who did not count and why, how far people listened and where
/// they left. Counts are a minute old; the rest tells of closed plays.
/// </summary>
[HotRead]
internal sealed class ShowTrackStats(PostgresSource postgres, PlayBook plays)
    : Slice<ShowTrackStats.Request, ShowTrackStats.Response>
{
    internal sealed record Request(Guid Id, DateOnly? From, DateOnly? To);

    internal sealed record NotCounted(long Bots, long Repeats, long TooShort, long Own);

    /// <summary>How many left before the last tenth, and in which hundredth of the track.</summary>
    internal sealed record Skips(long Count, long[] At);

    internal sealed record Source(string Name, Guid? Id, long Plays);

    internal sealed record Country(string Code, long Plays);

    internal sealed record Day(DateOnly Date, long Plays, long Listeners);

    /// <summary>Retention: of the closed plays of people, the share that heard each hundredth of the track.</summary>
    internal new sealed record Response(
        DateOnly From,
        DateOnly To,
        long Plays,
        long Begun,
        NotCounted NotCounted,
        long Completed,
        long ListenedMs,
        double[] Retention,
        Skips Skips,
        Source[] Sources,
        Country[] Countries,
        Day[] Days
    );

    internal sealed record DayRow(
        DateOnly Day,
        long Plays,
        long Listeners,
        long Begun,
        long People,
        long Bots,
        long Repeats,
        long TooShort,
        long Own,
        long Completed,
        long ListenedMs,
        int[] Heard,
        int[] LeftAt
    );

    internal sealed record PartRow(string Part, string Name, long Plays);

    private const int Hundredths = 100,
        ShareDigits = 4;

    private static readonly Response Example = new(
        new DateOnly(2026, 3, 1),
        new DateOnly(2026, 3, 28),
        12,
        21,
        new NotCounted(3, 2, 4, 0),
        9,
        1_987_000,
        [.. Enumerable.Range(0, Hundredths).Select(i => Math.Round(1 - i * 0.005, ShareDigits))],
        new Skips(4, [.. Enumerable.Range(0, Hundredths).Select(i => i == 4 ? 4L : 0)]),
        [new Source("playlist", Guid.Parse("019b0c70-0d00-7a02-b1c8-7f3e9d5a6b10"), 7), new Source("search", null, 5)],
        [new Country("PT", 12)],
        [new Day(new DateOnly(2026, 3, 1), 12, 10)]
    );

    public override void Configure()
    {
        Get("/tracks/{id}/stats");
        Group<PlaysGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Described(
                    "Show the statistics of a track",
                    Example,
                    errors: [TracksReads.TrackNotFound, Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var until = request.To ?? DateOnly.FromDateTime(plays.Now);
        var since = request.From ?? until.AddDays(1 - PlaysLimits.StatsDaysUsual);
        if (since > until || until.DayNumber - since.DayNumber >= PlaysLimits.StatsDaysMax)
            return Errors.Validation.With(
                new FieldError(
                    "from",
                    "OUT_OF_RANGE",
                    $"from is a day up to to, at most {PlaysLimits.StatsDaysMax} days in all"
                )
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isOwn = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from track where id = @id and account_id = @UserId)",
            new { id, Caller.UserId }
        );
        if (!isOwn)
            return TracksReads.TrackNotFound;
        var days = await db.QueryAsync<DayRow>(
            """
            select day, plays, listeners, begun, people, bots, repeats, too_short, own, completed, listened_ms, heard,
              left_at
              from play_day where track_id = @id and day between @since and @until order by day
            """,
            new
            {
                id,
                since,
                until,
            }
        );
        var parts = await db.QueryAsync<PartRow>(
            """
            select part, name, plays from (
              select part, name, sum(plays)::bigint as plays,
                row_number() over (partition by part order by sum(plays) desc, name) as place
                from play_day_part where track_id = @id and day between @since and @until group by part, name) ranked
             where place <= @PartsShownMax order by part, place
            """,
            new
            {
                id,
                since,
                until,
                PlaysLimits.PartsShownMax,
            }
        );
        return Sum(since, until, [.. days], [.. parts]);
    }

    private static Response Sum(DateOnly from, DateOnly to, DayRow[] days, PartRow[] parts)
    {
        var people = days.Sum(d => d.People);
        long[] heard = [.. Enumerable.Range(0, Hundredths).Select(i => days.Sum(d => (long)d.Heard[i]))],
            left = [.. Enumerable.Range(0, Hundredths).Select(i => days.Sum(d => (long)d.LeftAt[i]))];
        return new Response(
            from,
            to,
            days.Sum(d => d.Plays),
            days.Sum(d => d.Begun),
            new NotCounted(
                days.Sum(d => d.Bots),
                days.Sum(d => d.Repeats),
                days.Sum(d => d.TooShort),
                days.Sum(d => d.Own)
            ),
            days.Sum(d => d.Completed),
            days.Sum(d => d.ListenedMs),
            [.. heard.Select(n => people == 0 ? 0 : Math.Round((double)n / people, ShareDigits))],
            new Skips(left.Sum(), left),
            [.. parts.Where(p => p.Part == "source").Select(SourceOf)],
            [.. parts.Where(p => p.Part == "country").Select(p => new Country(p.Name, p.Plays))],
            [.. days.Select(d => new Day(d.Day, d.Plays, d.Listeners))]
        );
    }

    private static Source SourceOf(PartRow part) =>
        part.Name.Split(':') is [var name, var id]
            ? new Source(name, Guid.Parse(id), part.Plays)
            : new Source(part.Name, null, part.Plays);
}

[JsonSerializable(typeof(Envelope<ShowTrackStats.Response>))]
[JsonSerializable(typeof(DateOnly?))]
internal sealed partial class ShowTrackStatsJson : JsonSerializerContext;
