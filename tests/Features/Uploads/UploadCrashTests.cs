using System.Security.Cryptography;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

/// <summary>
/// Servers killed, and storage cut off, in the middle of uploads: each acknowledged byte is there, and nothing stays
/// that belongs to nobody. VEZA_TEST_KILLS and VEZA_TEST_CUTS say how often; a few times go into every run.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class UploadCrashTests
{
    private const int ChunkBytes = 3_000_000;

    /// <summary>
    /// Each kill leaves a form's upload behind until it expires, and a person may have a hundred under way.
    /// </summary>
    private const int KillsForEach = 50;

    private static int Times(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var times) ? times : otherwise;

    private static byte[] Noise(int seed)
    {
        var bytes = new byte[20_000_000 + seed];
        new Random(seed).NextBytes(bytes);
        "RIFF\0\0\0\0WAVEfmt "u8.CopyTo(bytes);
        return bytes;
    }

    [Fact]
    public async Task A_server_killed_at_any_point_of_an_upload_loses_no_acknowledged_byte_and_leaves_no_orphan()
    {
        await using var server = await VezaServer.Start(("VEZA__ROLES", "api"));
        Actor mira = null!;
        var tracks = new Dictionary<Guid, byte[]>();
        var kills = Times("VEZA_TEST_KILLS", 4);
        for (var kill = 1; kill <= kills; kill++)
        {
            if (kill % KillsForEach == 1)
                mira = await Actor.Register(server, "mira");
            var file = Noise(kill);
            // The last point is after the last byte, when the answer is on its way.
            var until = (int)(
                (long)file.Length * (kill % 20 == 0 || kill == kills ? 20 : Math.Max(1, kill * 20 / kills % 20)) / 20
            );
            var upload = await TusUpload.Create(
                mira,
                file.Length,
                ("filename", "noise.wav"),
                ("visibility", "private")
            );
            var acknowledged = 0;
            for (; acknowledged + ChunkBytes < until; acknowledged += ChunkBytes)
                (await upload.Patch(acknowledged, file.AsMemory(acknowledged, ChunkBytes))).Is(204);
            using var form = await RawRequest.BeginUpload(mira, file, Math.Min(until, file.Length - 1));
            using var patch = await upload.BeginPatch(acknowledged, file.Length - acknowledged);
            await patch.Send(file.AsMemory(acknowledged, until - acknowledged));
            await server.Kill();

            // As if the time had passed for which the dead one held what it held.
            await server.Database.Execute("update upload set held_until = to_timestamp(0)");
            await server.Restart();
            Assert.InRange(await upload.Offset(), acknowledged, until);
            // Where the last byte was kept, the track is made when somebody asks.
            var track = (await upload.Head()).Header("Veza-Track-Id") is { } made
                ? Guid.Parse(made)
                : await upload.Finish(file, ChunkBytes);
            tracks[track] = SHA256.HashData(file);
            Assert.Equal(
                Convert.ToHexStringLower(tracks[track]),
                (await mira.Get($"/api/v1/tracks/{track}")).Is(200).Data.Text("sha256")
            );
            Assert.Equal(tracks[track], await server.Premises.StoredSha256($"tracks/{track}/original", file.Length));
            // Nobody makes them ready here, and an account may have only so many waiting.
            await server.Database.Execute("update track set status = 'ready'");
        }

        // As if five minutes had passed: the claims of the dead are over.
        await server.Database.Execute("update storage_claim set claimed_until = now()");
        await server.Database.Execute("update upload set expires_at = now() where kind = 'form'");
        await server.Premises.KeepHouse();
        Assert.Equal(
            tracks.Keys.Select(id => $"tracks/{id}/original").Order(StringComparer.Ordinal),
            (await server.Premises.StoredObjects()).Order(StringComparer.Ordinal)
        );
        Assert.Equal(
            (0L, tracks.Count),
            (
                await server.Database.Scalar<long>("select sum(reserved_bytes)::bigint from storage_use"),
                await server.Database.Scalar<long>("select count(*) from upload")
            )
        );
        Assert.Equal(
            await server.Database.Scalar<decimal>("select sum(size_bytes) from track"),
            await server.Database.Scalar<long>("select sum(used_bytes)::bigint from storage_use")
        );
    }

    [Fact]
    public async Task A_line_to_storage_that_is_cut_in_the_middle_costs_a_try_and_no_byte()
    {
        await using var premises = await TestEnvironment.Create(inS3: true);
        await using var line = new FaultProxy(new Uri(Surroundings.S3Endpoint));
        await using var server = await VezaServer.Start(
            premises,
            ("VEZA__ROLES", "api"),
            (
                "VEZA__STORAGE",
                premises.Variables["VEZA__STORAGE"]!.Replace(
                    Surroundings.S3Endpoint,
                    line.Address.GetLeftPart(UriPartial.Authority),
                    StringComparison.Ordinal
                )
            )
        );
        var mira = await Actor.Register(server, "mira");
        var tracks = new List<Guid>();
        var cuts = Times("VEZA_TEST_CUTS", 3);
        for (var cut = 1; cut <= cuts; cut++)
        {
            var file = Noise(cut);
            var upload = await TusUpload.Create(
                mira,
                file.Length,
                ("filename", "noise.wav"),
                ("visibility", "private")
            );
            line.CutAfter((long)file.Length * cut / (cuts + 1));
            (await upload.Patch(0, file)).Is(503, "UNAVAILABLE");
            line.Mend();
            Assert.InRange(await upload.Offset(), 0, file.Length);
            tracks.Add(await upload.Finish(file, 9_000_000));
            Assert.Equal(
                SHA256.HashData(file),
                await premises.StoredSha256($"tracks/{upload.Id}/original", file.Length)
            );
            await premises.Database.Execute("update track set status = 'ready'");
        }

        await premises.KeepHouse();
        Assert.Equal(
            tracks.Select(id => $"tracks/{id}/original").Order(StringComparer.Ordinal),
            (await premises.StoredObjects()).Order(StringComparer.Ordinal)
        );
    }
}
