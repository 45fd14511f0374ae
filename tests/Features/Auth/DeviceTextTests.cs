using System.Text;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>Whatever a browser calls itself: who guesses leaves a trace, and who signs in is listed.</summary>
public sealed class DeviceTextTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    public static TheoryData<string, string> Agents =>
        new()
        {
            { new string('u', 199) + "😀 and more", new string('u', 199) },
            { new string('u', 198) + "😀 and more", new string('u', 198) + "😀" },
            { new string('u', 195) + "👨‍👩‍👧‍👦", new string('u', 195) },
            { string.Concat(Enumerable.Repeat("😀", 150)), string.Concat(Enumerable.Repeat("😀", 100)) },
            { "short 😀", "short 😀" },
        };

    [Theory]
    [MemberData(nameof(Agents))]
    public async Task Ten_wrong_passwords_are_written_down_and_lock_whatever_the_browser_is_called(
        string agent,
        string kept
    )
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        for (var i = 0; i < 10; i++)
            Assert.Equal(401, (await Login(mira.Email, "a wrong one", agent)).Status);
        var locked = await Login(mira.Email, Actor.Password, agent);
        Assert.Equal((429, "ACCOUNT_LOCKED"), (locked.Status, JsonElement.Parse(locked.Body).Text("error_code")));
        Assert.Equal(
            [kept],
            await server.Database.Column(
                "select distinct device from audit_event where account_id = $1 and action like '%fail%'",
                mira.Id
            )
        );
        Assert.True(
            await server.Database.Scalar<long>(
                "select count(*) from audit_event where account_id = $1 and action like 'account.%lock%'",
                mira.Id
            ) > 0
        );
    }

    [Fact]
    public async Task A_session_of_a_browser_with_a_long_name_is_listed()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        Assert.Equal(200, (await Login(mira.Email, Actor.Password, new string('u', 199) + "😀")).Status);
        Assert.Contains(
            (await mira.Get("/api/v1/auth/sessions")).Is(200).Data.EnumerateArray(),
            s => s.Text("device") == new string('u', 199)
        );
    }

    /// <summary>Byte by byte: HttpClient sends no header that is not ASCII.</summary>
    private Task<WireAnswer> Login(string email, string password, string agent)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string> { ["email"] = email, ["password"] = password }
        );
        var head =
            $"POST /api/v1/auth/login HTTP/1.1\r\nHost: veza\r\nUser-Agent: {agent}\r\nContent-Type: "
            + $"application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";
        return WireAnswer.To(server.Port, Encoding.UTF8.GetBytes(head), body);
    }
}
