-- owner: auth
-- Whether a passkey can be copied to other devices is fixed when it is made; an answer that says otherwise is another authenticator's.
alter table passkey add column backup_eligible boolean not null default false;
