namespace Veza.Infrastructure.Security;

/// <summary>Why a passkey's answer is refused, in words for a developer; there is no secret in them.</summary>
internal sealed class WebAuthnFaultException(string reason, Exception? cause = null) : Exception(reason, cause);
