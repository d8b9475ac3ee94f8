# Files that are not SQLite's to touch: moved to the target's name while it is loaded, put where its
# journals belong, or named in a journal that somebody has forged.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    mkdir "$T/d"
    D=$T/d/target.db
    sqlite3 "$S" "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    sqlite3 "$T/good.db" "CREATE TABLE precious (x); INSERT INTO precious VALUES ('keep')"
    printf 'dear diary\n' >"$T/diary"
}

copy() { "$DBFERRY" copy "sqlite:$S" "sqlite:$D" --table t "$@"; }

# held_load [OPTION...]: a load of made-up rows that stands still until "$T/go" is there
held_load() {
    requires_driver memory
    "$DBFERRY" copy memory:x "sqlite:$D" --table t -o source.rows=5000 -o source.columns='id int64, name text(400)' \
        -o source.fail_at=read_batch -o source.fail_how=stall -o source.fail_row=4000 \
        -o source.fail_mark="$T/reached" -o source.fail_until="$T/go" "$@" >"$T/message" 2>&1 3>&- &
    load=$!
    until_there test -e "$T/reached"
}

# released STATUS: the held load goes on and ends so
released() {
    local code=0
    touch "$T/go"
    wait "$load" || code=$?
    [ "$code" -eq "$1" ] || { echo "ended with $code" >&2; cat "$T/message" >&2; return 1; }
}

# remember FILE...: content, mode, owner and time of change as they are now
remember() {
    local file
    for file; do
        stat -c '%n %i %a %u %g %s %y' "$file"
        sha256sum "$file"
    done >"$T/remembered"
    remembered=("$@")
}

unchanged() {
    cp "$T/remembered" "$T/before"
    remember "${remembered[@]}"
    diff "$T/before" "$T/remembered" >&2
}

# listing: every file of the target's folder, with all that can be told of it but the time of reading
listing() { (cd "$T/d" && find . -type f -printf '%p %i %m %s %T@\n' -exec sha256sum {} + | sort); }

# hot_journal DATABASE [SUPER]: a journal that brings the first page back, by SQLite's file format
hot_journal() {
    requires python3
    python3 - "$@" <<'END'
import struct, sys
db = sys.argv[1]
data = open(db, "rb").read()
size = struct.unpack(">H", data[16:18])[0]
size = 65536 if size == 1 else size
magic = bytes.fromhex("d9d505f920a163d7")
page, nonce = data[:size], 7
check = nonce + sum(page[i] for i in range(size - 200, 0, -200))
journal = magic + struct.pack(">IIIII", 1, nonce, len(data) // size, 512, size)
journal = journal.ljust(512, b"\0") + struct.pack(">I", 1) + page + struct.pack(">I", check & 0xFFFFFFFF)
if len(sys.argv) > 2:
    name = sys.argv[2].encode()
    journal += struct.pack(">I", 0x40000000 // size + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
open(db + "-journal", "wb").write(journal)
END
}

@test "a good file that is moved to a new target's name while it is loaded stays" {
    local journal
    for journal in wal delete truncate; do
        rm -rf "$T/d" "$T/go" "$T/reached"
        mkdir "$T/d"
        sqlite3 "$T/other.db" "CREATE TABLE precious (x); INSERT INTO precious VALUES ('keep')"
        held_load -o target.journal_mode=$journal
        remember "$T/other.db"
        mv "$D" "$T/d/away.db"
        mv "$T/other.db" "$D"
        sed -i "s|$T/other.db|$D|" "$T/remembered"
        remembered=("$D")
        released 75
        grep -q "moved or replaced" "$T/message"
        unchanged
        assert_equal "$(sqlite3 "$D" 'SELECT x FROM precious')" keep
    done
}

@test "a good file that takes the place of an empty one is not emptied" {
    : >"$D"
    held_load
    remember "$T/good.db"
    rm "$D"
    ln -s "$T/good.db" "$D"
    released 75
    unchanged
    rm -f "$D" "$T/go" "$T/reached"
    : >"$D"
    held_load
    rm "$D"
    ln "$T/good.db" "$D"
    released 75
    assert_equal "$(sqlite3 "$T/good.db" 'SELECT x FROM precious')" keep
}

@test "a folder that comes to the place of the target's folder is left alone" {
    local mode
    for mode in none file; do
        rm -rf "$T/d" "$T/away" "$T/go" "$T/reached"
        mkdir "$T/d"
        held_load -o job.staging=$mode
        mv "$T/d" "$T/away"
        mkdir "$T/d"
        cp "$T/good.db" "$D"
        cp "$T/diary" "$D-journal"
        cp "$T/diary" "$D-wal"
        remember "$D" "$D-journal" "$D-wal"
        released 75
        unchanged
        assert_equal "$(ls "$T/d")" $'target.db\ntarget.db-journal\ntarget.db-wal'
        assert_equal "$(find "$T/away" -type f ! -name '*.lock')" ""
    done
}

@test "a file in the place of a journal, an index, a lock or a stage is named and stays, hard links too" {
    local place how hash_of_t=08c7c907b56a0254
    copy
    copy -o target.journal_mode=delete
    for place in -journal -wal -shm .lock .stage; do
        for how in cp ln "ln -s"; do
            rm -f "$D"-*
            [[ $place != -wal && $place != -shm ]] || sqlite3 "$D" 'PRAGMA journal_mode=wal' >/dev/null
            at=$D$place
            case $place in
                .lock) at=$D-dbferry.lock ;;
                .stage) at=$D-dbferry-$hash_of_t.stage ;;
            esac
            rm -f "$at"
            cp "$T/diary" "$T/mine"
            $how "$T/mine" "$at"
            chmod 640 "$T/mine"
            remember "$at" "$T/mine"
            run copy -o job.staging=file
            [ "$status" -eq 73 ] || { echo "$place $how" >&2; show_run; return 1; }
            assert_output_has "${at##*/}"
            unchanged
            rm -f "$at"
            sqlite3 "$D" 'PRAGMA journal_mode=delete' >/dev/null
        done
    done
    run copy
    assert_status 0
}

