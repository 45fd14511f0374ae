using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// What a socket asks of presence: <c>presence.set</c> says how the caller is there, <c>presence.watch</c> whom they
/// want to see.
/// </summary>
internal sealed class PresenceActs(CustomStatus custom)
{
    internal Task<byte[]> Do(ClientFrame frame, PresenceSeat seat, Caller caller, CancellationToken ct) =>
        frame.Type == "presence.watch" ? Task.FromResult(Watch(frame, seat)) : Set(frame, seat, caller, ct);

    private static byte[] Watch(ClientFrame frame, PresenceSeat seat)
    {
        if (frame.UserIds is not { } ids)
            return Frames.Error(
                frame.Ref,
                Errors.Validation.With(new FieldError("user_ids", "REQUIRED", "user_ids is required; it may be empty"))
            );
        if (ids.Length > PresenceLimits.WatchedMax)
            return Frames.Error(
                frame.Ref,
                Errors.Validation.With(
                    new FieldError("user_ids", "TOO_LONG", $"user_ids has at most {PresenceLimits.WatchedMax} people")
                )
            );
        seat.Watch(ids);
        return Frames.Ack(frame.Ref);
    }

    private async Task<byte[]> Set(ClientFrame frame, PresenceSeat seat, Caller caller, CancellationToken ct)
    {
        if (!caller.May(Permissions.ChatWrite))
            return Frames.Error(frame.Ref, Errors.ScopeMissing);
        var presence = PresenceFrames.Read(frame.Status);
        if (presence is null && (frame.Status is not null || frame.Text is null))
            return Frames.Error(
                frame.Ref,
                Errors.Validation.With(
                    new FieldError("status", "NOT_ALLOWED", "status is online, away, busy or invisible")
                )
            );
        if (custom.Refuse(frame.Text, frame.Until) is { } refused)
            return Frames.Error(frame.Ref, refused);
        if (!seat.MaySet())
            return Frames.Error(frame.Ref, Errors.RateLimited);
        if (frame.Text is { } text)
        {
            await custom.Say(caller, text, frame.Until, ct);
            seat.SaysSomethingElse();
        }

        if (presence is { } there)
            seat.Set(there);
        return Frames.Ack(frame.Ref);
    }
}
