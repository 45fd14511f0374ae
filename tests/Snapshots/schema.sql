table account
  id uuid not null
  username text not null
  email text not null
  email_verified_at timestamp with time zone
  password_hash text
  password_changed_at timestamp with time zone not null default now()
  roles text[] not null default '{user}'::text[]
  suspended_at timestamp with time zone
  suspended_until timestamp with time zone
  suspension_reason text
  avatar_url text
  avatar_id uuid
  avatar_bytes integer[]
  display_name text not null
  bio text not null default ''::text
  plan text not null default 'free'::text
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()

table account_block
  blocker_id uuid not null
  blocked_id uuid not null
  created_at timestamp with time zone not null default now()

table account_lock
  account_id uuid not null
  is_known boolean not null
  locked_until timestamp with time zone not null

table account_mute
  muter_id uuid not null
  muted_id uuid not null
  until timestamp with time zone not null default 'infinity'::timestamp with time zone
  created_at timestamp with time zone not null default now()

table album
  id uuid not null
  account_id uuid not null
  title text not null
  artist text not null default ''::text
  description text not null default ''::text
  release_date date
  visibility text not null
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()

table album_track
  track_id uuid not null
  album_id uuid not null
  place integer not null

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

table attachment
  id uuid not null
  room_id uuid not null
  account_id uuid not null
  message_id uuid
  name text not null
  content_type text not null
  size_bytes bigint not null
  created_at timestamp with time zone not null default now()

table attachment_use
  account_id uuid not null
  used_bytes bigint not null default 0

table audience
  account_id uuid not null
  follower_count bigint not null default 0
  following_count bigint not null default 0
  supporter_count bigint not null default 0

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

table blocked_recording
  id uuid not null
  track_id uuid not null
  title text not null
  artist text not null
  reason text not null
  blocked_by uuid
  keys integer[] not null
  items integer[] not null
  created_at timestamp with time zone not null default now()

table conversation
  account_id uuid not null
  other_id uuid not null
  room_id uuid not null
  active_at timestamp with time zone not null default now()

table custom_status
  account_id uuid not null
  text text not null
  until timestamp with time zone

table event
  id bigint not null
  xid xid8 not null default pg_current_xact_id()
  at timestamp with time zone not null default clock_timestamp()
  kind text not null
  subject_id uuid
  payload jsonb not null

table event_subscription
  name text not null
  kinds text[] not null
  is_in_order boolean not null
  seen pg_snapshot not null
  reading pg_snapshot
  given_id bigint not null default 0
  seen_id bigint not null default 0
  reading_id bigint not null default 0
  base_id bigint not null default 0
  renewed_at timestamp with time zone not null default now()

table follow
  account_id uuid not null
  follower_id uuid not null
  created_at timestamp with time zone not null default now()

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
  owner_id uuid
  subject_id uuid
  sequence bigint
  priority integer not null default 0
  run_at timestamp with time zone not null default now()
  work_ms bigint not null default 0
  ready_by timestamp with time zone not null default now()
  attempts integer not null default 0
  losses integer not null default 0
  fence bigint not null default 0
  lease_until timestamp with time zone
  last_error text
  is_cancelled boolean not null default false
  created_at timestamp with time zone not null default now()
  started_at timestamp with time zone
  finished_at timestamp with time zone

table job_lane
  kind text not null
  owner_id uuid not null
  running integer not null default 0
  queued integer not null default 0
  queued_work_ms bigint not null default 0
  turn_at timestamp with time zone not null default now()
  due_at timestamp with time zone
  rank_at timestamp with time zone not null default now()

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
  mentions jsonb not null default '[]'::jsonb
  calls text
  attachments jsonb not null default '[]'::jsonb
  reactions jsonb not null default '[]'::jsonb
  edits integer not null default 0
  pinned_at timestamp with time zone
  pinned_by uuid
  change bigint not null default 0
  created_at timestamp with time zone not null default now()
  edited_at timestamp with time zone
  deleted_at timestamp with time zone

table message_mention
  account_id uuid not null
  room_id uuid not null
  seq bigint not null
  message_id uuid not null
  author_id uuid not null

table message_reaction
  message_id uuid not null
  account_id uuid not null
  emoji text not null
  room_id uuid not null
  created_at timestamp with time zone not null default now()

table message_revision
  message_id uuid not null
  number integer not null
  room_id uuid not null
  content text not null
  written_at timestamp with time zone not null

table notification
  id uuid not null
  account_id uuid not null
  kind text not null
  room_id uuid not null
  message_id uuid not null
  author_id uuid not null
  seq bigint not null
  created_at timestamp with time zone not null
  read_at timestamp with time zone
  withdrawn_at timestamp with time zone

table notification_room
  account_id uuid not null
  room_id uuid not null
  level text
  muted_until timestamp with time zone
  updated_at timestamp with time zone not null default now()

table notification_setting
  account_id uuid not null
  rooms text not null default 'mentions'::text
  direct text not null default 'all'::text
  previews boolean not null default true
  quiet_from time without time zone
  quiet_until time without time zone
  time_zone text

table notification_subscription
  room_id uuid not null
  account_id uuid not null

table passkey
  id uuid not null
  account_id uuid not null
  credential_id bytea not null
  public_key bytea not null
  algorithm integer not null
  sign_count bigint not null default 0
  name text not null
  transports text[] not null default '{}'::text[]
  backup_eligible boolean not null default false
  backed_up boolean not null default false
  created_at timestamp with time zone not null default now()
  last_used_at timestamp with time zone

table play
  id uuid not null
  track_id uuid not null
  listener uuid not null
  account_id uuid
  address uuid
  network uuid
  source text not null
  source_id uuid
  country text
  duration_ms bigint not null
  counts_after_ms bigint not null
  is_own boolean not null
  is_bot boolean not null
  begun_at timestamp with time zone not null
  closes_at timestamp with time zone not null
  heard_at timestamp with time zone not null
  credited_until timestamp with time zone not null
  listened_ms bigint not null default 0
  position_ms bigint not null default 0
  beats integer not null default 0
  heard bit(100) not null default '0'::bit(100)
  verdict text
  is_new_listener boolean not null default false
  is_tallied boolean not null default false
  is_closed boolean not null default false

table play_day
  track_id uuid not null
  day date not null
  plays bigint not null default 0
  listeners bigint not null default 0
  begun bigint not null default 0
  people bigint not null default 0
  bots bigint not null default 0
  repeats bigint not null default 0
  too_short bigint not null default 0
  own bigint not null default 0
  completed bigint not null default 0
  listened_ms bigint not null default 0
  heard integer[] not null default array_fill(0, ARRAY[100])
  left_at integer[] not null default array_fill(0, ARRAY[100])

table play_day_part
  track_id uuid not null
  day date not null
  part text not null
  name text not null
  plays bigint not null

table play_orphan
  track_id uuid not null
  gone_at timestamp with time zone not null default now()

