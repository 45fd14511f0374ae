using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// The files that are on their way into rooms. A bucket takes no small parts, so each has up to a part of itself in
/// this process's memory for as long as its sender likes: a person has as many under way as may wait for a message, and
/// all together have what a node can bear.
/// </summary>
internal sealed class AttachmentsUnderWay
{
    internal const int NodeMax = 256;
    private readonly FairSlots places = new(NodeMax, SlotShares.Of(NodeMax) with { Person = Attachments.LooseMax });

    /// <summary>A place until it is disposed of; or null, and why there is none.</summary>
    internal FairSlots.Slot? Take(HttpContext http, out Error? refused)
    {
        var place = places.Take(SlotHolder.Of(http), out var hasShare);
        refused =
            place is not null ? null
            : hasShare
                ? ChatErrors.TooManyAttachments.Saying(
                    "You are sending as many files at once as you may; wait for one of them"
                )
            : ChatErrors.TooManyAttachments.Saying("Many files are being sent just now; send it again in a minute");
        return place;
    }
}
