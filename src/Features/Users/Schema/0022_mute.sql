-- Whom somebody wants to hear less of. It is their own business: nobody else learns of it, and nothing is hidden from
-- anybody. Until infinity is until it is lifted.
create table account_mute (
  muter_id uuid not null,
  muted_id uuid not null,
  until timestamptz not null default 'infinity',
  created_at timestamptz not null default now(),
  constraint account_mute_pkey primary key (muter_id, muted_id),
  constraint account_mute_muter_fkey foreign key (muter_id) references account (id) on delete cascade,
  constraint account_mute_muted_fkey foreign key (muted_id) references account (id) on delete cascade,
  constraint account_mute_self_check check (muter_id <> muted_id)
);
create index account_mute_muted_idx on account_mute (muted_id, muter_id);
create index account_mute_listed_idx on account_mute (muter_id, created_at desc, muted_id desc);
create index account_mute_until_idx on account_mute (until) where until < 'infinity';

-- Of whom a person is to be told nothing: neither notified, nor shown that they type. Whom they may not see stands in
-- block_pair alone.
create view muted_pair as
  select account_id, other_id from block_pair
  union all
  select muter_id, muted_id from account_mute where until > now();
