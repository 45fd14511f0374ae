using Veza.Features.Chat.Messages;

namespace Veza.Tests.Features.Chat.Messages;

public sealed class MentionTextTests
{
    [Theory]
    [InlineData("@mira", "mira")]
    [InlineData("hello @Mira and @davor_2!", "mira davor_2")]
    [InlineData("(@mira), \"@davor\"; @mira's", "mira davor")]
    [InlineData("**@mira** ~@davor~", "mira davor")]
    [InlineData("你好@mira你好 🎉@davor", "mira davor")]
    [InlineData("line\n@mira\r\n@davor.", "mira davor")]
    [InlineData("_@mira_", "")]
    [InlineData("write to mira@example.org or josé@davor", "")]
    [InlineData("josé@davor", "")]
    [InlineData("@mira@example.org @davor/lib user:@sunniva", "sunniva")]
    [InlineData("https://example.org/@mira?x=@davor", "")]
    [InlineData("@miraé @mi @1mira @", "")]
    [InlineData("@@mira", "")]
    [InlineData("`@mira` and ```\n@davor\n``` but @sunniva", "sunniva")]
    [InlineData("``a ` @mira`` @davor", "davor")]
    [InlineData("a ` alone, @mira", "mira")]
    [InlineData("@abcdefghijabcdefghijabcdefghijk", "")]
    public void Names_are_found_where_somebody_is_meant(string text, string names) =>
        Assert.Equal(names, string.Join(' ', MentionText.Read(text).Names));

    [Fact]
    public void A_dash_at_the_end_may_belong_to_the_name_or_to_the_sentence()
    {
        var text = MentionText.Read("@mira- and @davor-_ and @mira");
        Assert.Equal(["mira-", "mira", "davor-_", "davor"], text.Names);
        Mention mira = new(Guid.CreateVersion7(), "mira"),
            withDash = new(Guid.CreateVersion7(), "Mira-"),
            davor = new(Guid.CreateVersion7(), "davor");
        Assert.Equal([mira, davor], text.Choose([davor, mira]));
        Assert.Equal([withDash, davor, mira], text.Choose([mira, withDash, davor]));
        Assert.Empty(text.Choose([]));
    }

    [Theory]
    [InlineData("@room look", "room")]
    [InlineData("@here", "here")]
    [InlineData("@here, @room!", "room")]
    [InlineData("@Room", "room")]
    [InlineData("room@here `@room` @roommate", null)]
    public void Everybody_is_called_by_two_words(string text, string? calls) =>
        Assert.Equal(calls, MentionText.Read(text).Calls);

    [Fact]
    public void However_many_are_named_few_are_looked_for()
    {
        var text = string.Join(' ', Enumerable.Range(0, 500).Select(i => $"@user{i}"));
        Assert.Equal(MentionText.MeantMax, MentionText.Read(text).Meant.Length);
        Assert.Empty(MentionText.Read(new string('`', 4000) + "@").Names);
        Assert.Empty(
            MentionText.Read(string.Concat(Enumerable.Range(1, 80).Select(i => new string('`', i) + " "))).Names
        );
    }
}
