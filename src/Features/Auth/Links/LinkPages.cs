using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>
/// What people see who follow a link of a letter. A page alone changes nothing, so that mail scanners may open it as
/// often as they like.
/// </summary>
internal static class LinkPages
{
    internal const string PasswordField = "password",
        EmailField = "email";

    internal static Page Gone() =>
        new Page("This link is no longer good", StatusCodes.Status410Gone).Say(
            "It was used, or its time is over, or a newer one took its place. Ask for a new one where you asked "
                + "for this one."
        );

    internal static Page SignIn() => new Page("Sign in to Veza").Say("You are almost there.").Form("Sign in");

    internal static Page SignedIn() =>
        new Page("You are signed in").Say(
            "Go back to the window where you asked for the link: it goes on there. You can close this one."
        );

    internal static Page OtherBrowser(int status) =>
        new Page("Type the code instead", status)
            .Say("You asked for this link on another device or in another browser, and it signs in nowhere else.")
            .Say("Go back there, and type the six digits that stand in the letter below the link.")
            .Say("If you did not ask for it, somebody else did: give them nothing, and close this page.");

    internal static Page NewPassword(string? fault = null)
    {
        var page = new Page(
            "Set a new password",
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity
        );
        if (fault is not null)
            page.Fault(fault);
        return page.Say("All your sessions end, and you sign in again with the new password.")
            .Form("Set the password", new PageField(PasswordField, "New password", "password", "new-password"));
    }

    internal static Page AskForPassword(string? fault = null)
    {
        var page = new Page(
            "Ask for a new password",
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity
        );
        if (fault is not null)
            page.Fault(fault);
        return page.Say("A letter to your address has a link with which to set it.")
            .Form("Send the letter", new PageField(EmailField, "Your e-mail address", "email", "email"));
    }

    internal static Page PasswordAsked() =>
        new Page("Look into your mailbox", StatusCodes.Status202Accepted).Say(
            "If there is an account with this address, a letter is on its way. You can close this window."
        );

    internal static Page PasswordSet() =>
        new Page("Your password is set").Say("Sign in with it where you use Veza. You can close this window.");

    internal static Page ConfirmAddress() =>
        new Page("Confirm your address").Say("Confirm that the address this letter came to is yours.").Form("Confirm");

    internal static Page AddressConfirmed() =>
        new Page("Your address is confirmed").Say("That is all. You can close this window.");

    internal static Page Refused(Error error) => new Page("That did not work", error.Status).Fault(error.Message);
}
