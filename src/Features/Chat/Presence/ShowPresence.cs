using System.Text.Json.Serialization;
using StackExchange.Redis;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// How people are there now, at most 100 of them; whom the caller blocks or is blocked by, and who does not exist, is
/// left out. While Redis does not answer everybody is <c>unknown</c>.
/// </summary>
internal sealed class ShowPresence(PresenceLoop desk, PresenceStore book, PresencePeople people)
    : Slice<ShowPresence.Request, PresenceEntry[]>
{
    internal sealed record Request(string? UserIds);

    public override void Configure()
    {
        Get("/presence");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Described("Show who is online", new[] { PresenceEntry.Example }, errors: [Errors.Validation])
        );
    }

    public override async Task<Answer<PresenceEntry[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (request.UserIds is null)
            return Errors.Validation.With(
                new FieldError("user_ids", "REQUIRED", "user_ids is required: ids, with commas between them")
            );
        var asked = new HashSet<Guid>();
        foreach (var text in request.UserIds.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Guid.TryParse(text, out var id))
                return Errors.Validation.With(
                    new FieldError("user_ids", "INVALID_FORMAT", "user_ids are ids, with commas between them")
                );
            if (asked.Add(id) && asked.Count > PresenceLimits.AskedOverHttpMax)
                return Errors.Validation.With(
                    new FieldError(
                        "user_ids",
                        "TOO_LONG",
                        $"user_ids has at most {PresenceLimits.AskedOverHttpMax} people"
                    )
                );
        }

        var found = await people.Sayings([.. asked], Caller.UserId, ct);
        var presences = await Read(desk, book, [.. found.Select(f => f.Id)]);
        PresenceEntry[] entries =
        [
            .. found.Zip(
                presences,
                (f, presence) =>
                    new PresenceEntry(
                        f.Id,
                        PresenceFrames.NameOf(
                            presence == PresenceStatus.Invisible && f.Id != Caller.UserId
                                ? PresenceStatus.Offline
                                : presence
                        ),
                        f.Text,
                        f.Until
                    )
            ),
        ];
        return entries;
    }

    private static async Task<PresenceStatus[]> Read(PresenceLoop desk, PresenceStore book, Guid[] ids)
    {
        PresenceStatus[] unknown = [.. ids.Select(_ => PresenceStatus.Unknown)];
        if (!desk.IsKnown)
            return unknown;
        try
        {
            return await book.Read(ids);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return unknown;
        }
    }
}

[JsonSerializable(typeof(Envelope<PresenceEntry[]>))]
internal sealed partial class ShowPresenceJson : JsonSerializerContext;
