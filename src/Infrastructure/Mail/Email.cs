using System.Text.Json.Serialization;

namespace Veza.Infrastructure.Mail;

/// <summary>
/// An e-mail to one address, as text and as HTML. After <see cref="SendBefore"/> it says nothing that still holds, and
/// is not sent any more.
/// </summary>
internal sealed record Email(string To, string Subject, string Text, string Html, DateTime? SendBefore = null)
{
    /// <summary>
    /// Goes the way of every e-mail but is never sent: what a caller does for an address without an account, so that it
    /// costs the same as for one that has one.
    /// </summary>
    public bool IsBlank { get; init; }

    /// <summary>Says nothing: e-mails hold keys to accounts.</summary>
    public override string ToString() => nameof(Email);
}

[JsonSerializable(typeof(Email))]
internal sealed partial class EmailJson : JsonSerializerContext;
