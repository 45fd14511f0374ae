using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.OAuth;

/// <summary>
/// Attempts to come into somebody else's account by its address, or to wait in an account for its owner.
/// </summary>
public sealed class OAuthTakeoverTests(Shared<OAuthStage> shared) : IClassFixture<Shared<OAuthStage>>
{
    private readonly OAuthStage stage = shared.It;
    private VezaServer Server => stage.Server;

    public static TheoryData<string> Providers => ["google", "github", "discord"];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task An_address_that_the_provider_did_not_verify_opens_nothing_and_makes_nothing(string provider)
    {
        var mira = await stage.Register("mira");
        foreach (var email in new[] { mira.Email, $"nobody-{provider}@example.org" })
        {
            using var thief = stage.NewBrowser();
            (await thief.SignIn(provider, await stage.Provider.Add("thief", email, verified: false))).Is(
                422,
                "PROVIDER_EMAIL_UNVERIFIED"
            );
        }

        Assert.Equal(
            0,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", mira.Id)
        );
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>(
                "select count(*) from account where email = $1",
                $"nobody-{provider}@example.org"
            )
        );
    }

    [Fact]
    public async Task Nor_does_one_that_is_missing_of_the_wrong_type_or_nearly_verified()
    {
        var mira = await stage.Register("mira");
        foreach (object? verified in new object?[] { null, "true", 1, "false", new[] { true } })
        {
            var google = ProviderPerson.Named("thief", mira.Email);
            google.Google["email_verified"] = verified;
            using var browser = stage.NewBrowser();
            (await browser.SignIn("google", await stage.Provider.Add(google))).Is(422, "PROVIDER_EMAIL_UNVERIFIED");
            var discord = ProviderPerson.Named("thief", mira.Email);
            discord.Discord["verified"] = verified;
            using var second = stage.NewBrowser();
            (await second.SignIn("discord", await stage.Provider.Add(discord))).Is(422, "PROVIDER_EMAIL_UNVERIFIED");
        }

        foreach (
            object? email in new object?[]
            {
                null,
                "",
                7,
                "no-at",
                $"{mira.Email}\u0000",
                $" {mira.Email}",
                $"{mira.Email},x@example.org",
                new[] { mira.Email },
            }
        )
        {
            var discord = ProviderPerson.Named("thief");
            discord.Discord["email"] = email;
            using var browser = stage.NewBrowser();
            (await browser.SignIn("discord", await stage.Provider.Add(discord))).Is(422, "PROVIDER_EMAIL_UNVERIFIED");
        }
    }

    [Fact]
    public async Task At_GitHub_only_the_primary_address_counts_and_never_the_one_of_the_profile()
    {
        var mira = await stage.Register("mira");
        var emails = new object[]
        {
            new
            {
                email = mira.Email,
                primary = true,
                verified = false,
            },
            new
            {
                email = "thief-own@example.org",
                primary = false,
                verified = true,
            },
        };
        var thief = ProviderPerson.Named("thief") with { GitHubEmails = emails };
        thief.GitHub["email"] = mira.Email;
        using var browser = stage.NewBrowser();
        (await browser.SignIn("github", await stage.Provider.Add(thief))).Is(422, "PROVIDER_EMAIL_UNVERIFIED");
        foreach (
            object odd in new object[]
            {
                new { message = "no list" },
                new object[] { mira.Email },
                new object[]
                {
                    new
                    {
                        email = mira.Email,
                        primary = "true",
                        verified = true,
                    },
                },
            }
        )
        {
            using var other = stage.NewBrowser();
            (
                await other.SignIn(
                    "github",
                    await stage.Provider.Add(ProviderPerson.Named("thief") with { GitHubEmails = odd })
                )
            ).Is(422, "PROVIDER_EMAIL_UNVERIFIED");
        }
    }

    /// <summary>The Kelvin sign is a k in lower case, the long s an S in upper case, the dotless i an I.</summary>
    [Theory]
    [InlineData("\u212a", "k")]
    [InlineData("\u017f", "s")]
    [InlineData("\u0131", "i")]
    [InlineData("\u0130", "i")]
    [InlineData("\uff4b", "k")]
    public async Task A_letter_that_only_looks_like_ours_is_not_ours(string letter, string ours)
    {
        var name = $"{ours}{Guid.CreateVersion7():N}";
        var registered = await Server.Visitor.Post(
            "/api/v1/auth/register",
            new
            {
                email = $"{name}@example.org",
                username = $"u{name[..20]}",
                Actor.Password,
            }
        );
        var owner = Actor.Of(Server, registered.Is(201).Data).Id;
        await Server.Database.Execute("update account set email_verified_at = now() where id = $1", owner);
        using var browser = stage.NewBrowser();
        (await browser.SignIn("google", await stage.Provider.Add("thief", $"{letter}{name[1..]}@example.org"))).Is(
            422,
            "PROVIDER_EMAIL_UNVERIFIED"
        );

        // The other way round: the look-alike has an account, and the owner of the plain address comes by a provider.
        await Server.Database.Execute(
            "update account set email = $2 where id = $1",
            owner,
            $"{letter}{name[1..]}@example.org"
        );
        using var plain = stage.NewBrowser();
        var reply = await plain.SignIn("google", await stage.Provider.Add("owner", $"{name}@example.org"));
        if (reply.Status == 200)
            Assert.NotEqual(owner, reply.Data.GetProperty("user").GetProperty("id").GetGuid());
        else
            reply.Is(409, "ACCOUNT_EXISTS_LINK_FIRST");
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", owner)
        );
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Who_registered_with_somebody_elses_address_does_not_get_them(string provider)
    {
        // He waits in an account with her address, which he could not verify.
        var waiting = await stage.Register("hijacker", verified: false);
        var victim = await stage.Provider.Add("victim", waiting.Email);
        using var hers = stage.NewBrowser();
        (await hers.SignIn(provider, victim)).Is(409, "ACCOUNT_EXISTS_LINK_FIRST");

        // Nor can he link an account of his own, to come back by it when she has recovered the address.
        (await stage.Link(waiting, provider, await stage.Provider.Add("hijacker"))).Is(409, "EMAIL_VERIFICATION_FIRST");
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", waiting.Id)
        );
        Assert.Equal(
            ["oauth_" + provider + " not_linked"],
            await Server.Database.Column(
                """
                select detail->>'method' || ' ' || (detail->>'cause') from audit_event where account_id = $1
                  and action = 'sign_in.refused'
                """,
                waiting.Id
            )
        );
    }

    [Fact]
    public async Task Who_is_in_their_own_account_links_the_same_address_though_it_is_not_verified_here()
    {
        var davor = await stage.Register("davor", verified: false);
        (await stage.Link(davor, "github", await stage.Provider.Add("davor", davor.Email))).Is(200);
        Assert.True(
            await Server.Database.Scalar<bool>("select email_verified_at is null from account where id = $1", davor.Id)
        );
    }

    [Fact]
    public async Task An_account_with_a_second_factor_is_not_linked_by_its_address_alone()
    {
        var mira = await stage.Register("mira");
        await Server.Database.Execute(
            "insert into totp (account_id, sealed, confirmed_at) values ($1, '\\x00', now())",
            mira.Id
        );
        using var browser = stage.NewBrowser();
        (await browser.SignIn("google", await stage.Provider.Add("thief", mira.Email))).Is(
            409,
            "ACCOUNT_EXISTS_LINK_FIRST"
        );
        Assert.Equal(
            0,
            await Server.Database.Scalar<long>("select count(*) from identity where account_id = $1", mira.Id)
        );
    }

    [Fact]
    public async Task A_subject_of_another_type_or_of_another_provider_is_somebody_else()
    {
        var mira = ProviderPerson.Named("mira");
        var digits = mira.GitHub["id"]!.ToString()!;
        using var browser = stage.NewBrowser();
        var hers = (await browser.SignIn("github", await stage.Provider.Add(mira)))
            .Is(200)
            .Data.GetProperty("user")
            .Text("id");

        // The same digits at Discord and Google are another person's.
        foreach (var provider in new[] { "google", "discord" })
        {
            var thief = ProviderPerson.Named("thief");
            thief.Discord["id"] = digits;
            if (provider == "google")
                thief.Google["sub"] = digits;
            using var his = stage.NewBrowser();
            Assert.NotEqual(
                hers,
                (await his.SignIn(provider, await stage.Provider.Add(thief)))
                    .Is(200)
                    .Data.GetProperty("user")
                    .Text("id")
            );
        }

        foreach (object? id in new object?[] { digits, null, 0, -1, 5.5, true, new[] { mira.GitHub["id"] } })
        {
            var thief = ProviderPerson.Named("thief");
            thief.GitHub["id"] = id;
            using var his = stage.NewBrowser();
            (await his.SignIn("github", await stage.Provider.Add(thief))).Is(502, "PROVIDER_ANSWER_INVALID");
        }

        foreach (object? id in new object?[] { 80351110224, "", "12a", " 12", null, "123456789012345678901" })
        {
            var thief = ProviderPerson.Named("thief");
            thief.Discord["id"] = id;
            using var his = stage.NewBrowser();
            (await his.SignIn("discord", await stage.Provider.Add(thief))).Is(502, "PROVIDER_ANSWER_INVALID");
        }
    }

    [Fact]
    public async Task A_name_that_somebody_else_took_over_at_the_provider_opens_nothing()
    {
        var mira = await stage.Provider.Add("mira");
        using var hers = stage.NewBrowser();
        var user = (await hers.SignIn("github", mira)).Is(200).Data.GetProperty("user").Text("id");
        var later = ProviderPerson.Named("later");
        later.GitHub["login"] = mira.GitHub["login"];
        using var his = stage.NewBrowser();
        Assert.NotEqual(
            user,
            (await his.SignIn("github", await stage.Provider.Add(later))).Is(200).Data.GetProperty("user").Text("id")
        );
    }
}
