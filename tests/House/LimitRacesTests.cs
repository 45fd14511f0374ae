using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Features.Plays;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// Each number of things that somebody may have, with room for five more and twenty-five that come at once: five get
/// through. Whoever adds a limit adds a line.
/// </summary>
public sealed class LimitRacesTests(LimitRacesTests.Stage stage) : IClassFixture<LimitRacesTests.Stage>
{
    private const int Left = 5,
        Tries = 25,
        AtOnce = 27;

    /// <summary>So many are let in, and the others hear this.</summary>
    private sealed record Race(int Ok, string Refusal, Func<int, Task<Reply>> Try, int Left = Left, int Tries = Tries);

    private static readonly Dictionary<string, Func<Stage, Actor, Task<Race>>> Races = new()
    {
        ["comments in a minute"] = async (s, mira) =>
        {
            var track = await mira.AddTrack("Loud");
            await s.Fill(
                """
                insert into track_comment (id, track_id, author_id, content) select gen_random_uuid(), $2, $1, 'spam'
                  from generate_series(1, 25)
                """,
                mira.Id,
                track
            );
            return new Race(
                201,
                "COMMENTS_TOO_FAST",
                i => mira.Post($"/api/v1/tracks/{track}/comments", new { Content = $"{i}" })
            );
        },
        ["playlists"] = async (s, mira) =>
        {
            await s.Fill(
                """
                insert into playlist (id, owner_id, name, visibility) select gen_random_uuid(), $1, 'Mine', 'private'
                  from generate_series(1, 995)
                """,
                mira.Id
            );
            return new Race(201, "TOO_MANY_PLAYLISTS", i => mira.Post("/api/v1/playlists", new { Name = $"{i}" }));
        },
        ["items of a playlist"] = async (s, mira) =>
        {
            var (track, list) = (await mira.AddTrack("Again"), await Playlist(mira));
            await s.Fill(
                """
                insert into playlist_item (id, playlist_id, track_id, position) select gen_random_uuid(), $1, $2, n
                  from generate_series(1, 995) n
                """,
                list,
                track
            );
            return new Race(
                201,
                "PLAYLIST_FULL",
                _ => mira.Post($"/api/v1/playlists/{list}/items", new { TrackId = track })
            );
        },
        ["collaborators"] = async (s, mira) =>
        {
            var list = await Playlist(mira);
            await s.Fill(
                """
                insert into playlist_collaborator (playlist_id, account_id) select $1, id from crowd where n > 9000
                  limit 45
                """,
                list
            );
            return new Race(
                201,
                "TOO_MANY_COLLABORATORS",
                i => mira.Post($"/api/v1/playlists/{list}/collaborators", new { UserId = s.Crowd[i] })
            );
        },
        ["albums"] = async (s, mira) =>
        {
            await s.Fill(
                """
                insert into album (id, account_id, title, visibility) select gen_random_uuid(), $1, 'Lines', 'private'
                  from generate_series(1, 995)
                """,
                mira.Id
            );
            return new Race(201, "TOO_MANY_ALBUMS", i => mira.Post("/api/v1/albums", new { Title = $"{i}" }));
        },
        ["open uploads"] = async (s, mira) =>
        {
            await s.Fill(
                """
                insert into upload (id, account_id, kind, length_bytes, expires_at)
                  select gen_random_uuid(), $1, 'partial', 10, now() + interval '1 day' from generate_series(1, 95)
                """,
                mira.Id
            );
            return new Race(201, "TOO_MANY_UPLOADS", _ => TusUpload.TryCreate(mira, 10, "partial"));
        },
        ["files that wait for a worker"] = async (s, mira) =>
        {
            await s.Waiting(mira);
            return new Race(202, "QUEUE_FULL", _ => mira.Upload(s.Song, "song.flac", ("visibility", "private")));
        },
        ["uploads that will wait for a worker"] = async (s, mira) =>
        {
            await s.Waiting(mira);
            return new Race(201, "QUEUE_FULL", _ => TusUpload.TryCreate(mira, 10));
        },
        ["replacements that wait for a worker"] = async (s, mira) =>
        {
            await s.Waiting(mira);
            var tracks = new List<Guid>();
            for (var i = 0; i < Tries; i++)
                tracks.Add(await mira.AddTrack($"Old {i}"));
            return new Race(
                202,
                "QUEUE_FULL",
                async i =>
                {
                    using var form = new MultipartFormDataContent
                    {
                        { new ByteArrayContent(s.Song), "file", "new.flac" },
                    };
                    return await mira.Send(HttpMethod.Put, $"/api/v1/tracks/{tracks[i]}/audio", form);
                }
            );
        },
        ["files that no message names"] = async (s, mira) =>
        {
            var room = await s.Room(mira);
            await s.Fill(
                """
                insert into attachment (id, room_id, account_id, name, content_type, size_bytes)
                  select gen_random_uuid(), $2, $1, 'x', 'text/plain', 0 from generate_series(1, 25)
                """,
                mira.Id,
                room
            );
            return new Race(
                201,
                "TOO_MANY_ATTACHMENTS",
                i => AttachmentsTests.Upload(mira, room, $"{i}.txt", "text"u8.ToArray())
            );
        },
        ["reactions of a person"] = async (s, mira) =>
        {
            var (room, message) = await s.Message(mira);
            await s.Fill(
                """
                insert into message_reaction (message_id, account_id, emoji, room_id) select $2, $1, 'x' || n, $3
                  from generate_series(1, 15) n
                """,
                mira.Id,
                message,
                room
            );
            return new Race(
                200,
                "TOO_MANY_REACTIONS",
                i => mira.Put(Talk.Reactions(message, char.ConvertFromUtf32(0x1F600 + i)))
            );
        },
        ["pins of a room"] = async (s, mira) =>
        {
            var room = await s.Room(mira);
            var messages = new List<string>();
            for (var i = 0; i < Tries; i++)
                messages.Add(
                    (
                        await mira.Post(
                            $"/api/v1/chat/rooms/{room}/messages",
                            new { ClientId = $"p{i}", Content = "Pin me" }
                        )
                    )
                        .Is(201)
                        .Data.Text("id")
                );
            await s.Fill("update room set pin_count = 45 where id = $1", room);
            return new Race(200, "TOO_MANY_PINS", i => mira.Put($"/api/v1/chat/messages/{messages[i]}/pin"));
        },
        ["invitations to a room"] = async (s, mira) =>
        {
            var room = await s.Room(mira);
            await s.Fill(
                """
                insert into room_invite (room_id, account_id, invited_by) select $2, id, $1 from crowd where n > 1000
                  limit 495
                """,
                mira.Id,
                room
            );
            return new Race(
                201,
                "TOO_MANY_INVITES",
                i => mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = s.Crowd[i] })
            );
        },
        ["bans of a room"] = async (s, mira) =>
        {
            var room = await s.Room(mira);
            await s.Fill(
                """
                insert into room_ban (room_id, account_id, banned_by) select $2, id, $1 from crowd where n > 1000
                  limit 4995
                """,
                mira.Id,
                room
            );
            return new Race(
                200,
                "TOO_MANY_BANS",
                i => mira.Put($"/api/v1/chat/rooms/{room}/bans/{s.Crowd[i]}", new { Reason = "" })
            );
        },
        ["mutes of a room"] = async (s, mira) =>
        {
            var room = await s.Room(mira);
            await s.Fill("insert into room_member (room_id, account_id) select $1, id from crowd where n <= 25", room);
            await s.Fill(
                """
                insert into room_mute (room_id, account_id, muted_by) select $2, id, $1 from crowd where n > 1000
                  limit 995
                """,
                mira.Id,
                room
            );
            return new Race(
                200,
                "TOO_MANY_MUTES",
                i => mira.Put($"/api/v1/chat/rooms/{room}/members/{s.Crowd[i]}/mute", new { Until = (DateTime?)null })
            );
        },
        ["rooms that one owns"] = async (s, mira) =>
        {
            await s.Owned(mira.Id, 95);
            return new Race(
                201,
                "TOO_MANY_ROOMS",
                i => mira.Post("/api/v1/chat/rooms", new { Name = $"Mine {Guid.CreateVersion7()} {i}" })
            );
        },
        ["rooms that are handed over"] = async (s, mira) =>
        {
            await s.Owned(s.Crowd[0], 95);
            var rooms = await s.Owned(mira.Id, Tries);
            await s.Fill(
                "insert into room_member (room_id, account_id) select unnest($1::uuid[]), $2",
                rooms,
                s.Crowd[0]
            );
            return new Race(
                200,
                "TOO_MANY_ROOMS",
                i => mira.Put($"/api/v1/chat/rooms/{rooms[i]}/members/{s.Crowd[0]}", new { Role = "owner" })
            );
        },
        ["rooms of a member"] = async (s, mira) =>
        {
            var rooms = await s.Owned(s.Crowd[1], 995 + Tries);
            await s.Fill(
                "insert into room_member (room_id, account_id) select unnest($1::uuid[]), $2",
                rooms[Tries..],
                mira.Id
            );
            return new Race(200, "TOO_MANY_ROOMS", i => mira.Put($"/api/v1/chat/rooms/{rooms[i]}/members/me"));
        },
        ["people who are followed"] = async (s, mira) =>
        {
            await s.Fill("insert into audience (account_id, following_count) values ($1, 9995)", mira.Id);
            return new Race(200, "TOO_MANY_FOLLOWS", i => mira.Put($"/api/v1/users/{s.Crowd[i]}/follow"));
        },
        ["people who are blocked"] = async (s, mira) =>
        {
            await s.Fill(
                "insert into account_block (blocker_id, blocked_id) select $1, id from crowd where n > 25 limit 9995",
                mira.Id
            );
            return new Race(200, "TOO_MANY_BLOCKS", i => mira.Put($"/api/v1/users/{s.Crowd[i]}/block"));
        },
        ["people who are muted"] = async (s, mira) =>
        {
            await s.Fill(
                "insert into account_mute (muter_id, muted_id) select $1, id from crowd where n > 25 limit 9995",
                mira.Id
            );
            return new Race(
                200,
                "TOO_MANY_USER_MUTES",
                i => mira.Put($"/api/v1/users/{s.Crowd[i]}/mute", new { Until = (DateTime?)null })
            );
        },
        ["supporters"] = async (s, mira) =>
        {
            await s.Fill("insert into audience (account_id, supporter_count) values ($1, 999995)", mira.Id);
            return new Race(
                200,
                "TOO_MANY_SUPPORTERS",
                i => mira.Put($"/api/v1/users/me/supporters/{s.Crowd[i]}", new { Until = (DateTime?)null })
            );
        },
        ["plays that are open"] = async (_, mira) =>
        {
            var track = await mira.AddTrack("Played");
            return new Race(
                201,
                "TOO_MANY_PLAYS",
                _ => mira.Post($"/api/v1/tracks/{track}/plays", null, ("User-Agent", PlayStage.Browser)),
                Left: 200,
                Tries: 220
            );
        },
    };

    public static TheoryData<string> Names => [.. Races.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Of_many_who_add_at_once_as_many_get_through_as_there_is_room_for(string name)
    {
        var race = await Races[name](stage, await Actor.Register(stage.Server, "mira"));
        var replies = new List<Reply>();
        // No more at once than connections to the database; the last of several rounds meets the limit in its middle.
        foreach (var round in Enumerable.Range(0, race.Tries).Chunk(AtOnce))
            replies.AddRange(await Task.WhenAll(round.Select(race.Try)));
        Each.Of(
            replies.Where(r => r.Status != race.Ok),
            r => Assert.Equal(race.Refusal, r.Is(r.Status is 409 or 429 ? r.Status : 409).ErrorCode)
        );
        Assert.Equal(race.Left, replies.Count(r => r.Status == race.Ok));
    }

    private static async Task<Guid> Playlist(Actor owner) =>
        (await owner.Post("/api/v1/playlists", new { Name = "List" })).Is(201).Data.GetProperty("id").GetGuid();

    /// <summary>A server without workers, and ten thousand people who never signed in.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        internal VezaServer Server { get; private set; } = null!;

        internal Guid[] Crowd { get; private set; } = [];

        internal byte[] Song { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            Server = await VezaServer.Start(("VEZA__ROLES", "api,chat"), ("VEZA__LIMITS__ROOM__PER_SUBJECT", "0"));
            await Fill("create table crowd as select gen_random_uuid() as id, n from generate_series(1, 10025) n");
            await Fill(
                """
                insert into account (id, username, email, display_name)
                  select id, 'crowd' || n, 'crowd' || n || '@example.org', 'One' from crowd
                """
            );
            Crowd =
            [
                .. (await Server.Database.Column("select id from crowd where n <= 25 order by n")).Select(Guid.Parse),
            ];
            Song = await File.ReadAllBytesAsync(await Sounds.Short);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();

        internal Task Fill(string sql, params object[] values) => Server.Database.Execute(sql, values);

        internal Task Waiting(Actor owner) =>
            Fill(
                """
                insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
                select gen_random_uuid(), $1, 'Waits', 'private', 'queued', 'none/' || $1 || n, '', 1
                  from generate_series(1, 95) n
                """,
                owner.Id
            );

        internal async Task<Guid[]> Owned(Guid owner, int count)
        {
            Guid[] rooms = [.. Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7())];
            await Fill(
                """
                with made as (
                  insert into room (id, name, visibility, owner_id, member_count)
                    select r, 'Room ' || r, 'public', $2, 1 from unnest($1::uuid[]) r returning id
                )
                insert into room_member (room_id, account_id, role) select id, $2, 'owner' from made
                """,
                rooms,
                owner
            );
            return rooms;
        }

        internal async Task<Guid> Room(Actor owner) => (await Owned(owner.Id, 1))[0];

        internal async Task<(Guid Room, Guid Message)> Message(Actor owner)
        {
            var room = await Room(owner);
            return (
                room,
                (await owner.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "m1", Content = "Hello" }))
                    .Is(201)
                    .Data.GetProperty("id")
                    .GetGuid()
            );
        }
    }
}
