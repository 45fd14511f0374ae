-- owner: auth
-- avatar_url is what everybody reads; the id and the lengths, in the order of the sizes that are kept, are for who serves it.
alter table account add column avatar_id uuid;
alter table account add column avatar_bytes int[];
alter table account add constraint account_avatar_check check ((avatar_id is null) = (avatar_url is null) and (avatar_id is null) = (avatar_bytes is null));
