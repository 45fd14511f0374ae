using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>
/// What people see who follow a link of an e-mail. A page alone changes nothing, so that mail scanners may open it as
/// often as they like.
/// </summary>
internal static class LinkPages
{
    internal const string PasswordField = "password",
        EmailField = "email";

    internal static HtmlPage Gone() =>
        new HtmlPage("This link is no longer good", StatusCodes.Status410Gone).Say(
            "It was used, or its time is over, or a newer one took its place. Ask for a new one where you asked "
                + "for this one."
        );

    internal static HtmlPage SignIn() => new HtmlPage("Sign in to Veza").Say("You are almost there.").Form("Sign in");

    internal static HtmlPage SignedIn() =>
        new HtmlPage("You are signed in").Say(
            "Go back to the window where you asked for the link: it goes on there. You can close this one."
        );

    internal static HtmlPage OtherBrowser(int status) =>
        new HtmlPage("Type the code instead", status)
            .Say("You asked for this link on another device or in another browser, and it signs in nowhere else.")
            .Say("Go back there, and type the six digits that stand in the e-mail below the link.")
            .Say("If you did not ask for it, somebody else did: give them nothing, and close this page.");

    internal static HtmlPage NewPassword(string? fault = null)
    {
        var page = new HtmlPage(
            "Set a new password",
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity
        );
        if (fault is not null)
            page.Fault(fault);
        return page.Say("All your sessions end, and you sign in again with the new password.")
            .Form("Set the password", new HtmlField(PasswordField, "New password", "password", "new-password"));
    }

    internal static HtmlPage AskForPassword(string? fault = null)
    {
        var page = new HtmlPage(
            "Ask for a new password",
            fault is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity
        );
        if (fault is not null)
            page.Fault(fault);
        return page.Say("An e-mail to your address has a link with which to set it.")
            .Form("Send the e-mail", new HtmlField(EmailField, "Your e-mail address", "email", "email"));
    }

    internal static HtmlPage PasswordAsked() =>
        new HtmlPage("Look into your mailbox", StatusCodes.Status202Accepted).Say(
            "If there is an account with this address, an e-mail is on its way. You can close this window."
        );

    internal static HtmlPage PasswordSet() =>
        new HtmlPage("Your password is set").Say("Sign in with it where you use Veza. You can close this window.");

    internal static HtmlPage ConfirmAddress() =>
        new HtmlPage("Confirm your address")
            .Say("Confirm that the address this e-mail came to is yours.")
            .Form("Confirm");

    internal static HtmlPage AddressConfirmed() =>
        new HtmlPage("Your address is confirmed").Say("That is all. You can close this window.");

    internal static HtmlPage Refused(Error error) =>
        new HtmlPage("That did not work", error.Status).Fault(error.Message);
}
