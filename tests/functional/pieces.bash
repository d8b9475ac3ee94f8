# A run in pieces: what its tests share.

# The folder of run files, and what lies beside a SQLite target.
prepared() { ls "$XDG_STATE_HOME/dbferry/prepared" 2>/dev/null; }

# nothing_left: neither a piece nor a run file
nothing_left() {
    assert_equal "$(prepared)" ""
    assert_equal "$(compgen -G "$D.pieces-*")" ""
}

# prepare [JOB]: the id goes to `id`
prepare() {
    id=$("$DBFERRY" prepare "${1:-j}" 2>"$T/prepare.err") || { cat "$T/prepare.err" >&2; return 1; }
    [[ $id =~ ^[0-9a-f]{32}$ ]] || { echo "no run id: $id" >&2; return 1; }
}

# load_all N: each piece, once
load_all() {
    local i
    for ((i = 1; i <= $1; i++)); do
        "$DBFERRY" load "$id" --partition "$i/$1" || return
    done
}

# load_twice_at_once N: each piece by two that know nothing of each other
load_twice_at_once() {
    local i
    for ((i = 1; i <= $1; i++)); do
        "$DBFERRY" load "$id" --partition "$i/$1" 2>"$T/one" &
        "$DBFERRY" load "$id" --partition "$i/$1" 2>"$T/two"
        wait $!
    done
}

# stored [FILE]: the rows of the table, in an order
stored() { sqlite3 -batch "${1:-$D}" "SELECT * FROM t ORDER BY id" | sha256sum; }
