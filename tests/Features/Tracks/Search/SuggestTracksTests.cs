using Veza.Features.Tracks.Search;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks.Search;

/// <summary>What is proposed while somebody types.</summary>
public sealed class SuggestTracksTests(VezaServer server) : IClassFixture<VezaServer>
{
    private async Task<string[]> Suggested(string q, string more = "") =>
        [
            .. (await server.Visitor.Get($"/api/v1/tracks/autocomplete?q={Uri.EscapeDataString(q)}{more}"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(s => $"{s.Text("kind")} {s.Text("text")}"),
        ];

    [Fact]
    public async Task Artists_titles_and_tags_are_proposed_each_once()
    {
        var mira = await server.Register("mira");
        var id = await new CatalogueTrack("Wistful Harbour") { Artist = "Wistaria", Tags = ["wistful piano"] }.Of(mira);
        await new CatalogueTrack("Other") { Artist = "wistaria", Tags = ["wistful piano"] }.Of(mira);
        foreach (var q in new[] { "wis", "wist", "Wíst" })
            Assert.Equal(
                ["artist Wistaria", "tag wistful piano", "title Wistful Harbour"],
                (await Suggested(q)).Order()
            );
        Assert.Equal(["title Wistful Harbour"], await Suggested("wistful ha"));
        var title = (await server.Visitor.Get("/api/v1/tracks/autocomplete?q=wistful%20ha")).Is(200).Data[0];
        Assert.Equal(id, title.GetProperty("track_id").GetGuid());
        Assert.Single(await Suggested("wist", "&limit=1"));
        Assert.Equal(["title Wistful Harbour"], await Suggested("wistful harbuor"));
        Assert.Empty(await Suggested(""));
        Assert.Empty(await Suggested("   "));
        (await server.Visitor.Get("/api/v1/tracks/autocomplete?q=a&limit=11")).Is(422, "VALIDATION_ERROR");
        (await server.Visitor.Get($"/api/v1/tracks/autocomplete?q={new string('q', 201)}")).Is(422, "VALIDATION_ERROR");
        (await server.Visitor.Get("/api/v1/tracks/autocomplete?q=a%00")).Is(400, "CHARACTER_REFUSED");
    }

    [Theory]
    [InlineData("night", "night", 0)]
    [InlineData("nihgt", "night", 1)]
    [InlineData("nigt", "night", 1)]
    [InlineData("nightt", "night", 1)]
    [InlineData("nicht", "night", 1)]
    [InlineData("thing", "night", 5)]
    [InlineData("", "abc", 3)]
    public void Slips_are_counted(string typed, string meant, int slips) =>
        Assert.Equal(slips, WordsMeant.Slips(typed, meant));
}
