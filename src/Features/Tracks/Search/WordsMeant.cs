using Dapper;
using Npgsql;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// Words that occur in listed tracks and are a slip of the finger away from the ones that were typed.
/// </summary>
internal static class WordsMeant
{
    private const int CharsMin = 4,
        LongCharsMin = 8,
        SimilarMax = 40,
        MeantMax = 4;

    internal const string Alike = """
        select word from track_word where word % @typed order by similarity(word, @typed) desc, word limit @SimilarMax
        """;

    internal sealed record Similar(string Word);

    internal static async Task<SearchWords> Add(NpgsqlConnection db, SearchWords words)
    {
        var meant = new string[words.Words.Length][];
        for (var i = 0; i < meant.Length; i++)
            meant[i] = words.Words[i].Length < CharsMin ? [] : await Of(db, words.Words[i]);
        return words with { Meant = meant };
    }

    private static async Task<string[]> Of(NpgsqlConnection db, string typed)
    {
        // The trigrams bring those that share some of it, the distance decides: one slip, in long words two.
        var similar = await db.QueryAsync<Similar>(Alike, new { typed, SimilarMax });
        var slipsMax = typed.Length < LongCharsMin ? 1 : 2;
        return
        [
            .. similar
                .Select(s => (s.Word, Slips: Slips(typed, s.Word)))
                .Where(s => s.Slips > 0 && s.Slips <= slipsMax)
                .OrderBy(s => s.Slips)
                .Take(MeantMax)
                .Select(s => s.Word),
        ];
    }

    /// <summary>
    /// Characters added, lost, exchanged, or swapped with their neighbour (optimal string alignment).
    /// </summary>
    internal static int Slips(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(
                    Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1),
                    d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                );
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