table play_place
  place uuid not null
  track_id uuid not null
  counted integer not null default 0
  counts_again_at timestamp with time zone not null
  counted_today integer not null default 0

table play_total
  track_id uuid not null
  plays bigint not null

table play_window
  listener uuid not null
  track_id uuid not null
  counted_at timestamp with time zone not null
  counts_again_at timestamp with time zone not null

table playlist
  id uuid not null
  owner_id uuid not null
  name text not null
  description text not null default ''::text
  visibility text not null
  follower_count bigint not null default 0
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()

table playlist_collaborator
  playlist_id uuid not null
  account_id uuid not null
  invited_at timestamp with time zone not null default now()
  accepted_at timestamp with time zone

table playlist_follow
  playlist_id uuid not null
  account_id uuid not null
  created_at timestamp with time zone not null default now()

table playlist_item
  id uuid not null
  playlist_id uuid not null
  track_id uuid not null
  position bigint not null
  added_by uuid
  added_at timestamp with time zone not null default now()

table public_room
  room_id uuid not null
  words tsvector not null
  member_count integer not null
  active_at timestamp with time zone not null
  created_at timestamp with time zone not null

table push
  notification_id uuid not null
  device_id uuid not null
  tried_at timestamp with time zone
  sent_at timestamp with time zone
  held_until timestamp with time zone
  withdrawn_at timestamp with time zone

table push_device
  id uuid not null
  account_id uuid not null
  session_id uuid not null
  kind text not null
  address_hash bytea not null
  sealed bytea not null
  host text not null
  name text not null default ''::text
  created_at timestamp with time zone not null default now()
  last_sent_at timestamp with time zone
  rests_until timestamp with time zone

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
  owner_id uuid
  member_count integer not null default 0
  slow_mode_s integer not null default 0
  pin_count integer not null default 0
  last_seq bigint not null default 0
  last_change bigint not null default 0
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()

table room_ban
  room_id uuid not null
  account_id uuid not null
  banned_by uuid not null
  reason text not null default ''::text
  until timestamp with time zone not null default 'infinity'::timestamp with time zone
  created_at timestamp with time zone not null default now()

table room_departure
  id bigint not null
  room_id uuid not null
  account_id uuid
  at timestamp with time zone not null default now()

table room_gone
  room_id uuid not null
  gone_at timestamp with time zone not null default now()

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
  last_read_seq bigint not null
  read_at timestamp with time zone
  receipts text not null default 'public'::text

table room_mute
  room_id uuid not null
  account_id uuid not null
  muted_by uuid not null
  until timestamp with time zone not null default 'infinity'::timestamp with time zone
  created_at timestamp with time zone not null default now()

table room_pace
  room_id uuid not null
  account_id uuid not null
  spoke_at timestamp with time zone not null

table schema_migration
  name text not null
  sha256 text not null
  applied_at timestamp with time zone not null default now()

table session
  id uuid not null
  account_id uuid not null
  rotation integer not null default 0
  rotated_at timestamp with time zone not null default now()
  rotated_ip inet
  rotated_device text not null default ''::text
  seen_rotation integer not null default '-1'::integer
  moves integer not null default 0
  epoch integer not null default 0
  authenticated_at timestamp with time zone not null default now()
  methods text[] not null default '{}'::text[]
  ip inet
  device text not null default ''::text
  created_at timestamp with time zone not null default now()
  last_seen_at timestamp with time zone not null default now()
  expires_at timestamp with time zone not null
  ended_at timestamp with time zone
  end_reason text
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

table storage_use
  account_id uuid not null
  used_bytes bigint not null default 0
  reserved_bytes bigint not null default 0

table supporter
  account_id uuid not null
  supporter_id uuid not null
  created_at timestamp with time zone not null default now()
  supports_until timestamp with time zone

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
  release_year integer
  visibility text not null
  withdrawn_at timestamp with time zone
  status text not null default 'queued'::text
  failure_code text
  failure_message text
  progress smallint not null default 0
  is_open boolean not null default ((visibility <> 'private'::text) AND (status = 'ready'::text) AND (withdrawn_at IS NULL))
  is_listed boolean not null default ((visibility = ANY (ARRAY['public'::text, 'followers'::text, 'supporters'::text])) AND (status = 'ready'::text) AND (withdrawn_at IS NULL))
  stream_epoch integer not null default 0
  storage_prefix text not null
  original_name text not null default 'original'::text
  file_name text not null default ''::text
  sha256 bytea not null
  size_bytes bigint not null
  audio_number integer not null default 1
  audio_last integer not null default 1
  audio_since timestamp with time zone not null default now()
  revision bigint not null default 0
  variants jsonb not null default '[]'::jsonb
  duration_ms bigint
  sample_rate_hz integer
  channels integer
  codec text
  bitrate_bps integer
  loudness_lufs real
  true_peak_dbtp real
  loudness_range_lu real
  bpm real
  bpm_confidence real
  musical_key text
  musical_key_confidence real
  silence_start_ms integer
  silence_end_ms integer
  waveform_levels integer[] not null default '{}'::integer[]
  key_place smallint default 
CASE
    WHEN (COALESCE(musical_key_confidence, (1)::real) >= (0.3)::double precision) THEN key_place(musical_key)
    ELSE NULL::smallint
END
  tempo real default 
CASE
    WHEN ((bpm > (0)::double precision) AND (COALESCE(bpm_confidence, (1)::real) >= (0.3)::double precision)) THEN ((bpm / power((2)::double precision, floor((ln((bpm / (80)::double precision)) / ln((2)::double precision))))))::real
    ELSE NULL::real
END
  preview_start_ms integer
  cover_id uuid
  cover_bytes integer[]
  cover_url text default ((('/api/v1/tracks/'::text || (id)::text) || '/cover?v='::text) || replace((cover_id)::text, '-'::text, ''::text))
  play_count bigint not null default 0
  like_count bigint not null default 0
  comment_count bigint not null default 0
  created_at timestamp with time zone not null default now()
  updated_at timestamp with time zone not null default now()

table track_comment
  id uuid not null
  track_id uuid not null
  author_id uuid not null
  client_id text
  content text not null
  position_ms bigint
  reply_to uuid
  created_at timestamp with time zone not null default now()
  edited_at timestamp with time zone

table track_count_change
  id bigint not null
  track_id uuid not null
  likes integer not null default 0
  comments integer not null default 0

table track_fingerprint
  track_id uuid not null
  revision bigint not null default 0
  keys integer[] not null
  items integer[] not null
  duplicate_of uuid

table track_like
  track_id uuid not null
  account_id uuid not null
  created_at timestamp with time zone not null default now()

table track_listener
  account_id uuid not null
  track_id uuid not null
  last_played_at timestamp with time zone not null
  plays bigint not null

