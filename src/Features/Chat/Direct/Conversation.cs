using System.Text.Json.Serialization;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// A conversation with one person, who may be the caller; <c>user</c> is null when their account is gone,
/// <c>last_message</c> when it is no longer kept.
/// </summary>
internal sealed record Conversation(Guid RoomId, UserCard? User, long LastSeq, Message? LastMessage, DateTime ActiveAt)
{
    internal static readonly Conversation Example = new(
        Guid.Parse("019b0c71-7a10-7c55-8b0e-1f2a3b4c5d6e"),
        Message.Example.Author,
        Message.Example.Seq,
        Message.Example with
        {
            RoomId = Guid.Parse("019b0c71-7a10-7c55-8b0e-1f2a3b4c5d6e"),
        },
        Message.Example.CreatedAt
    );
}

[JsonSerializable(typeof(Envelope<Conversation[]>))]
internal sealed partial class ConversationJson : JsonSerializerContext;
