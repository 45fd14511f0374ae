using System.Globalization;
using Veza.Features.Auth;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// Random schedules of an honest client with tabs, lost requests, lost answers, sleeps and changes of network, against
/// the real rotation in PostgreSQL; time passes by moving the session's own past. An honest client is never logged out;
/// a thief never keeps a session. VEZA_TEST_ROTATION_SCHEDULES says how many; a failure names its seed.
/// </summary>
public sealed class RotationModelTests : IAsyncLifetime
{
    private const int AtOnce = 6,
        HonestSteps = 12,
        RoundsWithThief = 30,
        MovesMax = 3;
    private static readonly int Schedules = int.Parse(
        Environment.GetEnvironmentVariable("VEZA_TEST_ROTATION_SCHEDULES") ?? "300",
        CultureInfo.InvariantCulture
    );
    private TestEnvironment premises = null!;
    private Keyring keyring = null!;
    private Sessions sessions = null!;
    private SessionRotation rotation = null!;
    private RefreshTokens tokens = null!;
    private AccessTokens accessTokens = null!;
    private Guid account;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create();
        keyring = await premises.Keyring();
        tokens = new RefreshTokens(keyring);
        accessTokens = new AccessTokens(keyring, new Revocations(TimeProvider.System), premises.Settings());
        sessions = new Sessions(tokens, accessTokens, premises.Settings().Of<AuthSettings>());
        rotation = new SessionRotation(premises.Source, tokens, sessions, premises.Settings().Of<AuthSettings>());
        account = Guid.CreateVersion7();
        await premises.Database.Execute(
            "insert into account (id, username, email, display_name) values ($1, 'mira', 'mira@example.org', 'Mira')",
            account
        );
    }

    public async ValueTask DisposeAsync()
    {
        accessTokens.Dispose();
        await premises.DisposeAsync();
    }

    [Fact]
    public Task An_honest_client_is_never_logged_out() =>
        InParallel(async seed =>
        {
            var stage = await Stage.Set(this, new Random(seed));
            for (var step = 0; step < HonestSteps; step++)
            {
                await stage.Sleep();
                await stage.SometimesStepUp();
                if (await stage.HonestRefresh() is { } refused)
                    Assert.Fail($"Seed {seed}, step {step}: {refused.Code}\n{stage.Story}");
            }

            Assert.True(stage.Story.Length > HonestSteps);
        });

    [Fact]
    public Task A_thief_never_keeps_a_session() =>
        InParallel(async seed =>
        {
            var stage = await Stage.Set(this, new Random(seed));
            for (var step = stage.Random.Next(4); step > 0; step--)
            {
                await stage.Sleep();
                Assert.Null(await stage.HonestRefresh());
            }

            stage.Steal();
            var isOver = false;
            for (var round = 0; round < RoundsWithThief && !isOver; round++)
            {
                await stage.SleepUntilNextNeed();
                // Both go on as they would; a thief who was refused once has nothing left to try.
                isOver =
                    stage.Random.Next(2) == 0
                        ? await stage.ThiefRefresh() | await stage.HonestRefresh() is not null
                        : await stage.HonestRefresh() is not null | await stage.ThiefRefresh();
            }

            Assert.True(await stage.ThiefIsOut(), $"Seed {seed}: the thief still refreshes\n{stage.Story}");
        });

    private static async Task InParallel(Func<int, Task> schedule) =>
        await Parallel.ForAsync(
            0,
            Schedules,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (seed, _) => await schedule(seed)
        );

    private sealed class Stage(RotationModelTests test, Random random, Guid session, string first)
    {
        private static readonly Origin Home = new("192.0.2.7", "browser", null),
            Away = new("198.51.100.9", "browser", null);
        private readonly Origin thief = new("203.0.113.66", random.Next(2) == 0 ? "browser" : "curl", null);
        private readonly bool thiefIsSilent = random.Next(2) == 0;
        private readonly System.Text.StringBuilder story = new();
        private Origin network = Home;
        private string stored = first;
        private int heardRotation;
        private string? stolen;
        private int moves;

        internal Random Random => random;

        internal string Story => story.ToString();

        internal static async Task<Stage> Set(RotationModelTests test, Random random)
        {
            var id = Guid.CreateVersion7();
            await test.premises.Database.Execute(
                """
                insert into session (id, account_id, expires_at, rotated_ip, rotated_device, seen_rotation)
                  values ($1, $2, now() + interval '30 days', '192.0.2.7', 'browser', 0)
                """,
                id,
                test.account
            );
            return new Stage(test, random, id, test.tokens.Write(id, 0));
        }

        /// <summary>Seconds, minutes or hours.</summary>
        internal Task Sleep() =>
            Pass(
                TimeSpan.FromSeconds(
                    random.Next(3) switch
                    {
                        0 => random.Next(1, 25),
                        1 => random.Next(60, 1200),
                        _ => random.Next(3600, 40_000),
                    }
                )
            );

        /// <summary>As long as an access token is good, give or take.</summary>
        internal Task SleepUntilNextNeed() => Pass(TimeSpan.FromSeconds(random.Next(60, 700)));

        /// <summary>
        /// One need of a new token: some tabs ask at once, and whoever hears nothing asks again, until one was heard.
        /// Null, or what an honest client must never see.
        /// </summary>
        internal async Task<Error?> HonestRefresh()
        {
            for (; ; )
            {
                var (token, heard) = (stored, default(TokenPair));
                foreach (var _ in Enumerable.Range(0, random.Next(1, 4)))
                {
                    await SometimesStepUp();
                    if (random.Next(6) == 0)
                    {
                        Tell("request lost");
                        continue;
                    }
                    var (pair, error) = await test.rotation.Rotate(token, network, CancellationToken.None);
                    if (error is not null)
                    {
                        Tell($"honest {Rotation(token)} refused {error.Code}");
                        return error;
                    }
                    if (random.Next(4) == 0)
                        Tell($"answer {Rotation(pair!.RefreshToken)} to {Rotation(token)} lost");
                    else
                        heard = pair;
                    if (random.Next(3) == 0)
                        await Pass(TimeSpan.FromSeconds(random.Next(1, 8)));
                }

                if (heard is not null)
                {
                    stored = heard.RefreshToken;
                    heardRotation = test.tokens.Read(stored)!.Value.Rotation;
                    Tell($"honest has {Rotation(stored)}");
                    if (random.Next(20) > 0)
                        await Use(heard.RefreshToken);
                    return null;
                }

                await Retry();
            }
        }

        /// <summary>
        /// With the access token that was heard last, whatever became of the answers since; what it brings is used at
        /// once.
        /// </summary>
        internal async Task SometimesStepUp()
        {
            if (random.Next(5) > 0)
                return;
            var caller = new Caller(test.account, session, "mira", ["user"], [], DateTime.MaxValue, DateTime.UtcNow)
            {
                Rotation = heardRotation,
            };
            await using var db = await test.premises.Source.OpenConnectionAsync();
            await using var transaction = await db.BeginTransactionAsync();
            var (account, _) = await LockedAccount.HoldOf(db, transaction, caller);
            if (account is null)
                return;
            var token = await test.sessions.StepUp(db, transaction, account, caller);
            await transaction.CommitAsync();
            Assert.Null(test.accessTokens.Read(token, out var read));
            Tell($"stepped up with the token of T{heardRotation}");
            await Seen(read!.Rotation);
        }

        internal void Steal()
        {
            stolen = stored;
            Tell($"stolen {Rotation(stolen)}");
        }

        /// <summary>True when the thief was refused.</summary>
        internal async Task<bool> ThiefRefresh()
        {
            if (random.Next(3) == 0)
                await Pass(TimeSpan.FromSeconds(random.Next(1, 300)));
            var (pair, error) = await test.rotation.Rotate(stolen!, thief, CancellationToken.None);
            Tell($"thief {Rotation(stolen!)} -> {error?.Code ?? Rotation(pair!.RefreshToken)}");
            if (pair is null)
                return true;
            stolen = pair.RefreshToken;
            if (!thiefIsSilent)
                await Use(stolen);
            return false;
        }

        internal async Task<bool> ThiefIsOut() =>
            (await test.rotation.Rotate(stolen!, thief, CancellationToken.None)).Error is not null;

        /// <summary>
        /// Soon or late, sometimes elsewhere: a few late ones from another network are within the tolerance.
        /// </summary>
        private async Task Retry()
        {
            var late = random.Next(3) == 0;
            await Pass(TimeSpan.FromSeconds(late ? random.Next(60, 20_000) : random.Next(1, 4)));
            if (random.Next(3) != 0 || ++moves > MovesMax)
                return;
            network = network == Home ? Away : Home;
            Tell($"now at {network.Ip}");
        }

        /// <summary>The access token of this rotation is used somewhere, and that is written down.</summary>
        private Task Use(string refreshToken) => Seen(test.tokens.Read(refreshToken)!.Value.Rotation);

        private Task Seen(int rotation) =>
            test.premises.Database.Execute(
                "update session set seen_rotation = greatest(seen_rotation, $2) where id = $1",
                session,
                rotation
            );

        private Task Pass(TimeSpan time)
        {
            Tell($"+{time.TotalSeconds:0} s");
            return test.premises.Database.Execute(
                "update session set rotated_at = rotated_at - $2 where id = $1",
                session,
                time
            );
        }

        private string Rotation(string token) => $"T{test.tokens.Read(token)!.Value.Rotation}";

        private void Tell(string what) => story.AppendLine(what);
    }
}
