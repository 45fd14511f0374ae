using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>Whatever a job dies of, it can be written down, and the job ends.</summary>
public sealed class JobErrorsTests : JobStage
{
    [Theory]
    [InlineData(1900, "😀")]
    [InlineData(1901, "😀")]
    [InlineData(10, "\ud83d")]
    [InlineData(10, "\0 and on")]
    public async Task An_error_that_is_long_or_no_text_is_kept_as_far_as_it_goes(int beginningChars, string rest)
    {
        var beginning = new string('e', beginningChars);
        using var worker = Worker(
            new ScriptedJob(
                (_, _) => throw new InvalidOperationException(beginning + string.Concat(Enumerable.Repeat(rest, 150)))
            ),
            attemptsMax: 1
        );
        await worker.StartAsync(None);
        await Enqueue(attemptsMax: 1);
        await Eventually.True(
            "it is dead",
            async () => (await State()).StartsWith("dead 1 ", StringComparison.Ordinal)
        );
        await worker.StopAsync(Deadline());
        Assert.Contains(beginning, await State(), StringComparison.Ordinal);
    }
}
