using Dapper;
using FastEndpoints;
using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// An attachment's bytes, with ranges, for whoever may read its message; before there is one, for its uploader. Never
/// shown in the place of a page: it is a download.
/// </summary>
[HotRead]
internal sealed class DownloadAttachment(PostgresSource postgres, IObjectStore store)
    : ResultSlice<DownloadAttachment.Request>
{
    internal sealed record Request(Guid Id);

    internal sealed record Row(Guid RoomId, string Name, string ContentType, long SizeBytes);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/attachments/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatRead)
                .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
                .Produces(StatusCodes.Status206PartialContent, contentType: "application/octet-stream")
                .Described("Download an attachment", errors: [ChatErrors.AttachmentNotFound, Errors.RangeUnsatisfiable])
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
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
                new { id, Caller.UserId }
            );
        }

        if (row is null)
            return ChatErrors.AttachmentNotFound;

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(row.Name);
        var headers = HttpContext.Response.Headers;
        headers.ContentDisposition = disposition.ToString();
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers.CacheControl = "private, no-cache";
        await new ObjectAnswer(
            Attachments.PrefixOf(row.RoomId, id) + Attachments.ObjectName,
            row.SizeBytes,
            new EntityTagHeaderValue($"\"{id:n}\""),
            row.ContentType
        ).Send(HttpContext, store, ChatErrors.AttachmentNotFound, ct);
        return Results.Empty;
    }
}
