using Veza.Infrastructure.Http;

namespace Veza;

internal static partial class Errors
{
    /// <summary>Constraints of the schema, by the error that their violation means to a client.</summary>
    internal static readonly IReadOnlyDictionary<string, Error> ByConstraint = new Dictionary<string, Error>
    {
        ["account_email_key"] = EmailTaken.With(new FieldError("email", EmailTaken.Code, EmailTaken.Message)),
        ["account_username_key"] = UsernameTaken.With(
            new FieldError("username", UsernameTaken.Code, UsernameTaken.Message)
        ),
        ["passkey_credential_key"] = PasskeyTaken,
        ["blocked_recording_track_key"] = RecordingBlockedAlready,
        ["room_public_name_key"] = RoomNameTaken.With(
            new FieldError("name", RoomNameTaken.Code, RoomNameTaken.Message)
        ),
    };
}
