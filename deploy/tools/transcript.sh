#!/usr/bin/env bash
# transcript.sh [PHOTO.jpg]    does the main job by hand and prints docs/transcript.md:
#
#   deploy/tools/transcript.sh > docs/transcript.md
#
# Everything happens in a temporary folder, with the program built from this checkout. Each command is printed and then
# executed; what follows it is its real output. Only two things are rewritten: bearer tokens are shortened, and the
# port, which is a free one, is shown as 8080. It needs curl and file.
set -eu
cd "$(dirname "$0")/../.."
photo="${1:-/usr/share/backgrounds/mate/abstract/Elephants_3840x2160.jpg}"
[ -f "$photo" ] || { echo "transcript.sh: no photo; install Debian's mate-backgrounds or name one" >&2 && exit 2; }
photo=$(realpath "$photo")

work=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -tags nodynamic -o "$work/bin/cameo" ./cmd/cameo
export PATH="$work/bin:$PATH" XDG_STATE_HOME="$work/state"
cd "$work"
cp "$photo" photo.jpg
exec 3>&1 # the transcript; commands' own output goes through shorten

shorten() { sed -E "s/eyJ[A-Za-z0-9_.-]{20,}/eyJ…/g; s/127\.0\.0\.1:$port/127.0.0.1:8080/g" >&3; }

run() { # command: prints and executes it in this shell
    printf '$ %s\n' "$1" | shorten
    eval "$1" >"$work/said" 2>&1 || echo "(exit code $?)" >>"$work/said"
    tr -d '\r' <"$work/said" | shorten
}

serve() { # starts the server in the background, as the shell's & does
    printf '$ %s\n' "cameo serve --listen 127.0.0.1:8080 --data ./data 2>>log & SERVER=\$!" | shorten
    cameo serve --listen "127.0.0.1:$port" --ops-listen off --data ./data 2>>log &
    server=$!
    disown # or the shell tells of its end
    for _ in $(seq 100); do
        curl -fsS "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

crash() { # the variable that holds a process's number, and the number
    say "\$ kill -9 \$$1"
    kill -9 "$2"
    while kill -0 "$2" 2>/dev/null; do sleep 0.01; done
}

say() { printf '%s\n' "$@" >&3; }

for port in $(shuf -i 20000-32000 -n 20); do
    (exec 4<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break # nobody listens there
done
person=0f5f4d3c-7a53-4f4d-9f0e-5f0c6f1a2b3c

say '# The main job, step by step' '' \
    'A photograph is uploaded, cut off at a random byte, and the server is killed. After a restart the upload goes on' \
    'where it was, becomes the profile photo of its owner, and comes back byte for byte. First by curl, then by' \
    '`cameo put`. All of this is the real output of `deploy/tools/transcript.sh`, which anybody can run again; bearer' \
    'tokens are shortened and the port is shown as 8080.' '' '## With curl' '' '```console'
run 'ls -l photo.jpg | cut -d" " -f5; sha256sum photo.jpg'
serve
run "T=\$(cameo token --data ./data --user $person); echo \$T"
run "A=http://127.0.0.1:$port/.api2/api/v1/communities/1/attachments"
run 'N=$(wc -c <photo.jpg); only() { grep -aE "^(HTTP/|Location|Upload-|Range|\{)"; }'
say '```' '' 'Create an entry. Its Location is what the bytes are sent to.' '' '```console'
run "curl -si -H \"Authorization: Bearer \$T\" -H 'Content-Type: application/json' -d \"{\\\"Name\\\":\\\"photo.jpg\\\",\\\"ContentType\\\":\\\"image/jpg\\\",\\\"ContentLength\\\":\$N}\" \$A | tee created | only"
run "K=\$(sed -n 's/^Location: .*\\///p' created | tr -d '\\r'); echo \$K"
say '```' '' 'Send everything in one request, over a line that breaks after a random byte. Then the server dies, too.' '' \
    '```console'
size=$(stat -c %s photo.jpg)
run "head -c $((size / 4 + (RANDOM * 32768 + RANDOM) % (size / 2))) photo.jpg >part.jpg"
run "curl -sS --max-time 1 -X PATCH -H \"Authorization: Bearer \$T\" -H 'Content-Type: image/jpg' -H \"Content-Range: bytes 0-\$((N-1))/\$N\" -H \"Content-Length: \$N\" --data-binary @part.jpg \$A/uploads/\$K"
run 'sleep 1'
crash SERVER "$server"
say '```' '' 'Start it again and ask how far the upload has come: what had arrived is there.' '' '```console'
serve
run "curl -si -X PATCH -H \"Authorization: Bearer \$T\" -H \"Content-Range: bytes */\$N\" -H 'Content-Length: 0' \$A/uploads/\$K | tee status | only"
run "O=\$(sed -n 's/^Upload-Offset: //p' status | tr -d '\\r'); echo \$O of \$N"
say '```' '' 'Send the rest.' '' '```console'
run "tail -c +\$((O+1)) photo.jpg | curl -si -X PATCH -H \"Authorization: Bearer \$T\" -H 'Content-Type: image/jpg' -H \"Content-Range: bytes \$O-\$((N-1))/\$N\" --data-binary @- \$A/uploads/\$K | only"
say '```' '' 'Make it the profile photo of its owner, and fetch it back.' '' '```console'
run "curl -si -X POST -H \"Authorization: Bearer \$T\" \"\$A/\$K/association/$person?type=ProfilePhoto\" | only"
run "curl -sS -H \"Authorization: Bearer \$T\" -o copy.jpg http://127.0.0.1:$port/.api2/binaries/\$K/download/photo.jpg; sha256sum photo.jpg copy.jpg; cmp photo.jpg copy.jpg && echo the same bytes"
say '```' '' 'The square is made in the background, within a moment.' '' '```console'
run "P=http://127.0.0.1:$port/v1/communities/1/users/$person/photo"
run "until curl -sS -H 'Accept: application/json' \$P | grep '\"state\":\"ready\"'; do sleep 0.1; done"
run "curl -sS -o square.jpg \"\$P?size=256\"; file square.jpg | grep -oE 'JPEG|[0-9]+x[0-9]+, components'"
say '```' '' '## With cameo put' '' \
    'The same photograph in chunks of 16 KiB, so that there is time for a crash: server and client are both killed.' '' \
    '```console'
run 'export XDG_STATE_HOME=$PWD/state'
run "export CAMEO_SERVER=http://127.0.0.1:$port CAMEO_TOKEN=\$T"
say '$ cameo put photo.jpg --chunk-size 16KiB & PUT=$!'
cameo put photo.jpg --chunk-size 16KiB >put.out 2>&1 &
put=$!
disown
sleep "0.$((RANDOM % 4 + 4))"
crash SERVER "$server"
crash PUT "$put"
serve
run "K=\$(sed -nE 's/.*\"key\": \"(.*)\".*/\\1/p' \"\$XDG_STATE_HOME\"/cameo/uploads/*.json); cameo status \$K"
say '```' '' 'The same command goes on from there. Then the photo is associated, downloaded and compared.' '' '```console'
run 'cameo put photo.jpg'
run 'cameo status $K'
run "cameo associate \$K $person"
run "curl -sS -H \"Authorization: Bearer \$T\" -o again.jpg http://127.0.0.1:$port/.api2/binaries/\$K/download/photo.jpg; sha256sum photo.jpg again.jpg; cmp photo.jpg again.jpg && echo the same bytes"
run "until curl -sS -H 'Accept: application/json' \$P | grep '\"state\":\"ready\"'; do sleep 0.1; done"
say '```'
