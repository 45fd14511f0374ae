using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>
/// What several modules need to know is said in one place: a second copy would come to say something else.
/// </summary>
public sealed class SharedFactsTests
{
    [Theory]
    [InlineData("lies in the past", "Infrastructure/Http/EndTime.cs")]
    [InlineData("\"visibility is ", "Infrastructure/Http/TextRules.cs")]
    [InlineData(@"new MultipartReader\(", "Infrastructure/Http/MultipartForm.cs")]
    [InlineData("The form has two files", "Infrastructure/Http/MultipartForm.cs")]
    [InlineData(@"power\(10", "Features/Tracks/TracksReads.cs")]
    [InlineData(@"\? preview\.Segments|\.PreviewFromMs is not", "Features/Streaming/GrantedLadder.cs")]
    public void A_fact_that_several_modules_need_is_said_once(string words, string file) =>
        Assert.Equal(
            [file],
            SourceTree.Files(".", "*.cs").Where(f => Regex.IsMatch(f.Text, words)).Select(f => f.Path)
        );
}
