# The target file itself: modes and groups, readers of other users, and paths that cannot work.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    D=$T/target.db
    sqlite3 "$S" "CREATE TABLE s (id INTEGER, name TEXT); INSERT INTO s VALUES (1, 'a'), (2, 'b')"
}

copy() { dbferry copy "sqlite:$S" "sqlite:$D" --table s --target-table t "$@"; }

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

requires_root() {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
    requires setpriv
}

@test "a new file has the mode that the umask leaves, or that of file_mode" {
    (umask 027 && copy)
    assert_equal "$(stat -c %a "$D" "$D-wal" "$D-shm" | paste -sd' ')" "640 640 640"
    rm -f "$D" "$D-wal" "$D-shm"
    (umask 077 && copy -o target.file_mode=0664)
    assert_equal "$(stat -c %a "$D" "$D-wal" "$D-shm" | paste -sd' ')" "664 664 664"
    chmod 600 "$D"
    copy -o target.file_mode=0664
    assert_equal "$(stat -c %a "$D")" 600
}

@test "whoever may write a new file may also lock it" {
    for mask in 002 022 077; do
        rm -f "$D"*
        (umask "$mask" && copy)
        case $(stat -c %a "$D") in
        664) assert_equal "$(stat -c %a "$D"-dbferry.lock)" 660 ;;
        *) assert_equal "$(stat -c %a "$D"-dbferry.lock)" 600 ;;
        esac
    done
}

@test "a new file and its companions get the group" {
    requires_root
    copy -o target.group=nogroup
    assert_equal "$(stat -c %G "$D" "$D-wal" "$D-shm" | sort -u)" nogroup
    run copy -o target.group=no-such-group
    assert_status 78
    assert_output_has "no-such-group"
}

@test "journal_mode and page_size are those asked for, and an existing file keeps its own" {
    copy
    assert_equal "$(sqlite3 "$D" 'PRAGMA journal_mode; PRAGMA page_size' | paste -sd' ')" "wal 16384"
    copy -o target.page_size=8K
    assert_equal "$(sqlite3 "$D" 'PRAGMA page_size')" 16384
    rm -f "$D" "$D-wal" "$D-shm"
    copy -o target.journal_mode=delete -o target.page_size=8K
    assert_equal "$(sqlite3 "$D" 'PRAGMA journal_mode; PRAGMA page_size' | paste -sd' ')" "delete 8192"
    copy
    assert_equal "$(sqlite3 "$D" 'PRAGMA journal_mode')" delete
    copy -o target.journal_mode=wal
    assert_equal "$(sqlite3 "$D" 'PRAGMA journal_mode')" wal
    run copy -o target.page_size=5000
    assert_status 78
}

# others_read [TIMEOUT-MS]: what a reader of another user gets who may not write the file.  SQLite asks
# no busy handler while the first program to open the file makes its index, so such a reader asks
# again after this one message: see READERS in dbferry-sqlite(7).
others_read() {
    local answer try
    for try in {1..20}; do
        answer=$(nobody sqlite3 -batch -readonly -cmd ".timeout ${1-60000}" "$D" 'SELECT count(*) FROM t' 2>&1)
        [[ $answer == "Error: "*", attempt to write a readonly database (8)" ]] || break
    done
    echo "$answer"
}

requires_other_readers() {
    requires_root
    chmod 755 "$T" "${T%/*}" "${T%/*/*}" "${T%/*/*/*}" 2>/dev/null || true
    nobody test -x "$T" || skip "the test folder is closed to other users"
}

# made ROWS [OPTION...]: a load of so many made-up rows; each option is for the source.
made() {
    local rows=$1 option options=()
    shift
    for option; do options+=(-o "source.$option"); done
    "$DBFERRY" copy memory:x "sqlite:$D" --target-table t -o source.rows="$rows" \
        -o source.columns="id int64, name text(40)" --table t "${options[@]}"
}

# ended LOAD: its status; what it said, if it failed
ended() {
    local code=0
    wait "$1" || code=$?
    [ "$code" -eq 0 ] || { echo "the load ended with $code" >&2; cat "$T/message" >&2; return 1; }
}

@test "a reader of another user without rights on the folder reads while a load runs, and after" {
    requires_other_readers
    requires_driver memory
    made 2
    assert_equal "$(others_read)" 2
    look_on "$T/seen" others_read
    made 150000 fail_at=read_batch fail_how=stall fail_row=140000 fail_mark="$T/reached" \
        fail_until="$T/go" 2>"$T/message" 3>&- &
    load=$!
    until_there test -e "$T/reached"
    until_there test -s "$D-wal"
    # In mid-load, with no timeout and no second try: nothing is locked.
    for _ in {1..10}; do
        assert_equal "$(nobody sqlite3 -batch -readonly "$D" 'SELECT count(*) FROM t' 2>&1)" 2
    done
    touch "$T/go"
    ended "$load"
    stop_looking 150000
    saw_only 2 150000
}

@test "what a reader of another user may be told while a program opens the file, and nothing else" {
    requires_other_readers
    requires strace
    copy
    # Each lock of the run takes its time, so that the moments between them are long.
    for timeout in 60000 0; do
        look_on "$T/seen" nobody sqlite3 -batch -readonly -cmd ".timeout $timeout" "$D" 'SELECT count(*) FROM t'
        ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace=fcntl -e inject=fcntl:delay_exit=20000 \
            "$DBFERRY" copy "sqlite:$S" "sqlite:$D" --table s --target-table t 2>"$T/message" ||
            { cat "$T/message" >&2; return 1; }
        stop_looking 2
        [ $timeout -eq 0 ] || refute grep 'database is locked' "$T/seen"
        refute grep -vxE '2|Error: (in prepare|stepping), (attempt to write a readonly database \(8\)|database is locked \(5\))' "$T/seen"
    done
}

