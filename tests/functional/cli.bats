#!/usr/bin/env bats
# The command line: every command, its help, what it refuses, and what it prints where.

load helper
load sample

setup() {
    ferry_setup
    cd "$T"
}

# What stands in the folder of the test, without what bats itself puts there.
files() { ls -A | grep -v separate-stderr; }

# ---- Help and version ----

@test "dbferry --help names every command and every exit code of the manual" {
    run --separate-stderr dbferry --help
    assert_status 0
    assert_equal "$stderr" ""
    for word in run copy plan check verify status report drivers init; do
        [[ $output == *$'\n'"  $word "* ]]
    done
    for code in 0 3 64 65 66 69 70 71 73 74 75 76 77 78; do
        [[ $output == *$'\n'"  $code "* ]]
    done
    # what each means begins in the same column
    assert_equal "$(sed -n '/^Exit codes:/,/^$/s/^\(  [0-9]* *\).*/\1/p' <<<"$output" | awk '{ print length }' | sort -u)" 6
}

@test "dbferry -h is dbferry --help" {
    assert_equal "$(dbferry -h)" "$(dbferry --help)"
}

@test "dbferry COMMAND --help shows the usage and only the options of that command" {
    for command in run copy plan check verify status report drivers init; do
        run --separate-stderr dbferry "$command" --help
        assert_status 0
        assert_output_has "Usage: dbferry $command " --quiet --verbose --help
        assert_equal "$stderr" ""
    done
    assert_output_has "[DIR]"
    refute_output_has --target --dry-run --config
    run dbferry copy --help
    assert_output_has --view --table --query --target-table source.KEY=VALUE --dry-run
    refute_output_has "--source NAME"
    run dbferry run --help
    assert_output_has "--source CONNECTION" "--target CONNECTION" --dry-run --config
    refute_output_has --view -o,
}

@test "help is given without a configuration, and before anything is done" {
    write_config <<<'nonsense'
    run dbferry run --help
    assert_status 0
    run dbferry run cars --dry-run --help
    assert_status 0
    assert_output_has "Usage: dbferry run"
}

@test "dbferry --version says its version and where its drivers are" {
    run --separate-stderr dbferry --version
    assert_status 0
    [[ $output =~ ^dbferry\ [0-9]+\.[0-9]+ ]]
    assert_output_has "driver interface" "drivers in /" libconfig
}

# ---- What is not understood ----

@test "dbferry without a command prints its help on stderr and exits with 64" {
    run --separate-stderr dbferry
    assert_status 64
    assert_equal "$output" ""
    assert_output_has "Usage: dbferry COMMAND" "a command is missing"
}

@test "an unknown command is refused with the nearest one" {
    run dbferry rnu
    assert_status 64
    assert_output_has "unknown command 'rnu'" "did you mean 'run'?"
    run dbferry xylophone
    assert_status 64
    assert_output_has "unknown command 'xylophone'" "dbferry --help"
}

@test "an unknown option is refused with the nearest one" {
    run dbferry run --dry-rnu
    assert_status 64
    assert_output_has "run has no option --dry-rnu" "did you mean --dry-run?"
    run dbferry plan --xylophone
    assert_status 64
    assert_output_has "plan has no option --xylophone" '"dbferry plan --help"'
    run dbferry run -z
    assert_status 64
    assert_output_has "run has no option -z"
}

@test "an unknown option is the one that is named, wherever it stands" {
    run dbferry run cars bikes --dry-rnu
    assert_status 64
    assert_output_has "no option --dry-rnu"
    run dbferry run -vz cars
    assert_status 64
    assert_output_has "no option -z"
    run dbferry run cars --quiet=yes
    assert_status 64
    assert_output_has "--quiet"
    refute_output_has "did you mean --quiet"
}

@test "an option without its value is the one that is named, wherever it stands" {
    run dbferry run --source
    assert_status 64
    assert_output_has "--source needs a value"
    run dbferry run cars --source
    assert_status 64
    assert_output_has "--source needs a value"
    run dbferry copy memory:a memory:b -o
    assert_status 64
    assert_output_has "-o needs a value"
}

