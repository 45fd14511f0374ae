using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth.Passkeys;

/// <summary>
/// The ceremonies as Chromium holds them, with its virtual authenticator, on http://localhost: the one place without
/// TLS where browsers have passkeys.
/// </summary>
public sealed class PasskeyBrowserTests
{
    [Fact]
    public async Task A_browser_registers_and_signs_in_and_every_falsified_answer_is_refused()
    {
        // Without a public URL it is http://localhost:PORT.
        await using var server = await VezaServer.Start(("VEZA__PUBLIC_URL", ""));
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var outcome = await BrowserScript.Run(
            "passkey.mjs",
            $"http://localhost:{server.Port}",
            $"http://localhost:{server.Port + 1}",
            mira.Email,
            Actor.Password,
            davor.Email
        );

        (int Status, string? Code) Of(string step) =>
            outcome.GetProperty(step) is var o ? ((int)o.Number("status"), o.GetProperty("code").GetString()) : default;
        (int, string?) done = (200, null),
            refused = (401, "PASSKEY_REFUSED"),
            challenge = (422, "PASSKEY_CHALLENGE_INVALID");
        Assert.Equal((201, null), Of("registered"));
        Assert.Equal(challenge, Of("registered_again"));
        Assert.True(outcome.GetProperty("resident").GetBoolean());
        Assert.Equal("InvalidStateError", outcome.Text("second_on_same_device"));
        Assert.Equal(done, Of("signed_in"));
        Assert.Equal(mira.Email, outcome.GetProperty("signed_in").Text("user"));
        Assert.Equal(done, Of("me"));

        Assert.Equal(challenge, Of("replayed"));
        foreach (
            var step in new[]
            {
                "tampered_signature",
                "tampered_data",
                "tampered_client",
                "unverified",
                "wrong_origin",
                "other_user_handle",
                "other_credential_id",
                "cloned",
                "after_deletion",
            }
        )
            Assert.Equal((step, refused), (step, Of(step)));
        Assert.Equal((422, "PASSKEY_INVALID"), Of("registered_on_wrong_origin"));
        Assert.Equal((201, null), Of("other_registered"));
        Assert.Equal(challenge, Of("other_challenge"));

        Assert.Equal(done, Of("before_clone"));
        var counts = outcome.GetProperty("counts");
        Assert.True(counts.Number("ahead") > counts.Number("stored"), counts.ToString());
        Assert.Contains("passkey.clone_suspected", await SecondFactors.Trail(mira));
        var listed = Assert.Single(outcome.GetProperty("list").EnumerateArray());
        Assert.Equal(
            ("Laptop", -7L, "internal"),
            (listed.Text("name"), listed.Number("algorithm"), listed.GetProperty("transports")[0].GetString())
        );
        Assert.Equal(done, Of("deleted"));
    }
}