@test "plan, check, verify and --dry-run write nothing beside a journal that was left, and say so" {
    local command
    sqlite3 "$D" "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    cp "$D" "$T/d/source.db"
    write_config <<END
connections = { lost = { driver = "sqlite"; path = "$T/absent.db"; };
                from = { driver = "sqlite"; path = "$T/d/source.db"; retries = 0; };
                to = { driver = "sqlite"; path = "$D"; retries = 0; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; } );
END
    for side in "$D" "$T/d/source.db"; do
        for named in "" "$T/d/victim" "$T/d/x.db-mj0123456789"; do
            printf 'victim\n' >"$T/d/victim"
            printf 'victim\n' >"$T/d/x.db-mj0123456789"
            hot_journal "$side" ${named:+"$named"}
            listing >"$T/before"
            for command in plan check verify "run --dry-run"; do
                run "$DBFERRY" $command
                [ "$status" -eq 75 ] || { echo "$command: $side $named" >&2; show_run; return 1; }
                assert_output_has "stopped while it wrote"
                listing | diff "$T/before" - >&2
            done
            rm "$side-journal"
        done
    done
    listing >"$T/before"
    for command in plan check verify "run --dry-run"; do
        run "$DBFERRY" $command
        assert_status 0
        listing | diff "$T/before" - >&2
    done
}

@test "plan, check, verify and --dry-run leave a folder with files in WAL mode as it was" {
    local command
    for file in "$D" "$T/d/source.db"; do
        sqlite3 "$file" "PRAGMA journal_mode=wal; CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1)" >/dev/null
    done
    write_config <<END
connections = { from = { driver = "sqlite"; path = "$T/d/source.db"; }; to = { driver = "sqlite"; path = "$D"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; } );
END
    for state in closed left; do
        if [ $state = left ]; then
            for file in "$D" "$T/d/source.db"; do
                sqlite3 -cmd ".dbconfig no_ckpt_on_close on" "$file" "INSERT INTO t VALUES (2)"
                [ -s "$file-wal" ]
            done
        fi
        (cd "$T/d" && find . -type f ! -name '*-shm' -printf '%p %i %m %s %T@\n' | sort) >"$T/before"
        ls "$T/d" >"$T/names"
        for command in plan check verify "run --dry-run"; do
            run "$DBFERRY" $command
            assert_status 0
            (cd "$T/d" && find . -type f ! -name '*-shm' -printf '%p %i %m %s %T@\n' | sort) | diff "$T/before" - >&2
            ls "$T/d" | diff "$T/names" - >&2
        done
    done
}