table track_revision
  track_id uuid not null
  number integer not null
  account_id uuid
  state text not null
  failure_code text
  failure_message text
  original_name text not null
  file_name text not null
  sha256 bytea not null
  size_bytes bigint not null
  audio_since timestamp with time zone not null default now()
  revision bigint not null default 0
  variants jsonb not null default '[]'::jsonb
  duration_ms bigint
  sample_rate_hz integer
  channels integer
  codec text
  bitrate_bps integer
  loudness_lufs real
  true_peak_dbtp real
  loudness_range_lu real
  bpm real
  bpm_confidence real
  musical_key text
  musical_key_confidence real
  silence_start_ms integer
  silence_end_ms integer
  waveform_levels integer[] not null default '{}'::integer[]

table track_revocation
  track_id uuid not null
  epoch_min integer not null
  expires_at timestamp with time zone not null

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

table track_tag
  tag text not null
  track_id uuid not null

table track_trend
  track_id uuid not null
  heat double precision not null

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

table upload
  id uuid not null
  account_id uuid not null
  kind text not null
  status text not null default 'open'::text
  length_bytes bigint not null
  offset_bytes bigint not null default 0
  metadata text not null default ''::text
  concat text not null default ''::text
  joined_into uuid
  draft text not null default ''::text
  sha256_state bytea
  head bytea not null default '\x'::bytea
  fence bigint not null default 0
  held_until timestamp with time zone not null default to_timestamp((0)::double precision)
  expires_at timestamp with time zone not null
  created_at timestamp with time zone not null default now()

