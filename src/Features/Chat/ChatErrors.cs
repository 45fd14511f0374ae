using Veza.Infrastructure.Http;

namespace Veza.Features.Chat;

/// <summary>How requests about rooms and messages fail.</summary>
internal static class ChatErrors
{
    internal static readonly Error RoomNameTaken = new("ROOM_NAME_TAKEN", 409, "A public room has this name already");

    internal static readonly Error NotAMember = new("NOT_A_MEMBER", 403, "Join the room first");

    internal static readonly Error RoomForbidden = new(
        "ROOM_FORBIDDEN",
        403,
        "Your role in the room does not allow this, or not to this person"
    );

    internal static readonly Error RoomIsDirect = new(
        "ROOM_IS_DIRECT",
        409,
        "This is a conversation of two people: nobody else joins it, and there is nothing in it to govern"
    );

    internal static readonly Error OwnerMustStay = new(
        "OWNER_MUST_STAY",
        409,
        "The owner cannot leave the room or be put out of it; hand the room over first"
    );

    internal static readonly Error MemberNotFound = new(
        "MEMBER_NOT_FOUND",
        404,
        "There is no such member of this room"
    );

    internal static readonly Error InviteNotFound = new("INVITE_NOT_FOUND", 404, "There is no such invitation");

    internal static readonly Error BanNotFound = new("BAN_NOT_FOUND", 404, "This person is not banned from the room");

    internal static readonly Error Banned = new("BANNED", 403, "You are banned from this room");

    internal static readonly Error UserBanned = new(
        "USER_BANNED",
        409,
        "This person is banned from the room; lift the ban first"
    );

    internal static readonly Error Muted = new("MUTED", 403, "You are muted in this room");

    internal static readonly Error SlowMode = new(
        "SLOW_MODE",
        429,
        "The room is in slow mode; write on after the time that Retry-After names"
    )
    {
        RetryAfterS = 1,
    };

    internal static readonly Error RoomFull = new("ROOM_FULL", 409, "The room has as many members as are allowed");

    internal static readonly Error TooManyRooms = new(
        "TOO_MANY_ROOMS",
        409,
        "You own as many rooms as are allowed; delete one, or hand it over, first"
    );

    internal static readonly Error TooManyInvites = new(
        "TOO_MANY_INVITES",
        409,
        "As many people as may be are invited to the room already; withdraw an invitation first"
    );

    internal static readonly Error TooManyBans = new(
        "TOO_MANY_BANS",
        409,
        "As many people as may be are banned from the room already; lift a ban first"
    );

    internal static readonly Error TooManyMutes = new(
        "TOO_MANY_MUTES",
        409,
        "As many people as may be are muted in the room already; unmute somebody first"
    );

    internal static readonly Error DirectBlocked = new(
        "DM_BLOCKED",
        403,
        "You and this person cannot write to each other: one of you blocks the other"
    );

    internal static readonly Error MessageNotFound = new(
        "MESSAGE_NOT_FOUND",
        404,
        "There is no such message in this room"
    );

    internal static readonly Error RoomBusy = new(
        "ROOM_BUSY",
        503,
        "More is being said in this room than can be stored now; try again shortly"
    )
    {
        RetryAfterS = 2,
    };

    internal static readonly Error SubprotocolMissing = new(
        "SUBPROTOCOL_MISSING",
        400,
        "Offer the WebSocket subprotocol veza.chat.v1"
    );

    internal static readonly Error FrameInvalid = new(
        "FRAME_INVALID",
        400,
        "The frame is not a JSON object with a type"
    );

    internal static readonly Error FrameTooLarge = new(
        "FRAME_TOO_LARGE",
        413,
        "The frame is larger than this server takes"
    );

    internal static readonly Error FrameTypeUnknown = new("FRAME_TYPE_UNKNOWN", 422, "There is no such frame type");

    internal static readonly Error NotSubscribed = new("NOT_SUBSCRIBED", 409, "Subscribe to the room first");

    internal static readonly Error TooManySubscriptions = new(
        "TOO_MANY_SUBSCRIPTIONS",
        429,
        "One connection may not subscribe to more rooms"
    )
    {
        RetryAfterS = 1,
    };

    internal static readonly Error OriginRefused = new(
        "ORIGIN_REFUSED",
        403,
        "This server takes no sockets from that origin"
    );

    internal static readonly Error MessageForbidden = new(
        "MESSAGE_FORBIDDEN",
        403,
        "Only its author edits a message; its author, the room's owner and moderators delete it"
    );

    internal static readonly Error MessageDeleted = new("MESSAGE_DELETED", 409, "The message was deleted");

    internal static readonly Error TooManyEdits = new(
        "TOO_MANY_EDITS",
        409,
        "The message was edited as often as is allowed; write another"
    );

    internal static readonly Error TooManyReactions = new(
        "TOO_MANY_REACTIONS",
        409,
        "The message has as many different reactions, or as many of yours, as are allowed"
    );

    internal static readonly Error TooManyPins = new(
        "TOO_MANY_PINS",
        409,
        "The room has as many pins as are allowed; take one off first"
    );

    internal static readonly Error AttachmentNotFound = new("ATTACHMENT_NOT_FOUND", 404, "There is no such attachment");

    internal static readonly Error AttachmentTooLarge = new(
        "ATTACHMENT_TOO_LARGE",
        413,
        "An attachment has at most 25 MiB"
    );

    internal static readonly Error AttachmentQuotaExceeded = new(
        "ATTACHMENT_QUOTA_EXCEEDED",
        422,
        "Your attachments take all the room that an account has here; delete messages with files"
    );

    internal static readonly Error TooManyAttachments = new(
        "TOO_MANY_ATTACHMENTS",
        429,
        "You have many files that no message names; post them, or wait until they are forgotten"
    )
    {
        RetryAfterS = 60,
    };

    /// <summary>Constraints of the schema, by the error that their violation means to a client.</summary>
    internal static readonly IReadOnlyDictionary<string, Error> ByConstraint = new Dictionary<string, Error>
    {
        ["room_public_name_key"] = RoomNameTaken.With(
            new FieldError("name", RoomNameTaken.Code, RoomNameTaken.Message)
        ),
    };
}
