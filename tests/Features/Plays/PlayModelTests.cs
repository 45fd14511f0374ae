using Veza.Features.Plays;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Plays;

/// <summary>
/// Players that are honest, hasty, greedy, stuck, many at once or sent twice, at random, against a model of what should
/// count.
/// </summary>
public sealed class PlayModelTests : IAsyncLifetime
{
    private const int Steps = 800,
        TracksCount = 7,
        CrowdSteps = 2500,
        CrowdTracks = 2,
        CrowdAddresses = 6,
        CrowdAtEach = 8;
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly MovedClock clock = new();
    private readonly Dictionary<Guid, long> durations = [];
    private readonly Dictionary<string, Guid?> accounts = [];
    private TestEnvironment premises = null!;
    private Guid owner;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create();
        owner = await Account();
        accounts["owner"] = owner;
        foreach (var name in new[] { "mira", "davor", "lea" })
            accounts[name] = await Account();
        foreach (var name in new[] { "somebody 0", "nobody 0" })
            accounts[name] = null;
        long[] lengths = [4_000, 20_000, 59_000, 61_000, 240_000, 1_000_000, 7_200_000];
        for (var i = 0; i < TracksCount; i++)
            durations[await PlayStage.Track(premises.Database, owner, lengths[i])] = lengths[i];
    }

    public ValueTask DisposeAsync() => premises.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_counts_is_what_the_model_counts(int seed)
    {
        var random = new Random(seed);
        var oracle = new PlayOracle();
        await Listen(random, oracle, Steps, TracksCount, beginsOneIn: 12);
        await Tally();
        foreach (var play in oracle.Plays)
            play.Close();
        // Each way of counting and of not counting was met.
        Assert.Equal(
            ["bot", "counted", "own", "repeat", "too_short"],
            oracle.Plays.Select(p => p.Verdict).Distinct().Order()
        );
        await TotalsAre(oracle);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Whoever_comes_without_an_account_counts_within_what_their_address_and_network_have_left(int seed)
    {
        var (random, oracle) = (new Random(seed), new PlayOracle());
        accounts.Clear();
        // As many user agents as one likes, at a few addresses of one network: the digit is the address.
        for (var i = 0; i < CrowdAddresses * CrowdAtEach; i++)
            accounts[$"agent {i} {i % CrowdAddresses}"] = null;
        await Listen(random, oracle, CrowdSteps, CrowdTracks, beginsOneIn: 3);
        await Tally();
        foreach (var play in oracle.Plays)
            play.Close();
        Assert.True(
            oracle.CrowdedAddresses > 0 && oracle.CrowdedNetworks > 0,
            $"{oracle.CrowdedAddresses} {oracle.CrowdedNetworks} {oracle.CrowdedDays}"
        );
        await TotalsAre(oracle);
    }

    /// <summary>
    /// People who begin plays and go on with them at random; each answer is compared with the model's.
    /// </summary>
    private async Task Listen(Random random, PlayOracle oracle, int steps, int tracksCount, int beginsOneIn)
    {
        var (book, ids) = (new PlayBook(premises.Source, clock), new Dictionary<PlayModel, Guid>());
        var claims = new Dictionary<PlayModel, (long Position, long Listened)>();
        for (var step = 0; step < steps; step++)
        {
            clock.Move(
                TimeSpan.FromMilliseconds(
                    beginsOneIn > 3 && random.Next(20) == 0 ? random.Next(4_000_000) : random.Next(9_000)
                )
            );
            var playing = oracle.Plays.Where(p => p.ClosesMs > NowMs).ToArray();
            if (playing.Length < 2 || random.Next(beginsOneIn) == 0)
            {
                var play = await Begin(book, oracle, random, ids, tracksCount);
                claims[play] = (0, 0);
                continue;
            }

            var heard = playing[random.Next(playing.Length)];
            claims[heard] = Claim(random, claims[heard], NowMs - heard.HeardMs);
            var ended = random.Next(30) == 0;
            var standing = await book.Beat(ids[heard], claims[heard].Position, claims[heard].Listened, ended, None);
            heard.Beat(oracle, NowMs, claims[heard].Position, claims[heard].Listened, ended);
            Assert.Equal((step, heard.ListenedMs, heard.Verdict), (step, standing!.ListenedMs, standing.Verdict));
        }
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<Guid> Account()
    {
        var id = Guid.CreateVersion7();
        await premises.Database.Execute(
            "insert into account (id, username, email, display_name) values ($1, $2, $3, 'Somebody')",
            id,
            $"u{id:N}"[..30],
            $"{id:N}@example.org"
        );
        return id;
    }

    private async Task<PlayModel> Begin(
        PlayBook book,
        PlayOracle oracle,
        Random random,
        Dictionary<PlayModel, Guid> ids,
        int tracksCount
    )
    {
        var (track, durationMs) = durations.ElementAt(random.Next(tracksCount));
        var (name, account) = accounts.ElementAt(random.Next(accounts.Count));
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var isBot = random.Next(15) == 0;
        var day = clock.GetUtcNow().ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        (string Address, string Network)? place = account is null
            ? ($"address {name[^1]} {day}", $"network {day}")
            : null;
        var from = place is { } here ? new PlayPlace(Hash(here.Address), Hash(here.Network)) : null;
        var begun = await book.Begin(
            id,
            new PlayStart(track, Hash(name), account, isBot, "other", null, null, from),
            None
        );
        Assert.Equal(Math.Min(30_000, durationMs / 2), begun!.CountsAfterMs);
        var play = new PlayModel(track, name, place, account is not null, account == owner, isBot, durationMs, NowMs);
        oracle.Plays.Add(play);
        ids[play] = id;
        return play;
    }

    private static Guid Hash(string text) =>
        new(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));

    /// <summary>What a player says after some time: mostly the truth.</summary>
    private static (long Position, long Listened) Claim(
        Random random,
        (long Position, long Listened) last,
        long passedMs
    ) =>
        random.Next(12) switch
        {
            // Again what was said already, as after a lost answer.
            0 => last,
            // More than has passed; sometimes far more.
            1 => (last.Position + passedMs, last.Listened + passedMs + random.Next(20_000)),
            2 when random.Next(4) == 0 => (last.Position + 100_000, last.Listened + 3_600_000),
            // A sound that stands still, a seek, a step back in what was claimed.
            3 => (last.Position, last.Listened + passedMs),
            4 => (random.Next(300_000), last.Listened + passedMs),
            5 => (last.Position, last.Listened / 2),
            _ => (last.Position + passedMs, last.Listened + passedMs),
        };

    private async Task Tally()
    {
        await using var db = await premises.Source.OpenConnectionAsync();
        await PlayTally.CountNew(db);
        await PlayTally.CloseDue(db, clock.GetUtcNow().UtcDateTime.AddDays(2));
    }

    private async Task TotalsAre(PlayOracle oracle)
    {
        var database = premises.Database;
        foreach (var track in durations.Keys)
        {
            var plays = oracle.Plays.Where(p => p.Track == track).ToArray();
            long Of(string verdict) => plays.LongCount(p => p.Verdict == verdict);
            Assert.Equal(
                Of("counted"),
                await database.Scalar<long>(
                    "select coalesce(sum(plays), 0)::bigint from play_total where track_id = $1",
                    track
                )
            );
            var people = plays.Where(p => p.Verdict is not ("bot" or "own")).ToArray();
            var curve = Enumerable.Range(0, 100).Select(i => people.Count(p => p.Heard.Contains(i)));
            var left = Enumerable.Range(0, 100).Select(i => people.Count(p => p.LeftAt == i && i < 90));
            Assert.Equal(
                $"{plays.Length} {Of("counted")} {Of("bot")} {Of("repeat")} {Of("too_short")} {Of("own")} {people.Length} {people.Sum(p => p.ListenedMs)} [{string.Join(' ', curve)}] [{string.Join(' ', left)}]",
                plays.Length == 0
                    ? $"0 0 0 0 0 0 0 0 [{string.Join(' ', curve)}] [{string.Join(' ', left)}]"
                    : await database.Scalar<string>(
                        """
                        with summed as (
                          select i, sum(d.heard[i])::bigint as heard, sum(d.left_at[i])::bigint as left_at
                            from play_day d, generate_series(1, 100) i where d.track_id = $1 group by i
                        )
                        select concat_ws(' ', sum(begun), sum(plays), sum(bots), sum(repeats), sum(too_short), sum(own),
                          sum(people), sum(listened_ms),
                                 (select '[' || string_agg(heard::text, ' '
                                   order by i) || '] [' || string_agg(left_at::text, ' ' order by i) || ']'
                                     from summed))
                          from play_day where track_id = $1
                        """,
                        track
                    )
            );
        }

        Assert.Equal(
            0,
            await database.Scalar<long>(
                "select count(*) from play where account_id is not null or address is not null or network is not null"
            )
        );
    }
}
