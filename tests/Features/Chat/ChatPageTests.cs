using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat;

/// <summary>The page on which people talk, in a real browser.</summary>
public sealed class ChatPageTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Two_people_talk_on_the_page_and_go_on_after_a_cut()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var seen = await BrowserScript.Run(
            "chat.mjs",
            server.Address,
            mira.Username,
            Actor.Password,
            davor.Username,
            Actor.Password,
            "The page"
        );
        string[] said = ["I hear you", "while you were away", "said into the void, mended"];
        Assert.Equal(said, seen.GetProperty("first").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(said, seen.GetProperty("second").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(0, seen.Number("markup"));
        Assert.Equal(
            ["Veza chat", "Veza chat"],
            seen.GetProperty("titles").EnumerateArray().Select(t => t.GetString())
        );
        Assert.Empty(seen.GetProperty("faults").EnumerateArray().Select(f => f.GetString()));
    }

    [Fact]
    public async Task The_page_runs_its_own_script_alone_and_is_shown_in_no_frame()
    {
        var page = (await server.Visitor.Get("/chat")).Is(200);
        Assert.StartsWith("text/html", page.ContentType, StringComparison.Ordinal);
        var policy = page.Header("Content-Security-Policy")!;
        Assert.StartsWith("default-src 'none'; script-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
    }
}
