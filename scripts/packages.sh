# What the machine must have. Debian's own packages, installed only when the program is missing, never upgraded, and no service
# of the system is started, enabled or changed by it.

apt_options=(-y -q --no-install-recommends --no-upgrade --no-remove -o DPkg::Lock::Timeout=300)

# packages_for NEED: the packages to install, nothing when the programs are there
packages_for() {
  case $1 in
    postgres) postgres_programs >/dev/null || say postgresql ;;
    redis) have redis-server redis-cli || say redis-server redis-tools ;;
    ffmpeg) have ffmpeg ffprobe fpcalc || say ffmpeg libchromaprint-tools ;;
    curl) have curl || say curl ca-certificates ;;
    jq) have jq || say jq ;;
    linker) [[ -f /usr/include/zlib.h && -n $(command -v gcc) ]] || say gcc libc6-dev zlib1g-dev ;;
    browser) have chromium || say chromium ;;
    node) have node npm || say nodejs npm ;;
    zzuf) have zzuf || say zzuf ;;
    nats) have nats-server || say nats-server ;;
    nginx) [[ -x /usr/sbin/nginx ]] || say nginx-light ;;
    vlc) have vlc || say vlc-bin vlc-plugin-base ;;
    mmdebstrap) have mmdebstrap || say mmdebstrap ;;
    *) die "packages_for does not know '$1'" ;;
  esac
}

have() {
  local program
  for program in "$@"; do command -v "$program" >/dev/null || return 1; done
}

# require NEED...: installs what is missing, in one go
require() {
  local need packages=()
  for need in "$@"; do
    # shellcheck disable=SC2207 # package names hold no spaces
    packages+=($(packages_for "$need"))
  done
  ((${#packages[@]} > 0)) || return 0
  have apt-get || die "missing here: ${packages[*]}" "This is not Debian: install them in your system's own way and try again."
  ((EUID == 0)) || die "missing here: ${packages[*]}" "Run once as root: apt-get install --no-install-recommends ${packages[*]}"
  step "installing ${packages[*]}"
  run_logged "$root/.veza/log/apt.log" install_packages "${packages[@]}"
}

# A subshell, so that its EXIT trap restores the system also when the installation is interrupted.
install_packages() (
  policy=/usr/sbin/policy-rc.d clusters=/etc/postgresql-common/createcluster.d made_clusters=
  # shellcheck disable=SC2317 # the trap calls it
  restore() {
    rm -f "$policy" "$clusters/veza.conf"
    [[ ! -e $policy.before-veza ]] || mv "$policy.before-veza" "$policy"
    [[ -z $made_clusters ]] || rmdir --ignore-fail-on-non-empty "$clusters"
  }
  trap restore EXIT
  trap 'exit 130' INT TERM

  # Debian asks policy-rc.d before a package starts its service, and createcluster.d before PostgreSQL gets its first cluster.
  [[ ! -e $policy ]] || mv "$policy" "$policy.before-veza"
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  [[ -d $clusters ]] || made_clusters=yes
  mkdir -p "$clusters"
  say 'create_main_cluster = false' >"$clusters/veza.conf"

  export DEBIAN_FRONTEND=noninteractive
  # Package lists may be absent or old; only then are they fetched.
  apt-get install "${apt_options[@]}" "$@" || { apt-get update -q && apt-get install "${apt_options[@]}" "$@"; } || exit
  case " $* " in *' redis-server '*)
    deb-systemd-helper disable redis-server.service
    update-rc.d redis-server disable
    ;;
  esac
)

require_dotnet() {
  have dotnet || die "the .NET SDK 10 is missing" "Install it from https://dotnet.microsoft.com/download/dotnet/10.0 and put 'dotnet' on the PATH."
  # The SDK itself wants ICU, which a bare Debian lacks; Veza does without it.
  compgen -G '/usr/lib/*/libicuuc.so.*' >/dev/null || export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
  # No compiler or build server outlives a command: Ctrl-C ends all that was started.
  export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
  [[ -n ${HOME:-} ]] || export HOME=$root/.veza/home
  (cd "$root" && dotnet --version >/dev/null 2>&1) || die "no installed .NET SDK fits global.json" "$(cd "$root" && dotnet --version 2>&1 | head -n 5)"
}
