using System.Globalization;
using System.Text;
using Veza.Infrastructure.Texts;

namespace Veza.Tests.Infrastructure.Texts;

/// <summary>A text is cut between what a reader takes for two characters, and what comes out can be stored.</summary>
public sealed class TextCutTests
{
    private const string Family = "👨‍👩‍👧‍👦",
        Flag = "🇫🇷",
        Accent = "e\u0301";

    [Theory]
    [InlineData("plain", 10, "plain")]
    [InlineData("plain", 5, "plain")]
    [InlineData("plain", 3, "pla")]
    [InlineData("plain", 0, "")]
    [InlineData("", 3, "")]
    [InlineData("ab😀", 3, "ab")]
    [InlineData("ab😀", 4, "ab😀")]
    [InlineData("a" + Family, 5, "a")]
    [InlineData("a" + Family + "b", 12, "a" + Family)]
    [InlineData(Flag + Flag, 7, Flag)]
    [InlineData("caf" + Accent + "s", 4, "caf")]
    [InlineData("caf" + Accent + "s", 5, "caf" + Accent)]
    public void A_character_is_whole_or_is_not_there(string text, int charsMax, string expected) =>
        Assert.Equal(expected, TextCut.To(text, charsMax));

    /// <summary>Otherwise one letter with a hundred accents would be a text that nothing is left of.</summary>
    [Fact]
    public void Of_a_first_character_that_alone_is_too_long_whole_code_points_are_kept()
    {
        Assert.Equal("👨\u200d👩\u200d", TextCut.To(Family, 6));
        Assert.Equal("z" + new string('\u0301', 9), TextCut.To("z" + new string('\u0301', 500), 10));
        Assert.Equal("", TextCut.To("😀", 1));
    }

    [Theory]
    [InlineData("notes.pdf", 255, "notes.pdf")]
    [InlineData("0123456789.pdf", 10, "012345.pdf")]
    [InlineData("😀😀😀😀.pdf", 9, "😀😀.pdf")]
    [InlineData("archive.tar.gz", 8, "archi.gz")]
    [InlineData("no ending at all", 6, "no end")]
    [InlineData("a.this is a sentence and no ending", 10, "a.this is ")]
    [InlineData(".pdf", 3, ".pd")]
    [InlineData("abcdef.", 3, "abc")]
    public void A_file_keeps_its_ending(string name, int charsMax, string expected) =>
        Assert.Equal(expected, TextCut.OfFileName(name, charsMax));

    [Fact]
    public void What_comes_out_can_be_stored_whatever_went_in()
    {
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        var random = new Random(7);
        string[] parts =
        [
            "a",
            "é",
            Accent,
            "😀",
            Family,
            Flag,
            "\ud83d",
            "\ude00",
            "\0",
            "\u200d",
            "\r\n",
            "한",
            "क्षि",
            ".pdf",
            ".",
        ];
        for (var n = 0; n < 5000; n++)
        {
            var text = string.Concat(
                Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)])
            );
            var max = random.Next(20);
            foreach (
                var cut in new[] { TextCut.To(text, max), TextCut.OfFileName(text, max), TextCut.OfRecord(text, max) }
            )
            {
                strict.GetBytes(cut);
                Assert.InRange(cut.Length, 0, max);
            }

            Assert.DoesNotContain('\0', TextCut.OfRecord(text, max));
            var sound = strict.GetString(Encoding.UTF8.GetBytes(text));
            var whole = StringInfo.ParseCombiningCharacters(sound);
            var kept = TextCut.To(sound, max);
            Assert.StartsWith(kept, sound, StringComparison.Ordinal);
            // Between two characters, or all of it, or less than the first.
            var first = whole.Length > 1 ? whole[1] : sound.Length;
            if (kept.Length >= first)
                Assert.Contains(kept.Length, whole.Append(sound.Length));
        }
    }
}
