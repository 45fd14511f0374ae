using System.Globalization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>
/// History by seq, always oldest first: the newest page; what came <c>before</c> or <c>after</c> a seq; what stands <c>around</c> one.
/// <c>meta.next_cursor</c> goes on in the same direction. Members read; a public room is read by everybody who is signed in.
/// </summary>
internal static class ListMessages
{
    private const int LimitMax = 100, LimitUsual = 50;

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/chat/rooms/{id}/messages", Handle).WithName("ListMessages").Requires(Permissions.ChatRead)
        .Documented("Chat", "Read a room's history", new[] { Message.Example }, errors: [Errors.Validation, Errors.RoomNotFound]);

    private static async Task<Answer<Message[]>> Handle(
        Guid id, int? limit, long? before, long? after, long? around, string? cursor, Caller caller, MessageLog messages, RoomAccess access, CancellationToken ct)
    {
        var take = limit ?? LimitUsual;
        if (take is < 1 or > LimitMax) return Errors.Validation.With(new FieldError("limit", "OUT_OF_RANGE", $"limit is from 1 to {LimitMax}"));
        if (cursor is not null && !Read(cursor, ref before, ref after)) return Errors.Validation.With(new FieldError("cursor", "INVALID_FORMAT", "cursor is the next_cursor of the page before"));
        if (await access.Find(id, caller, ct) is not { } room || room is { Visibility: "private", Role: null }) return Errors.RoomNotFound;

        if (around is { } middle)
        {
            var until = await messages.Before(id, middle + 1, (take + 1) / 2, ct);
            var from = take / 2 == 0 ? [] : await messages.After(id, middle, take / 2, ct);
            return Page([.. until, .. from], null);
        }

        if (after is { } seen)
        {
            var later = await messages.After(id, seen, take + 1, ct);
            return later.Length > take ? Page(later[..take], $"after:{later[take - 1].Seq}") : Page(later, null);
        }

        var earlier = await messages.Before(id, before ?? long.MaxValue, take + 1, ct);
        return earlier.Length > take ? Page(earlier[^take..], $"before:{earlier[^take].Seq}") : Page(earlier, null);
    }

    private static Answer<Message[]> Page(Message[] messages, string? next) => Answer<Message[]>.Of(messages, "OK", meta: new Meta { NextCursor = new NextCursor(next) });

    private static bool Read(string cursor, ref long? before, ref long? after)
    {
        if (cursor.Split(':') is not [var direction, var text] || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)) return false;
        if (direction == "before") before = seq;
        if (direction == "after") after = seq;
        return direction is "before" or "after";
    }
}
