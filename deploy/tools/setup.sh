#!/usr/bin/env bash
# Installs the Debian packages that the tests use, and only those that are missing. Prints what it installs and why.
# Without root and sudo, or on another system, it names what is missing and goes on: the tests that need it then skip
# with the reason, unless CAMEO_TEST_REQUIRE (or CI) asks for it. `setup.sh bench` adds those of the benchmarks.
set -eu

# package, the file (or pattern) that shows it is there, and what it is for
wanted="
gcc                    /usr/bin/gcc         the race detector needs cgo
libc6-dev              /usr/include/stdlib.h   the same
curl                   /usr/bin/curl        uploads by tus as it is, and makes the transcript in the documentation
postgresql             /usr/lib/postgresql/*/bin/postgres   tests start a PostgreSQL of their own in a temporary folder
libfaketime            /usr/lib/*/faketime/libfaketime.so.1   a PostgreSQL whose clock is an hour ahead
strace                 /usr/bin/strace      the order of write, sync, commit and answer is read off system calls
mount                  /bin/mount           a full disk is a small tmpfs
iproute2               /bin/ip              a network of its own, in which every address is a canary
mate-backgrounds       /usr/share/backgrounds/mate/abstract/Elephants_3840x2160.jpg   a real photograph of 5 MB
libimage-exiftool-perl /usr/bin/exiftool    metadata that a photo must have lost is looked for by another program
chromium               /usr/bin/chromium    pages are opened in a real browser
nodejs                 /usr/bin/node        clients of tus run in it
npm                    /usr/bin/npm         and are installed by it
"
[ "${1:-}" != bench ] || wanted="$wanted
libvips-dev            /usr/include/vips/vips.h   scaling photographs is measured beside libvips
lomiri-wallpapers-16.04   /usr/share/backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg   photographs
nginx                  /usr/sbin/nginx      the server of static files that serving photos is compared with
wrk                    /usr/bin/wrk         the load on both
"

missing=''
while read -r package file why; do
    if [ -n "$package" ] && ! compgen -G "$file" >/dev/null; then
        echo "missing: $package ($why)"
        missing="$missing $package"
    fi
done <<<"$wanted"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "this system has no apt-get: install the above by its own means; tests that need them will skip"
    exit 0
fi
as_root=''
if [ "$(id -u)" -ne 0 ]; then
    # In CI nobody can type a password; at a terminal sudo may ask for one.
    if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        as_root=sudo
    else
        echo "not root and no sudo: run as root 'apt-get install$missing'; tests that need them will skip"
        exit 0
    fi
fi

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Debian's postgresql makes a cluster and starts it; the tests need the programs only.
case "$missing" in
*" postgresql"*)
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        $as_root mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' | $as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    ;;
esac
# nginx must not be started as a service of the machine: the benchmark starts one of its own.
policy=/usr/sbin/policy-rc.d
case "$missing" in
*" nginx"*)
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy"
        trap 'rm -f "$log"; $as_root rm -f "$policy"' EXIT
    fi
    ;;
esac
install() {
    # shellcheck disable=SC2086 # a list of names
    $as_root apt-get install -y --no-install-recommends $missing >"$log" 2>&1
}
if ! install; then
    # The package lists may be missing or old: fetch them once and try again.
    $as_root apt-get update >"$log" 2>&1 || { cat "$log" >&2 && exit 1; }
    install || { cat "$log" >&2 && exit 1; }
fi
