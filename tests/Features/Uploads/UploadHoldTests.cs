using System.Security.Cryptography;
using System.Text;
using Veza.Features.Uploads;
using Veza.Infrastructure.ObjectStorage;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>
/// Who may write to an upload, and from where on; and a claim that must last for as long as its request.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class UploadHoldTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static async Task<byte[]> Song() => await File.ReadAllBytesAsync(await Sounds.Short);

    private async Task IsWhole(TusUpload upload, byte[] song)
    {
        Assert.Equal(
            SHA256.HashData(song),
            await server.Premises.StoredSha256($"tracks/{upload.Id}/original", song.Length)
        );
        Assert.Equal(
            1,
            await server.Database.Scalar<long>(
                "select count(*) from track where id = $1 and sha256 = $2",
                upload.Id,
                SHA256.HashData(song)
            )
        );
    }

    [Fact]
    public async Task Bytes_for_an_offset_behind_or_ahead_of_the_stored_one_are_not_taken()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(mira, song.Length, ("visibility", "private"));
        (await upload.Patch(0, song.AsMemory(0, 2000))).Is(204);
        // As a client does it whose first answer was lost: the same bytes again would stand there twice.
        foreach (var offset in new[] { 0, 1999, 2001, song.Length })
            (await upload.Patch(offset, song.AsMemory(0, 100))).Is(409, "UPLOAD_OFFSET_CONFLICT");
        Assert.Equal(2000, await upload.Offset());
        Assert.Equal(upload.Id, await upload.Finish(song));
        await IsWhole(upload, song);
    }

    [Fact]
    public async Task A_writer_whose_hold_was_taken_over_writes_nothing_down()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(mira, song.Length, ("visibility", "private"));
        using (var late = await upload.BeginPatch(0, song.Length))
        {
            await late.Send(song.AsMemory(0, 1000));
            await Eventually.True(
                "it writes",
                async () =>
                    await server.Database.Scalar<bool>("select held_until > now() from upload where id = $1", upload.Id)
            );
            // As if it had stood still for longer than its lease, and another one had come and gone.
            await server.Database.Execute(
                "update upload set fence = fence + 1, held_until = to_timestamp(0) where id = $1",
                upload.Id
            );
            await late.Send(song.AsMemory(1000));
            Assert.Contains("UPLOAD_LOCKED", await late.ReadUntil("UPLOAD_LOCKED"), StringComparison.Ordinal);
        }

        Assert.Equal(0, await upload.Offset());
        await upload.Finish(song);
        await IsWhole(upload, song);
    }

    [Fact]
    public async Task Whoever_takes_an_upload_over_from_one_who_still_writes_waits_until_that_one_has_let_go()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(mira, song.Length, ("visibility", "private"));
        using var late = await upload.BeginPatch(0, song.Length);
        await late.Send(song.AsMemory(0, 1000));
        await Eventually.True(
            "it writes",
            async () =>
                await server.Database.Scalar<bool>("select held_until > now() from upload where id = $1", upload.Id)
        );
        await server.Database.Execute("update upload set held_until = to_timestamp(0) where id = $1", upload.Id);
        await upload.Finish(song);
        await IsWhole(upload, song);
    }

    [Fact]
    public async Task Whoever_has_lost_an_upload_can_neither_drop_nor_end_it()
    {
        var mira = await server.Register("mira");
        var song = await Song();
        var upload = await TusUpload.Create(mira, song.Length, ("visibility", "private"));
        var (source, store) = (server.Premises.Source, Stores.Open(server.Premises.Settings().Storage));
        var end = new UploadEnd(source, store, server.Premises.Claims());
        (await upload.Patch(0, song.AsMemory(0, 3000))).Is(204);
        var (hold, _) = await UploadHold.Take(
            source,
            TimeProvider.System,
            upload.Id,
            mira.Id,
            3000,
            TimeSpan.FromHours(1),
            CancellationToken.None
        );
        await using (hold)
        {
            await server.Database.Execute(
                "update upload set fence = fence + 1, held_until = to_timestamp(0) where id = $1",
                upload.Id
            );
            Assert.Equal("UPLOAD_LOCKED", (await end.Drop(hold!))!.Code);
            Assert.False(
                await hold!.Keep(hold.Row.StoredDraft with { SizeBytes = 3001 }, hold.Row.Sha256State, hold.Row.Head)
            );
        }

        Assert.Equal(
            0,
            await server.Database.Scalar<long>(
                "select count(*) from storage_claim where prefix = $1",
                $"tracks/{upload.Id}/"
            )
        );
        Assert.Equal(3000, await upload.Offset());
        await upload.Finish(song);
        await IsWhole(upload, song);

        // One that became a track meanwhile is not dropped with it.
        Assert.Equal("UPLOAD_LOCKED", (await end.Drop(hold!))!.Code);
        await server.Premises.KeepHouse();
        await IsWhole(upload, song);
    }

    [Fact]
    public async Task An_upload_that_takes_longer_than_a_claim_keeps_its_own()
    {
        await using var own = await VezaServer.Start(("VEZA__ROLES", "api"), ("VEZA__UPLOADS__CLAIM_S", "2"));
        var mira = await Actor.Register(own, "mira");
        var song = await File.ReadAllBytesAsync(await Sounds.Wav);
        using var slow = await RawRequest.BeginUpload(mira, song, song.Length / 2);
        await Eventually.True(
            "its claim is there",
            async () => await own.Database.Scalar<long>("select count(*) from storage_claim") == 1
        );
        var until = await own.Database.Scalar<DateTime>("select claimed_until from storage_claim");
        await Eventually.True(
            "it would have run out",
            async () =>
            {
                await own.Premises.KeepHouse();
                return await own.Database.Scalar<bool>("select now() > $1", until);
            }
        );
        await slow.Send(song.AsMemory(song.Length / 2));
        await slow.Send(Encoding.ASCII.GetBytes("\r\n--the-boundary--\r\n"));
        Assert.Contains("202", await slow.ReadUntil("\r\n"), StringComparison.Ordinal);
        await own.Premises.KeepHouse();
        var track = await own.Database.Scalar<Guid>("select id from track");
        Assert.Equal(SHA256.HashData(song), await own.Premises.StoredSha256($"tracks/{track}/original", song.Length));
    }

    [Fact]
    public async Task A_cover_set_while_a_track_is_made_outlives_the_end_of_its_making()
    {
        await using var own = await VezaServer.Start(("VEZA__ROLES", "api"));
        var mira = await Actor.Register(own, "mira");
        var id = await mira.UploadTrack(await Sounds.Short);
        (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}/cover",
                Pictures.Content(await Pictures.Quarters("png"))
            )
        ).Is(200);
        (await mira.Delete($"/api/v1/tracks/{id}/processing")).Is(200);
        await own.Premises.KeepHouse();
        (await mira.Get($"/api/v1/tracks/{id}/cover")).Is(200);
        Assert.Equal(4, (await own.Premises.StoredObjects()).Length);
    }
}
