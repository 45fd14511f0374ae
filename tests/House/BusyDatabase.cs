using System.Text.RegularExpressions;
using Npgsql;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// A database with some thousands of everything, so that the planner has reasons, and the plans that it keeps for any
/// value.
/// </summary>
public sealed partial class BusyDatabase : IAsyncLifetime
{
    private TestDatabase database = null!;

    internal TestDatabase Tables => database;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.Create();
        await SeedPeopleAndTracks();
        await SeedChatAndJobs();
        await SeedLife();
        await SeedListening();
        await SeedNotifications();
        await database.Execute("vacuum analyze");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    private async Task SeedPeopleAndTracks()
    {
        await database.Execute(
            """
            insert into account (id, username, email, display_name, password_hash)
            select gen_random_uuid(), 'user' || n, 'user' || n || '@example.org', 'User', ''
              from generate_series(1, 5000) n
            """
        );
        await database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes,
              created_at)
            select gen_random_uuid(), id, 'Song of ' || username, 'public', 'ready', 'tracks/' || id || '/', '', 1,
              now() - random() * interval '1 year' from account
            """
        );
        await database.Execute(
            """
            insert into session (id, account_id, expires_at) select gen_random_uuid(), id, now() + interval '1 day'
              from account
            """
        );
        await database.Execute(
            """
            insert into trusted_device (id, account_id, token_hash, expires_at)
              select gen_random_uuid(), id, sha256(username::bytea), now() + interval '1 day' from account
            """
        );
        await database.Execute("insert into totp (account_id, sealed, confirmed_at) select id, '', now() from account");
        await database.Execute(
            """
            insert into recovery_code (account_id, code_mac) select id, sha256((username || n)::bytea)
              from account, generate_series(1, 10) n
            """
        );
        await database.Execute(
            """
            insert into passkey (id, account_id, credential_id, public_key, algorithm, name)
              select gen_random_uuid(), id, sha256(username::bytea), '', -7, 'Phone' from account
            """
        );
        await database.Execute(
            """
            insert into upload (id, account_id, kind, length_bytes, expires_at)
              select gen_random_uuid(), id, 'whole', 10, now() + interval '1 day' from account
            """
        );
        await database.Execute(
            """
            insert into track_fingerprint (track_id, keys, items)
            select t.id, array(select (hashtextextended(t.id::text, n) % 2147483647)::int
              from generate_series(1, 128) n), '{}' from track t
            """
        );
        await database.Execute(
            """
            insert into blocked_recording (id, track_id, title, artist, reason, keys, items)
            select gen_random_uuid(), f.track_id, 'Song', '', 'Notice', f.keys, '{}' from track_fingerprint f limit 3000
            """
        );
    }

    private async Task SeedChatAndJobs()
    {
        await database.Execute(
            """
            insert into room (id, name, visibility, owner_id, last_seq, member_count)
              select gen_random_uuid(), 'Room ' || n, 'public', id, 10, 5
              from (select id, row_number() over () n from account limit 3000) a
            """
        );
        await database.Execute(
            """
            insert into room_member (room_id, account_id, read_at) select r.id, a.id, now()
              from room r, (select id from account limit 5) a
            """
        );
        await database.Execute(
            """
            insert into room_ban (room_id, account_id, banned_by) select r.id, a.id, r.owner_id
              from room r, (select id from account limit 3) a
            """
        );
        await database.Execute(
            """
            insert into room_mute (room_id, account_id, muted_by) select r.id, a.id, r.owner_id
              from room r, (select id from account limit 2) a
            """
        );
        await database.Execute(
            """
            insert into room_departure (room_id, account_id, at)
              select room_id, account_id, now() - random() * interval '1 day' from room_member
            """
        );
        await database.Execute(
            "insert into room_pace (room_id, account_id, spoke_at) select r.id, r.owner_id, now() from room r"
        );
        await database.Execute(
            """
            insert into conversation (account_id, other_id, room_id) select r.owner_id, a.id, r.id
              from room r, (select id from account order by id desc limit 2) a
            """
        );
        await database.Execute(
            """
            insert into room_invite (room_id, account_id, invited_by) select r.id, a.id, r.owner_id
              from room r, (select id from account limit 2) a
            """
        );
        await database.Execute(
            """
            insert into account_block (blocker_id, blocked_id) select id, lead(id) over (order by id) from account
              order by id limit 4000
            """
        );
        await database.Execute(
            "insert into account_mute (muter_id, muted_id) select blocked_id, blocker_id from account_block"
        );
        await database.Execute("insert into custom_status (account_id, text) select id, 'Mixing' from account");
        await database.Execute(
            """
            -- In each month that is there, and in the rest: an empty part would be read whole, and rightly so.
            insert into message (id, room_id, seq, client_id, author_id, content, change)
            select case when n <= 10 then gen_random_uuid()
                        else overlay(gen_random_uuid()::text placing left(uuid_at(now() + make_interval(months => n % 3))::text, 13) from 1 for 13)::uuid end, r.id, n, 'c' || n, r.owner_id, 'Hello', n % 2
              from room r, generate_series(1, 40) n
            """
        );
        await database.Execute(
            """
            insert into message_reaction (message_id, account_id, emoji, room_id)
              select m.id, w.account_id, '👍', m.room_id from message m join room_member w on w.room_id = m.room_id
              where m.seq < 8
            """
        );
        await database.Execute(
            """
            insert into message_revision (message_id, number, room_id, content, written_at)
              select id, 0, room_id, 'Hallo', now() from message where seq < 8
            """
        );
        await database.Execute(
            """
            insert into message_mention (account_id, room_id, seq, message_id, author_id)
            select w.account_id, m.room_id, m.seq, m.id, m.author_id from message m
              join room_member w on w.room_id = m.room_id where m.seq < 8
            """
        );
        await database.Execute(
            """
            insert into attachment (id, room_id, account_id, message_id, name, content_type, size_bytes)
              select id, room_id, author_id, id, 'a', 'text/plain', 1 from message where seq < 8
            """
        );
        await database.Execute("update message set pinned_at = now() where seq in (3, 15, 16, 17)");
        await database.Execute(
            """
            insert into job (id, kind, payload, state, finished_at)
            select gen_random_uuid(), 'transcode_track', '{}', 'done', now() from generate_series(1, 5000)
            """
        );
        await database.Execute(
            """
            insert into job (id, kind, payload, owner_id)
              select gen_random_uuid(), 'transcode_track', '{}', id from account
            """
        );
    }

    /// <summary>Likes, comments, revisions, playlists and albums: a few for every track.</summary>
    private async Task SeedLife()
    {
        await database.Execute(
            """
            create table pair as select t.id as track_id, t.account_id,
              lead(t.account_id) over (order by t.id) as other_id from track t
            """
        );
        await database.Execute(
            """
            insert into track_like (track_id, account_id) select track_id, other_id from pair where other_id is not null
            """
        );
        await database.Execute("insert into track_count_change (track_id, likes) select track_id, 1 from pair");
        await database.Execute(
            """
            insert into track_comment (id, track_id, author_id, content, position_ms)
              select gen_random_uuid(), track_id, account_id, 'Nice', n from pair, generate_series(1, 4) n
            """
        );
        await database.Execute(
            """
            insert into track_revision (track_id, number, state, original_name, file_name, sha256, size_bytes)
              select track_id, n, 'kept', '', '', '', 1 from pair, generate_series(2, 3) n
            """
        );
        await database.Execute(
            """
            insert into playlist (id, owner_id, name, visibility) select track_id, account_id, 'Mine', 'public'
              from pair
            """
        );
        await database.Execute(
            """
            insert into playlist_item (id, playlist_id, track_id, position)
              select gen_random_uuid(), track_id, track_id, n from pair, generate_series(1, 4) n
            """
        );
        await database.Execute(
            """
            insert into playlist_collaborator (playlist_id, account_id) select track_id, other_id from pair
              where other_id is not null
            """
        );
        await database.Execute(
            """
            insert into playlist_follow (playlist_id, account_id) select track_id, other_id from pair
              where other_id is not null
            """
        );
        await database.Execute(
            """
            insert into album (id, account_id, title, visibility) select track_id, account_id, 'Lines', 'public'
              from pair
            """
        );
        await database.Execute(
            "insert into album_track (track_id, album_id, place) select track_id, track_id, 1 from pair"
        );
        await database.Execute("drop table pair");
    }

    private async Task SeedNotifications()
    {
        await database.Execute("insert into notification_setting (account_id) select id from account");
        await database.Execute(
            """
            insert into api_key (id, account_id, name, prefix, secret_hash, scopes)
              select gen_random_uuid(), id, 'k', 'veza_', uuid_send(id), '{}' from account
            """
        );
        await database.Execute(
            """
            insert into notification_room (account_id, room_id) select account_id, room_id from room_member limit 10000
            """
        );
        await database.Execute(
            """
            insert into notification_subscription (room_id, account_id) select room_id, account_id from room_member
              limit 5000
              on conflict do nothing
            """
        );
        await database.Execute(
            """
            insert into push_device (id, account_id, session_id, kind, address_hash, sealed, host)
              select gen_random_uuid(), account_id, id, 'web_push', uuid_send(id), '', '' from session
            """
        );
        await database.Execute(
            """
            insert into notification (id, account_id, kind, room_id, message_id, author_id, seq, created_at)
            select uuid_now(), r.owner_id, 'message', m.room_id, m.id, m.author_id, m.seq, m.created_at from message m
              join room r on r.id = m.room_id where m.seq <= 5
            """
        );
        await database.Execute(
            """
            insert into push (notification_id, device_id) select n.id, d.id from notification n
              join push_device d on d.account_id = n.account_id
            """
        );
    }

    private async Task SeedListening()
    {
        await database.Execute(
            """
            insert into follow (account_id, follower_id)
            select a.id, f.id from (select id from account order by id limit 300) a,
              (select id from account order by id desc limit 300) f where a.id <> f.id
            """
        );
        await database.Execute("insert into audience (account_id) select id from account");
        await database.Execute(
            "insert into supporter (account_id, supporter_id) select account_id, follower_id from follow limit 20000"
        );
        await database.Execute(
            """
            update track set bpm = 80 + random() * 80, musical_key = case when random() < 0.5 then 'A minor'
              else 'C major' end, genre = 'dub', tags = '{night,city}', duration_ms = 60000
            """
        );
        await database.Execute(
            """
            insert into track_listener (account_id, track_id, last_played_at, plays)
            select a.id, t.id, now() - n * interval '1 hour', 1 from (select id, row_number() over () n from account) a
              join (select id, row_number() over () n from track) t using (n)
            """
        );
        await database.Execute("insert into track_trend (track_id, heat) select id, random() from track");
        await database.Execute(
            """
            insert into play_day (track_id, day, plays) select id, date '2026-01-01' + n, 1
              from (select id from track limit 500) t, generate_series(1, 10) n
            """
        );
        await database.Execute(
            """
            insert into play_day_part (track_id, day, part, name, plays) select track_id, day, 'source', 'search', 1
              from play_day
            """
        );
        await database.Execute(
            """
            insert into play_window (listener, track_id, counted_at, counts_again_at)
              select account_id, track_id, now(), now() from track_listener
            """
        );
        await database.Execute(
            """
            insert into play (id, track_id, listener, source, duration_ms, counts_after_ms, is_own, is_bot, begun_at,
              closes_at, heard_at, credited_until)
            select uuid_at(now() + n * interval '20 days' / 5000), id, id, 'other', 60000, 30000, false, false,
              now(), now() + interval '1 hour', now(), now()
              from (select id, row_number() over () n from track) t
            """
        );
    }

    internal async Task<string> GenericPlan(string sql, string? settings = null)
    {
        await using var db = await database.Source.OpenConnectionAsync();
        var names = ParameterPattern()
            .Matches(sql)
            .Select(m => m.Groups[1].Value)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .ToList();
        var positional = ParameterPattern()
            .Replace(
                sql,
                m => $"${names.FindIndex(n => n.Equals(m.Groups[1].Value, StringComparison.OrdinalIgnoreCase)) + 1}"
            );
        await Run(db, "set plan_cache_mode = force_generic_plan");
        if (settings is not null)
            await Run(db, settings.Replace("set local", "set", StringComparison.Ordinal));
        await Run(db, $"prepare hot as {positional}");
        await using var explain = new NpgsqlCommand(
            $"explain execute hot{(names.Count == 0 ? "" : $"({string.Join(", ", names.Select(_ => "null"))})")}",
            db
        );
        await using var reader = await explain.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        await reader.CloseAsync();
        await Run(db, "deallocate hot");
        return string.Join('\n', lines);
    }

    private static async Task Run(NpgsqlConnection db, string sql)
    {
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"(?<!@)@(?![>])(\w+)")]
    private static partial Regex ParameterPattern();
}
