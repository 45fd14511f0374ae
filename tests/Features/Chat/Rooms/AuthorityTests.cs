using Veza.Features.Chat.Rooms;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Who may do what to whom, as one table.</summary>
public sealed class AuthorityTests
{
    [Fact]
    public void The_table_says_who_may_do_what_in_a_room()
    {
        string[] table =
        [
            .. Enum.GetValues<RoomAction>()
                .Select(deed =>
                    $"{deed}: {string.Join(' ', Enum.GetValues<Rank>().Where(rank => Authority.Allows(rank, deed)))}"
                ),
        ];
        Assert.Equal(
            [
                "Join: Stranger Member Moderator Owner Site",
                "Leave: Stranger Member Moderator Owner Site",
                "Invite: Moderator Owner Site",
                "Edit: Moderator Owner Site",
                "Kick: Moderator Owner Site",
                "Ban: Moderator Owner Site",
                "Mute: Moderator Owner Site",
                "ChangeVisibility: Owner Site",
                "ChangeRole: Owner Site",
                "Delete: Owner Site",
            ],
            table
        );
    }

    [Fact]
    public void Nobody_does_anything_to_their_equals_or_to_who_stands_higher()
    {
        foreach (var deed in new[] { RoomAction.Kick, RoomAction.Ban, RoomAction.Mute, RoomAction.ChangeRole })
        foreach (var doer in Enum.GetValues<Rank>())
        foreach (var done in Enum.GetValues<Rank>())
            Assert.Equal(Authority.Allows(doer, deed) && doer > done, Authority.Allows(doer, deed, done));
        Assert.True(Authority.Allows(Rank.Moderator, RoomAction.Ban, Rank.Member));
        Assert.False(Authority.Allows(Rank.Moderator, RoomAction.Ban, Rank.Moderator));
        Assert.False(Authority.Allows(Rank.Owner, RoomAction.Ban, Rank.Site));
    }
}
