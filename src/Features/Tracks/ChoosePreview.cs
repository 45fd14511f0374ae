using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>
/// Chooses where the preview of the caller's own track begins; null leaves it to the server, which begins a third into
/// it. URLs already given keep theirs.
/// </summary>
internal static class ChoosePreview
{
    internal sealed record Request(int? StartMs);

    internal sealed record Response(Guid Id, int? StartMs);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/tracks/{id}/preview", Handle)
            .WithName("ChoosePreview")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Tracks",
                "Choose where a track's preview begins",
                new Response(Track.Example.Id, 61_000),
                new Request(61_000),
                errors: [TracksReads.TrackNotFound, Errors.Validation]
            );

    private static async Task<Answer<Response>> Handle(
        Guid id,
        Request request,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
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
                caller.UserId,
                request.StartMs,
            }
        );
        return chosen is null ? TracksReads.TrackNotFound : chosen;
    }
}

[JsonSerializable(typeof(ChoosePreview.Request))]
[JsonSerializable(typeof(Envelope<ChoosePreview.Response>))]
internal sealed partial class ChoosePreviewJson : JsonSerializerContext;
