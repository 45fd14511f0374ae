using Veza.Features.Chat.Messages;

namespace Veza.Tests.Features.Chat.Messages;

public sealed class EmojiTests
{
    [Theory]
    [InlineData("👍")]
    [InlineData("👍🏽")]
    [InlineData("❤️")]
    [InlineData("❤️‍🔥")]
    [InlineData("👨‍👩‍👧‍👦")]
    [InlineData("👩🏽‍❤️‍💋‍👨🏿")]
    [InlineData("🏳️‍🌈")]
    [InlineData("🇸🇮")]
    [InlineData("🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F")]
    [InlineData("1️⃣")]
    [InlineData("#️⃣")]
    [InlineData("⚡")]
    [InlineData("⭐")]
    [InlineData("✌🏽")]
    [InlineData("🎵")]
    [InlineData("™️")]
    public void An_emoji_is_read_as_it_stands(string emoji) => Assert.Equal(emoji, Emoji.Read(emoji));

    [Theory]
    [InlineData("❤", "❤️")]
    [InlineData("⚡️", "⚡")]
    [InlineData("1⃣", "1️⃣")]
    [InlineData("❤‍🔥", "❤️‍🔥")]
    [InlineData("✌️🏽", "✌🏽")]
    public void Spellings_that_look_alike_are_one(string spelling, string emoji) =>
        Assert.Equal(emoji, Emoji.Read(spelling));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("1")]
    [InlineData("lol")]
    [InlineData("👍👍")]
    [InlineData("👍 ")]
    [InlineData("a👍")]
    [InlineData(":+1:")]
    [InlineData("é")]
    [InlineData("語")]
    [InlineData("🇸")]
    [InlineData("\u200D")]
    [InlineData("\uFE0F")]
    [InlineData("👍\u200D")]
    [InlineData("👍\u0301")]
    [InlineData("\uD83D")]
    [InlineData("a\uFE0F\u20E3")]
    [InlineData("<script>")]
    public void Other_text_is_none(string text) => Assert.Null(Emoji.Read(text));

    [Fact]
    public void A_grapheme_without_end_is_none()
    {
        Assert.Null(Emoji.Read("👍" + new string('\u0301', 5000)));
        Assert.Null(Emoji.Read(string.Concat(Enumerable.Repeat("👨‍", 100)) + "👨"));
    }
}
