using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Chooses whether the others in a room may see how far the caller has read it: public, as it is at first, or private.
/// </summary>
internal sealed class ChooseReceipts(PostgresSource postgres, RoomAccess access)
    : Slice<ChooseReceipts.Request, ChooseReceipts.Response>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Receipts);

    internal new sealed record Response(string Receipts);

    public override void Configure()
    {
        Put("/rooms/{id}/receipts/me");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Show or hide your read receipts in a room",
                    new Response("private"),
                    new Request(default, "private"),
                    errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.NotAMember]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.Receipts is not ("public" or "private"))
            return Errors.Validation.With(new FieldError("receipts", "NOT_ALLOWED", "receipts is public or private"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var chosen =
            await db.ExecuteAsync(
                "update room_member set receipts = @Receipts where room_id = @id and account_id = @UserId",
                new
                {
                    id,
                    Caller.UserId,
                    request.Receipts,
                }
            ) == 1;
        if (chosen)
            return new Response(request.Receipts);
        await db.DisposeAsync();
        return await access.RefuseReading(id, Caller, ct) ?? ChatErrors.NotAMember;
    }
}

[JsonSerializable(typeof(ChooseReceipts.Request))]
[JsonSerializable(typeof(Envelope<ChooseReceipts.Response>))]
internal sealed partial class ChooseReceiptsJson : JsonSerializerContext;
