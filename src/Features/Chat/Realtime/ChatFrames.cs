using System.Text.Json.Serialization.Metadata;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// A frame that clients send: its type, what it is for, and the members that it must and may have beside <c>type</c>
/// and <c>ref</c>.
/// </summary>
internal sealed record ClientFrameKind(
    string Type,
    string Summary,
    string[] Required,
    string[] Optional,
    string Example
);

/// <summary>A frame that the server sends: its type, what it is for, and the record that is written.</summary>
internal sealed record ServerFrameKind(string Type, string Summary, JsonTypeInfo Shape);

/// <summary>
/// Every frame of veza.chat.v1. The document of the socket is made from this list and the records themselves; a test
/// sends each, and holds each that comes against it.
/// </summary>
internal static class ChatFrames
{
    internal static readonly ClientFrameKind[] OfClients =
    [
        new(
            "subscribe",
            "Listen to a room. With after_seq what was missed comes first, each message once and in order; with "
                + "after_change also what happened to older ones.",
            ["room_id"],
            ["after_seq", "after_change"],
            """{"type":"subscribe","ref":"1","room_id":"019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a","after_seq":41,"after_change":7}"""
        ),
        new(
            "unsubscribe",
            "Listen no longer.",
            ["room_id"],
            [],
            """{"type":"unsubscribe","ref":"2","room_id":"019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a"}"""
        ),
        new(
            "message.send",
            "Post a message. The ack means that it is stored; the same client_id posts once.",
            ["room_id", "client_id"],
            ["content", "reply_to", "attachments", "track_position"],
            """{"type":"message.send","ref":"3","room_id":"019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a","client_id":"m1","content":"Hello"}"""
        ),
        new(
            "message.edit",
            "Change your own message; with edits only if it was edited so often.",
            ["message_id", "content"],
            ["edits"],
            """{"type":"message.edit","ref":"4","message_id":"019b0c63-4c20-7d0a-9b66-8e1f2a3b4c5d","content":"Hello all"}"""
        ),
        new(
            "message.delete",
            "Erase a message; its seq stays.",
            ["message_id"],
            [],
            """{"type":"message.delete","ref":"5","message_id":"019b0c63-4c20-7d0a-9b66-8e1f2a3b4c5d"}"""
        ),
        new(
            "read",
            "Say up to where you have read; with unread that it is unread from there.",
            ["room_id", "seq"],
            ["unread"],
            """{"type":"read","ref":"6","room_id":"019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a","seq":42}"""
        ),
        new(
            "typing",
            "Tell the others that you are typing, or not any more.",
            ["room_id"],
            ["on"],
            """{"type":"typing","ref":"7","room_id":"019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a","on":true}"""
        ),
        new(
            "presence.set",
            "Set your presence on this device, and the custom status that stays.",
            [],
            ["status", "text", "until"],
            """{"type":"presence.set","ref":"9","status":"busy","text":"🎧 mixing"}"""
        ),
        new(
            "presence.watch",
            "Name the people whose presence you want to be sent, instead of those named before.",
            ["user_ids"],
            [],
            """{"type":"presence.watch","ref":"10","user_ids":["019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"]}"""
        ),
        new("ping", "Ask whether the server is there.", [], [], """{"type":"ping","ref":"8"}"""),
    ];

    internal static readonly ServerFrameKind[] OfServer =
    [
        new("ack", "A request was done.", Frames.Json.AckFrame),
        new("error", "A request was refused; the connection lives.", Frames.Json.ErrorFrame),
        new("message.created", "A message was posted.", Frames.Json.MessageFrame),
        new("message.updated", "A message changed: this is how it is now.", Frames.Json.MessageFrame),
        new("message.deleted", "A message was deleted; its seq stays.", Frames.Json.MessageFrame),
        new("reaction.changed", "Somebody reacted to a message, or took it back.", Frames.Json.ReactionFrame),
        new(
            "read",
            "Somebody who lets others know has read up to here; of yourself, what another device has read, or set back.",
            Frames.Json.ReadFrame
        ),
        new(
            "resumed",
            "What was missed has been given, or must be read over HTTP when recovered is false.",
            Frames.Json.ResumedFrame
        ),
        new("typing", "Somebody types, or does not any more.", Frames.Json.TypingFrame),
        new(
            "presence",
            "The presence of the people you watch; at first all of them, then those who changed.",
            Frames.Json.PresenceFrame
        ),
        new("member.joined", "Somebody is in the room now.", Frames.Json.MemberFrame),
        new("member.left", "Somebody is not in the room any more.", Frames.Json.MemberFrame),
        new("member.updated", "Somebody's role or mute has changed.", Frames.Json.MemberUpdatedFrame),
        new("room.updated", "The room's name, topic or rules have changed.", Frames.Json.RoomFrame),
        new("room.deleted", "The room is gone.", Frames.Json.RoomSignFrame),
        new(
            "room.entered",
            "You are in this room now: you joined on another device, or a conversation has begun. On every "
                + "socket of yours, whatever it subscribed to.",
            Frames.Json.RoomSignFrame
        ),
        new(
            "invite.created",
            "Somebody invites you into this room. On every socket of yours.",
            Frames.Json.RoomSignFrame
        ),
        new("notice", "The server says something about itself, such as that it restarts.", Frames.Json.NoticeFrame),
    ];
}
