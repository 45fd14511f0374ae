using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Playlists;

public sealed class PlaylistsTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    internal static async Task<Guid> Make(Actor owner, string name, string visibility = "public") =>
        (await owner.Post("/api/v1/playlists", new { Name = name, Visibility = visibility }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();

    internal static async Task<Guid> Add(
        Actor actor,
        Guid playlist,
        Guid track,
        int? position = null,
        Guid? after = null
    ) => (
            await actor.Post(
                $"/api/v1/playlists/{playlist}/items",
                new
                {
                    TrackId = track,
                    Position = position,
                    After = after,
                }
            )
        ).Is(201).Data.GetProperty("id").GetGuid();

    internal static async Task<JsonElement[]> Items(Visitor reader, Guid playlist, int limit = 100)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = (
                await reader.Get(
                    $"/api/v1/playlists/{playlist}/items?limit={limit}{(cursor is null ? "" : $"&cursor={cursor}")}"
                )
            ).Is(200);
            items.AddRange(page.Data.EnumerateArray());
            cursor = page.Json.GetProperty("meta").GetProperty("next_cursor").GetString();
        } while (cursor is not null);
        return [.. items];
    }

    private static async Task<string[]> Titles(Visitor reader, Guid playlist) =>
        [
            .. (await Items(reader, playlist, 2)).Select(i =>
                i.GetProperty("available").GetBoolean() ? i.GetProperty("track").Text("title") : "-"
            ),
        ];

    [Fact]
    public async Task Tracks_stand_in_the_order_that_was_chosen()
    {
        var mira = await server.Register("mira");
        var playlist = await Make(mira, " Last bus home ");
        var (a, b, c) = (await mira.AddTrack("a"), await mira.AddTrack("b"), await mira.AddTrack("c"));
        var first = await Add(mira, playlist, a);
        await Add(mira, playlist, b);
        await Add(mira, playlist, c, position: 1);
        await Add(mira, playlist, b, after: first);
        var last = await Add(mira, playlist, a, position: 999);
        Assert.Equal(["a", "b", "c", "b", "a"], await Titles(mira, playlist));

        (await mira.Put($"/api/v1/playlists/{playlist}/items/{last}", new { Position = 0 })).Is(200);
        (await mira.Put($"/api/v1/playlists/{playlist}/items/{first}", new { })).Is(200);
        Assert.Equal(["a", "b", "c", "b", "a"], await Titles(server.Visitor, playlist));
        (await mira.Put($"/api/v1/playlists/{playlist}/items/{first}", new { After = last })).Is(200);
        (await mira.Delete($"/api/v1/playlists/{playlist}/items/{last}")).Is(200);
        Assert.Equal(["a", "b", "c", "b"], await Titles(server.Visitor, playlist));

        var shown = (await server.Visitor.Get($"/api/v1/playlists/{playlist}")).Is(200).Data;
        Assert.Equal(
            ("Last bus home", mira.Username, 4, 4 * TrackRows.DurationMs, JsonValueKind.Null),
            (
                shown.Text("name"),
                shown.GetProperty("owner").Text("username"),
                shown.Number("item_count"),
                shown.Number("duration_ms"),
                shown.GetProperty("role").ValueKind
            )
        );
        (await mira.Delete($"/api/v1/playlists/{playlist}/items/{last}")).Is(404, "ITEM_NOT_FOUND");
        (await mira.Put($"/api/v1/playlists/{playlist}/items/{last}", new { Position = 0 })).Is(404, "ITEM_NOT_FOUND");
        (await mira.Put($"/api/v1/playlists/{playlist}/items/{first}", new { After = first })).Is(
            404,
            "ITEM_NOT_FOUND"
        );
        Assert.Equal(
            ["position OUT_OF_RANGE"],
            (await mira.Put($"/api/v1/playlists/{playlist}/items/{first}", new { Position = -1 }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["after NOT_ALLOWED"],
            (await mira.Put($"/api/v1/playlists/{playlist}/items/{first}", new { Position = 1, After = last }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
    }

    [Fact]
    public async Task Any_number_of_moves_into_the_same_gap_keeps_the_order()
    {
        var mira = await server.Register("mira");
        var playlist = await Make(mira, "Narrow");
        var (first, last) = (
            await Add(mira, playlist, await mira.AddTrack("first")),
            await Add(mira, playlist, await mira.AddTrack("last"))
        );
        var (one, other) = (
            await Add(mira, playlist, await mira.AddTrack("one")),
            await Add(mira, playlist, await mira.AddTrack("other"))
        );
        for (var i = 0; i < 40; i++)
            (
                await mira.Put(
                    $"/api/v1/playlists/{playlist}/items/{(i % 2 == 0 ? one : other)}",
                    new { After = first }
                )
            ).Is(200);
        Assert.Equal(["first", "other", "one", "last"], await Titles(mira, playlist));
        for (var i = 0; i < 40; i++)
            (
                await mira.Put(
                    $"/api/v1/playlists/{playlist}/items/{(i % 2 == 0 ? last : other)}",
                    new { Position = 0 }
                )
            ).Is(200);
        Assert.Equal(["other", "last", "first", "one"], await Titles(mira, playlist));
    }

    [Fact]
    public async Task Two_people_who_move_at_once_lose_and_double_nothing()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var playlist = await Make(mira, "Busy", "private");
        await Share(mira, playlist, davor);
        var items = new List<Guid>();
        for (var i = 0; i < 8; i++)
            items.Add(await Add(i % 2 == 0 ? mira : davor, playlist, await mira.AddTrack($"t{i}")));
        var removed = items[7];
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(n =>
                    n switch
                    {
                        20 => mira.Delete($"/api/v1/playlists/{playlist}/items/{removed}"),
                        _ when n % 3 == 0 => (n % 2 == 0 ? mira : davor).Put(
                            $"/api/v1/playlists/{playlist}/items/{items[n % 7]}",
                            new { After = items[(n + 3) % 7] }
                        ),
                        _ => (n % 2 == 0 ? mira : davor).Put(
                            $"/api/v1/playlists/{playlist}/items/{items[n % 7]}",
                            new { Position = n % 8 }
                        ),
                    }
                )
        );
        Each.Of(replies, r => Assert.Equal(200, r.Status));
        var left = (await Items(davor, playlist)).Select(i => i.GetProperty("id").GetGuid()).ToArray();
        Assert.Equal(items[..7].Order(), left.Order());
        // One more move stands where it was put: the order is whole.
        (await davor.Put($"/api/v1/playlists/{playlist}/items/{left[6]}", new { Position = 3 })).Is(200);
        Assert.Equal(
            [.. left[..3], left[6], .. left[3..6]],
            (await Items(mira, playlist)).Select(i => i.GetProperty("id").GetGuid())
        );
    }

    [Fact]
    public async Task Of_a_track_that_one_may_not_see_nothing_is_told()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var playlist = await Make(davor, "With hers");
        var (open, closing, withdrawn, deleted) = (
            await mira.AddTrack("Open"),
            await mira.AddTrack("Closing"),
            await mira.AddTrack("Withdrawn"),
            await mira.AddTrack("Deleted")
        );
        foreach (var track in new[] { open, closing, withdrawn, deleted })
            await Add(davor, playlist, track);
        (
            await davor.Post(
                $"/api/v1/playlists/{playlist}/items",
                new { TrackId = await mira.AddTrack("Hidden", "private") }
            )
        ).Is(404, "TRACK_NOT_FOUND");
        (await mira.Put($"/api/v1/tracks/{closing}", new { Visibility = "private" })).Is(200);
        (await mira.Put($"/api/v1/tracks/{withdrawn}/withdrawal")).Is(200);
        (await mira.Delete($"/api/v1/tracks/{deleted}")).Is(200);

        foreach (var reader in new[] { davor, server.Visitor })
            Assert.Equal(["Open", "-", "-"], await Titles(reader, playlist));
        Assert.Equal(["Open", "Closing", "Withdrawn"], await Titles(mira, playlist));
        var hidden = (await server.Visitor.Get($"/api/v1/playlists/{playlist}/items")).Is(200);
        foreach (var secret in new[] { "Closing", "Withdrawn", closing.ToString(), withdrawn.ToString() })
            Assert.DoesNotContain(secret, hidden.Text, StringComparison.Ordinal);
        var shown = (await davor.Get($"/api/v1/playlists/{playlist}")).Is(200).Data;
        Assert.Equal((3, TrackRows.DurationMs), (shown.Number("item_count"), shown.Number("duration_ms")));
        (await mira.Delete($"/api/v1/tracks/{withdrawn}/withdrawal")).Is(200);
        Assert.Equal(["Open", "-", "Withdrawn"], await Titles(davor, playlist));
    }

    [Fact]
    public async Task A_private_playlist_does_not_exist_for_others_and_an_unlisted_one_is_not_found_by_itself()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var (secret, unlisted, open) = (
            await Make(mira, "Secret", "private"),
            await Make(mira, "By address", "unlisted"),
            await Make(mira, "Open")
        );
        foreach (var path in new[] { "", "/items", "/collaborators" })
            (await davor.Get($"/api/v1/playlists/{secret}{path}")).Is(404, "PLAYLIST_NOT_FOUND");
        foreach (
            var reply in new[]
            {
                await davor.Put($"/api/v1/playlists/{secret}", new { Name = "Mine" }),
                await davor.Delete($"/api/v1/playlists/{secret}"),
                await davor.Put($"/api/v1/playlists/{secret}/follow"),
            }
        )
            reply.Is(404, "PLAYLIST_NOT_FOUND");
        (await davor.Get($"/api/v1/playlists/{unlisted}")).Is(200);
        (await davor.Put($"/api/v1/playlists/{open}", new { Name = "Mine" })).Is(403, "PLAYLIST_FORBIDDEN");
        (await davor.Delete($"/api/v1/playlists/{open}")).Is(403, "PLAYLIST_FORBIDDEN");
        (await davor.Post($"/api/v1/playlists/{open}/items", new { TrackId = await mira.AddTrack("x") })).Is(
            403,
            "PLAYLIST_FORBIDDEN"
        );
        var listed = (await davor.Get($"/api/v1/users/{mira.Id}/playlists?per_page=100"))
            .Is(200)
            .Data.EnumerateArray()
            .Select(p => p.GetProperty("id").GetGuid())
            .ToArray();
        Assert.Contains(open, listed);
        Assert.DoesNotContain(secret, listed);
        Assert.DoesNotContain(unlisted, listed);
        Assert.Superset(
            new HashSet<Guid> { secret, unlisted, open },
            (await mira.Get("/api/v1/users/me/playlists?per_page=100"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(p => p.GetProperty("id").GetGuid())
                .ToHashSet()
        );
        (await server.Visitor.Get($"/api/v1/users/{Guid.CreateVersion7()}/playlists")).Is(404, "USER_NOT_FOUND");
    }

    [Fact]
    public async Task Who_is_invited_sees_who_accepts_changes_and_who_leaves_or_is_removed_does_not()
    {
        var (mira, davor, ilir) = (
            await server.Register("mira"),
            await server.Register("davor"),
            await server.Register("ilir")
        );
        var playlist = await Make(mira, "Ours", "private");
        var track = await mira.AddTrack("Shared");
        (await mira.Post($"/api/v1/playlists/{playlist}/collaborators", new { UserId = davor.Id })).Is(201);
        (await davor.Get($"/api/v1/playlists/{playlist}")).Is(200);
        Assert.Contains(playlist, await Mine(davor, "invited"));
        (await davor.Post($"/api/v1/playlists/{playlist}/items", new { TrackId = track })).Is(
            403,
            "PLAYLIST_FORBIDDEN"
        );
        Assert.Equal(
            "collaborator",
            (await davor.Put($"/api/v1/playlists/{playlist}/collaborators/me")).Is(200).Data.Text("role")
        );
        Assert.Contains(playlist, await Mine(davor, "collaborator"));
        Assert.DoesNotContain(playlist, await Mine(davor, "invited"));
        await Add(davor, playlist, track);
        (await davor.Put($"/api/v1/playlists/{playlist}", new { Name = "Mine" })).Is(403, "PLAYLIST_FORBIDDEN");
        (await davor.Post($"/api/v1/playlists/{playlist}/collaborators", new { UserId = ilir.Id })).Is(
            403,
            "PLAYLIST_FORBIDDEN"
        );
        (await davor.Delete($"/api/v1/playlists/{playlist}/collaborators/{ilir.Id}")).Is(403, "PLAYLIST_FORBIDDEN");
        Assert.Equal(
            [$"{davor.Username} True"],
            (await mira.Get($"/api/v1/playlists/{playlist}/collaborators"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(c => $"{c.GetProperty("user").Text("username")} {c.GetProperty("accepted").GetBoolean()}")
        );

        (await mira.Delete($"/api/v1/playlists/{playlist}/collaborators/{davor.Id}")).Is(200);
        (await davor.Post($"/api/v1/playlists/{playlist}/items", new { TrackId = track })).Is(
            404,
            "PLAYLIST_NOT_FOUND"
        );
        (await ilir.Put($"/api/v1/playlists/{playlist}/collaborators/me")).Is(404, "PLAYLIST_NOT_FOUND");
        (await mira.Post($"/api/v1/playlists/{playlist}/collaborators", new { UserId = Guid.CreateVersion7() })).Is(
            404,
            "USER_NOT_FOUND"
        );
        (await mira.Post($"/api/v1/playlists/{playlist}/collaborators", new { UserId = mira.Id })).Is(
            422,
            "VALIDATION_ERROR"
        );
        await Share(mira, playlist, ilir);
        (await ilir.Delete($"/api/v1/playlists/{playlist}/collaborators/me")).Is(200);
        (await ilir.Get($"/api/v1/playlists/{playlist}")).Is(404, "PLAYLIST_NOT_FOUND");
        Assert.Equal(davor.Username, (await Items(mira, playlist)).Single().GetProperty("added_by").Text("username"));
    }

    [Fact]
    public async Task A_playlist_is_followed_once_and_its_followers_are_counted()
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var playlist = await Make(mira, "Followed");
        for (var i = 0; i < 2; i++)
        {
            var followed = (await davor.Put($"/api/v1/playlists/{playlist}/follow")).Is(200).Data;
            Assert.Equal(
                (1, true),
                (followed.Number("follower_count"), followed.GetProperty("following").GetBoolean())
            );
        }

        Assert.Contains(playlist, await Mine(davor, "follower"));
        (await mira.Put($"/api/v1/playlists/{playlist}/follow")).Is(409, "OWN_PLAYLIST");
        (await mira.Put($"/api/v1/playlists/{playlist}", new { Visibility = "private" })).Is(200);
        Assert.DoesNotContain(playlist, await Mine(davor, "follower"));
        (await davor.Delete($"/api/v1/playlists/{playlist}/follow")).Is(200);
        (await davor.Delete($"/api/v1/playlists/{playlist}/follow")).Is(404, "PLAYLIST_NOT_FOUND");
        Assert.Equal(0, (await mira.Get($"/api/v1/playlists/{playlist}")).Data.Number("follower_count"));
        (await davor.Get("/api/v1/users/me/playlists?as=enemy")).Is(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task What_is_no_playlist_is_refused_and_a_deleted_one_leaves_nothing()
    {
        var mira = await server.Register("mira");
        Assert.Equal(
            ["name REQUIRED"],
            (await mira.Post("/api/v1/playlists", new { Name = " " })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(["name TOO_LONG", "description TOO_LONG", "visibility NOT_ALLOWED"], (
                await mira.Post(
                    "/api/v1/playlists",
                    new
                    {
                        Name = new string('n', 201),
                        Description = new string('d', 5001),
                        Visibility = "followers",
                    }
                )
            ).Is(422, "VALIDATION_ERROR").FieldErrors);
        Assert.Equal(
            "private",
            (await mira.Post("/api/v1/playlists", new { Name = "Quiet" })).Is(201).Data.Text("visibility")
        );
        var playlist = await Make(mira, "Gone");
        await Add(mira, playlist, await mira.AddTrack("x"));
        Assert.Equal(
            ("Going", "soon"),
            (await mira.Put($"/api/v1/playlists/{playlist}", new { Name = "Going", Description = "soon" })).Is(200).Data
                is var edited
                ? (edited.Text("name"), edited.Text("description"))
                : default
        );
        (await mira.Delete($"/api/v1/playlists/{playlist}")).Is(200);
        (await mira.Get($"/api/v1/playlists/{playlist}")).Is(404, "PLAYLIST_NOT_FOUND");
        Assert.Equal(
            0,
            await server.Database.Scalar<long>("select count(*) from playlist_item where playlist_id = $1", playlist)
        );
    }

    [Fact]
    public async Task A_full_playlist_takes_no_more()
    {
        var mira = await server.Register("mira");
        var (playlist, track) = (await Make(mira, "Full"), await mira.AddTrack("Again"));
        await server.Database.Execute(
            """
            insert into playlist_item (id, playlist_id, track_id, position) select gen_random_uuid(), $1, $2, n
              from generate_series(1, 1000) n
            """,
            playlist,
            track
        );
        (await mira.Post($"/api/v1/playlists/{playlist}/items", new { TrackId = track })).Is(409, "PLAYLIST_FULL");
        // Positions stood side by side: a move between them spaces all anew and goes where it was told.
        var items = await Items(mira, playlist);
        (await mira.Put($"/api/v1/playlists/{playlist}/items/{items[999].Text("id")}", new { Position = 1 })).Is(200);
        var moved = await Items(mira, playlist);
        Assert.Equal(
            [items[0].Text("id"), items[999].Text("id"), .. items[1..999].Select(i => i.Text("id"))],
            moved.Select(i => i.Text("id"))
        );
    }

    private static async Task Share(Actor owner, Guid playlist, Actor guest)
    {
        (await owner.Post($"/api/v1/playlists/{playlist}/collaborators", new { UserId = guest.Id })).Is(201);
        (await guest.Put($"/api/v1/playlists/{playlist}/collaborators/me")).Is(200);
    }

    private static async Task<Guid[]> Mine(Actor actor, string role) =>
        [
            .. (await actor.Get($"/api/v1/users/me/playlists?as={role}"))
                .Is(200)
                .Data.EnumerateArray()
                .Select(p => p.GetProperty("id").GetGuid()),
        ];
}
