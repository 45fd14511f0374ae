using System.Security.Cryptography;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Uploads;

[Trait("Touches", "Objects")]
public sealed class TusClientTests(VezaServer server) : IClassFixture<VezaServer>
{
    [Fact]
    public async Task A_client_of_the_protocol_uploads_breaks_off_goes_on_joins_and_gives_up()
    {
        var mira = await server.Register("mira");
        var file = await Sounds.Wav;
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file)));
        var outcome = await BrowserScript.Run("tus.mjs", server.Address + "/api/v1/uploads", mira.AccessToken, file);

        Assert.True(outcome.GetProperty("whole").GetProperty("accepted").GetArrayLength() > 3);
        Assert.Equal(600_000, outcome.GetProperty("broken").GetProperty("accepted")[1].GetInt64());
        Assert.True(outcome.GetProperty("resumed").Number("first_sent") >= 600_000);
        Assert.Equal(404, outcome.Number("gone"));
        foreach (var way in new[] { "whole", "resumed", "parallel", "posted" })
        {
            var track = await mira.Ready(Guid.Parse(outcome.GetProperty(way).Text("track_id")));
            Assert.Equal(
                (way, sha256, "By Tus", "private"),
                (way, track.Text("sha256"), track.Text("title"), track.Text("visibility"))
            );
            Assert.Equal(["night", "city"], track.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        }

        // Nothing is left of parts, tails and what was given up: only tracks.
        Assert.Equal(4, await server.Database.Scalar<long>("select count(*) from track"));
        await server.Premises.NothingIsStored("uploads/");
        Assert.Equal(
            4,
            (await server.Premises.StoredObjects()).Count(key =>
                Path.GetFileName(key).StartsWith("original", StringComparison.Ordinal)
            )
        );
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select reserved_bytes from storage_use where account_id = $1", mira.Id)
        );
    }
}
