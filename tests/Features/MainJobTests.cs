using Veza.Tests.Harness;

namespace Veza.Tests.Features;

/// <summary>The main job: two people meet on a fresh Veza, with each role in a process of its own.</summary>
[Trait("Touches", "Objects")]
public sealed class MainJobTests
{
    [Fact]
    public async Task A_song_goes_in_a_song_comes_out_and_two_people_talk_while_it_plays()
    {
        await using var api = await VezaServer.Start(("VEZA__ROLES", "api"));
        await using var stream = await VezaServer.Start(api.Premises, ("VEZA__ROLES", "stream"));
        await using var chat = await VezaServer.Start(
            api.Premises,
            ("VEZA__ROLES", "chat"),
            ("VEZA__PUBLIC_URL", api.Address)
        );
        await using var worker = await VezaServer.Start(api.Premises, ("VEZA__ROLES", "worker"));

        var mira = await Actor.RegisterByHttp(api, "mira");
        var track = await mira.UploadTrack(await Sounds.Long, ("title", "Main Job"), ("genre", "house"));
        var ready = await mira.Ready(track);
        Assert.Equal(
            ["128k", "320k", "lossless"],
            ready.GetProperty("variants").EnumerateArray().Select(v => v.Text("quality"))
        );

        var davor = await Actor.RegisterByHttp(api, "davor");
        var found = (await davor.Get("/api/v1/tracks?q=main%20job")).Is(200).Data.EnumerateArray().Single();
        Assert.Equal(track, found.GetProperty("id").GetGuid());
        var urls = await davor.Stream(track);

        // The signed addresses name the public URL; behind it a proxy would send /stream/ to the stream role.
        var player = stream.Visitor;
        string OfStream(string url) => url.Replace(api.Address, stream.Address, StringComparison.Ordinal);
        var master = (await player.Get(OfStream(urls.Text("hls_url")))).Is(200).Text;
        Assert.Contains("lossless.m3u8", master, StringComparison.Ordinal);
        var variant = OfStream(urls.GetProperty("variants")[0].Text("url"));

        var (chatMira, chatDavor) = (new Guest(chat, mira.AccessToken), new Guest(chat, davor.AccessToken));
        var room = (await chatMira.Post("/api/v1/chat/rooms", new { Name = "While it plays" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await chatDavor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await using var hers = await ChatSocket.Open(chat, mira.AccessToken);
        await using var his = await ChatSocket.Open(chat, davor.AccessToken);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        var size = long.Parse(
            (await player.Head(variant)).Is(200).Header("Content-Length")!,
            System.Globalization.CultureInfo.InvariantCulture
        );
        var (played, last) = (0L, 0L);
        for (var i = 0; played < size; i++)
        {
            var part = (await player.Get(variant, ("Range", $"bytes={played}-{played + 49_999}"))).Is(206);
            played += part.Body.Length;
            last = (await (i % 2 == 0 ? hers : his).Say(room, $"{i}", $"at byte {played}"))
                .GetProperty("message")
                .Number("seq");
        }

        await hers.Saw(room, last);
        await his.Saw(room, last);
        Assert.Equal(hers.Seqs(room), his.Seqs(room));
        Assert.NotEmpty(hers.Seqs(room));
    }

    /// <summary>The same person at another role's process.</summary>
    private sealed class Guest(VezaServer node, string token) : Visitor(node)
    {
        internal override string? AccessToken => token;
    }
}
