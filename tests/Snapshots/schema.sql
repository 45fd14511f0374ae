table account
  id uuid not null
  username text not null
  email text not null
  display_name text not null
  bio text not null default ''::text
  avatar_url text
  password_hash text
  roles text[] not null default '{user}'::text[]
  plan text not null default 'free'::text
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
  email_verified_at timestamp with time zone
  password_changed_at timestamp with time zone not null default now()
  suspended_at timestamp with time zone
  suspended_until timestamp with time zone
  suspension_reason text

table account_lock
  account_id uuid not null
  is_known boolean not null
  locked_until timestamp with time zone not null

table api_key
  id uuid not null
  account_id uuid not null
  name text not null
  prefix text not null
  secret_hash bytea not null
  scopes text[] not null
  epoch integer not null default 0
  created_at timestamp with time zone not null default now()
  last_used_at timestamp with time zone
  expires_at timestamp with time zone

table audit_event
  id uuid not null
  at timestamp with time zone not null default clock_timestamp()
  action text not null
  account_id uuid
  actor_id uuid
  session_id uuid
  ip inet
  device text not null default ''::text
  detail jsonb not null default '{}'::jsonb

table identity
  id uuid not null
  account_id uuid not null
  provider text not null
  subject text not null
  email text
  email_verified boolean not null default false
  username text
  sealed_tokens bytea
  created_at timestamp with time zone not null default now()
  last_used_at timestamp with time zone not null default now()

table job
  id uuid not null
  kind text not null
  payload jsonb not null
  state text not null default 'queued'::text
  priority integer not null default 0
  run_at timestamp with time zone not null default now()
  attempts integer not null default 0
  attempts_max integer not null
  fence bigint not null default 0
  lease_until timestamp with time zone
  last_error text
  created_at timestamp with time zone not null default now()
  finished_at timestamp with time zone

table link_confirmation
  browser_hash bytea not null
  account_id uuid not null
  email text not null
  expires_at timestamp with time zone not null

table message
  id uuid not null
  room_id uuid not null
  seq bigint not null
  client_id text not null
  author_id uuid not null
  content text not null
  reply_to uuid
  track_id uuid
  track_position_ms bigint
  created_at timestamp with time zone not null default now()
  edited_at timestamp with time zone
  deleted_at timestamp with time zone

table passkey
  id uuid not null
  account_id uuid not null
  credential_id bytea not null
  public_key bytea not null
  algorithm integer not null
  sign_count bigint not null default 0
  name text not null
  transports text[] not null default '{}'::text[]
  backed_up boolean not null default false
  created_at timestamp with time zone not null default now()
  last_used_at timestamp with time zone
  backup_eligible boolean not null default false

table recovery_code
  account_id uuid not null
  code_mac bytea not null
  used_at timestamp with time zone

table revocation
  subject uuid not null
  epoch_min integer not null
  expires_at timestamp with time zone not null

table room
  id uuid not null
  name text not null
  topic text not null default ''::text
  visibility text not null
  owner_id uuid not null
  last_seq bigint not null default 0
  member_count integer not null default 0
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()

table room_invite
  room_id uuid not null
  account_id uuid not null
  invited_by uuid not null
  created_at timestamp with time zone not null default now()

table room_member
  room_id uuid not null
  account_id uuid not null
  role text not null default 'member'::text
  joined_at timestamp with time zone not null default now()

table schema_migration
  name text not null
  sha256 text not null
  applied_at timestamp with time zone not null default now()

table session
  id uuid not null
  account_id uuid not null
  rotation integer not null default 0
  rotated_at timestamp with time zone not null default now()
  created_at timestamp with time zone not null default now()
  expires_at timestamp with time zone not null
  ip inet
  device text not null default ''::text
  ended_at timestamp with time zone
  end_reason text
  epoch integer not null default 0
  authenticated_at timestamp with time zone not null default now()
  methods text[] not null default '{}'::text[]
  last_seen_at timestamp with time zone not null default now()
  seen_rotation integer not null default '-1'::integer
  rotated_ip inet
  rotated_device text not null default ''::text
  moves integer not null default 0
  reuse_ip inet
  reuse_device text

table signing_key
  id text not null
  purpose text not null
  sealed bytea not null
  created_at timestamp with time zone not null default now()
  active_from timestamp with time zone not null
  retires_at timestamp with time zone

table storage_claim
  prefix text not null
  claimed_until timestamp with time zone not null
  sweeping boolean not null default false

table ticket
  id uuid not null
  purpose text not null
  account_id uuid
  email text
  token_hash bytea not null
  code_mac bytea
  browser_hash bytea
  tries integer not null default 0
  detail jsonb not null default '{}'::jsonb
  created_at timestamp with time zone not null default now()
  expires_at timestamp with time zone not null
  used_at timestamp with time zone

