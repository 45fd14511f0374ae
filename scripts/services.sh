# PostgreSQL and Redis of our own: data under $state, TCP on 127.0.0.1 only, never the system's instances.

memory_home_of_clone=/dev/shm/veza${root//\//-}

# postgres_programs [MAJOR]: the folder of the newest installed version, or of exactly MAJOR
postgres_programs() {
  local folder
  folder=$(printf '%s\n' /usr/lib/postgresql/"${1:-*}"/bin | sort -V | tail -n 1)
  if [[ ! -x $folder/initdb ]] && have pg_config; then
    folder=$(pg_config --bindir)
    [[ -z ${1:-} || $("$folder/postgres" --version 2>/dev/null) == *" $1."* ]] || return 1
  fi
  [[ -x $folder/initdb && -x $folder/postgres ]] && say "$folder"
}

# start_postgres [OPTION=VALUE...]
# PostgreSQL refuses to run as root, and the user postgres may not enter the folders above the clone (say /root). So root opens
# the folder as descriptor 9, and /proc/self/fd/9 leads there whatever lies above.
start_postgres() {
  local home=${postgres_home:-$state/postgres} programs option options=() as=(--no-new-privs) owner=$EUID
  if ((EUID == 0)); then
    as+=(--reuid=postgres --regid=postgres --init-groups)
    owner=postgres
  fi
  mkdir -p "$home"
  if [[ ! -f $home/data/PG_VERSION ]]; then
    programs=$(postgres_programs)
    rm -rf "$home/data"
    (umask 077 && head -c 24 /dev/urandom | base64 | tr -d '+/=\n' >"$home/password")
    chown -R "$owner" "$home"
    chmod 700 "$home"
    run_logged "$state/log/initdb.log" make_cluster
  else
    local major
    major=$(<"$home/data/PG_VERSION")
    programs=$(postgres_programs "$major") || die "the data in $home are of PostgreSQL $major, which is not installed" \
      "Install postgresql-$major, or move $home away to begin with empty data."
  fi
  postgres_port=$(kept_port "$home/port")
  postgres_password=$(<"$home/password")
  for option in "$@"; do options+=(-c "$option"); done
  # SIGINT is PostgreSQL's fast shutdown: it disconnects its clients and ends cleanly.
  spawn postgres INT "${as[@]}" "$programs/postgres" -D /proc/self/fd/9/data -p "$postgres_port" \
    -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c timezone=UTC -c log_timezone=UTC -c max_connections=300 \
    "${options[@]}" 9<"$home"
}

# memory_home: a folder of this clone in memory, for data that are thrown away, or nothing where there is too little of it. A run makes
# and drops hundreds of databases of a thousand files each; a file system on a disk takes longer for that than PostgreSQL for all else.
memory_home() {
  local folder=$memory_home_of_clone kib_min=$((6 << 20)) kib free limit used
  rm -rf "$folder"
  kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  # In a container what counts is its own limit.
  if limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) && used=$(cat /sys/fs/cgroup/memory.current 2>/dev/null) && [[ $limit =~ ^[0-9]+$ ]]; then
    ((kib < (limit - used) >> 10)) || kib=$(((limit - used) >> 10))
  fi
  free=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
  ((kib >= kib_min && ${free:-0} >= kib_min)) || return 0
  # Whoever else has made it keeps it.
  ! mkdir -m 700 "$folder" 2>/dev/null || say "$folder"
}

make_cluster() {
  # From /, because initdb wants to return to the folder it was started in.
  (cd / && exec setpriv "${as[@]}" "$programs/initdb" -D /proc/self/fd/9/data --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
    --auth=scram-sha-256 --pwfile=/proc/self/fd/9/password --no-sync 9<"$home")
}

await_postgres() { wait_until 60 postgres sql 'select 1'; }

# sql STATEMENT: as the superuser
sql() {
  PGPASSWORD=$postgres_password PGCONNECT_TIMEOUT=5 psql -h 127.0.0.1 -p "$postgres_port" -U postgres -d postgres -X -q -A -t \
    -v ON_ERROR_STOP=1 -c "$1" </dev/null
}

# A role that is no superuser: migrations that would need one fail here and not at an operator's.
make_database() {
  [[ $(sql "select 1 from pg_roles where rolname = 'veza'") == 1 ]] || sql "create role veza login password '$postgres_password'"
  [[ $(sql "select 1 from pg_database where datname = 'veza'") == 1 ]] || sql 'create database veza owner veza'
}

postgres_connection() { say "Host=127.0.0.1;Port=$postgres_port;Username=$1;Password=$postgres_password;Database=$2"; }

stop_postgres() { halt postgres INT 30; }

start_redis() {
  local home=$state/redis
  mkdir -p "$home"
  redis_port=$(kept_port "$home/port")
  spawn redis TERM redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$home" --save 60 1 --daemonize no
}

await_redis() { wait_until 30 redis redis_answers; }

redis_answers() { [[ $(redis-cli -h 127.0.0.1 -p "$redis_port" ping) == PONG ]]; }

stop_redis() { halt redis TERM 20; }

# The S3 server is for tests only. Its programs are unpacked once per machine (root) or once per clone (everybody else).
s3_tree() {
  local cache=/var/cache/veza
  [[ -x $cache/ceph-trixie/usr/bin/radosgw || $EUID == 0 ]] || cache=$root/.veza/cache
  say "$cache/ceph-trixie"
}

install_s3() {
  local tree
  tree=$(s3_tree)
  [[ ! -x $tree/usr/bin/radosgw ]] || return 0
  require mmdebstrap
  mkdir -p "$(dirname "$tree")"
  step "unpacking the S3 server into $tree (once, about 30 s)"
  run_logged "$root/.veza/log/s3-install.log" "$root/scripts/s3.sh" install "$tree"
}

start_s3() {
  s3_port=$(free_port 10)
  VEZA_TEST_S3_ENDPOINT=http://127.0.0.1:$s3_port
  VEZA_TEST_S3_ACCESS_KEY=$(head -c 15 /dev/urandom | base64 | tr -dc A-Z0-9)VEZA
  VEZA_TEST_S3_SECRET_KEY=$(head -c 30 /dev/urandom | base64 | tr -d '+/=\n')
  export VEZA_TEST_S3_ENDPOINT VEZA_TEST_S3_ACCESS_KEY VEZA_TEST_S3_SECRET_KEY
  spawn s3 TERM "$root/scripts/s3.sh" run "$(s3_tree)" "$state/s3" "$s3_port"
}

await_s3() { wait_until 60 s3 curl -fsS --noproxy "*" --max-time 2 "$VEZA_TEST_S3_ENDPOINT"; }

stop_s3() { halt s3 TERM 20; }
