using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

public sealed class ScalarTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task The_api_reference_opens_in_a_browser_and_shows_the_operations()
    {
        string[] operations =
        [
            "Auth=Create an account and sign in",
            "Uploads=Upload an audio file",
            "Streaming=Signed URLs to play a track",
            "Chat=Post a message",
        ];
        var outcome = await BrowserScript.Run("scalar.mjs", [server.Address + "/scalar", .. operations]);
        Assert.Equal("Veza API", outcome.Text("title"));
        Assert.Equal(
            operations.Select(o => o.Split('=')[1]),
            outcome.GetProperty("shown").EnumerateArray().Select(s => s.GetString())
        );
        Assert.Empty(outcome.GetProperty("errors").EnumerateArray());
    }
}
