# pg.sh - a private PostgreSQL 15 for a shell story; source it.
#
#   . tests/lib/pg.sh
#   pg_start           exports HUFU_PG_URL (an empty database), PG_FOLDER, PG_PID, PG_PORT
#   pg_fresh NAME      another empty database; prints its address
#   pg_psql ARG...     psql on the server
#   pg_kill            ends the postmaster at once, as a crash does; pg_again starts it again
#   pg_stop            ends it and removes the folder; call it from the story's EXIT trap
#
# Unix socket and a random loopback port, real flushes, own folder under ${TMPDIR:-/tmp}. As root it runs as user postgres.
PG_BIN=/usr/lib/postgresql/15/bin

pg_as() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec setpriv --reuid postgres --regid postgres --clear-groups "$@")
    else
        (cd / && exec "$@")
    fi
}

pg_again() {
    local drop=()
    [ "$(id -u)" = 0 ] && drop=(--reuid postgres --regid postgres --clear-groups)
    # started directly and not through pg_ctl, so that $! is the postmaster itself
    setpriv "${drop[@]}" --pdeathsig KILL "$PG_BIN/postgres" -D "$PG_FOLDER/data" -p "$PG_PORT" -k "$PG_FOLDER" \
        -c listen_addresses=127.0.0.1 -c max_connections=80 -c shared_buffers=16MB -c max_wal_size=64MB \
        -c log_min_messages=fatal >>"$PG_FOLDER/log" 2>&1 </dev/null &
    PG_PID=$!
    for _ in $(seq 600); do
        "$PG_BIN/pg_isready" -q -h "$PG_FOLDER" -p "$PG_PORT" && return 0
        sleep 0.05
    done
    echo "PostgreSQL did not start:"; tail -20 "$PG_FOLDER/log"
    return 1
}

pg_start() {
    PG_FOLDER=$(mktemp -d "${TMPDIR:-/tmp}/hufu-pg-XXXXXX")
    [ "$(id -u)" = 0 ] && chown postgres: "$PG_FOLDER"
    PG_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    pg_as "$PG_BIN/initdb" -D "$PG_FOLDER/data" -A trust -U hufu -E UTF8 --locale=C.UTF-8 --no-sync \
        >"$PG_FOLDER.initdb" 2>&1 || { cat "$PG_FOLDER.initdb"; return 1; }
    rm -f "$PG_FOLDER.initdb"
    pg_again || return 1
    HUFU_PG_URL=$(pg_fresh hufu)
    export HUFU_PG_URL PG_FOLDER PG_PORT PG_PID
}

pg_psql() {
    "$PG_BIN/psql" -X -q -h "$PG_FOLDER" -p "$PG_PORT" -U hufu "$@"
}

pg_fresh() {
    pg_psql -d postgres -c "CREATE DATABASE $1" >&2 || return 1
    echo "postgres://hufu@/$1?host=$PG_FOLDER&port=$PG_PORT"
}

pg_kill() {
    kill -QUIT "$PG_PID" 2>/dev/null
    wait "$PG_PID" 2>/dev/null
    true
}

pg_stop() {
    [ -n "${PG_FOLDER:-}" ] || return 0
    pg_kill
    rm -rf "$PG_FOLDER"
    PG_FOLDER=
}
