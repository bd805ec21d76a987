# server.sh BIN CLOCK LINE...: a PostgreSQL server in a temporary folder, for as long as standard input stays open: when
# the test process is gone, however it went, server and folder go too. BIN holds initdb and pg_ctl; CLOCK is variables
# that show the server another time, or nothing; each LINE is one of postgresql.conf. Prints the folder, where the
# server's socket is, when the server answers.
set -eu
trap '' HUP INT # what a terminal sends to all: the end of the test process is what counts
bin=$1 clock=$2
shift 2
dir=$(mktemp -d)
cd "$dir"
end() {
    "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    cd / && rm -rf "$dir"
}
trap end EXIT
begin() {
    "$bin/initdb" -D data --no-sync --auth=trust --username=postgres --encoding=UTF8 --locale=C
    # Of the two that have no trust, one is always refused and one must know a password.
    printf '%s\n' 'local all stranger reject' 'local all guest scram-sha-256' 'local all all trust' >data/pg_hba.conf
    printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir'" 'max_connections = 200' \
        "$@" >>data/postgresql.conf
    # shellcheck disable=SC2086 # NAME=value NAME=value
    env $clock "$bin/pg_ctl" -D "$dir/data" -l server.log -w start
}
begin "$@" >begin.log 2>&1 || { cat begin.log >&2 && exit 1; }
echo "$dir"
cat >/dev/null
