using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Users.Avatars;

/// <summary>Avatars over HTTP: set, replaced, taken off, and the pattern of those who have none.</summary>
[Trait("Touches", "Objects")]
public sealed class AvatarsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    [Fact]
    public async Task A_person_sets_an_avatar_that_everybody_sees_and_takes_it_off_again()
    {
        var mira = await Actor.Register(server, "mira");
        var first = (
            await mira.Send(
                HttpMethod.Put,
                "/api/v1/users/me/avatar",
                Pictures.Content(await Pictures.Drawn("png", 600, 700))
            )
        )
            .Is(200)
            .Data.Text("avatar_url");
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(await Pictures.Quarters("jpg")), "file", "me.jpg" },
        };
        var second = (await mira.Send(HttpMethod.Put, "/api/v1/users/me/avatar", form)).Is(200).Data.Text("avatar_url");
        Assert.NotEqual(first, second);
        Assert.Equal(second, (await mira.Get("/api/v1/auth/me")).Is(200).Data.Text("avatar_url"));
        Assert.Equal(second, (await server.Visitor.Get($"/api/v1/users/{mira.Id}")).Is(200).Data.Text("avatar_url"));
        Assert.Equal(3, (await server.Premises.StoredObjects($"avatars/{mira.Id}/")).Length);

        var track = await mira.UploadTrack(await Sounds.Short);
        await mira.Ready(track);
        Assert.Equal(
            second,
            (await server.Visitor.Get($"/api/v1/tracks/{track}")).Is(200).Data.GetProperty("user").Text("avatar_url")
        );

        var shown = (await server.Visitor.Get(second)).Is(200);
        Assert.Equal(
            ("image/jpeg", "nosniff", "public, max-age=31536000, s-maxage=3600, immutable"),
            (shown.ContentType, shown.Header("X-Content-Type-Options"), shown.Header("Cache-Control"))
        );
        Assert.Equal("RGBW", await Pictures.QuartersOf(shown.Body));
        (await server.Visitor.Get(second, ("If-None-Match", shown.Header("ETag")!))).Is(304);

        (await mira.Delete("/api/v1/users/me/avatar")).Is(200);
        (await mira.Delete("/api/v1/users/me/avatar")).Is(200);
        Assert.Equal(
            JsonValueKind.Null,
            (await mira.Get("/api/v1/auth/me")).Is(200).Data.GetProperty("avatar_url").ValueKind
        );
        await server.Premises.NothingIsStored($"avatars/{mira.Id}/");
        Assert.Equal(
            "image/svg+xml",
            (await server.Visitor.Get($"/api/v1/users/{mira.Id}/avatar")).Is(200).ContentType
        );
    }

    [Fact]
    public async Task An_avatar_comes_in_the_size_that_suits()
    {
        var mira = await Actor.Register(server, "mira");
        var url = (
            await mira.Send(
                HttpMethod.Put,
                "/api/v1/users/me/avatar",
                Pictures.Content(await Pictures.Drawn("webp", 700, 600))
            )
        )
            .Is(200)
            .Data.Text("avatar_url");
        foreach (var (asked, edge) in new[] { ("", 512), ("&size=64", 64), ("&size=65", 256), ("&size=9999", 512) })
            Assert.Equal(
                (asked, edge),
                (asked, await Pictures.EdgeOf((await server.Visitor.Get(url + asked)).Is(200).Body))
            );
        (await server.Visitor.Get(url + "&size=-1")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task Who_has_none_has_a_pattern_that_stays_the_same_and_runs_nothing()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var pattern = (await server.Visitor.Get($"/api/v1/users/{mira.Id}/avatar?size=64")).Is(200);
        Assert.StartsWith("<svg ", pattern.Text, StringComparison.Ordinal);
        Assert.Equal(
            ("image/svg+xml", "nosniff", "default-src 'none'; sandbox"),
            (pattern.ContentType, pattern.Header("X-Content-Type-Options"), pattern.Header("Content-Security-Policy"))
        );
        Assert.Equal(pattern.Text, (await davor.Get($"/api/v1/users/{mira.Id}/avatar")).Is(200).Text);
        Assert.NotEqual(pattern.Text, (await server.Visitor.Get($"/api/v1/users/{davor.Id}/avatar")).Is(200).Text);
        (await server.Visitor.Get($"/api/v1/users/{mira.Id}/avatar", ("If-None-Match", pattern.Header("ETag")!))).Is(
            304
        );
        Assert.Equal("svg", System.Xml.Linq.XDocument.Parse(pattern.Text).Root!.Name.LocalName);
        (await server.Visitor.Get($"/api/v1/users/{Guid.CreateVersion7()}/avatar")).Is(404, "USER_NOT_FOUND");
    }

    [Fact]
    public async Task A_bad_picture_changes_nothing()
    {
        var mira = await Actor.Register(server, "mira");
        var url = (
            await mira.Send(HttpMethod.Put, "/api/v1/users/me/avatar", Pictures.Content(await Pictures.Quarters("png")))
        )
            .Is(200)
            .Data.Text("avatar_url");
        (await mira.Send(HttpMethod.Put, "/api/v1/users/me/avatar", Pictures.Content("<svg/>"u8.ToArray()))).Is(
            422,
            "PICTURE_UNSUPPORTED"
        );
        (
            await server.Visitor.Send(
                HttpMethod.Put,
                "/api/v1/users/me/avatar",
                Pictures.Content(await Pictures.Quarters("png"))
            )
        ).Is(401, "UNAUTHENTICATED");
        Assert.Equal(url, (await mira.Get("/api/v1/auth/me")).Is(200).Data.Text("avatar_url"));
        Assert.Equal(3, (await server.Premises.StoredObjects($"avatars/{mira.Id}/")).Length);
    }
}
