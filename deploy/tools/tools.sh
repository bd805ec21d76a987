#!/usr/bin/env bash
# Builds the pinned tools of one group, once, and prints the folder that holds them:
#   tools.sh test    gotestsum, gofumpt, benchstat (go.mod; seconds)
#   tools.sh lint    golangci-lint (go.mod; a minute or two the first time)
#   tools.sh peers   tusd, the server that the benchmark compares with (peers.mod)
# They are kept outside the repository, in a folder named after their versions: a second call is instant, and a
# changed pin is a new folder.
set -eu

group="${1:?usage: tools.sh test|lint|peers}"
mod=go.mod
case "$group" in
test) packages="gotest.tools/gotestsum mvdan.cc/gofumpt golang.org/x/perf/cmd/benchstat" ;;
lint) packages="github.com/golangci/golangci-lint/v2/cmd/golangci-lint" ;;
peers) packages="github.com/tus/tusd/v2/cmd/tusd" mod=peers.mod ;;
*) echo "tools.sh: no group $group: want test, lint or peers" >&2 && exit 2 ;;
esac

cd "$(dirname "$0")"
sum() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
version=$({ go env GOVERSION && cat "$mod" "${mod%.mod}.sum"; } | sum | cut -c1-12)
bin="${XDG_CACHE_HOME:-$HOME/.cache}/cameo/bin/$version"
mkdir -p "$bin"

# Order: build beside, then rename. A build that was interrupted leaves nothing that looks finished, and of two
# builds at the same time (make -j, two terminals) the second waits and finds the work done.
exec 9>"$bin/.lock-$group"
! command -v flock >/dev/null || flock 9
for package in $packages; do
    name="${package##*/}"
    if [ ! -x "$bin/$name" ]; then
        echo "building $name (once; kept in $bin)" >&2
        GOFLAGS='' CGO_ENABLED=0 go build -modfile="$mod" -trimpath -o "$bin/.$name.new" "$package"
        mv "$bin/.$name.new" "$bin/$name"
    fi
done
echo "$bin"
