using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// Chooses where the preview of the caller's own track begins; null leaves it to the server, which begins a third into
/// it. URLs already given keep theirs.
/// </summary>
internal sealed class ChoosePreview(PostgresSource postgres) : Slice<ChoosePreview.Request, ChoosePreview.Response>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, int? StartMs);

    internal new sealed record Response(Guid Id, int? StartMs);

    public override void Configure()
    {
        Put("/tracks/{id}/preview");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Choose where a track's preview begins",
                    new Response(Track.Example.Id, 61_000),
                    new Request(default, 61_000),
                    errors: [TracksReads.TrackNotFound, Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.StartMs < 0)
            return Errors.Validation.With(new FieldError("start_ms", "OUT_OF_RANGE", "start_ms begins at 0"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var chosen = await db.QuerySingleOrDefaultAsync<Response>(
            """
            update track set preview_start_ms = @StartMs, updated_at = now() where id = @id and account_id = @UserId
              returning id, preview_start_ms as start_ms
            """,
            new
            {
                id,
                Caller.UserId,
                request.StartMs,
            }
        );
        return chosen is null ? TracksReads.TrackNotFound : chosen;
    }
}

[JsonSerializable(typeof(ChoosePreview.Request))]
[JsonSerializable(typeof(Envelope<ChoosePreview.Response>))]
internal sealed partial class ChoosePreviewJson : JsonSerializerContext;