constraint account_avatar_check on account CHECK ((((avatar_id IS NULL) = (avatar_url IS NULL)) AND ((avatar_id IS NULL) = (avatar_bytes IS NULL))))
constraint account_pkey on account PRIMARY KEY (id)
constraint account_block_blocked_fkey on account_block FOREIGN KEY (blocked_id) REFERENCES account(id) ON DELETE CASCADE
constraint account_block_blocker_fkey on account_block FOREIGN KEY (blocker_id) REFERENCES account(id) ON DELETE CASCADE
constraint account_block_pkey on account_block PRIMARY KEY (blocker_id, blocked_id)
constraint account_block_self_check on account_block CHECK ((blocker_id <> blocked_id))
constraint account_lock_account_fkey on account_lock FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint account_lock_pkey on account_lock PRIMARY KEY (account_id, is_known)
constraint account_mute_muted_fkey on account_mute FOREIGN KEY (muted_id) REFERENCES account(id) ON DELETE CASCADE
constraint account_mute_muter_fkey on account_mute FOREIGN KEY (muter_id) REFERENCES account(id) ON DELETE CASCADE
constraint account_mute_pkey on account_mute PRIMARY KEY (muter_id, muted_id)
constraint account_mute_self_check on account_mute CHECK ((muter_id <> muted_id))
constraint album_account_fkey on album FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint album_pkey on album PRIMARY KEY (id)
constraint album_visibility_check on album CHECK ((visibility = ANY (ARRAY['public'::text, 'unlisted'::text, 'private'::text])))
constraint album_track_album_fkey on album_track FOREIGN KEY (album_id) REFERENCES album(id) ON DELETE CASCADE
constraint album_track_pkey on album_track PRIMARY KEY (track_id)
constraint album_track_track_fkey on album_track FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint api_key_account_fkey on api_key FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint api_key_pkey on api_key PRIMARY KEY (id)
constraint api_key_secret_key on api_key UNIQUE (secret_hash)
constraint attachment_pkey on attachment PRIMARY KEY (id)
constraint attachment_use_account_fkey on attachment_use FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint attachment_use_check on attachment_use CHECK ((used_bytes >= 0))
constraint attachment_use_pkey on attachment_use PRIMARY KEY (account_id)
constraint audience_account_fkey on audience FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint audience_pkey on audience PRIMARY KEY (account_id)
constraint audit_event_pkey on audit_event PRIMARY KEY (at, id)
constraint blocked_recording_account_fkey on blocked_recording FOREIGN KEY (blocked_by) REFERENCES account(id) ON DELETE SET NULL
constraint blocked_recording_pkey on blocked_recording PRIMARY KEY (id)
constraint blocked_recording_track_key on blocked_recording UNIQUE (track_id)
constraint conversation_account_fkey on conversation FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint conversation_pkey on conversation PRIMARY KEY (account_id, other_id)
constraint conversation_room_fkey on conversation FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint custom_status_account_fkey on custom_status FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint custom_status_pkey on custom_status PRIMARY KEY (account_id)
constraint event_pkey on event PRIMARY KEY (id, at)
constraint event_subscription_pkey on event_subscription PRIMARY KEY (name)
constraint follow_account_fkey on follow FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint follow_follower_fkey on follow FOREIGN KEY (follower_id) REFERENCES account(id) ON DELETE CASCADE
constraint follow_pkey on follow PRIMARY KEY (account_id, follower_id)
constraint follow_self_check on follow CHECK ((account_id <> follower_id))
constraint identity_account_fkey on identity FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint identity_pkey on identity PRIMARY KEY (id)
constraint identity_subject_key on identity UNIQUE (provider, subject)
constraint job_pkey on job PRIMARY KEY (id)
constraint job_state_check on job CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'dead'::text, 'cancelled'::text])))
constraint job_lane_pkey on job_lane PRIMARY KEY (kind, owner_id)
constraint link_confirmation_account_fkey on link_confirmation FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint link_confirmation_pkey on link_confirmation PRIMARY KEY (browser_hash)
constraint message_pkey on message PRIMARY KEY (id)
constraint message_mention_pkey on message_mention PRIMARY KEY (account_id, room_id, seq)
constraint message_reaction_pkey on message_reaction PRIMARY KEY (message_id, account_id, emoji)
constraint message_revision_pkey on message_revision PRIMARY KEY (message_id, number)
constraint notification_account_fkey on notification FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint notification_kind_check on notification CHECK ((kind = ANY (ARRAY['direct'::text, 'mention'::text, 'message'::text])))
constraint notification_once_key on notification UNIQUE (message_id, account_id)
constraint notification_pkey on notification PRIMARY KEY (id)
constraint notification_room_account_fkey on notification_room FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint notification_room_level_check on notification_room CHECK ((level = ANY (ARRAY['all'::text, 'mentions'::text, 'none'::text])))
constraint notification_room_pkey on notification_room PRIMARY KEY (account_id, room_id)
constraint notification_room_room_fkey on notification_room FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint notification_setting_account_fkey on notification_setting FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint notification_setting_direct_check on notification_setting CHECK ((direct = ANY (ARRAY['all'::text, 'mentions'::text, 'none'::text])))
constraint notification_setting_pkey on notification_setting PRIMARY KEY (account_id)
constraint notification_setting_quiet_check on notification_setting CHECK ((num_nonnulls(quiet_from, quiet_until, time_zone) = ANY (ARRAY[0, 3])))
constraint notification_setting_rooms_check on notification_setting CHECK ((rooms = ANY (ARRAY['all'::text, 'mentions'::text, 'none'::text])))
constraint notification_subscription_member_fkey on notification_subscription FOREIGN KEY (room_id, account_id) REFERENCES room_member(room_id, account_id) ON DELETE CASCADE
constraint notification_subscription_pkey on notification_subscription PRIMARY KEY (room_id, account_id)
constraint passkey_account_fkey on passkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint passkey_credential_key on passkey UNIQUE (credential_id)
constraint passkey_pkey on passkey PRIMARY KEY (id)
constraint play_pkey on play PRIMARY KEY (id)
constraint play_verdict_check on play CHECK ((verdict = ANY (ARRAY['counted'::text, 'repeat'::text, 'own'::text, 'bot'::text, 'too_short'::text])))
constraint play_day_pkey on play_day PRIMARY KEY (track_id, day)
constraint play_day_part_check on play_day_part CHECK ((part = ANY (ARRAY['source'::text, 'country'::text])))
constraint play_day_part_pkey on play_day_part PRIMARY KEY (track_id, day, part, name)
constraint play_orphan_pkey on play_orphan PRIMARY KEY (track_id)
constraint play_place_pkey on play_place PRIMARY KEY (place, track_id)
constraint play_total_pkey on play_total PRIMARY KEY (track_id)
constraint play_window_pkey on play_window PRIMARY KEY (listener, track_id)
constraint playlist_owner_fkey on playlist FOREIGN KEY (owner_id) REFERENCES account(id) ON DELETE CASCADE
constraint playlist_pkey on playlist PRIMARY KEY (id)
constraint playlist_visibility_check on playlist CHECK ((visibility = ANY (ARRAY['public'::text, 'unlisted'::text, 'private'::text])))
constraint playlist_collaborator_account_fkey on playlist_collaborator FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint playlist_collaborator_pkey on playlist_collaborator PRIMARY KEY (playlist_id, account_id)
constraint playlist_collaborator_playlist_fkey on playlist_collaborator FOREIGN KEY (playlist_id) REFERENCES playlist(id) ON DELETE CASCADE
constraint playlist_follow_account_fkey on playlist_follow FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint playlist_follow_pkey on playlist_follow PRIMARY KEY (playlist_id, account_id)
constraint playlist_follow_playlist_fkey on playlist_follow FOREIGN KEY (playlist_id) REFERENCES playlist(id) ON DELETE CASCADE
constraint playlist_item_adder_fkey on playlist_item FOREIGN KEY (added_by) REFERENCES account(id) ON DELETE SET NULL
constraint playlist_item_pkey on playlist_item PRIMARY KEY (id)
constraint playlist_item_playlist_fkey on playlist_item FOREIGN KEY (playlist_id) REFERENCES playlist(id) ON DELETE CASCADE
constraint playlist_item_position_key on playlist_item UNIQUE (playlist_id, "position") DEFERRABLE
constraint playlist_item_track_fkey on playlist_item FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint public_room_pkey on public_room PRIMARY KEY (room_id)
constraint public_room_room_fkey on public_room FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint push_device_fkey on push FOREIGN KEY (device_id) REFERENCES push_device(id) ON DELETE CASCADE
constraint push_notification_fkey on push FOREIGN KEY (notification_id) REFERENCES notification(id) ON DELETE CASCADE
constraint push_pkey on push PRIMARY KEY (notification_id, device_id)
constraint push_device_account_fkey on push_device FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint push_device_address_key on push_device UNIQUE (address_hash)
constraint push_device_kind_check on push_device CHECK ((kind = ANY (ARRAY['web_push'::text, 'gateway'::text])))
constraint push_device_pkey on push_device PRIMARY KEY (id)
constraint recovery_code_account_fkey on recovery_code FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint recovery_code_pkey on recovery_code PRIMARY KEY (account_id, code_mac)
constraint revocation_pkey on revocation PRIMARY KEY (subject)
constraint room_owner_fkey on room FOREIGN KEY (owner_id) REFERENCES account(id) ON DELETE SET NULL
constraint room_pkey on room PRIMARY KEY (id)
constraint room_slow_mode_check on room CHECK (((slow_mode_s >= 0) AND (slow_mode_s <= 21600)))
constraint room_visibility_check on room CHECK ((visibility = ANY (ARRAY['public'::text, 'private'::text, 'direct'::text])))
constraint room_ban_account_fkey on room_ban FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_ban_pkey on room_ban PRIMARY KEY (room_id, account_id)
constraint room_ban_room_fkey on room_ban FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint room_departure_pkey on room_departure PRIMARY KEY (id)
constraint room_gone_pkey on room_gone PRIMARY KEY (room_id)
constraint room_invite_account_fkey on room_invite FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_invite_pkey on room_invite PRIMARY KEY (room_id, account_id)
constraint room_invite_room_fkey on room_invite FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint room_member_account_fkey on room_member FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_member_pkey on room_member PRIMARY KEY (room_id, account_id)
constraint room_member_receipts_check on room_member CHECK ((receipts = ANY (ARRAY['public'::text, 'private'::text])))
constraint room_member_role_check on room_member CHECK ((role = ANY (ARRAY['owner'::text, 'moderator'::text, 'member'::text])))
constraint room_member_room_fkey on room_member FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint room_mute_account_fkey on room_mute FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_mute_pkey on room_mute PRIMARY KEY (room_id, account_id)
constraint room_mute_room_fkey on room_mute FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint room_pace_account_fkey on room_pace FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint room_pace_pkey on room_pace PRIMARY KEY (room_id, account_id)
constraint room_pace_room_fkey on room_pace FOREIGN KEY (room_id) REFERENCES room(id) ON DELETE CASCADE
constraint schema_migration_pkey on schema_migration PRIMARY KEY (name)
constraint session_account_fkey on session FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint session_pkey on session PRIMARY KEY (id)
constraint signing_key_pkey on signing_key PRIMARY KEY (id)
constraint signing_key_purpose_check on signing_key CHECK ((purpose = ANY (ARRAY['access_token'::text, 'refresh_token'::text, 'stream_url'::text, 'data'::text, 'web_push'::text])))
constraint storage_claim_pkey on storage_claim PRIMARY KEY (prefix)
constraint storage_use_account_fkey on storage_use FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint storage_use_check on storage_use CHECK (((used_bytes >= 0) AND (reserved_bytes >= 0)))
constraint storage_use_pkey on storage_use PRIMARY KEY (account_id)
constraint supporter_account_fkey on supporter FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint supporter_pkey on supporter PRIMARY KEY (account_id, supporter_id)
constraint supporter_self_check on supporter CHECK ((account_id <> supporter_id))
constraint supporter_supporter_fkey on supporter FOREIGN KEY (supporter_id) REFERENCES account(id) ON DELETE CASCADE
constraint ticket_account_fkey on ticket FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint ticket_pkey on ticket PRIMARY KEY (id)
constraint ticket_token_key on ticket UNIQUE (token_hash)
constraint totp_account_fkey on totp FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint totp_pkey on totp PRIMARY KEY (account_id)
constraint track_account_fkey on track FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint track_cover_check on track CHECK (((cover_id IS NULL) = (cover_bytes IS NULL)))
constraint track_pkey on track PRIMARY KEY (id)
constraint track_preview_start_check on track CHECK ((preview_start_ms >= 0))
constraint track_status_check on track CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'ready'::text, 'failed'::text])))
constraint track_visibility_check on track CHECK ((visibility = ANY (ARRAY['public'::text, 'unlisted'::text, 'followers'::text, 'supporters'::text, 'private'::text])))
constraint track_comment_author_fkey on track_comment FOREIGN KEY (author_id) REFERENCES account(id) ON DELETE CASCADE
constraint track_comment_client_key on track_comment UNIQUE (track_id, author_id, client_id)
constraint track_comment_pkey on track_comment PRIMARY KEY (id)
constraint track_comment_reply_fkey on track_comment FOREIGN KEY (reply_to) REFERENCES track_comment(id) ON DELETE SET NULL
constraint track_comment_track_fkey on track_comment FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_count_change_pkey on track_count_change PRIMARY KEY (id)
constraint track_count_change_track_fkey on track_count_change FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_fingerprint_duplicate_fkey on track_fingerprint FOREIGN KEY (duplicate_of) REFERENCES track(id) ON DELETE SET NULL
constraint track_fingerprint_pkey on track_fingerprint PRIMARY KEY (track_id, revision)
constraint track_fingerprint_track_fkey on track_fingerprint FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_like_account_fkey on track_like FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint track_like_pkey on track_like PRIMARY KEY (track_id, account_id)
constraint track_like_track_fkey on track_like FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_listener_account_fkey on track_listener FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint track_listener_pkey on track_listener PRIMARY KEY (account_id, track_id)
constraint track_revision_pkey on track_revision PRIMARY KEY (track_id, number)
constraint track_revision_state_check on track_revision CHECK ((state = ANY (ARRAY['queued'::text, 'processing'::text, 'failed'::text, 'kept'::text])))
constraint track_revision_track_fkey on track_revision FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_revocation_pkey on track_revocation PRIMARY KEY (track_id)
constraint track_search_pkey on track_search PRIMARY KEY (id)
constraint track_search_track_fkey on track_search FOREIGN KEY (id) REFERENCES track(id) ON DELETE CASCADE
constraint track_tag_pkey on track_tag PRIMARY KEY (tag, track_id)
constraint track_tag_track_fkey on track_tag FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_trend_pkey on track_trend PRIMARY KEY (track_id)
constraint track_trend_track_fkey on track_trend FOREIGN KEY (track_id) REFERENCES track(id) ON DELETE CASCADE
constraint track_word_pkey on track_word PRIMARY KEY (word)
constraint track_word_doubt_pkey on track_word_doubt PRIMARY KEY (id)
constraint trusted_device_account_fkey on trusted_device FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint trusted_device_pkey on trusted_device PRIMARY KEY (id)
constraint trusted_device_token_key on trusted_device UNIQUE (token_hash)
constraint upload_account_fkey on upload FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE
constraint upload_kind_check on upload CHECK ((kind = ANY (ARRAY['form'::text, 'whole'::text, 'partial'::text, 'final'::text])))
constraint upload_offset_check on upload CHECK (((offset_bytes >= 0) AND (offset_bytes <= length_bytes)))
constraint upload_pkey on upload PRIMARY KEY (id)
constraint upload_status_check on upload CHECK ((status = ANY (ARRAY['open'::text, 'done'::text, 'joined'::text, 'expired'::text])))

