# Processes, ports and locks. Each service runs in a session of its own, so that Ctrl-C reaches only ./dev, which then stops
# them in order; should ./dev itself be killed, the kernel tells them to go (the parent-death signal).

say() { printf '%s\n' "$@"; }
step() { printf '== %s\n' "$*"; }
warn() { printf 'dev: %s\n' "$@" >&2; }

# die PROBLEM [ADVICE...]
die() {
  printf 'dev: %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '     %s\n' "$@" >&2
  exit 1
}

# run_logged LOG COMMAND...: quiet when it goes well, the end of the log when it does not
run_logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null && return
  local status=$?
  tail -n 40 "$log" >&2
  die "that failed with status $status; all of its output is in $log"
}

# born PID: when the process started; fails when it is gone or only a zombie
born() {
  local line fields
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${line##*) }"
  [[ ${fields[0]} != Z ]] && printf '%s\n' "${fields[19]}"
}

# alive FILE: the process that FILE remembers still runs (a process id alone could have been given to somebody else)
alive() {
  local pid start
  [[ -f $1 ]] && read -r pid start <"$1" && [[ $(born "$pid") == "$start" ]]
}

# in_session SIGNAL [SETPRIV-OPTION...] COMMAND...: becomes COMMAND, leader of its own session and without our lock
in_session() {
  local signal=$1
  shift
  [[ -z ${lock_fd:-} ]] || exec {lock_fd}>&-
  exec setsid setpriv --pdeathsig "$signal" "$@"
}

# spawn NAME SIGNAL [SETPRIV-OPTION...] COMMAND...: in the background, output to $state/log/NAME.log
spawn() {
  local name=$1 signal=$2
  shift 2
  halt "$name" "$signal"
  mkdir -p "$state/run" "$state/log"
  in_session "$signal" "$@" >"$state/log/$name.log" 2>&1 </dev/null &
  printf '%s %s\n' "$!" "$(born "$!")" >"$state/run/$name.pid"
}

# halt NAME SIGNAL [SECONDS]: ask, wait, insist
halt() {
  local file=$state/run/$1.pid signal=$2 pid i
  if alive "$file"; then
    read -r pid _ <"$file"
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((i = 0; i < ${3:-20} * 20; i++)); do
      alive "$file" || break
      sleep 0.05
    done
    if alive "$file"; then
      warn "$1 did not stop within ${3:-20} s and was killed; see $state/log/$1.log"
      kill -s KILL "$pid" 2>/dev/null || true
    fi
  fi
  rm -f "$file"
}

# wait_until SECONDS NAME COMMAND...: until COMMAND succeeds; fails at once when the process NAME ends before
wait_until() {
  local seconds=$1 name=$2 i
  shift 2
  for ((i = 0; i < seconds * 10; i++)); do
    "$@" >/dev/null 2>&1 && return
    alive "$state/run/$name.pid" || break
    sleep 0.1
  done
  [[ -f $state/log/$name.log ]] && tail -n 30 "$state/log/$name.log" >&2
  die "$name did not become ready; all it said is in $state/log/$name.log"
}

# take_lock FILE WHAT: held until this process ends, however it ends, so it can never be stale; the file says who holds it
take_lock() {
  mkdir -p "$(dirname "$1")"
  exec {lock_fd}>>"$1"
  flock -n "$lock_fd" || die "$2 is already running in this clone: $(<"$1")" "Stop it with Ctrl-C in its terminal, or wait until it ends."
  printf 'process %s\n' "$$" >"$1"
}

# listeners PORT [LAST]: the socket inodes that listen on these ports, on any address
listeners() {
  local first last
  printf -v first %04X "$1"
  printf -v last %04X "${2:-$1}"
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v a="$first" -v b="$last" \
    '$4 == "0A" { n = split($2, part, ":"); if (part[n] "" >= a "" && part[n] "" <= b "") print $10 }'
}

# port_holder PORT: "name (process 123)" of who listens there
port_holder() {
  local inode link pid
  inode=$(listeners "$1" | head -n 1)
  link=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | head -n 1) || true
  pid=${link#/proc/}
  pid=${pid%%/*}
  if [[ -n $pid ]]; then
    printf "'%s' (process %s)\n" "$(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-80 | sed 's/ *$//')" "$pid"
  else
    say "a process of another user"
  fi
}

# free_port [COUNT]: the first of COUNT free ports, below the range from which the kernel takes ports for outgoing connections
# shellcheck disable=SC2120 # the argument comes from other files
free_port() {
  local count=${1:-1} port
  while true; do
    port=$((15000 + RANDOM % 15000))
    [[ -n $(listeners "$port" "$((port + count - 1))") ]] || break
  done
  say "$port"
}

# kept_port FILE: the port that FILE remembers while it is free, otherwise a new one
kept_port() {
  local port=
  [[ -f $1 ]] && port=$(<"$1")
  [[ $port =~ ^[0-9]+$ && -z $(listeners "$port") ]] || port=$(free_port 1)
  mkdir -p "$(dirname "$1")"
  say "$port" >"$1"
  say "$port"
}