@test "an option of another command is refused by name" {
    run dbferry run --view v
    assert_status 64
    assert_output_has "run has no option --view"
    run dbferry copy sqlite:a sqlite:b --table t --jobs 2
    assert_status 64
    assert_output_has "copy has no option --jobs"
    run dbferry check --dry-run
    assert_status 64
    assert_output_has "check has no option --dry-run"
    run dbferry drivers --config x
    assert_status 64
    assert_output_has "drivers has no option --config"
}

@test "an option before the command is refused, and the order is told" {
    run dbferry --verbose run
    assert_status 64
    assert_output_has "the command comes first: dbferry COMMAND"
    refute_output_has "did you mean --verbose"
    run dbferry --config x run
    assert_status 64
    assert_output_has "the command comes first"
}

@test "an option that counts once is refused when it is given twice" {
    run dbferry copy sqlite:a sqlite:b --table a --table b
    assert_status 64
    assert_output_has "--table is given twice"
    run dbferry run --target a --target b
    assert_status 64
    assert_output_has "--target is given twice"
}

@test "too few and too many operands are refused with the usage" {
    run dbferry copy sqlite:a
    assert_status 64
    assert_output_has "usage: dbferry copy [OPTION...] SOURCE TARGET"
    run dbferry copy sqlite:a sqlite:b sqlite:c
    assert_status 64
    assert_output_has "too many operands"
    run dbferry drivers a b
    assert_status 64
    run dbferry init a b
    assert_status 64
    [ ! -e a ]
}

# ---- run ----

@test "dbferry run does every job and is silent on a pipe" {
    sample_config
    run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$stderr" ""
    assert_equal "$(rows cars.db cars)" 5
}

@test "dbferry run JOB does only that job, in the order of the command line" {
    write_config <<'END'
general = { default_target = "local"; };
connections = {
  made = { driver = "memory"; rows = 3; };
  local = { driver = "sqlite"; path = "t.db"; };
};
jobs = ( { name = "a"; source = "made"; table = "a"; }, { name = "b"; source = "made"; table = "b"; },
         { name = "c"; source = "made"; table = "c"; } );
END
    run dbferry run c a
    assert_status 0
    assert_equal "$(sqlite3 t.db "SELECT group_concat(job) FROM (SELECT job FROM _dbferry_sync ORDER BY started)")" c,a
    run sqlite3 t.db "SELECT count(*) FROM b"
    [ "$status" -ne 0 ]
}

@test "a second run replaces what the first one made" {
    sample_config 'rows = 9;'
    dbferry run
    sample_config 'rows = 4;'
    run dbferry run
    assert_status 0
    assert_equal "$(rows cars.db cars)" 4
}

@test "run -- JOB takes what follows as names of jobs" {
    sample_config
    run dbferry run -- --quiet
    assert_status 78
    assert_output_has "no job is named '--quiet'"
}

@test "run --source and --target read from and write to other connections" {
    write_config <<'END'
connections = {
  made = { driver = "memory"; rows = 3; };
  more = { driver = "memory"; rows = 8; };
  local = { driver = "sqlite"; path = "t.db"; };
  other = { driver = "sqlite"; path = "other.db"; };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "local"; } );
END
    run dbferry run --source more --target other cars
    assert_status 0
    assert_equal "$(rows other.db cars)" 8
    [ ! -e t.db ]
    run dbferry run --source mroe
    assert_status 64
    assert_output_has "no connection is named 'mroe'" "did you mean 'more'?"
    run dbferry run --target xylophone
    assert_status 64
    assert_output_has "no connection is named 'xylophone'"
    [ ! -e t.db ]
}

@test "a small run takes no longer than its work: nothing waits for a clock" {
    local best=9999 before after try
    for try in {1..10}; do
        before=$(date +%s%N)
        dbferry copy memory:x memory:y --table t
        after=$(date +%s%N)
        [ $(((after - before) / 1000000)) -ge $best ] || best=$(((after - before) / 1000000))
    done
    echo "the fastest of 10 runs took $best ms"
    [ "$best" -lt 150 ]
}

# ---- dry-run ----

@test "run --dry-run says what would happen and leaves an existing file byte for byte" {
    sample_config
    for mode in wal delete; do
        rm -f cars.db*
        sample_table cars.db cars 7 $mode
        cp cars.db before
        run --separate-stderr dbferry run --dry-run
        assert_status 0
        assert_equal "$stderr" ""
        assert_output_has "cars: would replace the rows of table 'cars' in 'local' from 'made'" \
            "2 columns" "7 rows now"
        cmp cars.db before
        assert_equal "$(rows cars.db cars)" 7
        [ ! -e "$(echo cars.db-dbferry*.lock)" ]
    done
}

