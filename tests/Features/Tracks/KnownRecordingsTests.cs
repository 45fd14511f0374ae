using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks;

/// <summary>The same recording is known again in another encoding, and a blocked one is refused in any.</summary>
[Trait("Touches", "Objects")]
public sealed class KnownRecordingsTests(VezaServer server) : IClassFixture<VezaServer>
{
    /// <summary>
    /// Tunes that are told apart by their seed: notes of some hundred milliseconds, each with overtones.
    /// </summary>
    private static Task<string> Tune(int seed, string ending, params string[] output)
    {
        var note = FormattableString.Invariant(
            $"st(0,floor(t*4));st(1,mod(floor(abs(sin(ld(0)*{seed}.37)*1e4)),24));st(2,220*pow(2,ld(1)/12))"
        );
        const string struck =
            "exp(-2*mod(t,0.25))*(0.3*sin(2*PI*ld(2)*t)+0.15*sin(4*PI*ld(2)*t)+0.1*sin(6*PI*ld(2)*t))";
        return Sounds.Make(
            $"tune{seed}{ending}",
            ["-f", "lavfi", "-i", $"aevalsrc='{note};{struck}':s=44100:d=16", .. output]
        );
    }

    private static Guid? Twin(JsonElement track) =>
        track.TryGetProperty("duplicate_of", out var id) ? id.GetGuid() : null;

    [Fact]
    public async Task The_same_recording_is_found_in_another_encoding_and_cut_but_another_is_not()
    {
        var mira = await Actor.Register(server, "mira");
        var first = await mira.UploadTrack(await Tune(1, ".wav"));
        Assert.Null(Twin(await mira.Ready(first)));
        foreach (
            var same in new[]
            {
                await Tune(1, "-96k.mp3", "-c:a", "libmp3lame", "-b:a", "96k"),
                await Tune(1, ".opus", "-c:a", "libopus", "-b:a", "64k"),
                await Tune(1, "-cut.m4a", "-ss", "1", "-c:a", "aac", "-b:a", "128k"),
                await Tune(1, "-late.flac", "-af", "adelay=2000:all=1,volume=0.4"),
            }
        )
        {
            var id = await mira.UploadTrack(same);
            Assert.Equal((same, first), (same, Twin(await mira.Ready(id))));
            (await mira.Delete($"/api/v1/tracks/{id}")).Is(200);
        }

        Assert.Null(Twin(await mira.Ready(await mira.UploadTrack(await Tune(2, ".wav")))));
    }

    [Fact]
    public async Task Whose_it_is_is_told_to_the_owner_alone_and_never_what_others_keep_to_themselves()
    {
        var (davor, ana) = (await Actor.Register(server, "davor"), await Actor.Register(server, "ana"));
        var secret = await davor.UploadTrack(await Tune(3, ".wav"), ("visibility", "private"));
        await davor.Ready(secret);
        var open = await ana.UploadTrack(await Tune(3, ".flac"));
        Assert.Null(Twin(await ana.Ready(open)));
        var mine = await davor.UploadTrack(await Tune(3, ".mp3", "-c:a", "libmp3lame", "-b:a", "128k"));
        var twin = Twin(await davor.Ready(mine));
        Assert.Contains(twin, new Guid?[] { secret, open });
        Assert.Null(Twin((await ana.Get($"/api/v1/tracks/{mine}")).Is(200).Data));
        Assert.Null(Twin((await server.Visitor.Get($"/api/v1/tracks/{mine}")).Is(200).Data));

        // A track that has been made private meanwhile is not named any more.
        await server.Database.Execute("update track_fingerprint set duplicate_of = $2 where track_id = $1", mine, open);
        Assert.Equal(open, Twin((await davor.Get($"/api/v1/tracks/{mine}")).Data));
        await server.Database.Execute("update track set visibility = 'private' where id = $1", open);
        Assert.Null(Twin((await davor.Get($"/api/v1/tracks/{mine}")).Data));
    }

    [Fact]
    public async Task What_moderators_block_is_refused_in_any_encoding_until_they_lift_it()
    {
        var (mira, moderator) = (await Actor.Register(server, "mira"), await Actor.Register(server, "moderator"));
        await server.Database.Execute("update account set roles = '{user,moderator}' where id = $1", moderator.Id);
        moderator = await moderator.SignIn();
        var named = await mira.UploadTrack(await Tune(4, ".wav"), ("title", "Not theirs"));
        await mira.Ready(named);

        (await mira.Post("/api/v1/admin/blocked-recordings", new { TrackId = named, Reason = "mine" })).Is(
            403,
            "FORBIDDEN"
        );
        Assert.Equal(
            ["reason REQUIRED"],
            (await moderator.Post("/api/v1/admin/blocked-recordings", new { TrackId = named, Reason = " " }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (
            await moderator.Post(
                "/api/v1/admin/blocked-recordings",
                new { TrackId = Guid.CreateVersion7(), Reason = "Notice 12" }
            )
        ).Is(404, "TRACK_NOT_FOUND");
        var blocked = (
            await moderator.Post("/api/v1/admin/blocked-recordings", new { TrackId = named, Reason = "Notice 12" })
        )
            .Is(201)
            .Data;
        Assert.Equal(
            ("Not theirs", "Notice 12", moderator.Id),
            (blocked.Text("title"), blocked.Text("reason"), blocked.GetProperty("blocked_by").GetGuid())
        );
        (await moderator.Post("/api/v1/admin/blocked-recordings", new { TrackId = named, Reason = "again" })).Is(
            409,
            "RECORDING_BLOCKED_ALREADY"
        );
        Assert.Equal(
            blocked.GetProperty("id").GetGuid(),
            Assert
                .Single((await moderator.Get("/api/v1/admin/blocked-recordings")).Is(200).Data.EnumerateArray())
                .GetProperty("id")
                .GetGuid()
        );

        // The block outlives the track.
        (await mira.Delete($"/api/v1/tracks/{named}")).Is(200);
        var again = await mira.UploadTrack(await Tune(4, "-96k.mp3", "-c:a", "libmp3lame", "-b:a", "96k"));
        var refused = await mira.Processed(again);
        Assert.Equal(
            ("failed", "RECORDING_BLOCKED"),
            (refused.Text("status"), refused.GetProperty("failure").Text("code"))
        );
        await server.Premises.NothingIsStored($"tracks/{again}/");
        await mira.Ready(await mira.UploadTrack(await Tune(5, ".wav")));

        (await moderator.Delete($"/api/v1/admin/blocked-recordings/{blocked.GetProperty("id").GetGuid()}")).Is(200);
        (await moderator.Delete($"/api/v1/admin/blocked-recordings/{blocked.GetProperty("id").GetGuid()}")).Is(
            404,
            "BLOCKED_RECORDING_NOT_FOUND"
        );
        await mira.Ready(await mira.UploadTrack(await Tune(4, ".wav")));
    }

    [Fact]
    public async Task A_sound_that_is_too_short_has_no_print_to_block()
    {
        var (mira, moderator) = (await Actor.Register(server, "mira"), await Actor.Register(server, "moderator"));
        await server.Database.Execute("update account set roles = '{user,moderator}' where id = $1", moderator.Id);
        moderator = await moderator.SignIn();
        var id = await mira.UploadTrack(await Sounds.Short);
        Assert.Null(Twin(await mira.Ready(id)));
        (await moderator.Post("/api/v1/admin/blocked-recordings", new { TrackId = id, Reason = "Notice 13" })).Is(
            422,
            "RECORDING_UNPRINTED"
        );
    }
}
