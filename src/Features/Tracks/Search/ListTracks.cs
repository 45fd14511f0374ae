using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// Searches listed tracks by words and facets and counts the facets; without words the newest come first. With the
/// caller's own <c>user_id</c> also their own others. A few statements of bounded cost, however much is found.
/// </summary>
internal sealed class ListTracks(PostgresSource postgres) : Slice<ListTracks.Request, Track[]>
{
    internal sealed record Request(
        string? Q,
        string[] Genre,
        string[] Tag,
        string[] Key,
        string[] Year,
        float? BpmMin,
        float? BpmMax,
        long? DurationMinMs,
        long? DurationMaxMs,
        Guid? UserId,
        string? SortBy,
        string? Order,
        int? Page,
        int? PerPage
    )
    {
        internal int[] Years =>
            [.. Said(Year).Select(year => int.Parse(year, System.Globalization.CultureInfo.InvariantCulture))];
    }

    internal sealed class Rules : Validator<Request>
    {
        private const int YearCharsMax = 4;

        public Rules()
        {
            RuleFor(r => r.Q).HasAtMost("q", TracksLimits.QueryCharsMax);
            foreach (
                var values in new System.Linq.Expressions.Expression<Func<Request, string[]>>[]
                {
                    r => r.Genre,
                    r => r.Tag,
                    r => r.Key,
                    r => r.Year,
                }
            )
                RuleFor(values)
                    .Must(v =>
                        Said(v).Length <= TracksLimits.FacetChosenMax
                        && v.All(value => value.Length <= TracksLimits.TagCharsMax)
                    )
                    .WithErrorCode("TOO_MANY")
                    .WithMessage(
                        $"At most {TracksLimits.FacetChosenMax} values of {TracksLimits.TagCharsMax} characters"
                    );
            RuleFor(r => r.Year)
                .Must(years => years.All(year => year.Length <= YearCharsMax && year.All(char.IsAsciiDigit)))
                .WithErrorCode("INVALID_FORMAT")
                .WithMessage("year is a number");
            RuleFor(r => r.BpmMin)
                .InclusiveBetween(0, TrackQuery.BpmMost)
                .WithErrorCode("OUT_OF_RANGE")
                .WithMessage($"bpm_min is from 0 to {TrackQuery.BpmMost}");
            RuleFor(r => r.BpmMax)
                .InclusiveBetween(0, TrackQuery.BpmMost)
                .WithErrorCode("OUT_OF_RANGE")
                .WithMessage($"bpm_max is from 0 to {TrackQuery.BpmMost}");
            RuleFor(r => r.DurationMinMs)
                .GreaterThanOrEqualTo(0)
                .WithErrorCode("OUT_OF_RANGE")
                .WithMessage("duration_min_ms is 0 or more");
            RuleFor(r => r.DurationMaxMs)
                .GreaterThanOrEqualTo(0)
                .WithErrorCode("OUT_OF_RANGE")
                .WithMessage("duration_max_ms is 0 or more");
            RuleFor(r => r.SortBy)
                .Must(name => name is null || TrackOrder.Names.Contains(name))
                .WithErrorCode("NOT_ALLOWED")
                .WithMessage($"sort_by is one of {string.Join(", ", TrackOrder.Names)}");
            RuleFor(r => r.Order)
                .Must(order => order is null or "asc" or "desc")
                .WithErrorCode("NOT_ALLOWED")
                .WithMessage("order is asc or desc");
            RuleFor(r => r.Order)
                .Must(
                    (r, order) =>
                        order != "asc"
                        || (r.SortBy ?? (HasWords(r.Q) ? TrackOrder.Relevance : "")) != TrackOrder.Relevance
                )
                .WithErrorCode("NOT_ALLOWED")
                .WithMessage("By relevance the best come first");
        }
    }

    public override void Configure()
    {
        Get("/tracks");
        Group<TracksGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List and search tracks",
                    new[] { Track.Example },
                    errors: [Errors.Validation, Errors.PageTooDeep]
                )
        );
    }

    public override async Task<Answer<Track[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (Paging.Read(request.Page, request.PerPage, out var paging) is { } tooDeep)
            return tooDeep;
        var (q, userId, callerId) = (request.Q, request.UserId, CallerIfAny?.UserId);
        var (genres, tags, keys) = (Said(request.Genre), Said(request.Tag), Said(request.Key));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var folded = await TrackSearch.Fold(db, q, genres, tags, keys);
        var query = new TrackQuery(
            SearchWords.Of(folded.Words, q),
            folded.Phrase,
            folded.Genres,
            folded.Tags,
            folded.Keys,
            request.Years,
            request.BpmMin,
            request.BpmMax,
            request.DurationMinMs,
            request.DurationMaxMs,
            userId
        )
        {
            CallerId = callerId,
        };
        var sorted = TrackOrder.Of(request.SortBy, request.Order, !query.Words.IsEmpty);
        var found =
            HasWords(q) && query.Words.IsEmpty ? new FoundTracks([], 0, [], true, null) // nothing but punctuation
            : userId is not null && userId == callerId ? await OwnTracks.Find(db, query, sorted, paging)
            : await TrackSearch.Find(db, query, folded.Catalogue, sorted, paging);
        return Answer<Track[]>.Of(
            [.. found.Rows.Select(row => row.ToTrack())],
            "OK",
            meta: paging.Meta(found.Total) with
            {
                Facets = found.Facets,
                FacetsExact = found.AreFacetsExact,
                AlsoSearched = found.AlsoSearched,
            }
        );
    }

    private static bool HasWords(string? q) => !string.IsNullOrWhiteSpace(q);

    private static string[] Said(string[] values) => [.. values.Where(value => value.Length > 0).Distinct()];
}

[JsonSerializable(typeof(Envelope<Track[]>))]
internal sealed partial class ListTracksJson : JsonSerializerContext;
