using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>
/// A request that nobody waits for any more ends before its first statement, or with its last: connections are opened
/// and transactions begun with its token, and no statement and no COMMIT is given one.
/// </summary>
public sealed partial class CancellationTests
{
    /// <summary>Statements with a token, and why.</summary>
    private static readonly Dictionary<string, string> WithToken = new()
    {
        ["Infrastructure/Health/HealthRoutes.cs"] = "a probe, which opens its connection and has a second for both",
        ["Infrastructure/Postgres/TimedCommand.cs"] = "passes on what the call says",
    };

    [Fact]
    public void No_statement_takes_a_token()
    {
        var (calls, faults) = (0, new List<string>());
        foreach (var file in SourceTree.Files(".", "*.cs"))
            faults.AddRange(Faults(file, ref calls));
        Assert.True(calls > 400, $"Only {calls} statements and commits were found in src.");
        Assert.Equal(WithToken.Keys.Order(StringComparer.Ordinal), faults.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("await db.ExecuteAsync(\"delete from a where b = @b\", new { b, ct }, transaction);")]
    [InlineData(
        "await db.QueryAsync<Row>(\n    \"\"\"\n    select 1\n    \"\"\",\n    new\n    {\n        b,\n        ct,\n    }\n);"
    )]
    [InlineData("await transaction.CommitAsync(ct);")]
    [InlineData("await command.ExecuteNonQueryAsync(stopping.Token);")]
    public void The_scan_sees_a_token(string text)
    {
        var calls = 0;
        Assert.Single(Faults(new SourceFile("it", $"void Do(CancellationToken ct)\n{text}"), ref calls));
        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData("await db.ExecuteAsync(\"delete from a where b = @b\", new { b }, transaction);")]
    [InlineData("await transaction.CommitAsync(CancellationToken.None);")]
    [InlineData("await command.ExecuteNonQueryAsync();")]
    public void The_scan_sees_no_token_where_there_is_none(string text)
    {
        var calls = 0;
        Assert.Empty(Faults(new SourceFile("it", $"void Do(CancellationToken ct)\n{text}"), ref calls));
        Assert.Equal(1, calls);
    }

    private static List<string> Faults(SourceFile file, ref int calls)
    {
        var faults = new List<string>();
        var tokens = TokenPattern().Matches(file.Text).Select(m => m.Groups[1].Value).Append("ct").ToHashSet();
        foreach (var call in CallPattern().Matches(file.Text).Cast<Match>())
        {
            calls++;
            var arguments = Balanced(file.Text, call.Index + call.Length - 1);
            var isOfNpgsql = call.Groups["npgsql"].Success;
            var given = isOfNpgsql ? arguments : string.Concat(ParametersPattern().Matches(arguments));
            var words = isOfNpgsql
                ? WordPattern().Matches(given.Replace("CancellationToken.None", "", StringComparison.Ordinal))
                : MemberPattern().Matches(given);
            if (words.Any(w => tokens.Contains(w.Value) || w.Value == "Token"))
                faults.Add(file.Path);
        }

        return faults;
    }

    /// <summary>From an opening bracket to the one that closes it.</summary>
    private static string Balanced(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] switch
            {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if (depth == 0)
                return text[open..(i + 1)];
        }

        return text[open..];
    }

    /// <summary>
    /// Calls of Dapper, whose token is a member of the parameters, and those of Npgsql that take one.
    /// </summary>
    [GeneratedRegex(
        @"\.(?:(?<npgsql>CommitAsync|ExecuteNonQueryAsync|ExecuteReaderAsync|ExecuteScalarAsync)\("
            + @"|(?:ExecuteAsync|Query\w*Async|ExecuteScalarAsync)(?:<[^;""]*?>)?\()"
    )]
    private static partial Regex CallPattern();

    [GeneratedRegex(@"\bCancellationToken (\w+)")]
    private static partial Regex TokenPattern();

    [GeneratedRegex(@"\bnew\s*\{[^{}]*\}")]
    private static partial Regex ParametersPattern();

    /// <summary>A member of which no more is said than a variable or a property.</summary>
    [GeneratedRegex(@"(?<=[{,]\s*(?:\w+\s*=\s*)?(?:\w+\.)*)\w+(?=\s*[,}])")]
    private static partial Regex MemberPattern();

    [GeneratedRegex(@"\w+")]
    private static partial Regex WordPattern();
}
