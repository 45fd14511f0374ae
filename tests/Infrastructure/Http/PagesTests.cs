using Microsoft.AspNetCore.Http;
using Veza.Infrastructure.Http;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>How large a page may be, what is no place to begin at, and what a range of a file is.</summary>
public sealed class PagesTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData(1, true)]
    [InlineData(100, true)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(101, false)]
    [InlineData(int.MaxValue, false)]
    [InlineData(int.MinValue, false)]
    public void A_page_of_a_feed_has_1_to_100(int? limit, bool isTaken) =>
        Assert.Equal(isTaken, CursorPage.Read(limit, null, CursorPage.NewestFirst, out _) is null);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(1, 1, true)]
    [InlineData(100, 100, true)]
    [InlineData(101, 100, false)]
    [InlineData(10_000, 1, true)]
    [InlineData(10_001, 1, false)]
    [InlineData(0, 1, false)]
    [InlineData(1, 0, false)]
    [InlineData(1, 101, false)]
    [InlineData(int.MaxValue, 100, false)]
    [InlineData(int.MinValue, 100, false)]
    public void A_page_of_a_list_has_1_to_100_and_pages_end_after_ten_thousand(int? page, int? perPage, bool isTaken) =>
        Assert.Equal(isTaken, Paging.Read(page, perPage, out _) is null);

    [Fact]
    public void What_is_no_cursor_is_refused_by_its_name()
    {
        var good = CursorPage.After(DateTime.UtcNow, Guid.CreateVersion7());
        Assert.Null(CursorPage.Read(null, good, CursorPage.NewestFirst, out _));
        foreach (
            var bad in new[]
            {
                "",
                "a",
                good[..^1],
                good + "A",
                good + "==",
                new string('!', good.Length),
                new string('/', good.Length),
                new string('_', good.Length),
                CursorPage.After(-1, Guid.Empty),
                CursorPage.After(long.MaxValue, Guid.Empty),
            }
        )
            Assert.Equal(
                ["cursor"],
                CursorPage.Read(null, bad, CursorPage.NewestFirst, out _)!.Fields.Select(f => f.Field)
            );
        Assert.Null(
            CursorPage.Read(
                null,
                CursorPage.After(new DateTime(9999, 12, 31), Guid.Empty),
                CursorPage.NewestFirst,
                out var last
            )
        );
        Assert.Equal(DateTime.MaxValue.Year, last.Moment.Year);
    }

    /// <summary>A range, its condition, and what of 100 bytes it asks for: null is all of them, no pair none.</summary>
    [Theory]
    [InlineData("bytes=0-9", null, "0 10")]
    [InlineData("bytes=90-", null, "90 10")]
    [InlineData("bytes=-10", null, "90 10")]
    [InlineData("bytes=-1000", null, "0 100")]
    [InlineData("bytes=99-1000", null, "99 1")]
    [InlineData("bytes=100-", null, "none")]
    [InlineData("bytes=-0", null, "none")]
    [InlineData("bytes=0-1,4-5", null, "whole")]
    [InlineData("lines=0-1", null, "whole")]
    [InlineData("bytes=5-2", null, "whole")]
    [InlineData("bytes=0-9", "\"tag\"", "0 10")]
    [InlineData("bytes=0-9", "\"other\"", "whole")]
    [InlineData("bytes=0-9", "W/\"tag\"", "whole")]
    [InlineData("bytes=0-9", "Mon, 30 Nov 2026 08:56:55 GMT", "whole")]
    public void A_range_is_what_it_says_while_the_file_is_the_one_that_is_meant(
        string range,
        string? condition,
        string expected
    )
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Range = range;
        if (condition is not null)
            request.Headers.IfRange = condition;
        var asked = new ObjectAnswer("key", 100, new("\"tag\""), "audio/mp4").Asked(request);
        Assert.Equal(
            expected,
            asked is not { } bytes ? "none"
                : bytes.IsPart ? $"{bytes.Offset} {bytes.Length}"
                : $"whole{(bytes.Length == 100 ? "" : " but not")}"
        );
    }
}
