using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Brings a file into a room; the answer says that it is durable. Only its uploader sees it until a message names it in
/// <c>attachments</c>, which must be within 45 minutes.
/// </summary>
internal sealed class UploadAttachment(
    PostgresSource postgres,
    IObjectStore store,
    StorageClaims claims,
    RoomAccess access,
    AttachmentsUnderWay underWay,
    ChatSettings settings
) : Slice<UploadAttachment.Request, Attachment>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Post("/rooms/{id}/attachments");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .WithMetadata(new BodyLimit(ChatLimits.AttachmentBytesMax + ChatLimits.AttachmentFormBytesMax))
                .Accepts<UploadAttachmentForm>("multipart/form-data")
                .Described(
                    "Upload an attachment",
                    Attachments.Example,
                    new JsonObject { ["file"] = "(binary)" },
                    StatusCodes.Status201Created,
                    ChatReads.RoomNotFound,
                    ChatErrors.NotAMember,
                    Errors.FileMissing,
                    Errors.FileEmpty,
                    ChatErrors.AttachmentTooLarge,
                    ChatErrors.AttachmentQuotaExceeded,
                    ChatErrors.TooManyAttachments,
                    Errors.UnsupportedMediaType
                )
        );
    }

    public override async Task<Answer<Attachment>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        // Asked before a byte is taken; what counts is the statement at the end.
        if (await access.RefuseReading(id, Caller, ct) is { } refused)
            return refused;
        if (await Attachments.RefuseMore(postgres, Caller, settings.AttachmentQuotaBytes, ct) is { } full)
            return full;
        using var place = underWay.Take(HttpContext, out var tooMany);
        if (place is null)
            return tooMany!;
        var attachmentId = Guid.CreateVersion7();
        var prefix = Attachments.PrefixOf(id, attachmentId);
        await using var claim = await claims.Take(prefix, ct);
        var file = await AttachmentForm.Read(HttpContext.Request, store, prefix + Attachments.ObjectName, ct);

        // From here on the file is whole: a client that hangs up now still has it.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        await Attachments.TakeTurn(db, transaction, Caller);
        var added = await db.QuerySingleOrDefaultAsync<Attachment>(
            """
            with entitled as (
              select account_id from room_member where room_id = @id and account_id = @UserId
                 and (select count(*) from attachment where account_id = @UserId and message_id is null) < @LooseMax
                   for key share
            ), room_for as (
              insert into attachment_use as u (account_id, used_bytes) select account_id, @SizeBytes from entitled
                where @quota = 0 or @SizeBytes <= @quota
              on conflict (account_id) do update set used_bytes = u.used_bytes + excluded.used_bytes where @quota = 0
                or u.used_bytes + excluded.used_bytes <= @quota
              returning account_id
            )
            insert into attachment (id, room_id, account_id, name, content_type, size_bytes)
            select @attachmentId, @id, account_id, @Name, @ContentType, @SizeBytes from room_for
            returning id, name, content_type, size_bytes
            """,
            new
            {
                id,
                attachmentId,
                Caller.UserId,
                file.Name,
                file.ContentType,
                file.SizeBytes,
                quota = settings.AttachmentQuotaBytes,
                Attachments.LooseMax,
            },
            transaction
        );
        if (added is null)
        {
            // Whoever asks why has a connection of their own.
            await transaction.RollbackAsync(CancellationToken.None);
            await db.DisposeAsync();
            return await access.RefuseReading(id, Caller, CancellationToken.None)
                ?? await Attachments.RefuseMore(postgres, Caller, 0, CancellationToken.None)
                ?? ChatErrors.AttachmentQuotaExceeded;
        }

        if (!await StorageClaim.Commit(db, transaction, claim))
            return Errors.Unavailable.Saying("The upload took so long that its place was swept; send it again");
        return Answer<Attachment>.Created(added, "Stored; name it in a message", added.Url);
    }
}

/// <summary>The form's field, for the OpenAPI document; the handler reads it from the stream.</summary>
internal sealed record UploadAttachmentForm(IFormFile File);

[JsonSerializable(typeof(Envelope<Attachment>))]
[JsonSerializable(typeof(UploadAttachmentForm))]
internal sealed partial class UploadAttachmentJson : JsonSerializerContext;