table totp
  account_id uuid not null
  sealed bytea not null
  confirmed_at timestamp with time zone
  last_step bigint not null default '-1'::integer
  created_at timestamp with time zone not null default now()

table track
  id uuid not null
  account_id uuid not null
  title text not null
  artist text not null default ''::text
  album text not null default ''::text
  genre text not null default ''::text
  tags text[] not null default '{}'::text[]
  description text not null default ''::text
  visibility text not null
  status text not null default 'queued'::text
  failure_code text
  failure_message text
  progress smallint not null default 0
  storage_prefix text not null
  revision bigint not null default 0
  sha256 bytea not null
  size_bytes bigint not null
  file_name text not null default ''::text
  duration_ms bigint
  sample_rate_hz integer
  channels integer
  codec text
  bitrate_bps integer
  loudness_lufs real
  true_peak_dbtp real
  loudness_range_lu real
  variants jsonb not null default '[]'::jsonb
  play_count bigint not null default 0
  like_count bigint not null default 0
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()
  withdrawn_at timestamp with time zone
  is_open boolean not null default ((visibility <> 'private'::text) AND (status = 'ready'::text) AND (withdrawn_at IS NULL))
  is_listed boolean not null default ((visibility = ANY (ARRAY['public'::text, 'followers'::text, 'supporters'::text])) AND (status = 'ready'::text) AND (withdrawn_at IS NULL))
  bpm real
  bpm_confidence real
  musical_key text
  musical_key_confidence real
  silence_start_ms integer
  silence_end_ms integer
  comment_count bigint not null default 0
  release_year integer

table track_search
  id uuid not null
  account_id uuid not null
  words tsvector not null
  title_key text not null
  genre text not null
  tags text[] not null
  bpm real
  bpm_bucket integer
  musical_key text not null
  duration_ms bigint not null
  duration_bucket integer not null
  year integer not null
  standing integer not null
  created_at timestamp with time zone not null

table track_word
  word text not null

table track_word_doubt
  id bigint not null
  word text not null

table trusted_device
  id uuid not null
  account_id uuid not null
  token_hash bytea not null
  device text not null default ''::text
  ip inet
  created_at timestamp with time zone not null default now()
  last_used_at timestamp with time zone not null default now()
  expires_at timestamp with time zone not null

constraint account_pkey on account PRIMARY KEY (id)
constraint account_lock_account_fkey on account_lock FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint account_lock_pkey on account_lock PRIMARY KEY (account_id, is_known)
constraint api_key_account_fkey on api_key FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint api_key_pkey on api_key PRIMARY KEY (id)
constraint api_key_secret_key on api_key UNIQUE (secret_hash)
constraint audit_event_pkey on audit_event PRIMARY KEY (at, id)
constraint identity_account_fkey on identity FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint identity_pkey on identity PRIMARY KEY (id)
constraint identity_subject_key on identity UNIQUE (provider, subject)
constraint job_pkey on job PRIMARY KEY (id)
constraint job_state_check on job CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'dead'::text])))
constraint link_confirmation_account_fkey on link_confirmation FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint link_confirmation_pkey on link_confirmation PRIMARY KEY (browser_hash)
constraint message_author_fkey on message FOREIGN KEY (author_id) REFERENCES account(id) ON DELETE CASCADE
constraint message_client_key on message UNIQUE (room_id, author_id, client_id)
constraint message_pkey on message PRIMARY KEY (id)
constraint message_room_fkey on message FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint message_room_seq_key on message UNIQUE (room_id, seq)
constraint passkey_account_fkey on passkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint passkey_credential_key on passkey UNIQUE (credential_id)
constraint passkey_pkey on passkey PRIMARY KEY (id)
constraint recovery_code_account_fkey on recovery_code FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint recovery_code_pkey on recovery_code PRIMARY KEY (account_id, code_mac)
constraint revocation_pkey on revocation PRIMARY KEY (subject)
constraint room_owner_fkey on room FOREIGN KEY (owner_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_pkey on room PRIMARY KEY (id)
constraint room_visibility_check on room CHECK ((visibility = ANY (ARRAY['public'::text, 'private'::text])))
constraint room_invite_account_fkey on room_invite FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_invite_pkey on room_invite PRIMARY KEY (room_id, account_id)
constraint room_invite_room_fkey on room_invite FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint room_member_account_fkey on room_member FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_member_pkey on room_member PRIMARY KEY (room_id, account_id)
constraint room_member_role_check on room_member CHECK ((role = ANY (ARRAY['owner'::text, 'moderator'::text, 'member'::text])))
constraint room_member_room_fkey on room_member FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint schema_migration_pkey on schema_migration PRIMARY KEY (name)
constraint session_account_fkey on session FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint session_pkey on session PRIMARY KEY (id)
constraint signing_key_pkey on signing_key PRIMARY KEY (id)
constraint signing_key_purpose_check on signing_key CHECK ((purpose = ANY (ARRAY['access_token'::text, 'refresh_token'::text, 'stream_url'::text, 'data'::text])))
constraint storage_claim_pkey on storage_claim PRIMARY KEY (prefix)
constraint ticket_account_fkey on ticket FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint ticket_pkey on ticket PRIMARY KEY (id)
constraint ticket_token_key on ticket UNIQUE (token_hash)
constraint totp_account_fkey on totp FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint totp_pkey on totp PRIMARY KEY (account_id)
constraint track_account_fkey on track FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint track_pkey on track PRIMARY KEY (id)
constraint track_status_check on track CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'ready'::text, 'failed'::text])))
constraint track_visibility_check on track CHECK ((visibility = ANY (ARRAY['public'::text, 'unlisted'::text, 'followers'::text, 'supporters'::text, 'private'::text])))
constraint track_search_pkey on track_search PRIMARY KEY (id)
constraint track_search_track_fkey on track_search FOREIGN KEY (id) REFERENCES track(id) ON DELETE CASCADE
constraint track_word_pkey on track_word PRIMARY KEY (word)
constraint track_word_doubt_pkey on track_word_doubt PRIMARY KEY (id)
constraint trusted_device_account_fkey on trusted_device FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint trusted_device_pkey on trusted_device PRIMARY KEY (id)
constraint trusted_device_token_key on trusted_device UNIQUE (token_hash)

