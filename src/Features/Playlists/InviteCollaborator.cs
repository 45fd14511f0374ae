using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Invites a person to change the items of the caller's own playlist. They see it from now on, and change it when they
/// have accepted. Inviting twice changes nothing; whom the caller blocks or is blocked by does not exist.
/// </summary>
internal sealed class InviteCollaborator(PostgresSource postgres) : Slice<InviteCollaborator.Request, Nothing>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, Guid? UserId);

    internal sealed record Outcome(bool IsKnown, bool IsThere);

    public override void Configure()
    {
        Post("/playlists/{id}/collaborators");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Invite a collaborator",
                    Nothing.Value,
                    new Request(default, Guid.Parse("019b0c5e-9b41-7f20-8e11-6a1b2c3d4e5f")),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    PlaylistsErrors.PlaylistNotFound,
                    PlaylistsErrors.PlaylistForbidden,
                    UsersReads.UserNotFound,
                    PlaylistsErrors.TooManyCollaborators
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.UserId is not { } guestId)
            return Errors.Validation.With(new FieldError("user_id", "REQUIRED", "user_id is required"));
        if (guestId == Caller.UserId)
            return Errors.Validation.With(new FieldError("user_id", "NOT_ALLOWED", "The playlist is yours already"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Held, so that no two invitations at once both find the last free place.
        var isOwner = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from playlist where id = @id and owner_id = @UserId for no key update)",
            new { id, Caller.UserId },
            transaction
        );
        if (!isOwner)
            return await PlaylistAccess.NotTheirs(db, id, Caller);
        await db.ExecuteAsync(
            $"""
            insert into playlist_collaborator (playlist_id, account_id) select @id, account.id from account
             where account.id = @guestId and account.id not in ({UsersReads.BlockedBy} @UserId)
               and (select count(*) from playlist_collaborator where playlist_id = @id) < @CollaboratorsMax
            on conflict (playlist_id, account_id) do nothing
            """,
            new
            {
                id,
                guestId,
                Caller.UserId,
                PlaylistsLimits.CollaboratorsMax,
            },
            transaction
        );
        var outcome = await db.QuerySingleAsync<Outcome>(
            $"""
            select exists (select 1 from account a where a.id = @guestId
              and a.id not in ({UsersReads.BlockedBy} @UserId)) as is_known,
                   exists (select 1 from playlist_collaborator where playlist_id = @id
                     and account_id = @guestId) as is_there
            """,
            new
            {
                id,
                guestId,
                Caller.UserId,
            },
            transaction
        );
        if (!outcome.IsKnown)
            return UsersReads.UserNotFound;
        if (!outcome.IsThere)
            return PlaylistsErrors.TooManyCollaborators;
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "Invited", StatusCodes.Status201Created);
    }
}

[JsonSerializable(typeof(InviteCollaborator.Request))]
internal sealed partial class InviteCollaboratorJson : JsonSerializerContext;
