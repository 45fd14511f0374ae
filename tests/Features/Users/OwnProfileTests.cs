using Veza.Tests.Harness;

namespace Veza.Tests.Features.Users;

public sealed class OwnProfileTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task Who_signed_in_sees_what_others_see_of_them_and_their_own_email()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        (await davor.Put($"/api/v1/users/{mira.Id}/follow")).Is(200);
        var own = (await mira.Get("/api/v1/users/me")).Is(200).Data;
        var seen = (await davor.Get($"/api/v1/users/{mira.Id}")).Is(200).Data;
        foreach (
            var name in new[]
            {
                "id",
                "username",
                "display_name",
                "avatar_url",
                "roles",
                "created_at",
                "follower_count",
                "following_count",
            }
        )
            Assert.Equal(seen.GetProperty(name).ToString(), own.GetProperty(name).ToString());
        Assert.Equal(
            (mira.Id, 1L, mira.Email),
            (own.GetProperty("id").GetGuid(), own.Number("follower_count"), own.Text("email"))
        );
        Assert.False(seen.TryGetProperty("email", out _));
    }

    [Fact]
    public async Task Nobody_sees_the_profile_of_nobody() =>
        (await server.Visitor.Get("/api/v1/users/me")).Is(401, "UNAUTHENTICATED");
}
