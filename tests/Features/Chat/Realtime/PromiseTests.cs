using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>What docs/CHAT.md promises is held by tests that exist.</summary>
public sealed partial class PromiseTests
{
    [Fact]
    public async Task Every_test_that_the_promise_names_is_there()
    {
        var names = NamePattern()
            .Matches(await File.ReadAllTextAsync(Surroundings.PathOf("docs", "CHAT.md")))
            .Select(m => m.Groups[1].Value)
            .Distinct()
            .ToArray();
        Assert.True(names.Length > 12);
        var tests = typeof(PromiseTests)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(m => m.IsDefined(typeof(FactAttribute), inherit: true))
            .Select(m => m.Name)
            .ToHashSet();
        Assert.Subset(tests, names.ToHashSet());
    }

    [GeneratedRegex("`([A-Z][a-z0-9]*(?:_[A-Za-z0-9]+){3,})`")]
    private static partial Regex NamePattern();
}