@test "run --dry-run creates nothing where no target is yet" {
    sample_config
    files >../before
    run dbferry run --dry-run
    assert_status 0
    assert_output_has "would create table 'cars'"
    assert_equal "$(files)" "$(cat ../before)"
    run dbferry copy -n memory:x sqlite:new.db --table t
    assert_status 0
    assert_output_has "would create table 't'"
    assert_equal "$(files)" "$(cat ../before)"
}

@test "run --dry-run fails where a run would fail" {
    sample_config 'rows = 5;' 'on_schema_change = "refuse";'
    sqlite3 cars.db 'CREATE TABLE cars (other TEXT)'
    cp cars.db before
    run dbferry run --dry-run
    assert_status 65
    assert_output_has "'other' is gone" "the target is unchanged"
    cmp cars.db before
}

# ---- copy ----

@test "copy needs no configuration: two URLs and what to read" {
    sample_table from.db cars 6
    run --separate-stderr dbferry copy sqlite:from.db sqlite:to.db --table cars
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(sqlite3 to.db "SELECT * FROM cars")" "$(sqlite3 from.db "SELECT * FROM cars")"
}

@test "copy takes a view, a query with a target table, and an absolute path" {
    sample_table from.db cars 6
    sqlite3 from.db "CREATE VIEW few AS SELECT name FROM cars WHERE id < 3"
    dbferry copy "sqlite:$T/from.db" "sqlite:$T/to.db" --view few
    assert_equal "$(rows to.db few)" 2
    dbferry copy sqlite:from.db sqlite:to.db --query "SELECT id FROM cars" --target-table ids
    assert_equal "$(rows to.db ids)" 6
    dbferry copy sqlite:from.db sqlite:to.db --table cars --target-table autos
    assert_equal "$(rows to.db autos)" 6
}

@test "sqlite:///FILE is an absolute path, as file:///FILE is" {
    sample_table from.db cars 6
    mkdir "a b" deeper && cd deeper
    run dbferry copy "sqlite://$T/from.db" "sqlite://$T/a%20b/to.db" --table cars
    assert_status 0
    assert_equal "$(rows "$T/a b/to.db" cars)" 6
}

@test "copy never takes its URL for the configured connection 'source' or 'target'" {
    sample_table from.db cars 6
    write_config <<'CONF'
connections = { source = { driver = "sqlite"; path = "configured.db"; };
                target = { driver = "sqlite"; path = "configured.db"; }; };
CONF
    run --separate-stderr dbferry copy sqlite:from.db source --table cars --target-table autos
    assert_status 0
    assert_equal "$(rows configured.db autos)" 6
    assert_equal "$(sqlite3 from.db .tables | xargs)" cars
    run --separate-stderr dbferry copy target sqlite:to.db --table autos
    assert_status 0
    assert_equal "$(rows to.db autos)" 6
}

@test "copy sets keys of source, target and job with -o" {
    run dbferry copy memory:x sqlite:to.db --table t -o source.rows=12 -o target.journal_mode=delete \
        -o target.file_mode=0640 -o job.min_rows=12
    assert_status 0
    assert_equal "$(rows to.db t)" 12
    assert_equal "$(sqlite3 to.db 'PRAGMA journal_mode')" delete
    assert_equal "$(stat -c %a to.db)" 640
    run dbferry copy memory:x sqlite:to.db --table t -o source.rows=11 -o job.min_rows=12
    assert_status 65
}

@test "copy refuses what -o does not take" {
    for bad in rows=1 sorce.rows=1 source.=1 source.rows .rows=1; do
        run dbferry copy memory:x sqlite:to.db --table t -o "$bad"
        assert_status 64
        assert_output_has "-o takes source.KEY=VALUE"
    done
    run dbferry copy memory:x sqlite:to.db --table t -o source.rwos=1
    assert_status 64
    assert_output_has "unknown key 'rwos'" "did you mean 'rows'?"
    run dbferry copy memory:x sqlite:to.db --table t -o source.rows=many
    assert_status 64
    assert_output_has "'rows'" "must be an integer"
    run dbferry copy memory:x sqlite:to.db --table t -o job.fallback_view=v
    assert_status 64
    assert_output_has "fallback_view, but no fallback_source"
    run dbferry copy memory:x sqlite:to.db --table t -o job.fallback_source=local
    assert_status 64
    assert_output_has "copy takes no fallback_source"
    [ ! -e to.db ]
}

