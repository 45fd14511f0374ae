using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

public sealed class RegisterTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private const string Path = "/api/v1/auth/register";

    [Fact]
    public async Task Somebody_who_registers_is_signed_in()
    {
        var reply = (
            await server.Visitor.Post(
                Path,
                new
                {
                    Email = "Ana@example.org",
                    Username = "Ana-1",
                    Actor.Password,
                    DisplayName = " Ana ",
                }
            )
        ).Is(201);
        var user = reply.Data.GetProperty("user");
        Assert.Equal(
            ("Ana@example.org", "Ana-1", "Ana", "free"),
            (user.Text("email"), user.Text("username"), user.Text("display_name"), user.Text("plan"))
        );
        Assert.Equal("user", Assert.Single(user.GetProperty("roles").EnumerateArray()).GetString());
        Assert.Equal(7, user.GetProperty("id").GetGuid().Version);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", user.Text("created_at"));
        Assert.Equal(("Bearer", 600), (reply.Data.Text("token_type"), reply.Data.Number("expires_in")));
        Assert.Equal($"/api/v1/users/{user.Text("id")}", reply.Header("Location"));
        Assert.True(reply.Json.GetProperty("success").GetBoolean());
        Assert.Empty(reply.Json.GetProperty("errors").EnumerateArray());
        var me = await server.Visitor.Get(
            "/api/v1/auth/me",
            ("Authorization", $"Bearer {reply.Data.Text("access_token")}")
        );
        Assert.Equal(user.ToString(), me.Is(200).Data.ToString());
    }

    [Fact]
    public async Task Without_a_display_name_the_username_is_shown()
    {
        var user = (
            await server.Visitor.Post(
                Path,
                new
                {
                    Email = "plain@example.org",
                    Username = "plain",
                    Actor.Password,
                }
            )
        ).Is(201).Data.GetProperty("user");
        Assert.Equal("plain", user.Text("display_name"));
    }

    [Fact]
    public async Task An_email_or_a_username_is_taken_whatever_its_case()
    {
        var mira = await server.RegisterByHttp("mira");
        var sameEmail = await server.Visitor.Post(
            Path,
            new
            {
                Email = mira.Email.ToUpperInvariant(),
                Username = "other",
                Actor.Password,
            }
        );
        Assert.Equal(["email EMAIL_TAKEN"], sameEmail.Is(409, "EMAIL_TAKEN").FieldErrors);
        var sameName = await server.Visitor.Post(
            Path,
            new
            {
                Email = "other@example.org",
                Username = mira.Username.ToUpperInvariant(),
                Actor.Password,
            }
        );
        Assert.Equal(["username USERNAME_TAKEN"], sameName.Is(409, "USERNAME_TAKEN").FieldErrors);
    }

    [Fact]
    public async Task Two_who_take_the_same_name_at_once_do_not_both_get_it()
    {
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(i =>
                    server.Visitor.Post(
                        Path,
                        new
                        {
                            Email = $"twin{i}@example.org",
                            Username = "twin",
                            Actor.Password,
                        }
                    )
                )
        );
        Assert.Equal([201, 409, 409, 409], replies.Select(r => r.Status).Order());
        Assert.Equal(1, await server.Database.Scalar<long>("select count(*) from account where username = 'twin'"));
    }

    [Fact]
    public async Task Every_broken_rule_is_told_at_once_by_field_and_code()
    {
        var reply = await server.Visitor.Post(Path, new { DisplayName = new string('d', 61) });
        Assert.Equal(
            ["display_name TOO_LONG", "email REQUIRED", "password REQUIRED", "username REQUIRED"],
            reply.Is(422, "VALIDATION_ERROR").FieldErrors.Order()
        );
    }

    [Theory]
    [InlineData("email", "no-at.example.org", "INVALID_FORMAT")]
    [InlineData("email", "two@at@example.org", "INVALID_FORMAT")]
    [InlineData("email", "@example.org", "INVALID_FORMAT")]
    [InlineData("email", "no-dot@example", "INVALID_FORMAT")]
    [InlineData("email", "a b@example.org", "INVALID_FORMAT")]
    [InlineData("email", "a@example.", "INVALID_FORMAT")]
    [InlineData("email", "", "REQUIRED")]
    [InlineData("username", "ab", "INVALID_FORMAT")]
    [InlineData("username", "1abc", "INVALID_FORMAT")]
    [InlineData("username", "has space", "INVALID_FORMAT")]
    [InlineData("username", "žana", "INVALID_FORMAT")]
    [InlineData("username", "a123456789012345678901234567890", "INVALID_FORMAT")]
    [InlineData("password", "seven77", "TOO_SHORT")]
    [InlineData("password", "1234567890123456789012345678901234567890123456789012345678901234567890123", "TOO_LONG")]
    [InlineData("password", "šššššššššššššššššššššššššššššššššššššš", "TOO_LONG")]
    public async Task A_field_that_is_not_sound_is_refused(string field, string value, string code)
    {
        var body = new Dictionary<string, string>
        {
            ["email"] = "sound@example.org",
            ["username"] = "sound",
            ["password"] = Actor.Password,
            [field] = value,
        };
        Assert.Equal(
            [$"{field} {code}"],
            (await server.Visitor.Post(Path, body)).Is(422, "VALIDATION_ERROR").FieldErrors
        );
    }

    [Fact]
    public async Task A_password_of_72_bytes_counts_to_its_last_byte()
    {
        var password = new string('p', 71);
        (
            await server.Visitor.Post(
                Path,
                new
                {
                    Email = "long@example.org",
                    Username = "longpass",
                    Password = password + "x",
                }
            )
        ).Is(201);
        (await server.Visitor.Post("/api/v1/auth/login", new { Username = "longpass", Password = password + "y" })).Is(
            401,
            "CREDENTIALS_INVALID"
        );
        (await server.Visitor.Post("/api/v1/auth/login", new { Username = "longpass", Password = password + "xz" })).Is(
            401,
            "CREDENTIALS_INVALID"
        );
        (await server.Visitor.Post("/api/v1/auth/login", new { Username = "longpass", Password = password + "x" })).Is(
            200
        );
    }

    [Fact]
    public async Task What_is_stored_of_a_password_is_a_bcrypt_hash_of_cost_12()
    {
        var mira = await server.RegisterByHttp("mira");
        Assert.StartsWith(
            "$2a$12$",
            await server.Database.Scalar<string>("select password_hash from account where id = $1", mira.Id),
            StringComparison.Ordinal
        );
    }
}
