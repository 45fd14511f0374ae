using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Auth.Links;

/// <summary>
/// The e-mails to account holders. Links begin with the public URL of the settings, whatever a request says of hosts.
/// People are called by username, which is short and plain: a display name could hold somebody's advertisement to a
/// stranger's address.
/// </summary>
internal sealed class AccountEmails(Settings settings, TimeProvider clock)
{
    private const string NotYou = "If this was not you, you can ignore this e-mail.";

    internal Email MagicLink(string to, string username, IssuedTicket ticket, TimeSpan lifetime) =>
        Hello(username)
            .Say("Open this link in the browser where you asked for it, and you are signed in.")
            .Link("Sign in to Veza", Url($"/api/v1/auth/magic-link/{ticket.Token}"))
            .Code("On another device, type this code where you asked", ticket.Code!)
            .Say(
                $"Both hold for {Minutes(lifetime)} and are good once. Give the code to nobody: whoever asks "
                    + $"you for it wants your account. {NotYou}"
            )
            .Seal(to, "Sign in to Veza", Until(lifetime));

    internal Email PasswordReset(string to, string username, IssuedTicket ticket, TimeSpan lifetime) =>
        Hello(username)
            .Say("Here you can set a new password. All your sessions then end.")
            .Link("Set a new password", Url($"/api/v1/auth/password/reset/{ticket.Token}"))
            .Say($"The link holds for {Minutes(lifetime)} and is good once. {NotYou}")
            .Seal(to, "Set a new password for Veza", Until(lifetime));

    internal Email Verification(string to, string username, IssuedTicket ticket, TimeSpan lifetime) =>
        Hello(username)
            .Say("Confirm that this address is yours.")
            .Link("Confirm the address", Url($"/api/v1/auth/email/verify/{ticket.Token}"))
            .Code("Or type this code where you are signed in", ticket.Code!)
            .Say(
                "If you made no account at Veza, do not confirm: somebody else made it with your address, and "
                    + "knows its password."
            )
            .Seal(to, "Confirm your address at Veza", Until(lifetime));

    internal Email EmailChange(string to, string username, IssuedTicket ticket, TimeSpan lifetime) =>
        Hello(username)
            .Say("You want to use this address at Veza. Confirm that it is yours; until then nothing changes.")
            .Link("Use this address", Url($"/api/v1/auth/email/verify/{ticket.Token}"))
            .Say($"The link holds for {Minutes(lifetime)} and is good once. {NotYou}")
            .Seal(to, "Confirm your new address at Veza", Until(lifetime));

    /// <summary>To whom an address belongs that another account asked for; that account is told nothing.</summary>
    internal static Email AddressWanted(string to, string username) =>
        Hello(username)
            .Say(
                "Somebody wanted to use this address for another account at Veza. It is yours, so nothing has changed."
            )
            .Seal(to, "Somebody wanted to use your address at Veza");

    internal static Email EmailChangeAsked(string to, string username, string newEmail) =>
        Hello(username)
            .Say(
                $"Somebody who is signed in to your account asked to change its address to {Masked(newEmail)}. "
                    + $"It changes when that address is confirmed."
            )
            .Say("If this was not you, set a new password now: that also calls off the change.")
            .Seal(to, "Your address at Veza is about to change");

    internal static Email EmailChanged(string to, string username, string newEmail) =>
        Hello(username)
            .Say($"The address of your account is now {Masked(newEmail)}. E-mails do not come to this one any more.")
            .Say("If this was not you, ask the people who run this Veza for help at once.")
            .Seal(to, "Your address at Veza has changed");

    internal static Email PasswordChanged(string to, string username) =>
        Hello(username)
            .Say("The password of your account was changed, and other sessions were ended.")
            .Say("If this was not you, ask for a new password at once: that ends every session.")
            .Seal(to, "Your password at Veza was changed");

    internal static Email CredentialsVoided(string to, string username) =>
        Hello(username)
            .Say(
                "You have proven for the first time that this address is yours. Passwords, keys and sessions "
                    + "from before could have been somebody else's, so they are void."
            )
            .Say("Set a new password if you want one.")
            .Seal(to, "Your account at Veza is now yours alone");

    private static EmailTemplate Hello(string username) => new EmailTemplate().Say($"Hello {username},");

    /// <summary>Enough for its owner to know the address by: d***@example.org.</summary>
    private static string Masked(string email) => $"{TextCut.To(email, 1)}***{email[email.LastIndexOf('@')..]}";

    private static string Minutes(TimeSpan lifetime) =>
        lifetime.TotalHours >= 2 ? $"{lifetime.TotalHours:0} hours" : $"{lifetime.TotalMinutes:0} minutes";

    private string Url(string path) => settings.PublicUrl.OriginalString.TrimEnd('/') + path;

    private DateTime Until(TimeSpan lifetime) => clock.GetUtcNow().UtcDateTime + lifetime;
}
