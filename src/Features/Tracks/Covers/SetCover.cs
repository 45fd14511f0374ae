using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Covers;

/// <summary>
/// Gives the caller's own track a cover, or another one: the picture as the body, or in a form. It is made anew, and
/// there when the answer is.
/// </summary>
internal sealed class SetCover(PostgresSource postgres, PictureStudio studio, IObjectStore store, StorageClaims claims)
    : Slice<SetCover.Request, Track>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/tracks/{id}/cover");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .WithMetadata(PictureStudio.Limit)
                .Described(
                    "Set a track's cover",
                    Track.Example,
                    errors: [TracksReads.TrackNotFound, .. PictureStudio.Refusals]
                )
        );
    }

    public override async Task<Answer<Track>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        // Looked up before, so that no picture is made for nothing; what counts is the update.
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            if (
                !await db.ExecuteScalarAsync<bool>(
                    "select exists (select 1 from track where id = @id and account_id = @UserId)",
                    new { id, Caller.UserId }
                )
            )
                return TracksReads.TrackNotFound;
        }

        var picture = await studio.Take(HttpContext.Request, NewCover.Sizes, ct);
        await using var cover = await NewCover.Store(claims, store, id, picture, ct);
        return await Commit(cover, id, Caller, postgres, claims);
    }

    /// <summary>From here on a client that hangs up has its cover all the same.</summary>
    private static async Task<Answer<Track>> Commit(
        NewCover cover,
        Guid id,
        Caller caller,
        PostgresSource postgres,
        StorageClaims claims
    )
    {
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        if (await cover.Set(db, transaction, caller.UserId) is not { } replaced)
            return TracksReads.TrackNotFound;
        var row = await db.QuerySingleAsync<TrackRow>(
            $"select {TrackRow.Columns} from track t join account a on a.id = t.account_id where t.id = @id",
            new { id },
            transaction
        );
        if (!await StorageClaim.Commit(db, transaction, cover.Claim))
            return Errors.Unavailable.Saying("The picture took so long that its place was swept; send it again");
        await db.DisposeAsync();
        if (replaced.CoverId is { } old)
            await claims.SweepNow(NewCover.PrefixOf(id, old));
        return Answer<Track>.Of(row.ToTrack(), "The cover is set");
    }
}
