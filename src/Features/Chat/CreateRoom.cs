using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Opens a room; whoever opens it owns it and is its first member. Public rooms have names of their own.</summary>
internal static class CreateRoom
{
    internal sealed record Request(string? Name, string? Topic, string? Visibility);

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Name).Cascade(CascadeMode.Stop).NotEmpty().WithErrorCode("REQUIRED").WithMessage("name is required")
                .MaximumLength(ChatModule.RoomNameCharsMax).WithErrorCode("TOO_LONG").WithMessage($"A name has at most {ChatModule.RoomNameCharsMax} characters");
            RuleFor(r => r.Topic).MaximumLength(ChatModule.TopicCharsMax).WithErrorCode("TOO_LONG").WithMessage($"A topic has at most {ChatModule.TopicCharsMax} characters");
            RuleFor(r => r.Visibility).Must(v => v is null or "public" or "private").WithErrorCode("NOT_ALLOWED").WithMessage("visibility is public or private");
        }
    }

    private static readonly Rules Sound = new();

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/chat/rooms", Handle).WithName("CreateRoom").Requires(Permissions.ChatWrite)
        .Documented("Chat", "Open a room", Room.Example with { Role = "owner" }, new Request("Listening room", "What is playing tonight", "public"),
            StatusCodes.Status201Created, Errors.Validation, Errors.RoomNameTaken);

    private static async Task<Answer<Room>> Handle(Request request, Caller caller, NpgsqlDataSource postgres, CancellationToken ct)
    {
        if (Sound.Refuse(request) is { } refused) return refused;
        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        var room = await db.QuerySingleAsync<Room>($"""
            with r as (
              insert into room (id, name, topic, visibility, owner_id, member_count) values (@id, @name, @topic, @visibility, @UserId, 1)
              returning id, name, topic, visibility, owner_id, last_seq, member_count, created_at, updated_at
            ), m as (
              insert into room_member (room_id, account_id, role) select id, @UserId, 'owner' from r returning role
            )
            select {Room.Columns} from r, m
            """, new { id, name = request.Name!.Trim(), topic = request.Topic?.Trim() ?? "", visibility = request.Visibility ?? "public", caller.UserId });
        return Answer<Room>.Created(room, "The room is open", $"/api/v1/chat/rooms/{room.Id}");
    }
}

[JsonSerializable(typeof(CreateRoom.Request))]
internal sealed partial class CreateRoomJson : JsonSerializerContext;
