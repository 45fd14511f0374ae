using System.Globalization;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

public sealed class LoginFloodTests
{
    private const int Logins = 30;

    [Fact]
    public async Task A_flood_of_logins_is_told_to_come_back_while_everything_else_answers()
    {
        await using var server = await VezaServer.Start(
            ("VEZA__AUTH__BCRYPT_THREADS", "1"),
            ("VEZA__AUTH__BCRYPT_QUEUE_MAX", "4")
        );
        var mira = await server.RegisterByHttp("mira");
        var flood = Enumerable
            .Range(0, Logins)
            .Select(_ => server.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password }))
            .ToArray();
        // Others are answered while passwords are still waiting their turn: the flood is not over when they have their
        // answers.
        (await server.Visitor.Get("/health/live")).Is(200);
        (await mira.Get("/api/v1/auth/me")).Is(200);
        (await server.Visitor.Get("/api/v1/tracks")).Is(200);
        Assert.Contains(flood, login => !login.IsCompleted);

        var replies = await Task.WhenAll(flood);
        Assert.Equal([200, 503], replies.Select(r => r.Status).Distinct().Order());
        foreach (var reply in replies.Where(r => r.Status == 503))
            Assert.InRange(
                int.Parse(reply.Is(503, "SIGN_IN_BUSY").Header("Retry-After")!, CultureInfo.InvariantCulture),
                1,
                60
            );
        await mira.SignIn();
    }
}