@test "copy needs exactly one of --view, --table and --query" {
    run dbferry copy memory:x sqlite:to.db
    assert_status 64
    assert_output_has "exactly one of --view, --table and --query"
    run dbferry copy memory:x sqlite:to.db --view a --table b
    assert_status 64
    run dbferry copy memory:x sqlite:to.db --query "SELECT 1"
    assert_status 64
    assert_output_has --target-table
    [ ! -e to.db ]
}

@test "copy takes connections of the configuration by name, mixed with URLs" {
    sample_config 'rows = 7;'
    run dbferry copy made sqlite:to.db --table t
    assert_status 0
    assert_equal "$(rows to.db t)" 7
    run dbferry copy sqlite:to.db local --table t
    assert_status 0
    assert_equal "$(rows cars.db t)" 7
    run dbferry copy mdae sqlite:to.db --table t
    assert_status 64
    assert_output_has "did you mean 'made'?"
    run dbferry copy made sqlite:to.db --table t -o source.rows=1
    assert_status 64
    assert_output_has "change it there"
}

@test "copy with a URL of an unknown driver is refused with the nearest one" {
    run dbferry copy sqlit:a.db sqlite:b.db --table t
    assert_status 78
    assert_output_has "driver 'sqlit' is not installed" "did you mean 'sqlite'?"
}

@test "a malformed URL is refused with what is wrong about it" {
    run dbferry copy mysql://me@[::1/db sqlite:b.db --view v
    assert_status 64
    assert_output_has "'[' without ']'"
    run dbferry copy mysql://me@host:/db sqlite:b.db --view v
    assert_status 64
    assert_output_has "port"
    run dbferry copy mysql://me@host:many/db sqlite:b.db --view v
    assert_status 64
    assert_output_has "port"
    run dbferry copy mysql://m%zz@host/db sqlite:b.db --view v
    assert_status 64
    assert_output_has "%-escape"
    run dbferry copy sqlite://host/x sqlite:b.db --view v
    assert_status 64
    assert_output_has "takes no host"
    [ ! -e b.db ]
}

# ---- plan and check ----

@test "plan shows each column from source to target, and writes nothing" {
    sample_config 'rows = 5;'
    run --separate-stderr dbferry plan
    assert_status 0
    assert_equal "$stderr" ""
    assert_output_has "job cars: 'made' -> 'local', table 'cars'" "source type" descriptor \
        "target type" fit "it will be created"
    [[ $output =~ $'\n'"  id "+.*int64.*exact ]]
    [[ $output =~ $'\n'"  name "+.*"text(40)".* ]]
    [ ! -e cars.db ]
    dbferry run
    run dbferry plan cars
    assert_output_has "its rows will be replaced (5 rows now)"
    sqlite3 cars.db "ALTER TABLE cars ADD more TEXT"
    run dbferry plan
    assert_output_has "its rows will be replaced" "column 'more' of the table is not in the source"
    sqlite3 cars.db "ALTER TABLE cars DROP COLUMN name"
    run dbferry plan
    assert_output_has "it will be rebuilt" "column 'name' is new" "column 'more' is gone"
}

@test "plan shows the table even where the policy refuses it" {
    sample_config 'rows = 5;' 'on_schema_change = "refuse";'
    sqlite3 cars.db 'CREATE TABLE cars (other TEXT)'
    run dbferry plan
    assert_status 65
    assert_output_has "source type" "on_schema_change"
}

@test "check tries everything, says ok for each, and writes nothing" {
    sample_config
    files >../before
    run --separate-stderr dbferry check
    assert_status 0
    assert_equal "$stderr" ""
    [[ $output == *"ok    configuration:"* ]]
    assert_output_has "job cars" "source 'made': memory:store" "what is read: 2 columns of cars" \
        "target 'local': sqlite:$T/cars.db" "'cars' is not there yet and can be created"
    refute_output_has FAIL
    assert_equal "$(files)" "$(cat ../before)"
}

