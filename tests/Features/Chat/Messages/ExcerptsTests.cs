using Veza.Tests.Features.Notifications.Pushes;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>The beginnings of messages that are shown elsewhere end between two characters.</summary>
public sealed class ExcerptsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private const string Family = "👨‍👩‍👧‍👦";

    [Fact]
    public async Task A_quote_and_a_notification_are_cut_between_characters()
    {
        var talk = await Talk.Begin(server, "public", "mira", "davor");
        var (quoted, told) = (new string('q', 135), new string('n', 290 - talk.Guests[0].Username.Length));
        var asked = await talk.Say(talk.Owner, quoted + Family + Family);
        var answer = await talk.Say(talk.Owner, "yes", asked);
        Assert.Equal(quoted, (await Talk.Show(talk.Owner, answer)).GetProperty("reply").Text("excerpt"));

        var mention = $"@{talk.Guests[0].Username} {told}";
        await talk.Say(talk.Owner, mention + Family + Family);
        await Eventually.True("he is told", async () => (await PushStage.Listed(talk.Guests[0])).Length == 1);
        Assert.Equal($"mention {mention}", (await PushStage.Listed(talk.Guests[0]))[0]);
    }
}
