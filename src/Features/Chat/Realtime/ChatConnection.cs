using System.Text.Json;
using Npgsql;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// One person's socket: reads requests one by one and answers each with an ack or an error. A bad frame is an error and
/// the connection lives.
/// </summary>
internal sealed partial class ChatConnection(
    SocketConnection connection,
    FrameReader reader,
    Caller caller,
    RoomFeeds feeds,
    MessagePosts posts,
    RoomAccess access,
    MessageActs acts,
    Typing typing,
    PresenceLoop presence,
    PresenceActs presenceActs,
    TimeProvider clock,
    ILogger<ChatConnection> log
) : IAsyncDisposable
{
    private readonly HashSet<Guid> rooms = [];
    private readonly FrameBudget budget = new(ChatLimits.FramesPerSecondMax, clock);
    private readonly PresenceSeat seat = presence.Enter(connection, caller.UserId);

    /// <summary>
    /// Reads to the end of the connection. Once it is closing, what still comes in is read and dropped, so that the
    /// closing handshake is heard.
    /// </summary>
    internal async Task ReceiveLoop()
    {
        for (; ; )
        {
            var (kind, bytes) = await reader.Read();
            if (kind == FrameKind.End)
                return;
            if (!connection.BeginAnswer())
                continue;
            if (budget.Take())
                connection.Send(await Answer(kind, bytes, connection.Closing));
            else
                connection.Close(CloseCodes.RateLimited, "too many frames");
            connection.EndAnswer();
        }
    }

    public async ValueTask DisposeAsync()
    {
        seat.Leave();
        foreach (var room in rooms)
        {
            await feeds.Unsubscribe(room, connection);
            await StopTyping(room);
        }
    }

    private async Task<byte[]> Answer(FrameKind kind, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (kind == FrameKind.TooLarge)
            return Frames.Error(null, ChatErrors.FrameTooLarge);
        if (kind == FrameKind.NotText)
            return Frames.Error(null, ChatErrors.FrameInvalid);
        ClientFrame? frame;
        try
        {
            frame = Frames.Read(bytes.Span);
        }
        catch (JsonException)
        {
            return Frames.Error(Frames.ReferenceOf(bytes), ChatErrors.FrameInvalid);
        }
        catch (RefusedException refused)
        {
            return Frames.Error(Frames.ReferenceOf(bytes), refused.Error);
        }

        if (frame?.Type is null)
            return Frames.Error(frame?.Ref, ChatErrors.FrameInvalid);
        try
        {
            return await Do(frame, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return Frames.Error(frame.Ref, Errors.Unavailable);
        }
        catch (Exception e)
        {
            // Whatever it is, it is this request's: the connection has done nothing wrong.
            var error = ExceptionMapping.Of(e);
            if (error.Status >= StatusCodes.Status500InternalServerError)
                LogFault(e, frame.Type);
            return Frames.Error(frame.Ref, error);
        }
    }

    private Task<byte[]> Do(ClientFrame frame, CancellationToken ct)
    {
        if (frame.Type == "ping")
            return Task.FromResult(Frames.Ack(frame.Ref));
        if (frame.Type is "message.edit" or "message.delete" or "read")
            return acts.Do(frame, caller, ct);
        if (frame.Type is "presence.set" or "presence.watch")
            return presenceActs.Do(frame, seat, caller, ct);
        if (frame.Type is not ("subscribe" or "unsubscribe" or "message.send" or "typing"))
            return Task.FromResult(Frames.Error(frame.Ref, ChatErrors.FrameTypeUnknown));
        if (frame.RoomId is not { } roomId)
            return Task.FromResult(
                Frames.Error(
                    frame.Ref,
                    Errors.Validation.With(new FieldError("room_id", "REQUIRED", "room_id is required"))
                )
            );
        return frame.Type switch
        {
            "subscribe" => Subscribe(frame, roomId, ct),
            "unsubscribe" => Unsubscribe(frame, roomId),
            "message.send" or "typing" when !caller.May(Permissions.ChatWrite) => Task.FromResult(
                Frames.Error(frame.Ref, Errors.ScopeMissing)
            ),
            "message.send" => Send(frame, roomId, ct),
            _ => Type(frame, roomId, ct),
        };
    }

    private async Task<byte[]> Subscribe(ClientFrame frame, Guid roomId, CancellationToken ct)
    {
        if (frame.AfterSeq < 0)
            return Frames.Error(
                frame.Ref,
                Errors.Validation.With(new FieldError("after_seq", "OUT_OF_RANGE", "after_seq is not negative"))
            );
        if (frame.AfterChange < 0)
            return Frames.Error(
                frame.Ref,
                Errors.Validation.With(new FieldError("after_change", "OUT_OF_RANGE", "after_change is not negative"))
            );
        if (rooms.Count >= ChatLimits.SubscriptionsMax && !rooms.Contains(roomId))
            return Frames.Error(frame.Ref, ChatErrors.TooManySubscriptions);
        if (await access.RefuseReading(roomId, caller, ct) is { } refused)
            return Frames.Error(frame.Ref, refused);
        if (!rooms.Add(roomId))
            await feeds.Unsubscribe(roomId, connection);
        // Who does not say which changes they know wants none of before.
        RoomPlace? from = frame.AfterSeq is { } seq ? new RoomPlace(seq, frame.AfterChange ?? long.MaxValue) : null;
        var place = await feeds.Subscribe(roomId, new Subscription(connection, caller.UserId), from, ct);
        seat.Join(roomId);
        return Frames.Ack(frame.Ref, roomId, place);
    }

    private async Task<byte[]> Unsubscribe(ClientFrame frame, Guid roomId)
    {
        if (!rooms.Remove(roomId))
            return Frames.Error(frame.Ref, ChatErrors.NotSubscribed);
        seat.Part(roomId);
        await feeds.Unsubscribe(roomId, connection);
        await StopTyping(roomId);
        return Frames.Ack(frame.Ref, roomId);
    }

    private async Task<byte[]> Send(ClientFrame frame, Guid roomId, CancellationToken ct)
    {
        var (row, _, error) = await posts.Post(
            roomId,
            new Draft(frame.ClientId, frame.Content, frame.ReplyTo, frame.TrackPosition, frame.Attachments),
            caller,
            ct
        );
        if (row is null)
            return Frames.Error(frame.Ref, error!);
        typing.Spoke(roomId, caller.UserId);
        return Frames.Ack(frame.Ref, roomId, message: row.ForCaller());
    }

    private async Task<byte[]> Type(ClientFrame frame, Guid roomId, CancellationToken ct)
    {
        if (!rooms.Contains(roomId))
            return Frames.Error(frame.Ref, ChatErrors.NotSubscribed);
        if (frame.On == false)
            await typing.End(roomId, caller.UserId, caller.Username, ct);
        else if (await typing.Begin(roomId, caller.UserId, caller.Username, ct) is { } refused)
            return Frames.Error(frame.Ref, refused);
        return Frames.Ack(frame.Ref, roomId);
    }

    /// <summary>Others need not wait until it is over by itself, but they may have to.</summary>
    private async Task StopTyping(Guid roomId)
    {
        try
        {
            await typing.End(roomId, caller.UserId, caller.Username, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // Nobody can be asked who must not hear it, so nobody is told: it ends by itself in some seconds.
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A frame {Type} failed")]
    private partial void LogFault(Exception thrown, string type);
}