@test "check tries the target too where the source fails, and goes on with the next job" {
    write_config <<'END'
connections = {
  gone = { driver = "sqlite"; path = "gone.db"; };
  made = { driver = "memory"; };
  nowhere = { driver = "sqlite"; path = "no/such/folder/t.db"; };
  local = { driver = "sqlite"; path = "t.db"; };
};
jobs = ( { name = "first"; source = "gone"; table = "t"; target = "nowhere"; },
         { name = "second"; source = "made"; table = "t"; target = "local"; } );
END
    run --separate-stderr dbferry check
    assert_status 73
    [[ $output == *"FAIL  source 'gone':"*"FAIL  target 'nowhere':"*"job second"*"ok    target table"* ]]
    run dbferry check second
    assert_status 0
    run dbferry check first
    assert_status 73
}

@test "check finds a flaw in a connection that no job uses" {
    sample_config
    sed -i 's/^connections = {/&\n  spare = { driver = "sqlite"; pth = "x"; };/' dbferry.conf
    run dbferry check
    assert_status 78
    assert_output_has "dbferry.conf:3: unknown key 'pth'" "did you mean 'path'?"
    run dbferry check cars
    assert_status 0
}

# ---- drivers ----

@test "drivers lists each driver with its roles and what it does" {
    run --separate-stderr dbferry drivers
    assert_status 0
    assert_equal "$stderr" ""
    [[ $output =~ (^|$'\n')sqlite\ +source,\ target\ +[A-Z] ]]
}

@test "drivers NAME lists every key with its type, default and help" {
    run dbferry drivers sqlite
    assert_status 0
    assert_output_has "roles: source, target" "file: /" "interface: $(sed -n 's/^#define FERRY_ABI_VERSION //p' "$FERRY_SOURCE/src/include/dbferry/driver.h")" \
        "strategies of a source: replace, append, upsert, merge" "strategies of a target: replace, append, upsert, merge"
    [[ $output =~ $'\n'"libraries: SQLite 3."[0-9.]+$'\n' ]]
    [[ $output =~ $'\n'"  path "+path\ .*required ]]
    [[ $output =~ $'\n'"  journal_mode "+choice\ .*"wal|delete|truncate|persist; default wal" ]]
    [[ $output =~ $'\n'"  stall_timeout "+time\ .*"default 5m; sources only" ]]
    run dbferry drivers sqliet
    assert_status 78
    assert_output_has "did you mean 'sqlite'?"
}

# ---- init ----

@test "init writes a private configuration and says how to go on" {
    run --separate-stderr dbferry init conf/here
    assert_status 0
    assert_equal "$stderr" ""
    assert_output_has "wrote conf/here/dbferry.conf" "dbferry check --config conf/here/dbferry.conf"
    assert_equal "$(stat -c %a conf/here/dbferry.conf)" 600
    (umask 0; dbferry init open)
    assert_equal "$(stat -c %a open/dbferry.conf)" 600
    (umask 0777; dbferry init closed/) || [ "$(id -u)" -ne 0 ]
}

@test "init never overwrites, and says so" {
    mkdir conf
    echo mine >conf/dbferry.conf
    run dbferry init conf
    assert_status 73
    assert_output_has "conf/dbferry.conf is there already and stays as it is"
    assert_equal "$(cat conf/dbferry.conf)" mine
    ln -s "$T/elsewhere" conf/link
    mkdir other && ln -s "$T/elsewhere" other/dbferry.conf
    run dbferry init other
    assert_status 73
    [ ! -e elsewhere ]
}

@test "init says where a folder cannot be made" {
    echo >file
    run dbferry init file/conf
    assert_status 73
    assert_output_has "file"
}

@test "init --quiet prints nothing" {
    run dbferry init --quiet conf
    assert_status 0
    assert_equal "$output" ""
    [ -s conf/dbferry.conf ]
}

@test "check calls the configuration understood only where each connection and job is" {
    sample_config '' 'source = "gone";'
    sed -i 's/source = "made"; //' "$DBFERRY_CONFIG"
    run dbferry check
    assert_status 78
    assert_output_has "no connection is named 'gone'"
    refute_output_has "is understood"
    run dbferry check --source made
    assert_status 0
    assert_output_has "ok    configuration: every connection and job is understood"
}