CREATE UNIQUE INDEX account_email_key ON public.account USING btree (lower(email))
CREATE UNIQUE INDEX account_pkey ON public.account USING btree (id)
CREATE INDEX account_suspension_idx ON public.account USING btree (suspended_until) WHERE (suspended_at IS NOT NULL)
CREATE UNIQUE INDEX account_username_key ON public.account USING btree (lower(username))
CREATE INDEX account_block_blocked_idx ON public.account_block USING btree (blocked_id, blocker_id)
CREATE INDEX account_block_created_idx ON public.account_block USING btree (created_at)
CREATE INDEX account_block_listed_idx ON public.account_block USING btree (blocker_id, created_at DESC, blocked_id DESC)
CREATE UNIQUE INDEX account_block_pkey ON public.account_block USING btree (blocker_id, blocked_id)
CREATE INDEX account_lock_expiry_idx ON public.account_lock USING btree (locked_until)
CREATE UNIQUE INDEX account_lock_pkey ON public.account_lock USING btree (account_id, is_known)
CREATE INDEX account_mute_listed_idx ON public.account_mute USING btree (muter_id, created_at DESC, muted_id DESC)
CREATE INDEX account_mute_muted_idx ON public.account_mute USING btree (muted_id, muter_id)
CREATE UNIQUE INDEX account_mute_pkey ON public.account_mute USING btree (muter_id, muted_id)
CREATE INDEX account_mute_until_idx ON public.account_mute USING btree (until) WHERE (until < 'infinity'::timestamp with time zone)
CREATE INDEX album_account_idx ON public.album USING btree (account_id, created_at DESC, id)
CREATE UNIQUE INDEX album_pkey ON public.album USING btree (id)
CREATE INDEX album_track_album_idx ON public.album_track USING btree (album_id, place)
CREATE UNIQUE INDEX album_track_pkey ON public.album_track USING btree (track_id)
CREATE INDEX api_key_account_idx ON public.api_key USING btree (account_id, created_at DESC)
CREATE UNIQUE INDEX api_key_pkey ON public.api_key USING btree (id)
CREATE UNIQUE INDEX api_key_secret_key ON public.api_key USING btree (secret_hash)
CREATE INDEX attachment_loose_idx ON public.attachment USING btree (created_at) WHERE (message_id IS NULL)
CREATE INDEX attachment_message_idx ON public.attachment USING btree (message_id) WHERE (message_id IS NOT NULL)
CREATE INDEX attachment_own_loose_idx ON public.attachment USING btree (account_id) WHERE (message_id IS NULL)
CREATE UNIQUE INDEX attachment_pkey ON public.attachment USING btree (id)
CREATE INDEX attachment_room_idx ON public.attachment USING btree (room_id)
CREATE UNIQUE INDEX attachment_use_pkey ON public.attachment_use USING btree (account_id)
CREATE UNIQUE INDEX audience_pkey ON public.audience USING btree (account_id)
CREATE INDEX audit_event_account_idx ON ONLY public.audit_event USING btree (account_id, at DESC, id DESC)
CREATE INDEX audit_event_action_idx ON ONLY public.audit_event USING btree (action, at DESC, id DESC)
CREATE INDEX audit_event_actor_idx ON ONLY public.audit_event USING btree (actor_id, at DESC, id DESC)
CREATE UNIQUE INDEX audit_event_pkey ON ONLY public.audit_event USING btree (at, id)
CREATE INDEX blocked_recording_account_idx ON public.blocked_recording USING btree (blocked_by)
CREATE INDEX blocked_recording_created_idx ON public.blocked_recording USING btree (created_at DESC, id)
CREATE INDEX blocked_recording_keys_idx ON public.blocked_recording USING gin (keys) WITH (fastupdate=off)
CREATE UNIQUE INDEX blocked_recording_pkey ON public.blocked_recording USING btree (id)
CREATE UNIQUE INDEX blocked_recording_track_key ON public.blocked_recording USING btree (track_id)
CREATE INDEX conversation_active_idx ON public.conversation USING btree (account_id, active_at, room_id)
CREATE UNIQUE INDEX conversation_pkey ON public.conversation USING btree (account_id, other_id)
CREATE INDEX conversation_room_idx ON public.conversation USING btree (room_id)
CREATE UNIQUE INDEX custom_status_pkey ON public.custom_status USING btree (account_id)
CREATE INDEX custom_status_until_idx ON public.custom_status USING btree (until) WHERE (until IS NOT NULL)
CREATE UNIQUE INDEX event_pkey ON ONLY public.event USING btree (id, at)
CREATE INDEX event_xid_idx ON ONLY public.event USING btree (xid)
CREATE UNIQUE INDEX event_subscription_pkey ON public.event_subscription USING btree (name)
CREATE INDEX follow_account_idx ON public.follow USING btree (account_id, created_at DESC, follower_id DESC)
CREATE INDEX follow_follower_idx ON public.follow USING btree (follower_id, created_at DESC, account_id DESC)
CREATE UNIQUE INDEX follow_pkey ON public.follow USING btree (account_id, follower_id)
CREATE INDEX identity_account_idx ON public.identity USING btree (account_id, created_at)
CREATE UNIQUE INDEX identity_pkey ON public.identity USING btree (id)
CREATE UNIQUE INDEX identity_subject_key ON public.identity USING btree (provider, subject)
CREATE INDEX job_apart_idx ON public.job USING btree (kind, priority DESC, run_at, id) WHERE ((state = 'queued'::text) AND ((owner_id IS NULL) OR (losses > 0)))
CREATE INDEX job_dead_idx ON public.job USING btree (finished_at DESC) WHERE (state = 'dead'::text)
CREATE INDEX job_due_idx ON public.job USING btree (kind, owner_id, run_at) WHERE ((state = 'queued'::text) AND (owner_id IS NOT NULL) AND (losses = 0))
CREATE INDEX job_lease_idx ON public.job USING btree (lease_until) WHERE (state = 'running'::text)
CREATE INDEX job_next_idx ON public.job USING btree (kind, owner_id, priority DESC, ready_by, id) WHERE ((state = 'queued'::text) AND (owner_id IS NOT NULL) AND (losses = 0))
CREATE INDEX job_over_idx ON public.job USING btree (finished_at) WHERE (state = ANY (ARRAY['done'::text, 'cancelled'::text]))
CREATE UNIQUE INDEX job_pkey ON public.job USING btree (id)
CREATE INDEX job_sequence_idx ON public.job USING btree (kind, subject_id, sequence) WHERE ((sequence IS NOT NULL) AND (state = ANY (ARRAY['queued'::text, 'running'::text])))
CREATE INDEX job_speed_idx ON public.job USING btree (kind, finished_at DESC) WHERE (state = 'done'::text)
CREATE INDEX job_state_idx ON public.job USING btree (state, id)
CREATE INDEX job_subject_idx ON public.job USING btree (subject_id, kind) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]))
CREATE INDEX job_lane_idle_idx ON public.job_lane USING btree (turn_at) WHERE ((due_at IS NULL) AND (running = 0))
CREATE INDEX job_lane_next_idx ON public.job_lane USING btree (kind, running, rank_at, due_at) WHERE (due_at IS NOT NULL)
CREATE UNIQUE INDEX job_lane_pkey ON public.job_lane USING btree (kind, owner_id)
CREATE INDEX link_confirmation_account_idx ON public.link_confirmation USING btree (account_id)
CREATE INDEX link_confirmation_expiry_idx ON public.link_confirmation USING btree (expires_at)
CREATE UNIQUE INDEX link_confirmation_pkey ON public.link_confirmation USING btree (browser_hash)
CREATE INDEX message_change_idx ON ONLY public.message USING btree (room_id, change) WHERE (change > 0)
CREATE INDEX message_pin_idx ON ONLY public.message USING btree (room_id, pinned_at DESC) WHERE (pinned_at IS NOT NULL)
CREATE UNIQUE INDEX message_pkey ON ONLY public.message USING btree (id)
CREATE INDEX message_words_idx ON ONLY public.message USING gin (message_keys(room_id, content)) WITH (gin_pending_list_limit='256') WHERE (deleted_at IS NULL)
CREATE INDEX message_mention_message_idx ON public.message_mention USING btree (message_id)
CREATE UNIQUE INDEX message_mention_pkey ON public.message_mention USING btree (account_id, room_id, seq)
CREATE INDEX message_mention_room_idx ON public.message_mention USING btree (room_id)
CREATE INDEX message_reaction_people_idx ON public.message_reaction USING btree (message_id, emoji, created_at DESC, account_id DESC)
CREATE UNIQUE INDEX message_reaction_pkey ON public.message_reaction USING btree (message_id, account_id, emoji)
CREATE INDEX message_reaction_room_idx ON public.message_reaction USING btree (room_id)
CREATE UNIQUE INDEX message_revision_pkey ON public.message_revision USING btree (message_id, number)
CREATE INDEX message_revision_room_idx ON public.message_revision USING btree (room_id)
CREATE INDEX notification_author_idx ON public.notification USING btree (author_id, account_id) WHERE (withdrawn_at IS NULL)
CREATE INDEX notification_list_idx ON public.notification USING btree (account_id, created_at DESC, id DESC) WHERE (withdrawn_at IS NULL)
CREATE INDEX notification_old_idx ON public.notification USING btree (created_at)
CREATE UNIQUE INDEX notification_once_key ON public.notification USING btree (message_id, account_id)
CREATE UNIQUE INDEX notification_pkey ON public.notification USING btree (id)
CREATE INDEX notification_place_idx ON public.notification USING btree (account_id, room_id, seq) WHERE (withdrawn_at IS NULL)
CREATE INDEX notification_unread_idx ON public.notification USING btree (account_id) WHERE ((withdrawn_at IS NULL) AND (read_at IS NULL))
CREATE INDEX notification_room_list_idx ON public.notification_room USING btree (account_id, updated_at DESC, room_id DESC)
CREATE UNIQUE INDEX notification_room_pkey ON public.notification_room USING btree (account_id, room_id)
CREATE INDEX notification_room_room_idx ON public.notification_room USING btree (room_id)
CREATE UNIQUE INDEX notification_setting_pkey ON public.notification_setting USING btree (account_id)
CREATE INDEX notification_subscription_account_idx ON public.notification_subscription USING btree (account_id)
CREATE UNIQUE INDEX notification_subscription_pkey ON public.notification_subscription USING btree (room_id, account_id)
CREATE INDEX passkey_account_idx ON public.passkey USING btree (account_id, created_at)
CREATE UNIQUE INDEX passkey_credential_key ON public.passkey USING btree (credential_id)
CREATE UNIQUE INDEX passkey_pkey ON public.passkey USING btree (id)
CREATE INDEX play_address_idx ON ONLY public.play USING btree (address, id) WHERE ((NOT is_closed) AND (address IS NOT NULL))
CREATE INDEX play_due_idx ON ONLY public.play USING btree (closes_at) WHERE (NOT is_closed)
CREATE INDEX play_listener_idx ON ONLY public.play USING btree (listener, id) WHERE (NOT is_closed)
CREATE UNIQUE INDEX play_pkey ON ONLY public.play USING btree (id)
CREATE INDEX play_tally_idx ON ONLY public.play USING btree (id) WHERE ((verdict = 'counted'::text) AND (NOT is_tallied))
CREATE UNIQUE INDEX play_day_pkey ON public.play_day USING btree (track_id, day)
CREATE UNIQUE INDEX play_day_part_pkey ON public.play_day_part USING btree (track_id, day, part, name)
CREATE INDEX play_orphan_gone_idx ON public.play_orphan USING btree (gone_at)
CREATE UNIQUE INDEX play_orphan_pkey ON public.play_orphan USING btree (track_id)
CREATE INDEX play_place_again_idx ON public.play_place USING btree (counts_again_at)
CREATE UNIQUE INDEX play_place_pkey ON public.play_place USING btree (place, track_id)
CREATE UNIQUE INDEX play_total_pkey ON public.play_total USING btree (track_id)
CREATE INDEX play_window_expiry_idx ON public.play_window USING btree (counts_again_at)
CREATE UNIQUE INDEX play_window_pkey ON public.play_window USING btree (listener, track_id)
CREATE INDEX playlist_owner_idx ON public.playlist USING btree (owner_id, created_at DESC, id)
CREATE UNIQUE INDEX playlist_pkey ON public.playlist USING btree (id)
CREATE INDEX playlist_collaborator_account_idx ON public.playlist_collaborator USING btree (account_id, invited_at DESC, playlist_id)
CREATE UNIQUE INDEX playlist_collaborator_pkey ON public.playlist_collaborator USING btree (playlist_id, account_id)
CREATE INDEX playlist_follow_account_idx ON public.playlist_follow USING btree (account_id, created_at DESC, playlist_id)
CREATE UNIQUE INDEX playlist_follow_pkey ON public.playlist_follow USING btree (playlist_id, account_id)
CREATE INDEX playlist_item_adder_idx ON public.playlist_item USING btree (added_by)
CREATE UNIQUE INDEX playlist_item_pkey ON public.playlist_item USING btree (id)
CREATE UNIQUE INDEX playlist_item_position_key ON public.playlist_item USING btree (playlist_id, "position")
CREATE INDEX playlist_item_track_idx ON public.playlist_item USING btree (track_id)
CREATE INDEX public_room_active_idx ON public.public_room USING btree (active_at DESC, room_id)
CREATE INDEX public_room_created_idx ON public.public_room USING btree (created_at DESC, room_id)
CREATE INDEX public_room_members_idx ON public.public_room USING btree (member_count DESC, room_id)
CREATE UNIQUE INDEX public_room_pkey ON public.public_room USING btree (room_id)
CREATE INDEX public_room_words_idx ON public.public_room USING gin (words) WITH (fastupdate=off)
CREATE INDEX push_device_idx ON public.push USING btree (device_id)
CREATE UNIQUE INDEX push_pkey ON public.push USING btree (notification_id, device_id)
CREATE INDEX push_device_account_idx ON public.push_device USING btree (account_id, id)
CREATE UNIQUE INDEX push_device_address_key ON public.push_device USING btree (address_hash)
CREATE UNIQUE INDEX push_device_pkey ON public.push_device USING btree (id)
CREATE UNIQUE INDEX recovery_code_pkey ON public.recovery_code USING btree (account_id, code_mac)
CREATE INDEX revocation_expiry_idx ON public.revocation USING btree (expires_at)
CREATE UNIQUE INDEX revocation_pkey ON public.revocation USING btree (subject)
CREATE INDEX room_owner_idx ON public.room USING btree (owner_id)
CREATE INDEX room_ownerless_idx ON public.room USING btree (id) WHERE ((owner_id IS NULL) AND (visibility <> 'direct'::text))
CREATE UNIQUE INDEX room_pkey ON public.room USING btree (id)
CREATE UNIQUE INDEX room_public_name_key ON public.room USING btree (lower(name)) WHERE (visibility = 'public'::text)
CREATE INDEX room_ban_account_idx ON public.room_ban USING btree (account_id)
CREATE INDEX room_ban_listed_idx ON public.room_ban USING btree (room_id, created_at, account_id)
CREATE UNIQUE INDEX room_ban_pkey ON public.room_ban USING btree (room_id, account_id)
CREATE INDEX room_ban_until_idx ON public.room_ban USING btree (until) WHERE (until < 'infinity'::timestamp with time zone)
CREATE INDEX room_departure_at_idx ON public.room_departure USING btree (at, id)
CREATE UNIQUE INDEX room_departure_pkey ON public.room_departure USING btree (id)
CREATE INDEX room_gone_at_idx ON public.room_gone USING btree (gone_at)
CREATE UNIQUE INDEX room_gone_pkey ON public.room_gone USING btree (room_id)
CREATE INDEX room_invite_listed_idx ON public.room_invite USING btree (room_id, created_at, account_id)
CREATE INDEX room_invite_own_idx ON public.room_invite USING btree (account_id, created_at, room_id)
CREATE UNIQUE INDEX room_invite_pkey ON public.room_invite USING btree (room_id, account_id)
CREATE INDEX room_member_account_idx ON public.room_member USING btree (account_id, room_id)
CREATE INDEX room_member_joined_idx ON public.room_member USING btree (room_id, joined_at, account_id)
CREATE UNIQUE INDEX room_member_pkey ON public.room_member USING btree (room_id, account_id)
CREATE INDEX room_mute_account_idx ON public.room_mute USING btree (account_id)
CREATE UNIQUE INDEX room_mute_pkey ON public.room_mute USING btree (room_id, account_id)
CREATE INDEX room_mute_until_idx ON public.room_mute USING btree (until) WHERE (until < 'infinity'::timestamp with time zone)
CREATE INDEX room_pace_account_idx ON public.room_pace USING btree (account_id)
CREATE UNIQUE INDEX room_pace_pkey ON public.room_pace USING btree (room_id, account_id)
CREATE INDEX room_pace_spoke_idx ON public.room_pace USING btree (spoke_at)
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
CREATE UNIQUE INDEX storage_use_pkey ON public.storage_use USING btree (account_id)
CREATE INDEX supporter_account_idx ON public.supporter USING btree (account_id, created_at DESC, supporter_id DESC)
CREATE UNIQUE INDEX supporter_pkey ON public.supporter USING btree (account_id, supporter_id)
CREATE INDEX supporter_supporter_idx ON public.supporter USING btree (supporter_id)
CREATE INDEX ticket_account_idx ON public.ticket USING btree (account_id, purpose, created_at DESC)
CREATE INDEX ticket_email_idx ON public.ticket USING btree (purpose, lower(email), created_at DESC) WHERE ((code_mac IS NOT NULL) AND (used_at IS NULL))
CREATE INDEX ticket_expiry_idx ON public.ticket USING btree (expires_at)
CREATE UNIQUE INDEX ticket_pkey ON public.ticket USING btree (id)
CREATE UNIQUE INDEX ticket_token_key ON public.ticket USING btree (token_hash)
CREATE UNIQUE INDEX totp_pkey ON public.totp USING btree (account_id)
CREATE INDEX track_account_idx ON public.track USING btree (account_id, created_at DESC, id)
CREATE INDEX track_album_loudness_idx ON public.track USING btree (account_id, lower(album)) INCLUDE (duration_ms, loudness_lufs, true_peak_dbtp) WHERE ((album <> ''::text) AND (status = 'ready'::text))
CREATE INDEX track_genre_idx ON public.track USING btree (lower(genre), play_count DESC) WHERE (is_listed AND (genre <> ''::text))
CREATE INDEX track_likes_idx ON public.track USING btree (like_count DESC, id) WHERE is_listed
CREATE INDEX track_listed_idx ON public.track USING btree (created_at DESC, id) WHERE is_listed
CREATE UNIQUE INDEX track_pkey ON public.track USING btree (id)
CREATE INDEX track_plays_idx ON public.track USING btree (play_count DESC, id) WHERE is_listed
CREATE INDEX track_sha256_idx ON public.track USING btree (account_id, sha256)
CREATE INDEX track_sound_idx ON public.track USING btree (key_place, tempo) WHERE is_listed
CREATE INDEX track_waiting_idx ON public.track USING btree (account_id) WHERE (status = ANY (ARRAY['queued'::text, 'processing'::text]))
CREATE INDEX track_comment_author_idx ON public.track_comment USING btree (author_id, created_at DESC)
CREATE UNIQUE INDEX track_comment_client_key ON public.track_comment USING btree (track_id, author_id, client_id)
CREATE INDEX track_comment_newest_idx ON public.track_comment USING btree (track_id, id DESC)
CREATE UNIQUE INDEX track_comment_pkey ON public.track_comment USING btree (id)
CREATE INDEX track_comment_position_idx ON public.track_comment USING btree (track_id, position_ms, id)
CREATE INDEX track_comment_reply_idx ON public.track_comment USING btree (reply_to) WHERE (reply_to IS NOT NULL)
CREATE UNIQUE INDEX track_count_change_pkey ON public.track_count_change USING btree (id)
CREATE INDEX track_count_change_track_idx ON public.track_count_change USING btree (track_id) INCLUDE (likes, comments)
CREATE INDEX track_fingerprint_duplicate_idx ON public.track_fingerprint USING btree (duplicate_of) WHERE (duplicate_of IS NOT NULL)
CREATE INDEX track_fingerprint_keys_idx ON public.track_fingerprint USING gin (keys) WITH (fastupdate=off)
CREATE UNIQUE INDEX track_fingerprint_pkey ON public.track_fingerprint USING btree (track_id, revision)
CREATE INDEX track_like_account_idx ON public.track_like USING btree (account_id, created_at DESC, track_id DESC)
CREATE UNIQUE INDEX track_like_pkey ON public.track_like USING btree (track_id, account_id)
CREATE INDEX track_listener_history_idx ON public.track_listener USING btree (account_id, last_played_at DESC, track_id DESC)
CREATE UNIQUE INDEX track_listener_pkey ON public.track_listener USING btree (account_id, track_id)
CREATE INDEX track_listener_track_idx ON public.track_listener USING btree (track_id, last_played_at DESC, account_id) WHERE (plays > 0)
CREATE UNIQUE INDEX track_revision_pending_key ON public.track_revision USING btree (track_id) WHERE (state = ANY (ARRAY['queued'::text, 'processing'::text]))
CREATE UNIQUE INDEX track_revision_pkey ON public.track_revision USING btree (track_id, number)
CREATE INDEX track_revision_waiting_idx ON public.track_revision USING btree (account_id) WHERE (state = ANY (ARRAY['queued'::text, 'processing'::text]))
CREATE INDEX track_revocation_expiry_idx ON public.track_revocation USING btree (expires_at)
CREATE UNIQUE INDEX track_revocation_pkey ON public.track_revocation USING btree (track_id)
CREATE INDEX track_search_bpm_idx ON public.track_search USING btree (bpm, id)
CREATE INDEX track_search_created_idx ON public.track_search USING btree (created_at DESC, id)
CREATE INDEX track_search_duration_idx ON public.track_search USING btree (duration_ms, id)
CREATE INDEX track_search_keys_idx ON public.track_search USING gin (track_keys(id, account_id, words, genre, tags, bpm_bucket, musical_key, duration_bucket, year, standing)) WITH (fastupdate=off)
CREATE UNIQUE INDEX track_search_pkey ON public.track_search USING btree (id)
CREATE INDEX track_search_title_idx ON public.track_search USING btree (title_key, id)
CREATE UNIQUE INDEX track_tag_pkey ON public.track_tag USING btree (tag, track_id)
CREATE INDEX track_tag_track_idx ON public.track_tag USING btree (track_id)
CREATE INDEX track_trend_heat_idx ON public.track_trend USING btree (heat DESC)
CREATE UNIQUE INDEX track_trend_pkey ON public.track_trend USING btree (track_id)
CREATE UNIQUE INDEX track_word_pkey ON public.track_word USING btree (word)
CREATE INDEX track_word_similar_idx ON public.track_word USING gin (word gin_trgm_ops)
CREATE UNIQUE INDEX track_word_doubt_pkey ON public.track_word_doubt USING btree (id)
CREATE INDEX trusted_device_account_idx ON public.trusted_device USING btree (account_id, created_at DESC)
CREATE INDEX trusted_device_expiry_idx ON public.trusted_device USING btree (expires_at)
CREATE UNIQUE INDEX trusted_device_pkey ON public.trusted_device USING btree (id)
CREATE UNIQUE INDEX trusted_device_token_key ON public.trusted_device USING btree (token_hash)
CREATE INDEX upload_expires_idx ON public.upload USING btree (expires_at)
CREATE INDEX upload_open_idx ON public.upload USING btree (account_id) WHERE (status = 'open'::text)
CREATE UNIQUE INDEX upload_pkey ON public.upload USING btree (id)

extension pg_trgm
extension unaccent
