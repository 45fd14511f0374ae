namespace Veza.Features.Users;

/// <summary>
/// Whom an artist lets hear everything; <c>until</c> is null where that is for good. One whose time is over stays in
/// the list until the artist ends it.
/// </summary>
internal sealed record Supporter(
    Guid Id,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    DateTime Since,
    DateTime? Until
)
{
    internal static readonly Supporter Example = new(
        ShowUser.Example.Id,
        "mira",
        "Mira",
        null,
        ShowUser.Example.CreatedAt,
        ShowUser.Example.CreatedAt.AddYears(1)
    );
}