@test "what init wrote is valid: check on it fails only at the network" {
    requires_driver mysql
    dbferry init conf
    (umask 077; echo secret >conf/vehicles.password)
    sed -i 's/db.example.net/no-such-host.invalid/' conf/dbferry.conf
    run dbferry check --config conf/dbferry.conf
    assert_status 69
    assert_output_has "ok    configuration: every connection and job is understood" \
        "FAIL  source 'vehicles':" no-such-host.invalid "ok    target 'local'"
    assert_equal "$(grep -c FAIL <<<"$output")" 1
}

# ---- How much is said ----

@test "--quiet and --verbose say less and more; the console log is on stderr" {
    sample_config
    run --separate-stderr dbferry run -v
    assert_status 0
    assert_equal "$output" ""
    [[ $stderr == *" info "*"cars source: "*" info "*"done: 5 rows"* ]]
    [[ $stderr != *" debug "* ]]
    run --separate-stderr dbferry run -vv
    [[ $stderr == *" debug "* ]]
    run --separate-stderr dbferry run -v -v
    [[ $stderr == *" debug "* ]]
    run --separate-stderr dbferry run --quiet
    assert_status 0
    assert_equal "$output$stderr" ""
    run --separate-stderr dbferry run --quiet --source gone
    assert_status 64
    [[ $stderr == "dbferry: "*"no connection is named 'gone'"* ]]
}

@test "a run on a terminal shows its progress and a summary; --quiet and a pipe do not" {
    requires script
    sample_config 'fail_at = "read_batch"; fail_how = "slow"; fail_delay = "700ms"; rows = 1234;'
    script -qec "'$DBFERRY' run" screen </dev/null >/dev/null
    grep -q $'\r\x1b\[Jcars  [0-9,]* rows  [0-9.]* [KM]\\?i\\?B  .*rows/s  [0-9.]* m\\?s' screen
    grep -q "cars: 1,234 rows (before: 0), .* in .*rows/s" screen
    script -qec "'$DBFERRY' run --quiet" screen </dev/null >/dev/null
    refute grep -q rows screen
    run dbferry run
    assert_equal "$output" ""
}

@test "an error on a terminal wipes the progress line first" {
    requires script
    sample_config 'fail_at = "read_batch"; fail_how = "slow"; fail_delay = "700ms"; rows = 20000;' \
        'min_rows = 30000;'
    script -qec "'$DBFERRY' run" screen </dev/null >/dev/null || true
    grep -q $'\r\x1b\[Jdbferry: cars: the source has 20000 rows' screen
}

# ---- Output that cannot be written ----

@test "a closed or full standard output never hurts a run" {
    sample_config
    for words in "run" "run -v" "run --dry-run" "plan" "check" "drivers"; do
        "$DBFERRY" $words >&- 2>err
        "$DBFERRY" $words 2>&- >out
        "$DBFERRY" $words >&- 2>&- <&-
        "$DBFERRY" $words 2>/dev/full >out
    done
    "$DBFERRY" run >/dev/full
    assert_sound cars.db
    assert_equal "$(rows cars.db cars)" 5
}

@test "descriptors that were closed are not taken by the database" {
    requires strace
    sample_config
    # LeakSanitizer does not work under strace.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    strace -f -qq -e trace=openat,pwrite64,write -o trace "$DBFERRY" run -v 0<&- >&- 2>&-
    grep -q 'pwrite64(' trace # strace may not show the names of a process that allows no dump
    refute grep -qE 'pwrite64\([012],' trace
    assert_sound cars.db
    refute_text=$(sqlite3 cars.db .dump | grep -c " info " || true)
    assert_equal "$refute_text" 0
}

@test "what was asked for and could not be printed is a failure, 71" {
    sample_config
    for words in "run --dry-run" "plan" "check" "drivers" "drivers sqlite" "--help" "run --help" \
        "--version"; do
        run --separate-stderr bash -c '"$@" >/dev/full' - "$DBFERRY" $words
        assert_status 71
        [[ $stderr == *"standard output"* ]]
    done
}

@test "a reader that goes away in the middle does not kill anything" {
    run bash -c '"$1" drivers memory | head -n 1; echo "${PIPESTATUS[0]}"' - "$DBFERRY"
    [[ ${lines[-1]} == 0 || ${lines[-1]} == 71 ]]
}
