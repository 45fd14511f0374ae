using Veza.Infrastructure.Http;

namespace Veza;

/// <summary>What may be wrong with a message that is there, and with what comes with it.</summary>
internal static partial class Errors
{
    internal static readonly Error MessageForbidden =
            new(
                "MESSAGE_FORBIDDEN",
                403,
                "Only its author edits a message; its author, the room's owner and moderators delete it"
            ),
        MessageDeleted = new("MESSAGE_DELETED", 409, "The message was deleted"),
        TooManyEdits = new("TOO_MANY_EDITS", 409, "The message was edited as often as one may be; write another"),
        TooManyReactions =
            new(
                "TOO_MANY_REACTIONS",
                409,
                "The message has as many different reactions, or as many of yours, as one may have"
            ),
        TooManyPins = new("TOO_MANY_PINS", 409, "The room has as many pins as one may have; take one off first"),
        AttachmentNotFound = new("ATTACHMENT_NOT_FOUND", 404, "There is no such attachment"),
        AttachmentTooLarge = new("ATTACHMENT_TOO_LARGE", 413, "An attachment has at most 25 MiB"),
        AttachmentQuotaExceeded =
            new(
                "ATTACHMENT_QUOTA_EXCEEDED",
                422,
                "Your attachments take all the room that an account has here; delete messages with files"
            ),
        TooManyAttachments =
            new(
                "TOO_MANY_ATTACHMENTS",
                429,
                "You have many files that no message names; post them, or wait until they are forgotten"
            )
            {
                RetryAfterS = 60,
            };
}
