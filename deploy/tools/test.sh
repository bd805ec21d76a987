#!/usr/bin/env bash
# test.sh all     everything that must hold before a change is kept (`make test`, and so .ci/run)
# test.sh quick   format, vet, lint and the fast tests (`make check`)
#
# Order: what fails fastest first. golangci-lint and the S3 servers are built in the background while the first tests
# run, because they are the longest builds and the tests leave a core free; what is measured against a clock (the whole-program and fault
# tests) runs last and alone. A step that fails does not stop the next one: one run tells everything.
set -u
cd "$(dirname "$0")/../.." || exit
mode="${1:-all}"
tools="$PWD/deploy/tools"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=''

step() { # name, command...: runs it, remembers a failure
    local name="$1" start=$SECONDS
    shift
    echo "── $name"
    if "$@"; then
        echo "   $name: good ($((SECONDS - start)) s)"
    else
        echo "   $name: FAILED ($((SECONDS - start)) s)"
        failed="$failed$name, "
    fi
}

changes() { if [ -e .git ]; then git status --porcelain; fi; }

system() { "$tools/setup.sh"; }

formatted() {
    local files
    files=$("$bin/gofumpt" -l cmd storage association server docs) || return
    [ -z "$files" ] || { echo "not formatted (gofumpt -w mends it):" && echo "$files" && return 1; }
}

# With the tag of every build and those of special ones, and the one room that looks at it without.
vetted() {
    go vet -tags nodynamic ./... && go vet -tags nodynamic,bench,soak ./... &&
        go vet -tags nodynamic,faultpoints ./... && go vet ./association/imaging
}

lint() {
    wait "$lint_build" || { cat "$work/lint.log" && return 1; }
    "$bin/golangci-lint" run ./...
}

# The room whose tests start S3 servers.
s3='^cameo/storage/blobs/s3(/|$)'

# The rooms whose tests run the whole program, kill it, fill its disk and look at the clock.
whole='^cameo/(cmd|server/boot|server/servertest)(/|$)'

suite() { # file for the events, then flags and packages
    local events="$1"
    shift
    "$bin/gotestsum" --format pkgname --jsonfile "$events" -- -tags nodynamic -race -timeout 20m "$@"
}

rooms() {
    local packages
    packages=$(go list ./... | grep -Ev "$whole|$s3") || return
    # shellcheck disable=SC2086 # a list of names
    suite "$work/rooms.json" $packages
}

# Content-Range is the text of strangers that decides where bytes go. An input that breaks its reader is kept in the
# reader's testdata, where every later run finds it. One worker, and nice: the tests against S3 servers run at the same
# time, and mostly wait.
fuzz() { nice go test -run '^$' -fuzz '^FuzzParseContentRange$' -fuzztime 60s -parallel 1 ./storage; }

fuzzed() { wait "$fuzz_run" || { cat "$work/fuzz.log" && return 1; }; }

# Never from the test cache either: the servers are no file that it knows. More tests at once than there are cores:
# many of them wait for a server that does not answer.
s3() {
    wait "$s3_build" || { cat "$work/s3.log" && return 1; }
    suite "$work/s3-tests.json" -count=1 -parallel 8 ./storage/blobs/s3/...
}

# Never from the test cache: these depend on the machine, not only on files. One package at a time: they look at the clock.
program() {
    local packages
    packages=$(go list ./... | grep -E "$whole") || return
    # shellcheck disable=SC2086 # a list of names
    suite "$work/program.json" -count=1 -p 1 $packages
}

clean() {
    changes >"$work/after"
    diff "$work/before" "$work/after" || { echo "the run left changes in the work tree (above)" && return 1; }
}

# What the machine must offer. A test that misses one of these fails; it does not skip.
require() {
    local required=photo,strace,faketime,exiftool,browser,curl,npm,s3,postgres
    if [ -n "${CI:-}" ] || [ "$(id -u)" -eq 0 ]; then
        required=$required,tmpfs,root,netns
    else
        echo "not root: tests that mount a file system or make a network are skipped (CI runs them)"
    fi
    export CAMEO_TEST_REQUIRE="${CAMEO_TEST_REQUIRE-$required}"
}

quick() {
    "$bin/gotestsum" --format pkgname --jsonfile "$work/quick.json" -- -tags nodynamic -short ./...
}

count() { # action: how many tests ended so, in all suites
    cat "$work"/*.json 2>/dev/null | grep "\"Action\":\"$1\"" | grep -c '"Test":'
}

changes >"$work/before"
bin=$("$tools/tools.sh" test) || exit
"$tools/tools.sh" lint >"$work/lint.log" 2>&1 &
lint_build=$!
if [ "$mode" = all ]; then
    nice "$tools/tools.sh" clients >"$work/clients.log" 2>&1 & # the tests that need them wait for them
    nice "$tools/tools.sh" s3 >"$work/s3.log" 2>&1 &
    s3_build=$!
fi

case "$mode" in
quick)
    step "format" formatted
    step "vet" vetted
    step "fast tests" quick
    step "lint" lint
    ;;
all)
    require
    step "set-up" system
    step "format" formatted
    step "vet" vetted
    step "tests of each room, with -race" rooms
    step "lint" lint
    fuzz >"$work/fuzz.log" 2>&1 &
    fuzz_run=$!
    step "tests against S3 servers, with -race" s3
    step "a minute of fuzz of Content-Range" fuzzed
    step "tests of the whole program and of faults, with -race" program
    step "work tree untouched" clean
    ;;
*) echo "test.sh: no mode $mode: want all or quick" >&2 && exit 2 ;;
esac

echo "──"
echo "took $((SECONDS / 60)) min $((SECONDS % 60)) s"
echo "total: $(count pass) passed, $(count fail) failed, $(count skip) skipped"
if [ -n "$failed" ]; then
    echo "FAILED: ${failed%, }"
    exit 1
fi
echo "all good"