CREATE UNIQUE INDEX account_email_key ON public.account USING btree (lower(email))
CREATE UNIQUE INDEX account_pkey ON public.account USING btree (id)
CREATE INDEX account_suspension_idx ON public.account USING btree (suspended_until) WHERE (suspended_at IS NOT NULL)
CREATE UNIQUE INDEX account_username_key ON public.account USING btree (lower(username))
CREATE INDEX account_lock_expiry_idx ON public.account_lock USING btree (locked_until)
CREATE UNIQUE INDEX account_lock_pkey ON public.account_lock USING btree (account_id, is_known)
CREATE INDEX api_key_account_idx ON public.api_key USING btree (account_id, created_at DESC)
CREATE UNIQUE INDEX api_key_pkey ON public.api_key USING btree (id)
CREATE UNIQUE INDEX api_key_secret_key ON public.api_key USING btree (secret_hash)
CREATE INDEX audit_event_account_idx ON ONLY public.audit_event USING btree (account_id, at DESC, id DESC)
CREATE INDEX audit_event_action_idx ON ONLY public.audit_event USING btree (action, at DESC, id DESC)
CREATE INDEX audit_event_actor_idx ON ONLY public.audit_event USING btree (actor_id, at DESC, id DESC)
CREATE UNIQUE INDEX audit_event_pkey ON ONLY public.audit_event USING btree (at, id)
CREATE INDEX identity_account_idx ON public.identity USING btree (account_id, created_at)
CREATE UNIQUE INDEX identity_pkey ON public.identity USING btree (id)
CREATE UNIQUE INDEX identity_subject_key ON public.identity USING btree (provider, subject)
CREATE INDEX job_dead_idx ON public.job USING btree (finished_at DESC) WHERE (state = 'dead'::text)
CREATE INDEX job_done_idx ON public.job USING btree (finished_at) WHERE (state = 'done'::text)
CREATE INDEX job_due_idx ON public.job USING btree (kind, priority DESC, run_at, id) WHERE (state = 'queued'::text)
CREATE INDEX job_lease_idx ON public.job USING btree (lease_until) WHERE (state = 'running'::text)
CREATE UNIQUE INDEX job_pkey ON public.job USING btree (id)
CREATE INDEX link_confirmation_account_idx ON public.link_confirmation USING btree (account_id)
CREATE INDEX link_confirmation_expiry_idx ON public.link_confirmation USING btree (expires_at)
CREATE UNIQUE INDEX link_confirmation_pkey ON public.link_confirmation USING btree (browser_hash)
CREATE UNIQUE INDEX message_client_key ON public.message USING btree (room_id, author_id, client_id)
CREATE UNIQUE INDEX message_pkey ON public.message USING btree (id)
CREATE UNIQUE INDEX message_room_seq_key ON public.message USING btree (room_id, seq)
CREATE INDEX passkey_account_idx ON public.passkey USING btree (account_id, created_at)
CREATE UNIQUE INDEX passkey_credential_key ON public.passkey USING btree (credential_id)
CREATE UNIQUE INDEX passkey_pkey ON public.passkey USING btree (id)
CREATE UNIQUE INDEX recovery_code_pkey ON public.recovery_code USING btree (account_id, code_mac)
CREATE INDEX revocation_expiry_idx ON public.revocation USING btree (expires_at)
CREATE UNIQUE INDEX revocation_pkey ON public.revocation USING btree (subject)
CREATE UNIQUE INDEX room_pkey ON public.room USING btree (id)
CREATE INDEX room_public_idx ON public.room USING btree (created_at DESC, id) WHERE (visibility = 'public'::text)
CREATE UNIQUE INDEX room_public_name_key ON public.room USING btree (lower(name)) WHERE (visibility = 'public'::text)
CREATE INDEX room_invite_account_idx ON public.room_invite USING btree (account_id, room_id)
CREATE UNIQUE INDEX room_invite_pkey ON public.room_invite USING btree (room_id, account_id)
CREATE INDEX room_member_account_idx ON public.room_member USING btree (account_id, room_id)
CREATE INDEX room_member_joined_idx ON public.room_member USING btree (room_id, joined_at, account_id)
CREATE UNIQUE INDEX room_member_pkey ON public.room_member USING btree (room_id, account_id)
CREATE UNIQUE INDEX schema_migration_pkey ON public.schema_migration USING btree (name)
CREATE INDEX session_account_idx ON public.session USING btree (account_id, created_at DESC) WHERE (ended_at IS NULL)
CREATE INDEX session_ended_idx ON public.session USING btree (account_id, ended_at DESC) WHERE (ended_at IS NOT NULL)
CREATE INDEX session_expiry_idx ON public.session USING btree (expires_at)
CREATE INDEX session_network_idx ON public.session USING btree (account_id, network(set_masklen(ip,
CASE family(ip)
    WHEN 4 THEN 24
    ELSE 48
END)), created_at)
CREATE UNIQUE INDEX session_pkey ON public.session USING btree (id)
CREATE UNIQUE INDEX signing_key_pkey ON public.signing_key USING btree (id)
CREATE INDEX signing_key_purpose_idx ON public.signing_key USING btree (purpose, active_from DESC)
CREATE UNIQUE INDEX storage_claim_pkey ON public.storage_claim USING btree (prefix)
CREATE INDEX storage_claim_until_idx ON public.storage_claim USING btree (claimed_until)
CREATE INDEX ticket_account_idx ON public.ticket USING btree (account_id, purpose, created_at DESC)
CREATE INDEX ticket_email_idx ON public.ticket USING btree (purpose, lower(email), created_at DESC) WHERE ((code_mac IS NOT NULL) AND (used_at IS NULL))
CREATE INDEX ticket_expiry_idx ON public.ticket USING btree (expires_at)
CREATE UNIQUE INDEX ticket_pkey ON public.ticket USING btree (id)
CREATE UNIQUE INDEX ticket_token_key ON public.ticket USING btree (token_hash)
CREATE UNIQUE INDEX totp_pkey ON public.totp USING btree (account_id)
CREATE INDEX track_account_idx ON public.track USING btree (account_id, created_at DESC, id)
CREATE INDEX track_likes_idx ON public.track USING btree (like_count DESC, id) WHERE is_listed
CREATE INDEX track_listed_idx ON public.track USING btree (created_at DESC, id) WHERE is_listed
CREATE UNIQUE INDEX track_pkey ON public.track USING btree (id)
CREATE INDEX track_plays_idx ON public.track USING btree (play_count DESC, id) WHERE is_listed
CREATE INDEX track_waiting_idx ON public.track USING btree (account_id) WHERE (status = ANY (ARRAY['queued'::text, 'processing'::text]))
CREATE INDEX track_search_bpm_idx ON public.track_search USING btree (bpm, id)
CREATE INDEX track_search_created_idx ON public.track_search USING btree (created_at DESC, id)
CREATE INDEX track_search_duration_idx ON public.track_search USING btree (duration_ms, id)
CREATE INDEX track_search_keys_idx ON public.track_search USING gin (track_keys(id, account_id, words, genre, tags, bpm_bucket, musical_key, duration_bucket, year, standing)) WITH (fastupdate=off)
CREATE UNIQUE INDEX track_search_pkey ON public.track_search USING btree (id)
CREATE INDEX track_search_title_idx ON public.track_search USING btree (title_key, id)
CREATE UNIQUE INDEX track_word_pkey ON public.track_word USING btree (word)
CREATE INDEX track_word_similar_idx ON public.track_word USING gin (word gin_trgm_ops)
CREATE UNIQUE INDEX track_word_doubt_pkey ON public.track_word_doubt USING btree (id)
CREATE INDEX trusted_device_account_idx ON public.trusted_device USING btree (account_id, created_at DESC)
CREATE INDEX trusted_device_expiry_idx ON public.trusted_device USING btree (expires_at)
CREATE UNIQUE INDEX trusted_device_pkey ON public.trusted_device USING btree (id)
CREATE UNIQUE INDEX trusted_device_token_key ON public.trusted_device USING btree (token_hash)

extension pg_trgm
extension unaccent
