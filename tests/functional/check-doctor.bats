# check as a doctor, without a server: findings and their mends, what they come to, and what stands in
# the way of files and folders.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires sqlite3
    S=$T/source.db
    D=$T/target.db
    sqlite3 "$S" "CREATE TABLE s (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO s VALUES (1, 'a'), (2, 'b')"
    files_config
}

# files_config [TARGET] [JOB] [GENERAL]: with these texts in there.
files_config() {
    write_config <<END
general = { ${3:-} };
connections = {
  from = { driver = "sqlite"; path = "$S"; };
  to = { driver = "sqlite"; path = "$D"; ${1:-} };
};
jobs = ( { name = "copy"; source = "from"; target = "to"; table = "s"; target_table = "t"; ${2:-} } );
END
}

# made_config SOURCE TARGET: two connections of the test driver.
made_config() {
    write_config <<END
connections = {
  made = { driver = "memory"; $1 };
  kept = { driver = "memory"; $2 };
};
jobs = ( { name = "copy"; source = "made"; target = "kept"; table = "s"; } );
END
}

# line WORDS: the lines that begin so, after their mark
line() { grep -E "^(ok  |warn|FAIL)  $1" <<<"$output"; }

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# as_files: what lies in the folder, with sizes and times
as_files() { find "$T/folder" -printf '%p %s %T@ %m\n' | sort; }

@test "a finding of either side is a line with its mend; the gravest failure is the exit code" {
    requires_driver memory
    made_config 'finding = "ok"; finding_text = "all is well";' 'finding = "warn"; finding_text = "not for long";'
    run dbferry check
    assert_status 0
    assert_equal "$(line "source 'made', made-up")" "ok    source 'made', made-up: all is well"
    assert_equal "$(line "target 'kept', made-up")" \
        "warn  target 'kept', made-up: not for long; set finding to none"
    made_config 'finding = "fail"; fail_class = "unreachable";' 'finding = "fail"; fail_class = "refused";'
    run dbferry check
    assert_status 77
    assert_equal "$(line "source 'made', made-up")" \
        "FAIL  source 'made', made-up: as was asked for; set finding to none"
    made_config 'finding = "fail"; fail_class = "unreachable";' 'finding = "warn";'
    run dbferry check
    assert_status 69
}

@test "what a finding says cannot harm a terminal, nor make a line of its own" {
    requires_driver memory
    made_config 'finding = "warn"; finding_text = "red \x1b[31m\nok    all is well";' ''
    run dbferry check copy
    assert_status 0
    assert_equal "$(line "source 'made', made-up")" \
        'warn  source '"'made'"', made-up: red \x1B[31m\nok    all is well; set finding to none'
    refute_output_has $'\x1b'
}

@test "a question that fails is a failure, and one side does not keep the other from being asked" {
    requires_driver memory
    made_config 'fail_at = "examine"; fail_class = "stream";' 'finding = "ok";'
    run dbferry check
    assert_status 76
    assert_equal "$(line "source 'made'" | cut -c1-20 | tail -n 1)" "FAIL  source 'made':"
    line "target 'kept', made-up"
    made_config 'fail_at = "examine"; fail_how = "stall"; stall_timeout = "300ms";' 'finding = "ok";'
    run dbferry check
    assert_status 76
    line "target 'kept', made-up"
}

@test "a job of many tables is examined once, not with each" {
    requires_driver memory
    write_config <<'END'
connections = {
  made = { driver = "memory"; table = "a, b, c"; finding = "ok"; };
  kept = { driver = "memory"; finding = "ok"; };
};
jobs = ( { name = "all"; source = "made"; target = "kept"; tables = [ "*" ]; } );
END
    run dbferry check
    assert_status 0
    assert_equal "$(line "what is read" | wc -l)" 3
    assert_equal "$(line "source 'made', made-up" | wc -l)" 1
    assert_equal "$(line "target 'kept', made-up" | wc -l)" 1
}