@test "a load undoes what a killed program has left, but follows no forged super-journal" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER, name TEXT)"
    remember "$T/diary"
    hot_journal "$D" "$T/diary"
    run copy
    assert_status 73
    assert_output_has "target.db-journal" "super-journal"
    unchanged
    # by its name it could be one, but it does not list this journal
    cp "$T/diary" "$T/x.db-mj01234A9BC"
    remember "$T/x.db-mj01234A9BC"
    hot_journal "$D" "$T/x.db-mj01234A9BC"
    run copy
    assert_status 73
    unchanged
    # one of SQLite's own
    printf '%s\0' "$T/x.db-journal" "$D-journal" >"$T/x.db-mj01234A9BC"
    run copy
    assert_status 0
    assert_equal "$(rows "$D" t)" 2
    [ ! -e "$T/x.db-mj01234A9BC" ] && [ ! -e "$D-journal" ]
    hot_journal "$D"
    run copy
    assert_status 0
    [ ! -e "$D-journal" ]
}

@test "what a database that was moved has left behind is not removed for a new one" {
    copy
    sqlite3 -cmd ".dbconfig no_ckpt_on_close on" "$D" "INSERT INTO t VALUES (3, 'only in the WAL')"
    mv "$D" "$T/moved.db"
    remember "$D-wal"
    run copy
    assert_status 73
    assert_output_has "target.db-wal" "without its database"
    unchanged
    [ ! -e "$D" ]
    mv "$D-wal" "$T/moved.db-wal"
    assert_equal "$(rows "$T/moved.db" t)" 3
    run copy
    assert_status 0
    # what holds no rows is in nobody's way
    rm "$D"
    [ ! -s "$D-wal" ] && [ -e "$D-shm" ]
    run copy
    assert_status 0
}

requires_root() {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
    requires setpriv
}

# told TEXT, or nothing where there is none: what a load says of the rights on its target
told() {
    run copy -o target.group=nogroup
    assert_status 0
    if [ -n "$1" ]; then assert_output_has "$1" RIGHTS; else refute_output_has RIGHTS; fi
    run copy --dry-run -o target.group=nogroup
    assert_status 0
    if [ -n "$1" ]; then assert_output_has "$1"; else refute_output_has RIGHTS; fi
}

@test "who else could write there is told before it is opened" {
    requires_root
    run copy
    refute_output_has RIGHTS
    local owner mode words
    while read -r what owner mode words; do
        chown root:root "$T/d" "$D"*
        chmod 755 "$T/d"
        chmod 644 "$D"
        [ "$what" = folder ] && what=$T/d || what=$D
        chown "$owner" "$what"
        chmod "$mode" "$what"
        told "$words"
    done <<'LIST'
folder root:root 0777 every user of this machine
folder root:root 1777
folder nobody:root 0755 the user that it belongs to
folder root:daemon 0775 the group that it belongs to
folder root:daemon 1775
folder root:nogroup 2775
folder root:root 0775
file root:root 0666 every user of this machine
file nobody:root 0644 the user that it belongs to
file root:daemon 0664 the group that it belongs to
file root:nogroup 0660
LIST
    chown root:root "$D"
    chmod 666 "$D"
    run copy -o target.file_mode=0666
    refute_output_has RIGHTS
}

@test "a journal that a stranger has put there is refused, one of somebody who may write the file is not" {
    requires_root
    sqlite3 "$D" "CREATE TABLE t (id INTEGER, name TEXT)"
    hot_journal "$D"
    chown nobody "$D-journal"
    run copy
    assert_status 73
    assert_output_has "target.db-journal" "may not write the database"
    [ -e "$D-journal" ]
    chmod 666 "$D"
    run copy
    assert_status 0
    [ ! -e "$D-journal" ]
    chmod 644 "$D"
    chown nobody "$D"
    hot_journal "$D"
    chown nobody "$D-journal"
    run copy
    assert_status 0
    [ ! -e "$D-journal" ]
}