@test "a source that this user may not write is read while another program opens it" {
    requires_other_readers
    requires python3
    requires_driver memory
    copy
    # Just that moment: attached, the index emptied, and the lock for making it not taken yet.
    cat >"$T/opening.py" <<'END'
import fcntl, os, sys, time
shm = open(sys.argv[1], "r+b")
fcntl.lockf(shm, fcntl.LOCK_SH, 1, 128)
shm.truncate(3)
open(sys.argv[2], "w")
while not os.path.exists(sys.argv[3]):
    time.sleep(0.02)
END
    python3 "$T/opening.py" "$D-shm" "$T/held" "$T/release" 3>&- &
    opening=$!
    until_there test -e "$T/held"
    assert_equal "$(nobody sqlite3 -readonly -cmd '.timeout 100' "$D" 'SELECT count(*) FROM t' 2>&1)" \
        "Error: in prepare, attempt to write a readonly database (8)"
    run nobody "$DBFERRY" copy "sqlite:$D" memory:x --table t -o source.busy_timeout=300ms
    assert_status 75
    assert_output_has "held the file" "waited 0.3 s" busy_timeout
    nobody "$DBFERRY" copy "sqlite:$D" memory:x --table t -o source.busy_timeout=60s -v >"$T/message" 2>&1 3>&- &
    load=$!
    sleep 0.3
    touch "$T/release"
    wait "$opening"
    assert_equal "$(sqlite3 "$D" 'SELECT count(*) FROM t')" 2 # it goes on, and makes the index
    ended "$load"
    grep -q "done: 2 rows" "$T/message"
}

@test "planning changes nothing and makes no file" {
    run copy --dry-run
    assert_status 0
    [ ! -e "$D" ]
}

@test "planning leaves a journal that somebody else has filled, and the file, as they are" {
    sqlite3 "$D" "PRAGMA journal_mode=WAL; CREATE TABLE t(x)" >/dev/null
    sqlite3 -cmd ".dbconfig no_ckpt_on_close on" "$D" "INSERT INTO t VALUES (1)"
    [ -s "$D-wal" ]
    md5sum "$D" "$D-wal" >"$T/before"
    copy --dry-run
    md5sum --check --quiet "$T/before"
    assert_equal "$(sqlite3 "$D" 'SELECT x FROM t')" 1
}

@test "a target that is not an SQLite file is left as found" {
    printf 'hello\n' >"$D"
    run copy
    assert_status 74
    assert_output_has "$D" "is not an SQLite database"
    assert_equal "$(cat "$D")" hello
    head -c 100000 /dev/urandom >"$D"
    sum=$(sha256sum <"$D")
    run copy
    assert_status 74
    assert_equal "$(sha256sum <"$D")" "$sum"
}

@test "an empty file becomes a database and keeps its mode" {
    (umask 077 && : >"$D")
    run copy
    assert_status 0
    assert_equal "$(stat -c %a "$D")" 600
    assert_equal "$(rows "$D" t)" 2
}

@test "paths that cannot work say why, and nothing hangs" {
    requires timeout
    mkfifo "$T/fifo"
    ln -s nowhere "$T/dangling"
    while read -r path text; do
        run timeout 20 "$DBFERRY" copy "sqlite:$S" "sqlite:$path" --table s
        assert_status 73
        assert_output_has "$path" "$text"
    done <<LIST
$T/no/such/folder.db No such file
$T folder
$T/fifo FIFO
$T/dangling symbolic link
/dev/null device
LIST
    [ ! -e "$T/nowhere" ]
    run timeout 20 "$DBFERRY" copy "sqlite:$T/fifo" "sqlite:$D" --table s
    assert_status 77
    run dbferry copy "sqlite:$T/absent.db" "sqlite:$D" --table s
    assert_status 69
    [ ! -e "$T/absent.db" ]
    run dbferry copy "sqlite:/dev/null" "sqlite:$D" --table s
    assert_status 77
}

@test "a symbolic link leads to the file itself" {
    ln -s target.db "$T/link.db"
    copy
    D=$T/link.db copy
    assert_equal "$(rows "$T/target.db" t)" 2
    [ -L "$T/link.db" ]
    assert_equal "$(find "$T" -name '*.lock' | wc -l)" 1
}

@test "folders and files that are not writable are refused before anything is read" {
    requires_root
    chmod 755 "$T" "${T%/*}" "${T%/*/*}" "${T%/*/*/*}" 2>/dev/null || true
    nobody test -r "$S" || skip "the test folder is closed to other users"
    nobody test -x "$DBFERRY" || skip "the program is closed to other users"
    copy
    run nobody env HOME=/ "$DBFERRY" copy "sqlite:$S" "sqlite:$D" --table s --target-table t
    assert_status 73
    assert_output_has "$D" "Permission denied"
    run nobody env HOME=/ "$DBFERRY" copy "sqlite:$S" "sqlite:$T/new.db" --table s
    assert_status 73
    assert_output_has "folder" "Permission denied"
    chmod 600 "$S"
    run nobody env HOME=/ "$DBFERRY" copy "sqlite:$S" "sqlite:$T/new.db" --table s
    [ "$status" -eq 77 ] || [ "$status" -eq 73 ]
}

@test "a target with hard links is warned of" {
    copy
    ln "$D" "$T/other-name.db"
    run copy
    assert_status 0
    assert_output_has "hard link" "$D"
}
