using System.Globalization;
using System.Text.RegularExpressions;
using Veza.Features.Auth;
using Veza.Features.Chat;
using Veza.Features.Chat.Messages;
using Veza.Features.Plays;
using Veza.Features.Tracks.Search;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// What the database and the program both have to know, such as the names of jobs that triggers write, is the same in
/// both. Everything else stands in one of them.
/// </summary>
public sealed partial class SchemaFactsTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await TestDatabase.Create();

    public async ValueTask DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task Functions_write_jobs_that_modules_run_and_leave_their_tries_to_them()
    {
        var bodies = await database.Column(
            """
            select prosrc from pg_proc
             where pronamespace = 'public'::regnamespace and prosrc like '%enqueue\_job(%' and proname <> 'event_job'
            """
        );
        var calls = bodies.SelectMany(body => EnqueuePattern().Matches(body)).ToArray();
        Assert.Equal(bodies.Sum(body => Regex.Count(body, @"enqueue_job\(")), calls.Length);
        var kinds = Modules.All.SelectMany(module => module.Jobs).Select(kind => kind.Name).ToArray();
        Each.Of(calls, call => Assert.Contains(call.Groups[1].Value, kinds));
    }

    [Fact]
    public async Task Workers_listen_where_functions_tell_of_jobs() =>
        Assert.Contains($"pg_notify('{JobQueue.Channel}'", await Body("enqueue_job"), StringComparison.Ordinal);

    [Fact]
    public async Task Owners_who_come_anew_are_as_far_ahead_in_a_trigger_as_in_upkeep() =>
        Each.Of(
            MinutesPattern().Matches(await Body("job_lane_follow")),
            minutes =>
                Assert.Equal(
                    Upkeep.NewcomersAdvantage,
                    TimeSpan.FromMinutes(int.Parse(minutes.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
                )
        );

    [Theory]
    [InlineData("audit_event", AuditTrail.PartitionsAheadMonths)]
    [InlineData("play", PlayMonths.AheadMonths)]
    [InlineData("message", MessageMonths.AheadMonths)]
    public async Task The_first_months_are_as_many_as_upkeep_makes(string table, int aheadMonths) =>
        Assert.Equal(
            1 + aheadMonths,
            await database.Scalar<long>(
                """
                select count(*) from pg_inherits where inhparent = $1::regclass and inhrelid::regclass::text !~ 'rest'
                """,
                table
            )
        );

    [Fact]
    public async Task Slow_mode_is_as_slow_as_a_request_may_make_it() =>
        Assert.Contains(
            $"slow_mode_s <= {ChatLimits.SlowModeMaxS})",
            await database.Scalar<string>(
                "select pg_get_constraintdef(oid) from pg_constraint where conname = 'room_slow_mode_check'"
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public async Task Facets_of_tracks_count_in_the_steps_of_their_filters()
    {
        var edges = TrackQuery.DurationEdgesMs;
        Assert.Equal(
            edges.SelectMany((edge, n) => new[] { $"{edge - 1} {n}", $"{edge} {n + 1}" }),
            await database.Column(
                """
                select ms || ' ' || track_duration_bucket(ms) from unnest($1::bigint[]) edge,
                  lateral (values (edge - 1), (edge)) around (ms) order by ms
                """,
                edges
            )
        );
        float[] tempi = [0, 9.5f, 10, 299.5f, 300, 310, TrackQuery.BpmMost];
        Assert.Equal(
            tempi.Select(bpm => $"{Math.Min(TrackQuery.BpmBucketMax, (int)(bpm / TrackQuery.BpmStep))}"),
            await database.Column(
                "select track_bpm_bucket(bpm) from unnest($1::real[]) with ordinality t(bpm, n) order by n",
                tempi
            )
        );
    }

    [Fact]
    public async Task Tracks_have_the_keys_that_searches_look_for()
    {
        var keys = await database.Column(
            """
            select unnest(tsvector_to_array(
              track_keys(gen_random_uuid(), gen_random_uuid(), 'abcdefghijkl:1A', '', '{}', null, '', 0, 2026, $1)))
            """,
            (1 << TrackQuery.StandingBits) - 1
        );
        Assert.Equal(SearchWords.BeginningCharsMax, keys.Where(key => key.StartsWith('^')).Max(key => key.Length - 1));
        Assert.Equal(
            Enumerable.Range(1, TrackQuery.StandingPairs).Select(n => $"+{n}.{(1 << (2 * n)) - 1}"),
            keys.Where(key => key.StartsWith('+')).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task An_attachment_that_goes_has_its_own_objects_swept()
    {
        var (room, id) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await database.Execute(
            """
            insert into attachment (id, room_id, account_id, name, content_type, size_bytes)
              values ($1, $2, $1, 'a', 'text/plain', 1)
            """,
            id,
            room
        );
        await database.Execute("delete from attachment");
        Assert.Equal([Attachments.PrefixOf(room, id)], await database.Column("select prefix from storage_claim"));
    }

    private Task<string> Body(string function) =>
        database.Scalar<string>("select prosrc from pg_proc where proname = $1", function);

    /// <summary>A kind, and then what the job is about: how often it is tried is not said.</summary>
    [GeneratedRegex(@"enqueue_job\('(\w+)',\s*jsonb_build_object\(")]
    private static partial Regex EnqueuePattern();

    [GeneratedRegex(@"interval '(\d+) minutes'")]
    private static partial Regex MinutesPattern();
}
