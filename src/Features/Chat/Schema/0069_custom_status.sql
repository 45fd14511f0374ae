-- What people say of themselves beside being there: it outlives their sockets. Whether they are there stands in Redis,
-- and nowhere else.
create table custom_status (
  account_id uuid not null,
  text text not null,
  until timestamptz,
  constraint custom_status_pkey primary key (account_id),
  constraint custom_status_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index custom_status_until_idx on custom_status (until) where until is not null;
