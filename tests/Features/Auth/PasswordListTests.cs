using Veza.Features.Auth;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>Passwords that everybody guesses are nobody's.</summary>
public sealed class PasswordListTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public void The_list_is_in_the_binary() => Assert.InRange(PasswordList.Count, 40_000, 1_000_000);

    [Theory]
    [InlineData("password")]
    [InlineData("Password")]
    [InlineData("PASSWORD1")]
    [InlineData("password123")]
    [InlineData("Password1!")]
    [InlineData("p@ssw0rd")]
    [InlineData("P@$$w0rd2!")]
    [InlineData("qwertyuiop")]
    [InlineData("1q2w3e4r")]
    [InlineData("iloveyou")]
    [InlineData("trustno1")]
    [InlineData("monkey2024")]
    [InlineData("Sunshine99")]
    [InlineData("12345678")]
    [InlineData("87654321")]
    [InlineData("23456789")]
    [InlineData("abcdefgh")]
    [InlineData("hgfedcba")]
    [InlineData("aaaaaaaa")]
    [InlineData("abababab")]
    [InlineData("monkeymonkey")]
    [InlineData("letmein!!")]
    public void Common_passwords_and_their_plain_variants_are_known(string password) =>
        Assert.True(PasswordList.Contains(password));

    [Theory]
    [InlineData("a long sentence is best")]
    [InlineData("another long sentence")]
    [InlineData("only for the bench")]
    [InlineData("correct horse battery staple")]
    [InlineData("vT9#kQ2m")]
    [InlineData("Tr4mw4y-Harbour-Lights")]
    [InlineData("zagrebtrambroj14ujutro")]
    [InlineData("žubor potoka u noći")]
    public void Others_are_not(string password) => Assert.False(PasswordList.Contains(password));

    [Theory]
    [InlineData("miradiel", true)]
    [InlineData("MiraDiel1", true)]
    [InlineData("miradiel2024", true)]
    [InlineData("mira.diel@example.org", true)]
    [InlineData("Mira.Diel!", true)]
    [InlineData("mira and the harbour", false)]
    [InlineData("dielmirador", false)]
    public void Ones_own_names_are_known(string password, bool isOwn) =>
        Assert.Equal(isOwn, PasswordList.IsOwnName(password, "mira.diel@example.org", "miradiel", "Mira Diel", null));

    [Fact]
    public async Task Nobody_registers_with_one()
    {
        Task<Reply> Register(string password) =>
            server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = "harbourmaster@example.org",
                    Username = "lighthouse_keeper",
                    DisplayName = "Ana Keeper",
                    Password = password,
                }
            );
        Assert.Equal(
            ["password PASSWORD_COMMON"],
            (await Register("Password123")).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(["password TOO_SHORT"], (await Register("monkey")).Is(422, "VALIDATION_ERROR").FieldErrors);
        foreach (var own in new[] { "Harbourmaster1", "harbourmaster@example.org", "LIGHTHOUSE_KEEPER", "anakeeper22" })
            Assert.Equal(["password PASSWORD_PERSONAL"], (await Register(own)).Is(422, "VALIDATION_ERROR").FieldErrors);
        (await Register("the lamp turns all night")).Is(201);
    }
}
