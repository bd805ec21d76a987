#!/usr/bin/env bash
# Builds the pinned tools of one group, once, and prints the folder that holds them:
#   tools.sh test    gotestsum, gofumpt, benchstat (go.mod; seconds)
#   tools.sh lint    golangci-lint (go.mod; a minute or two the first time)
#   tools.sh peers   what the benchmarks compare with: tusd (peers.mod), where npm is, the tus server of Node.js and
#                    sharp, and where libvips is, a program over it
#   tools.sh s3      minio and versitygw, the S3 servers that the tests start (minio.mod, versitygw.mod; minutes)
#   tools.sh clients where npm is, the clients that the tests let upload: tus-js-client, Uppy, jsforce and gigya
# `tools.sh GROUP where` builds nothing and prints the folder, whether they are there or not.
# They are kept outside the repository, in a folder named after their versions: a second call is instant, and a
# changed pin is a new folder.
set -eu

group="${1:?usage: tools.sh test|lint|peers|s3|clients}"
mods=go.mod
case "$group" in
test) packages="gotest.tools/gotestsum mvdan.cc/gofumpt golang.org/x/perf/cmd/benchstat" ;;
lint) packages="github.com/golangci/golangci-lint/v2/cmd/golangci-lint" ;;
peers) packages="github.com/tus/tusd/v2/cmd/tusd" mods=peers.mod ;;
s3) packages="github.com/minio/minio github.com/versity/versitygw/cmd/versitygw" mods="minio.mod versitygw.mod" ;;
clients) packages='' ;;
*) echo "tools.sh: no group $group: want test, lint, peers, s3 or clients" >&2 && exit 2 ;;
esac

cd "$(dirname "$0")"
sum() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
sums() { for mod in $mods; do cat "$mod" "${mod%.mod}.sum"; done; }
version=$({ go env GOVERSION && sums; } | sum | cut -c1-12)
bin="${XDG_CACHE_HOME:-$HOME/.cache}/cameo/bin/$version"
mkdir -p "$bin"
[ "${2:-}" != where ] || { echo "$bin" && exit; }

# Order: build beside, then rename. A build that was interrupted leaves nothing that looks finished, and of two
# builds at the same time (make -j, two terminals) the second waits and finds the work done.
exec 9>"$bin/.lock-$group"
! command -v flock >/dev/null || flock 9
for package in $packages; do
    name="${package##*/}"
    mod="$name.mod"
    [ -e "$mod" ] || mod="$mods"
    if [ ! -x "$bin/$name" ]; then
        echo "building $name (once; kept in $bin)" >&2
        GOFLAGS='' CGO_ENABLED=0 go build -modfile="$mod" -trimpath -o "$bin/.$name.new" "$package"
        mv "$bin/.$name.new" "$bin/$name"
    fi
done
# Other peers, and clients, are no programs but folders of packages, as their package-lock.json pins them.
npm_peer() { # folder, what it is
    ! diff -rq -x node_modules "$1" "$bin/$1" >/dev/null 2>&1 || return 0
    echo "installing $2 (once; kept in $bin)" >&2
    rm -rf "$bin/.$1.new" "${bin:?}/$1"
    cp -R "$1" "$bin/.$1.new"
    (cd "$bin/.$1.new" && npm ci --silent --no-audit --no-fund >&2)
    mv "$bin/.$1.new" "$bin/$1"
}
if [ "$group" = clients ] && command -v npm >/dev/null; then
    npm_peer tusclients "clients of tus"
    npm_peer jsforce "a client of Salesforce"
    npm_peer gigya "a client of Gigya"
fi
if [ "$group" = peers ] && command -v npm >/dev/null; then
    npm_peer tusnode "the tus server of Node.js"
    npm_peer sharp sharp
fi
# And one is a small program over a library of the system.
if [ "$group" = peers ] && pkg-config --exists vips 2>/dev/null && ! cmp -s vips/cascade.c "$bin/vips.c"; then
    echo "building the peer over libvips (once; kept in $bin)" >&2
    # shellcheck disable=SC2046 # a list of flags
    gcc -O2 -o "$bin/vips" vips/cascade.c $(pkg-config --cflags --libs vips)
    cp vips/cascade.c "$bin/vips.c"
fi
echo "$bin"
