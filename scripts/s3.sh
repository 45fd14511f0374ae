#!/usr/bin/env bash
# A real S3 server for the tests, without a container engine: Ceph's RADOS Gateway with one monitor and one store in memory.
#   s3.sh install TREE          unpacks Ceph from Debian trixie into TREE, beside the system (510 MB, about 30 s, once)
#   s3.sh run TREE DIR PORT     serves http://127.0.0.1:PORT (path-style) until it is stopped; takes ports PORT to PORT+9;
#                               the keys come from VEZA_TEST_S3_ACCESS_KEY and VEZA_TEST_S3_SECRET_KEY
set -euo pipefail

install_tree() {
  local tree=$1 mirror
  exec {install_lock}>>"$tree.lock"
  flock "$install_lock"
  [[ ! -x $tree/usr/bin/radosgw ]] || return 0
  # shellcheck disable=SC2016 # apt-get expands it
  mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian/?$' | sort | head -n 1) || mirror=http://deb.debian.org/debian
  rm -rf "$tree.part"
  # "extract" runs none of the packages' scripts: the tree is files only, and its programs run with its own loader and libraries.
  mmdebstrap --variant=extract --include=radosgw,ceph-mon,ceph-osd trixie "$tree.part" "$mirror"
  mv "$tree.part" "$tree"
}

ceph_program() {
  local name=$1 libraries=$tree/usr/lib/x86_64-linux-gnu
  shift
  exec setpriv --pdeathsig KILL "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$libraries/ceph" --argv0 "$name" \
    "$tree/usr/bin/$name" -c "$dir/ceph.conf" "$@"
}

configure() {
  local monitor=$((port + 1)) key
  : >"$dir/ceph.conf"
  key=$(ceph_program ceph-authtool --gen-print-key)
  printf '[%s]\nkey = %s\ncaps mon = "allow *"\ncaps osd = "allow *"\n' mon. "$key" client.admin "$key" osd.0 "$key" >"$dir/keyring"
  cat >"$dir/ceph.conf" <<END
[global]
fsid = $fsid
keyring = $dir/keyring
mon host = [v2:127.0.0.1:$monitor/0]
mon initial members = a
mon data = $dir/mon
osd data = $dir/osd
rgw data = $dir/rgw
run dir = $dir
crash dir = $dir
log file = $dir/\$name.log
mon cluster log file = $dir/cluster.log
admin socket =
plugin dir = $tree/usr/lib/x86_64-linux-gnu/ceph
osd class dir = $tree/usr/lib/x86_64-linux-gnu/rados-classes
erasure code dir = $tree/usr/lib/x86_64-linux-gnu/ceph/erasure-code
osd class load list = *
osd class default list = *

# this machine only
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
ms bind msgr1 = false
ms bind port min = $((port + 2))
ms bind port max = $((port + 9))
auth allow insecure global id reclaim = false

# one copy, in memory, and no waiting for a quorum of one
osd objectstore = memstore
memstore device bytes = 8589934592
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 1
paxos propose interval = 0.02
paxos min wait = 0.01
rgw run sync thread = false
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
END
}

run() {
  local fsid
  fsid=$(cat /proc/sys/kernel/random/uuid)
  rm -rf "$dir"
  mkdir -p "$dir"/{mon,osd,rgw}
  trap 'end_all; exit 0' TERM INT
  configure
  (ceph_program monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$((port + 1))/0]" "$dir/monmap")
  # A map that already knows the one store spares the command-line client and its Python.
  (ceph_program osdmaptool --createsimple 1 "$dir/osdmap")
  (ceph_program ceph-mon -i a --mkfs --keyring "$dir/keyring" --monmap "$dir/monmap" --osdmap "$dir/osdmap")
  ceph_program ceph-mon -i a -f &
  (ceph_program ceph-osd -i 0 --mkfs)
  ceph_program ceph-osd -i 0 -f &
  (ceph_program radosgw-admin user create --uid=veza --display-name=veza \
    --access-key="$VEZA_TEST_S3_ACCESS_KEY" --secret="$VEZA_TEST_S3_SECRET_KEY") >/dev/null
  ceph_program radosgw -n client.admin -f &
  wait -n || true
  echo "one of Ceph's processes ended; the logs are in $dir" >&2
  end_all
  exit 1
}

# What it holds is in memory and thrown away: there is nothing to end gracefully.
end_all() {
  local programs
  mapfile -t programs < <(jobs -p)
  kill -s KILL "${programs[@]}" 2>/dev/null || true
  wait
}

case ${1:-} in
  install) install_tree "$2" ;;
  run) tree=$2 dir=$3 port=$4 && run ;;
  *) sed -n '2,5p' "$0" && exit 2 ;;
esac
