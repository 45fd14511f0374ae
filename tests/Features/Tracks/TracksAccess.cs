using Veza.Tests.House;

namespace Veza.Tests.Features.Tracks;

internal sealed class TracksAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new(
                "/api/v1/tracks/{id}",
                """
                insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
                  values ($1, $2, 'Secret', 'private', 'ready', 'tracks/' || $1 || '/', '', 1)
                """
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/comments/{id}",
                """
                with made as (
                  insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes)
                    values ($1, $2, 'Secret', 'private', 'ready', 'tracks/' || $1 || '/', '', 1)
                      returning id, account_id
                )
                insert into track_comment (id, track_id, author_id, content) select id, id, account_id, 'Mine' from made
                """
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/uploads/{id}",
                """
                insert into upload (id, account_id, kind, length_bytes, expires_at)
                  values ($1, $2, 'whole', 10, now() + interval '1 day')
                """
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/admin/blocked-recordings/{id}",
                """
                insert into blocked_recording (id, track_id, title, artist, reason, blocked_by, keys, items)
                  values ($1, $1, 'Theirs', '', 'Notice', $2, '{}', '{}')
                """
            ),
        ];

    internal override (string Name, string Value)[] Parameters => [("number", "1"), ("sha256", new string('0', 64))];

    /// <summary>Without its version every route of tus would only say that.</summary>
    internal override (string Path, string Name, string Value)[] Headers =>
        [("/api/v1/uploads", "Tus-Resumable", "1.0.0"), ("/api/v1/uploads", "Upload-Length", "10")];
}
