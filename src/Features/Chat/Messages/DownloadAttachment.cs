using Dapper;
using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// An attachment's bytes, with ranges, for whoever may read its message; before there is one, for its uploader. Never
/// shown in the place of a page: it is a download.
/// </summary>
[HotRead]
internal static class DownloadAttachment
{
    internal sealed record Row(Guid RoomId, string Name, string ContentType, long SizeBytes);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/api/v1/chat/attachments/{id}", ["GET", "HEAD"], Handle)
            .WithName("DownloadAttachment")
            .Requires(Permissions.ChatRead)
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .Produces(StatusCodes.Status206PartialContent, contentType: "application/octet-stream")
            .Documented(
                "Chat",
                "Download an attachment",
                errors: [ChatErrors.AttachmentNotFound, Errors.RangeUnsatisfiable]
            );

    private static async Task Handle(
        Guid id,
        HttpContext http,
        Caller caller,
        PostgresSource postgres,
        IObjectStore store,
        CancellationToken ct
    )
    {
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                $"""
                select f.room_id, f.name, f.content_type, f.size_bytes
                  from attachment f join room r on r.id = f.room_id left join room_member w on w.room_id = f.room_id
                    and w.account_id = @UserId
                 where f.id = @id and {LockedMessage.Reads} and (f.message_id is not null or f.account_id = @UserId)
                   and f.account_id not in ({UsersReads.BlockedBy} @UserId)
                """,
                new { id, caller.UserId }
            );
        }

        if (row is null)
        {
            await ErrorWriter.Write(http, ChatErrors.AttachmentNotFound);
            return;
        }

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(row.Name);
        var headers = http.Response.Headers;
        headers.ContentDisposition = disposition.ToString();
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.CacheControl = "private, no-cache";
        await new ObjectAnswer(
            Attachments.PrefixOf(row.RoomId, id) + Attachments.ObjectName,
            row.SizeBytes,
            new EntityTagHeaderValue($"\"{id:n}\""),
            row.ContentType
        ).Send(http, store, ChatErrors.AttachmentNotFound, ct);
    }
}
