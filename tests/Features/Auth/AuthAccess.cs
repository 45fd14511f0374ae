using Veza.Tests.House;

namespace Veza.Tests.Features.Auth;

internal sealed class AuthAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new("/api/v1/admin/users/{id}", null),
            new(
                "/api/v1/auth/sessions/{id}",
                "insert into session (id, account_id, expires_at) values ($1, $2, now() + interval '1 day')"
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/auth/api-keys/{id}",
                """
                insert into api_key (id, account_id, name, prefix, secret_hash, scopes)
                  values ($1, $2, 'k', 'veza_', uuid_send($1), '{}')
                """
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/auth/passkeys/{id}",
                """
                insert into passkey (id, account_id, credential_id, public_key, algorithm, name)
                  values ($1, $2, uuid_send($1), '', -7, 'Phone')
                """
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/auth/identities/{id}",
                "insert into identity (id, account_id, provider, subject) values ($1, $2, 'github', $1::text)"
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/auth/2fa/trusted-devices/{id}",
                """
                insert into trusted_device (id, account_id, token_hash, expires_at)
                  values ($1, $2, uuid_send($1), now() + interval '1 day')
                """
            )
            {
                IsOwnersAlone = true,
            },
        ];

    internal override (string Name, string Value)[] Parameters => [("provider", "github"), ("token", "none")];
}
