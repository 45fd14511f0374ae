using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Chooses whether the others in a room may see how far the caller has read it: public, as it is at first, or private.
/// </summary>
internal static class ChooseReceipts
{
    internal sealed record Request(string? Receipts);

    internal sealed record Response(string Receipts);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/rooms/{id}/receipts/me", Handle)
            .WithName("ChooseReceipts")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Show or hide your read receipts in a room",
                new Response("private"),
                new Request("private"),
                errors: [Errors.Validation, ChatReads.RoomNotFound, ChatErrors.NotAMember]
            );

    private static async Task<Answer<Response>> Handle(
        Guid id,
        Request request,
        Caller caller,
        PostgresSource postgres,
        RoomAccess access,
        CancellationToken ct
    )
    {
        if (request.Receipts is not ("public" or "private"))
            return Errors.Validation.With(new FieldError("receipts", "NOT_ALLOWED", "receipts is public or private"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var chosen =
            await db.ExecuteAsync(
                "update room_member set receipts = @Receipts where room_id = @id and account_id = @UserId",
                new
                {
                    id,
                    caller.UserId,
                    request.Receipts,
                }
            ) == 1;
        if (chosen)
            return new Response(request.Receipts);
        await db.DisposeAsync();
        return await access.RefuseReading(id, caller, ct) ?? ChatErrors.NotAMember;
    }
}

[JsonSerializable(typeof(ChooseReceipts.Request))]
[JsonSerializable(typeof(Envelope<ChooseReceipts.Response>))]
internal sealed partial class ChooseReceiptsJson : JsonSerializerContext;
