using System.Text.Json;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>One person's socket: reads requests one by one and answers each with an ack or an error. A bad frame is an error and the connection lives.</summary>
internal sealed class ChatConnection(SocketConnection connection, FrameReader reader, Caller caller, RoomFeeds feeds, MessageLog messages, RoomAccess access) : IAsyncDisposable
{
    private readonly HashSet<Guid> rooms = [];
    private readonly FrameBudget budget = new(ChatModule.FramesPerSecondMax);

    /// <summary>Reads to the end of the connection. Once it is closing, what still comes in is read and dropped, so that the closing handshake is heard.</summary>
    internal async Task ReceiveLoop()
    {
        for (;;)
        {
            var (kind, bytes) = await reader.Read();
            if (kind == FrameKind.End) return;
            if (connection.Closing.IsCancellationRequested) continue;
            if (budget.Take()) connection.Send(await Answer(kind, bytes, connection.Closing));
            else connection.Close(CloseCodes.RateLimited, "too many frames");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var room in rooms) await feeds.Unsubscribe(room, connection);
    }

    private async Task<byte[]> Answer(FrameKind kind, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (kind == FrameKind.TooLarge) return Frames.Error(null, Errors.FrameTooLarge);
        if (kind == FrameKind.NotText) return Frames.Error(null, Errors.FrameInvalid);
        ClientFrame? frame;
        try
        {
            frame = Frames.Read(bytes.Span);
        }
        catch (JsonException)
        {
            return Frames.Error(Frames.ReferenceOf(bytes), Errors.FrameInvalid);
        }

        if (frame?.Type is null) return Frames.Error(frame?.Ref, Errors.FrameInvalid);
        try
        {
            return await Do(frame, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return Frames.Error(frame.Ref, Errors.Unavailable);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return Frames.Error(frame.Ref, Errors.Unavailable);
        }
    }

    private Task<byte[]> Do(ClientFrame frame, CancellationToken ct)
    {
        if (frame.Type == "ping") return Task.FromResult(Frames.Ack(frame.Ref));
        if (frame.Type is not ("subscribe" or "unsubscribe" or "message.send" or "typing")) return Task.FromResult(Frames.Error(frame.Ref, Errors.FrameTypeUnknown));
        if (frame.RoomId is not { } roomId)
            return Task.FromResult(Frames.Error(frame.Ref, Errors.Validation.With(new FieldError("room_id", "REQUIRED", "room_id is required"))));
        return frame.Type switch
        {
            "subscribe" => Subscribe(frame, roomId, ct),
            "unsubscribe" => Unsubscribe(frame, roomId),
            "message.send" or "typing" when !caller.May(Permissions.ChatWrite) => Task.FromResult(Frames.Error(frame.Ref, Errors.ScopeMissing)),
            "message.send" => Send(frame, roomId, ct),
            _ => Typing(frame, roomId),
        };
    }

    private async Task<byte[]> Subscribe(ClientFrame frame, Guid roomId, CancellationToken ct)
    {
        if (frame.AfterSeq < 0) return Frames.Error(frame.Ref, Errors.Validation.With(new FieldError("after_seq", "OUT_OF_RANGE", "after_seq is not negative")));
        if (rooms.Count >= ChatModule.SubscriptionsMax && !rooms.Contains(roomId)) return Frames.Error(frame.Ref, Errors.TooManySubscriptions);
        if (await access.RefuseReading(roomId, caller, ct) is { } refused) return Frames.Error(frame.Ref, refused);
        if (!rooms.Add(roomId)) await feeds.Unsubscribe(roomId, connection);
        var lastSeq = await feeds.Subscribe(roomId, new Subscription(connection, caller.UserId), frame.AfterSeq, ct);
        return Frames.Ack(frame.Ref, roomId, lastSeq);
    }

    private async Task<byte[]> Unsubscribe(ClientFrame frame, Guid roomId)
    {
        if (!rooms.Remove(roomId)) return Frames.Error(frame.Ref, Errors.NotSubscribed);
        await feeds.Unsubscribe(roomId, connection);
        return Frames.Ack(frame.Ref, roomId);
    }

    private async Task<byte[]> Send(ClientFrame frame, Guid roomId, CancellationToken ct)
    {
        var (message, added, error) = await messages.Append(roomId, new Draft(frame.ClientId, frame.Content, frame.ReplyTo, frame.TrackPosition), caller, ct);
        if (message is null) return Frames.Error(frame.Ref, error!);
        if (added) await feeds.Publish(RoomNews.Message, roomId, message.Seq, caller.UserId, Frames.Created(message));
        return Frames.Ack(frame.Ref, roomId, message: message);
    }

    private async Task<byte[]> Typing(ClientFrame frame, Guid roomId)
    {
        if (!rooms.Contains(roomId)) return Frames.Error(frame.Ref, Errors.NotSubscribed);
        await feeds.Publish(RoomNews.Passing, roomId, 0, caller.UserId, Frames.Typing(roomId, caller.UserId, caller.Username, frame.On ?? true));
        return Frames.Ack(frame.Ref, roomId);
    }
}

/// <summary>So many frames in each second of the clock, and no more.</summary>
internal sealed class FrameBudget(int perSecondMax)
{
    private long second;
    private int taken;

    internal bool Take()
    {
        var now = Environment.TickCount64 / 1000;
        if (now != second) (second, taken) = (now, 0);
        return ++taken <= perSecondMax;
    }
}