@test "a fallback is examined too" {
    requires_driver memory
    write_config <<'END'
connections = {
  made = { driver = "memory"; };
  other = { driver = "memory"; finding = "warn"; };
  kept = { driver = "memory"; };
};
jobs = ( { name = "copy"; source = "made"; fallback_source = "other"; target = "kept"; table = "s"; } );
END
    run dbferry check
    assert_output_has "warn  fallback 'other', made-up: as was asked for; set finding to none"
}

@test "journal mode: wal is well, another one that nobody asked for is not" {
    dbferry copy from to --table s --target-table t
    run dbferry check
    assert_status 0
    [[ $(line "target 'to', journal") == "ok    target 'to', journal: mode wal"* ]]
    sqlite3 "$D" "PRAGMA journal_mode = delete"
    run dbferry check
    assert_status 0
    [[ $(line "target 'to', journal") == "warn  target 'to', journal: mode delete: "*'set journal_mode = "wal"'* ]]
    files_config 'journal_mode = "delete";'
    run dbferry check
    assert_status 0
    [[ $(line "target 'to', journal") == "ok    target 'to', journal: mode delete"* ]]
}

@test "a reader that holds the WAL is named until it ends, and nothing is moved meanwhile" {
    mkdir "$T/folder"
    D=$T/folder/target.db
    files_config
    dbferry run
    mkfifo "$T/words"
    sqlite3 "$D" <"$T/words" >"$T/answers" 3>&- &
    local reader=$! before
    exec 4>"$T/words"
    echo "BEGIN; SELECT count(*) FROM t;" >&4
    until_there grep -q 2 "$T/answers"
    sqlite3 "$S" "INSERT INTO s VALUES (3, 'c')"
    dbferry run
    [ -s "$D-wal" ]
    before=$(as_files)
    run dbferry check
    assert_status 0
    assert_output_has "warn  target 'to', readers: process $reader ('sqlite3') has read without a pause" "end its transaction"
    assert_equal "$(as_files)" "$before"
    echo "COMMIT;" >&4
    exec 4>&-
    wait "$reader"
    run dbferry check
    assert_status 0
    refute_output_has "readers"
}

@test "a reader that comes and goes is no reader that holds the WAL" {
    dbferry run
    mkfifo "$T/words"
    sqlite3 "$D" <"$T/words" >"$T/answers" 3>&- & # it keeps the WAL in use, and reads nothing
    local idle=$!
    exec 4>"$T/words"
    echo "SELECT count(*) FROM t;" >&4
    until_there grep -q 2 "$T/answers"
    sqlite3 "$D" "CREATE TABLE other (id INTEGER)"
    [ -s "$D-wal" ]
    run dbferry check
    exec 4>&-
    wait "$idle"
    assert_status 0
    refute_output_has "readers"
}

@test "disk: less room than twice the file's size is told" {
    unshare -rm true 2>/dev/null || skip "no private mounts here"
    mkdir "$T/disk"
    cat >"$T/inside" <<'SCRIPT'
mount -t tmpfs -o size=8m none "$T/disk" || exit 1
sed "s|path = \"$D\"|path = \"$T/disk/x.db\"|" "$DBFERRY_CONFIG" >"$T/disk.conf" && chmod 600 "$T/disk.conf"
sqlite3 "$T/disk/x.db" "PRAGMA journal_mode = wal" "CREATE TABLE fill (b BLOB); INSERT INTO fill VALUES (zeroblob(1000000))" >/dev/null
TMPDIR=$T/disk "$DBFERRY" check --config "$T/disk.conf" || exit 2
sqlite3 "$T/disk/x.db" "INSERT INTO fill VALUES (zeroblob(3000000))"
TMPDIR=$T/disk "$DBFERRY" check --config "$T/disk.conf" || exit 3
SCRIPT
    export T D DBFERRY
    files_config '' 'indexes = ( { columns = [ "name" ]; } );'
    run unshare -rm bash "$T/inside"
    assert_status 0
    assert_equal "$(line "target 'to', disk" | cut -c1-4 | paste -sd' ')" "ok   warn"
    assert_equal "$(line "target 'to', temporary files" | cut -c1-4 | paste -sd' ')" "ok   warn"
    assert_output_has "twice what the file has now; make room on it"
}

