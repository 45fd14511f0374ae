using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Tracks;

public sealed class EditTrackTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static StringContent Json(object body) =>
        new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    [Fact]
    public async Task What_is_left_out_stays_and_what_is_said_changes()
    {
        var mira = await server.Register("mira");
        var id = await mira.AddTrack("Draft");
        var edited = (
            await mira.Put(
                $"/api/v1/tracks/{id}",
                new
                {
                    Title = " Night Bus ",
                    Genre = "ambient",
                    Tags = new[] { "night", " City", "night", "" },
                    Description = "Line 19.",
                }
            )
        ).Is(200).Data;
        Assert.Equal(
            ("Night Bus", "Somebody", "ambient", "Line 19.", "public"),
            (
                edited.Text("title"),
                edited.Text("artist"),
                edited.Text("genre"),
                edited.Text("description"),
                edited.Text("visibility")
            )
        );
        Assert.Equal(["night", "City"], edited.GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        edited = (
            await mira.Put(
                $"/api/v1/tracks/{id}",
                new
                {
                    Genre = "",
                    Tags = Array.Empty<string>(),
                    Visibility = "unlisted",
                }
            )
        ).Is(200).Data;
        Assert.Equal(
            ("Night Bus", "", 0, "unlisted"),
            (
                edited.Text("title"),
                edited.Text("genre"),
                edited.GetProperty("tags").GetArrayLength(),
                edited.Text("visibility")
            )
        );
        Assert.True(edited.GetProperty("updated_at").GetDateTime() > edited.GetProperty("created_at").GetDateTime());
    }

    [Fact]
    public async Task What_cannot_be_is_refused_field_by_field()
    {
        var mira = await server.Register("mira");
        var id = await mira.AddTrack("Kept");
        var refused = (
            await mira.Put(
                $"/api/v1/tracks/{id}",
                new
                {
                    Title = "  ",
                    Artist = new string('a', 201),
                    Tags = Enumerable.Repeat("t", 21).ToArray(),
                    Visibility = "secret",
                }
            )
        ).Is(422, "VALIDATION_ERROR");
        Assert.Equal(
            ["title REQUIRED", "artist TOO_LONG", "tags TOO_MANY", "visibility NOT_ALLOWED"],
            refused.FieldErrors
        );
        Assert.Equal(
            ["tags TOO_MANY"],
            (await mira.Put($"/api/v1/tracks/{id}", new { Tags = new string?[] { null } }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (await mira.Put($"/api/v1/tracks/{id}", new { Title = "zero\0" })).Is(400, "CHARACTER_REFUSED");
        Assert.Equal("Kept", (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.Text("title"));
    }

    [Fact]
    public async Task Only_its_owner_edits_a_track()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.AddTrack("Hers");
        (await davor.Put($"/api/v1/tracks/{id}", new { Title = "His" })).Is(404, "TRACK_NOT_FOUND");
        (await server.Visitor.Put($"/api/v1/tracks/{id}", new { Title = "Nobody's" })).Is(401, "UNAUTHENTICATED");
        Assert.Equal("Hers", (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Data.Text("title"));
    }

    [Fact]
    public async Task A_track_that_has_not_changed_is_not_sent_again()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.AddTrack("Asked for twice");
        var first = (await davor.Get($"/api/v1/tracks/{id}")).Is(200);
        Assert.Equal("no-cache, private", first.Header("Cache-Control"));
        Assert.Empty((await davor.Get($"/api/v1/tracks/{id}", ("If-None-Match", first.Header("ETag")!))).Is(304).Body);
        // A like changes what is shown, and for davor also whether he likes it.
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200);
        var liked = (await davor.Get($"/api/v1/tracks/{id}", ("If-None-Match", first.Header("ETag")!))).Is(200);
        Assert.NotEqual(liked.Header("ETag"), (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Header("ETag"));
    }

    [Fact]
    public async Task An_edit_on_top_of_an_edit_that_one_has_not_seen_is_refused_and_likes_are_no_edits()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var id = await mira.AddTrack("First");
        var seen = (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Header("ETag")!;
        (await davor.Put($"/api/v1/tracks/{id}/like")).Is(200);
        var second = (
            await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}", Json(new { title = "Second" }), ("If-Match", seen))
        ).Is(200);
        (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}", Json(new { title = "Third" }), ("If-Match", seen))).Is(
            412,
            "PRECONDITION_FAILED"
        );
        (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}",
                Json(new { title = "Third" }),
                ("If-Match", "nonsense")
            )
        ).Is(412, "PRECONDITION_FAILED");
        (
            await mira.Send(
                HttpMethod.Put,
                $"/api/v1/tracks/{id}",
                Json(new { title = "Third" }),
                ("If-Match", $"W/{second.Header("ETag")}")
            )
        ).Is(200);
        (await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{id}", Json(new { title = "Fourth" }), ("If-Match", "*"))).Is(
            200
        );
    }

    [Fact]
    public async Task Of_two_edits_of_the_same_version_at_once_one_wins()
    {
        var mira = await server.Register("mira");
        var id = await mira.AddTrack("Contested");
        var seen = (await mira.Get($"/api/v1/tracks/{id}")).Is(200).Header("ETag")!;
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(n =>
                    mira.Send(
                        HttpMethod.Put,
                        $"/api/v1/tracks/{id}",
                        Json(new { title = $"Edit {n}" }),
                        ("If-Match", seen)
                    )
                )
        );
        Assert.Equal((1, 7), (replies.Count(r => r.Status == 200), replies.Count(r => r.Status == 412)));
        Assert.Equal(
            replies.Single(r => r.Status == 200).Data.Text("title"),
            (await mira.Get($"/api/v1/tracks/{id}")).Data.Text("title")
        );
    }
}
