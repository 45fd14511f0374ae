-- Objects that are being written and that no row names yet. When the claim runs out, whoever wrote them is gone, and
-- they are swept. What is to be removed is put here with a claim that has run out already.
create table storage_claim (
  prefix text not null,
  claimed_until timestamptz not null,
  -- Set by the sweeper before it removes anything: from then on the writer cannot come back.
  sweeping boolean not null default false,
  constraint storage_claim_pkey primary key (prefix)
);
create index storage_claim_until_idx on storage_claim (claimed_until);

-- Puts objects up for sweeping in the transaction that forgets them: for triggers, as StorageClaims.Forsake does it.
create function forsake_objects(under_prefix text) returns void language sql volatile as $$
  insert into storage_claim (prefix, claimed_until) values (under_prefix, now())
  on conflict (prefix) do update set claimed_until = now()
$$;