@test "a folder and a lock file that this user may not use" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
    requires setpriv
    mkdir "$T/folder"
    D=$T/folder/target.db
    files_config
    dbferry run
    chmod 755 "$T/folder"
    chmod o+rx "$T" "$T/.." "$T/../.."
    cp "$DBFERRY_CONFIG" "$T/theirs.conf"
    chown 65534 "$T/theirs.conf"
    run nobody "$DBFERRY" check --config "$T/theirs.conf"
    assert_status 73
    assert_output_has "FAIL  target 'to'" "Permission denied"
    chown 65534 "$T/folder" "$D" "$D-wal" "$D-shm"
    run nobody "$DBFERRY" check --config "$T/theirs.conf"
    assert_status 73
    assert_output_has "FAIL  target 'to', lock file: '$D-dbferry.lock' cannot be opened: Permission denied; let the user"
    chown 65534 "$D-dbferry.lock"
    run nobody "$DBFERRY" check --config "$T/theirs.conf"
    assert_status 0
    refute_output_has "lock file"
}

@test "the folder of the log: everybody may write to it, or nobody else may" {
    mkdir "$T/log"
    files_config '' '' "log_file = \"$T/log/dbferry.log\";"
    chmod 755 "$T/log"
    run dbferry check
    assert_status 0
    assert_equal "$(line "log file")" "ok    log file: $T/log/dbferry.log"
    chmod 777 "$T/log"
    run dbferry check
    assert_status 0
    [[ $(line "log file") == "warn  log file: every user of this machine can write to the folder $T/log (mode 0777)"*"; let root or "* ]]
    run dbferry check copy # of one job
    refute_output_has "log file"
}

@test "history, metrics and notices: what could not be kept or told is a warning" {
    files_config '' '' "state_dir = \"$T/state\"; metrics_file = \"$T/prom/dbferry.prom\"; notify_command = [\"no-such-program\"];"
    run dbferry check
    assert_status 0
    assert_equal "$(line history)" "ok    history: $T/state/history.db is made by the first run"
    [[ $(line metrics) == "warn  metrics: this user cannot write the folder of $T/prom/dbferry.prom: No such file"*"; make the folder"* ]]
    [[ $(line notices) == "warn  notices: no-such-program cannot be run: "*"; install it"* ]]
    [ ! -e "$T/state" ] # nothing is written
    dbferry run
    mkdir "$T/prom"
    sed -i 's/no-such-program/cat/' "$DBFERRY_CONFIG"
    run dbferry check
    assert_equal "$(line history)" "ok    history: $T/state/history.db"
    assert_equal "$(line metrics)" "ok    metrics: $T/prom/dbferry.prom"
    assert_equal "$(line notices)" "ok    notices: cat"
    sqlite3 "$T/state/history.db" "PRAGMA user_version = 99"
    run dbferry check
    assert_status 0
    [[ $(line history) == "warn  history: the history $T/state/history.db was written by a later version"* ]]
}

@test "a configuration that others may read, with a password in it, is refused" {
    requires_driver mysql
    sed -i "s|to = {|unused = { driver = \"mysql\"; user = \"u\"; password = \"S3cret\"; };\n  &|" "$DBFERRY_CONFIG"
    run dbferry check
    assert_status 0
    chmod 644 "$DBFERRY_CONFIG"
    run dbferry check
    assert_status 78
    assert_output_has "FAIL  configuration" "chmod"
    refute_output_has "S3cret"
}

@test "a driver without an examine is used as it is" {
    write_config <<END
connections = { numbers = { driver = "example"; }; texts = { driver = "example"; folder = "$T"; }; };
jobs = ( { name = "count"; source = "numbers"; target = "texts"; table = "numbers"; } );
END
    run "$DBFERRY" check
    assert_status 0
}
