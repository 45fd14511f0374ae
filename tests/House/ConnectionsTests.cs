using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>
/// As it is written: nothing takes a connection, or is given where to take one, while a variable of a connection is in
/// scope. What the watch on connections sees is more; this is seen at once.
/// </summary>
public sealed partial class ConnectionsTests
{
    /// <summary>Begun while the connection is held and used when it is not. It only shrinks.</summary>
    private static readonly string[] Beside =
    [
        "Features/Uploads/UploadHold.cs: new UploadHold(postgres, clock, expire, row)",
    ];

    [Fact]
    public void Nobody_takes_a_second_connection_in_the_scope_of_the_first()
    {
        var (scopes, faults) = (0, new List<string>());
        foreach (var file in SourceTree.Files(".", "*.cs"))
            faults.AddRange(Faults(file, ref scopes));
        Assert.True(scopes > 250, $"Only {scopes} connections were found in src.");
        Assert.Equal(Beside, faults.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_scan_sees_what_it_is_for()
    {
        const string text = """
            {
                await using (var one = await postgres.OpenConnectionAsync(ct)) await Use(one);
                await using (var alone = await postgres.OpenConnectionAsync(ct))
                    await Other(postgres, alone);
                await using (var two = await postgres.OpenConnectionAsync(ct))
                {
                    await Other(postgres);
                }
                await using var db = await postgres.OpenConnectionAsync(ct);
                await Use(db);
                if (x)
                {
                    await db.DisposeAsync();
                    return await Other(postgres);
                }
                await using var third = new Third(postgres);
                await using var second = await postgres.OpenConnectionAsync(ct);
            }
            """;
        var scopes = 0;
        Assert.Equal(
            [
                "x.cs: Other(postgres, alone)",
                "x.cs: Other(postgres)",
                "x.cs: new Third(postgres)",
                "x.cs: postgres.OpenConnectionAsync(ct)",
            ],
            Faults(new SourceFile("x.cs", text), ref scopes)
        );
        Assert.Equal(5, scopes);
    }

    private static List<string> Faults(SourceFile file, ref int scopes)
    {
        var (faults, open, depth, isQuoted) = (new List<string>(), new Stack<int>(), 0, false);
        var (pending, givenBackAt) = (false, 0);
        foreach (var line in file.Lines)
        {
            if (line.Split("\"\"\"").Length % 2 == 0)
                isQuoted = !isQuoted;
            if (isQuoted)
                continue;
            var taken = TakenPattern().Match(line);
            // A single statement, on the lines after.
            if (pending && !taken.Success && line.TrimStart() is not ['{', ..])
            {
                foreach (Match use in UsePattern().Matches(line))
                    faults.Add($"{file.Path}: {use.Value}");
                pending = !line.TrimEnd().EndsWith(';');
            }
            else if (open.Count > 0 && givenBackAt == 0)
                foreach (Match use in UsePattern().Matches(line))
                    faults.Add($"{file.Path}: {use.Value}");
            if (taken.Success)
            {
                scopes++;
                // A block of its own, a single statement, or the rest of the block it stands in.
                if (!taken.Groups["block"].Success)
                    open.Push(depth);
                else
                    pending = !line.TrimEnd().EndsWith(';');
            }

            // For the rest of this block.
            if (GivenBackPattern().IsMatch(line) && open.Count > 0 && givenBackAt == 0)
                givenBackAt = depth;
            foreach (var letter in LiteralPattern().Replace(line, ""))
            {
                if (letter == '{')
                    depth++;
                if (letter == '{' && pending)
                    open.Push(depth);
                if (letter == '{')
                    pending = false;
                if (letter == '}')
                    depth--;
                if (depth < givenBackAt)
                    givenBackAt = 0;
                while (open.Count > 0 && open.Peek() > depth)
                    open.Pop();
            }
        }

        return faults;
    }

    [GeneratedRegex(@"await using (?<block>\()?var \w+ = await \w+\.OpenConnectionAsync\(")]
    private static partial Regex TakenPattern();

    [GeneratedRegex(@"postgres\.OpenConnectionAsync\([^)]*\)|(?:new )?\b[\w.]+\([^()]*\bpostgres\b[^()]*\)")]
    private static partial Regex UsePattern();

    [GeneratedRegex(@"await db\.DisposeAsync\(\)")]
    private static partial Regex GivenBackPattern();

    [GeneratedRegex("\"(\\\\.|[^\"\\\\])*\"|'.'")]
    private static partial Regex LiteralPattern();
}
