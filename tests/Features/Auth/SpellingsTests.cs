using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// An address is one recipient in all the spellings in which the database finds it: a capital I with a dot is an i
/// there.
/// </summary>
public sealed class SpellingsTests(Shared<StagedPeople> shared) : IClassFixture<Shared<StagedPeople>>
{
    private readonly StagedPeople stage = shared.It;

    [Theory]
    [InlineData("magic-link", 5)]
    [InlineData("password/forgot", 5)]
    [InlineData("magic-link/verify", 10)]
    public async Task Another_spelling_is_the_same_recipient(string path, int max)
    {
        var name = $"nini{Guid.CreateVersion7():N}";
        Task<Reply> Ask(string email) =>
            stage.Server.Visitor.Post(
                $"/api/v1/auth/{path}",
                path.EndsWith("verify", StringComparison.Ordinal)
                    ? new { Email = email, Code = "000000" }
                    : new { Email = email }
            );
        for (var i = 0; i < max; i++)
            Assert.NotEqual(429, (await Ask($"{name}@example.org")).Status);
        foreach (var spelling in new[] { name, name.ToUpperInvariant(), name.Replace('i', '\u0130') })
            (await Ask($"{spelling}@example.org")).Is(429, "RATE_LIMITED");
    }
}
