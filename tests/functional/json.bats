# --json: what each command tells programs, well or not, held against the schema that is installed; nothing
# else is on standard output.

load helper
load sample

SCHEMA=$FERRY_SOURCE/docs/dbferry-json.schema.json

setup() {
    ferry_setup
    requires_driver sqlite
    requires sqlite3
    requires python3
    [ -d "$RECORDS" ] || skip "python3-jsonschema is not installed"
    cd "$T"
}

# The records of all tests are held against the schema at once, since the validator is slow to start.
setup_file() {
    export RECORDS=$BATS_FILE_TMPDIR/records
    ! python3 -c 'from importlib.util import find_spec as f; exit(not f("jsonschema"))' || mkdir "$RECORDS"
}

teardown_file() {
    [ -z "$(ls "$RECORDS" 2>/dev/null)" ] || records check "$SCHEMA" "$RECORDS"/*
}

records() { python3 "$FERRY_SOURCE/tests/functional/records.py" "$@"; }

# keep CODE: $output is to be what a process that ended with CODE prints: records by the schema, and no text
keep() { printf '%s\n' "$output" >"$RECORDS/test-$BATS_TEST_NUMBER-$(ls "$RECORDS" | wc -l).$1"; }

# tells CODE WORD...: dbferry WORD... --json ends with CODE, and prints such records
tells() {
    local code=$1
    shift
    run --separate-stderr "$DBFERRY" "$@" --json
    assert_status "$code"
    keep "$code"
}

# told EXPECTED TYPE FIELD...: the records of that type had these values, a line for each record
told() {
    local expected=$1
    shift
    assert_equal "$(records show "$@" <<<"$output")" "$expected"
}

# told_types TYPE...: these records, in this order
told_types() { assert_equal "$(records types <<<"$output")" "$*"; }

# shop [KEYS [MORE]]: a source with a table and a view, and a job that copies the table
shop() {
    [ -e shop.db ] || sqlite3 -batch shop.db <<'END'
CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER);
INSERT INTO product VALUES (1, 'Tea', 450), (2, 'Rice', 200), (3, 'Salt', NULL);
CREATE TABLE shelf (id INTEGER PRIMARY KEY, product INTEGER);
INSERT INTO shelf VALUES (1, 1), (2, 3);
END
    write_config <<END
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = ( { name = "products"; source = "shop"; table = "product"; target = "local"; ${1:-} }${2:-} );
END
}

# ---- run ----

# ended CODE: the program in the background, whose records are in out, comes to this end.
ended() {
    code=0
    wait "$program" || code=$?
    assert_equal "$code" "$1"
    output=$(cat out)
    keep "$1"
}

@test "run: a record for each job, with its numbers, and the last one with the exit code" {
    shop
    tells 0 run
    told_types job end
    told "products|done|3|0|null|shop|null|local|1|0" \
        job job state rows rows_before inserted source fallback target attempts exit_code
    told "$(sqlite3 local.db 'SELECT run_id FROM _dbferry_sync')" job run_id
    told "$("$DBFERRY" --version | sed -n '1s/dbferry //p')" job dbferry_version
    told "run|0" end command exit_code
    assert_equal "$stderr" ""
    sqlite3 shop.db "UPDATE product SET cents = 1 WHERE id < 3; DELETE FROM product WHERE id = 3;
        INSERT INTO product VALUES (7, 'Oil', 900)"
    shop 'strategy = "merge"; key = ["id"];'
    tells 0 run
    told "3|3|1|2|1|0" job rows rows_before inserted updated deleted unchanged
    # the phases are seconds, and none took longer than the run
    records show job seconds phases <<<"$output" | python3 -c '
import json, sys
seconds, phases = sys.stdin.read().split("|")
phases = json.loads(phases)
assert phases and all(0 <= value <= float(seconds) + 0.01 for value in phases.values()), phases'
}

@test "run: what is unchanged at the source, read from the fallback, or failed" {
    shop 'skip_unchanged = true;' ',
      { name = "late"; source = "gone"; table = "product"; target = "copy"; fallback_source = "shop"; },
      { name = "none"; source = "shop"; table = "nothing"; target = "copy"; }'
    sed -i '/^connections/a gone = { driver = "sqlite"; path = "gone.db"; retries = 0; }; copy = { driver = "sqlite"; path = "copy.db"; };' dbferry.conf
    tells 66 run
    told_types job job error job end
    told $'products|done|0\nlate|fallback|3\nnone|failed|66' job job state exit_code
    told $'null\nshop\nnull' job fallback
    told $'3\n3\nnull' job rows
    told "none|not-found|66|the target is unchanged" error job class exit_code outcome
    message=$(records show error message <<<"$output")
    assert_output_has "dbferry: none: $message"
    told "66" end exit_code
    tells 0 run products
    told "products|unchanged|3" job job state rows
}

@test "run: tables of a job of many, each in a record before the job's" {
    shop '' ',
      { name = "all"; source = "shop"; tables = ["*"]; target = "copies"; strategy = "merge"; }'
    sed -i '/^connections/a copies = { driver = "sqlite"; path = "copies.db"; };' dbferry.conf
    tells 0 run all
    told_types table table job end
    told $'all|product|product|done|create|3|0\nall|shelf|shelf|done|create|2|0' \
        table job name table state action rows exit_code
    told "all|done|5" job job state rows
    sqlite3 shop.db "UPDATE shelf SET product = 2 WHERE id = 2"
    sqlite3 copies.db "DROP TABLE product; CREATE VIEW product AS SELECT 1 AS id"
    tells 65 run all
    told_types error table table job end
    told "all/product" error job
    told $'product|failed|null|null|null\nshelf|done|2|1|1' table name state rows updated unchanged
    told "failed|2|1|1" job state rows updated unchanged
}

@test "run --skip-locked: what is left to another run is no success" {
    shop 'expect_every = "1h";'
    sqlite3 local.db "PRAGMA journal_mode = wal; CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER)"
    hold_lock local.db product
    tells 0 run --skip-locked
    told_types job end
    told "products|left|0|null|null" job job state exit_code rows run_id
    assert_output_has '"message":"left to another run: '
    tells 75 status
    told "products|true|left|null" status job late last.state success
    let_go
}

@test "run: a copy whose source is gone" {
    shop '' ',
      { name = "all"; source = "shop"; tables = ["*"]; target = "copies"; prune = true; }'
    sed -i '/^connections/a copies = { driver = "sqlite"; path = "copies.db"; };' dbferry.conf
    tells 0 run all
    sqlite3 shop.db "DROP TABLE shelf"
    tells 0 plan all
    told "all|shelf|shelf|true|true" stray job name table gone dropped
    tells 0 check all
    told "all|shelf|true" stray job name dropped
    tells 0 run all
    told_types table stray job end
    told "all|shelf|shelf|true|true|'shelf' is gone from source 'shop': its copy 'shelf' in 'copies' was dropped" \
        stray job name table gone dropped message
    assert_equal "$(sqlite3 copies.db "SELECT count(*) FROM sqlite_schema WHERE name = 'shelf'")" 0
}

@test "run --jobs: lines of several processes are whole, and one ends" {
    requires_driver memory
    write_config <<END
connections = {
  made = { driver = "memory"; rows = 50; columns = "id int64 not null key"; };
  $(seq 12 | sed 's/.*/file& = { driver = "sqlite"; path = "file&.db"; };/')
};
jobs = ( $(seq 12 | sed 's/.*/{ name = "m&"; source = "made"; table = "t"; target = "file&"; }/' | paste -sd,) );
END
    tells 0 run --jobs 4 -v
    assert_equal "$(records show job job state rows <<<"$output" | sort)" \
        "$(seq 12 | sed 's/.*/m&|done|50/' | sort)"
    tells 0 run --jobs 4 --dry-run
    assert_equal "$(records types <<<"$output" | tr ' ' '\n' | sort | uniq -c | tr -s ' \n' ' ')" " 1 end 12 plan "
}

@test "run --jobs: a process that is killed leaves no half line, and an error in its place" {
    requires_driver memory
    requires pgrep
    write_config <<END
connections = {
  held = { driver = "memory"; columns = "id int64 not null key"; rows = 1000; fail_at = "read_batch";
    fail_row = 500; fail_how = "stall"; fail_mark = "$T/at"; };
  made = { driver = "memory"; columns = "id int64 not null key"; rows = 5; };
  a = { driver = "sqlite"; path = "a.db"; };
  b = { driver = "sqlite"; path = "b.db"; };
};
jobs = ( { name = "held"; source = "held"; table = "t"; target = "a"; },
         { name = "made"; source = "made"; table = "t"; target = "b"; } );
END
    "$DBFERRY" run --jobs 2 --json >out 2>err 3>&- &
    program=$!
    until_there test -e at
    until_there grep -q '"type":"job"' out
    kill -KILL $(pgrep -P "$program")
    ended 70
    told_types job error end
    told "made|done" job job state
    told "held|internal|70" error job class exit_code
}

# ---- Signals ----

# held [KEYS]: a run that waits in the midst of its rows, in the background
held() {
    sample_config "rows = 1000; fail_at = \"${1:-read_batch}\"; fail_how = \"stall\"; fail_mark = \"$T/at\"; fail_delay = \"1h\";"
    rm -f at
    "$DBFERRY" run --json >out 2>err 3>&- &
    program=$!
    until_there test -e at
}

@test "a signal: the last record has 128 and its number, also where the process dies at once" {
    requires_driver memory
    held
    kill -TERM "$program"
    ended 143
    told_types error job end
    told "cars|stopped|143" job job state exit_code
    told "cancelled|143" error class exit_code
    held connect # which is not given back
    kill -TERM "$program"
    sleep 0.5 # two in a moment are one
    kill -TERM "$program"
    ended 143
    told_types end
}

# ---- The other commands ----

@test "copy: a record as of a job; one with --dry-run is a plan" {
    shop
    tells 0 copy sqlite:shop.db sqlite:local.db --table product --dry-run
    told_types plan end
    told "create|product" plan action table
    [ ! -e local.db ]
    tells 0 copy sqlite:shop.db sqlite:local.db --table product
    told_types job end
    told "copy|done|3|source|target" job job state rows source target
    tells 0 copy sqlite:shop.db sqlite:local.db --all
    told_types table table job end
    told "5|0" job rows exit_code
    tells 66 copy sqlite:shop.db sqlite:local.db --table nothing
    told_types error job end
    told "failed|66" job state exit_code
}

@test "plan: columns, keys and what there is to say" {
    sqlite3 shop.db "CREATE TABLE \"a|b\" (id INTEGER PRIMARY KEY, \"na
me\" VARCHAR(20) NOT NULL); CREATE UNIQUE INDEX by_name ON \"a|b\" (\"na
me\"); CREATE TABLE child (parent REFERENCES \"a|b\" ON DELETE CASCADE)"
    write_config <<'END'
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = ( { name = "names"; source = "shop"; table = "a|b"; target = "local"; target_table = "names";
           strategy = "append"; cursor = "id"; on_warning = "refuse"; },
         { name = "many"; source = "shop"; target = "local"; tables = ["*"]; foreign_keys = true;
           commit = "together"; } );
END
    tells 0 plan names
    told_types plan end
    told "names|shop|null|local|names|create|null" plan job source fallback target table action rows_before
    told $'id|INTEGER|int64|exact\nna\nme|VARCHAR(20)|text|exact' \
        plan columns.name columns.source_type columns.descriptor columns.fit
    told "id" plan cursor
    told $'primary|["id"]\nunique|["na\\nme"]' plan indexes.kind indexes.columns
    assert_output_has '"kind":"note","text":"any warning of the source'
    tells 0 plan many
    told $'many/a|b\nmany/child' plan job
    told '["parent"]|a|b|["id"]|cascade|no action' plan foreign_keys.columns foreign_keys.table \
        foreign_keys.referred foreign_keys.on_delete foreign_keys.on_update
    sqlite3 shop.db "INSERT INTO \"a|b\" VALUES (1, 'x')"
    tells 0 run names
    tells 0 plan names
    told "change|append" plan action strategy
}

@test "plan: what is refused is told, and so is why" {
    shop 'columns = ( { name = "name"; type = "INTEGER"; } );'
    tells 65 plan
    told_types plan error end
    told "products|schema|65" error job class exit_code
}

@test "check: what is well, and what fails" {
    shop
    tells 0 check
    assert_equal "$(records types <<<"$output" | tr ' ' '\n' | uniq)" $'finding\nend'
    found=$(records show finding job subject level exit_code <<<"$output")
    for line in "null|configuration|ok|0" "products|source 'shop'|ok|0" "products|what is read|ok|0" \
        "products|target 'local'|ok|0" "products|target table|ok|0"; do
        grep -qxF "$line" <<<"$found"
    done
    rm shop.db
    tells 69 check products
    found=$(records show finding job subject level exit_code <<<"$output")
    grep -qxF "products|source 'shop'|failure|69" <<<"$found"
    grep -qxF "products|target 'local'|ok|0" <<<"$found"
}

@test "verify: the same, other rows, and a table that is not there" {
    shop
    tells 66 verify
    told_types error verification end
    told "null|null|66" verification same rows exit_code
    "$DBFERRY" run
    tells 0 verify
    told_types verification end
    told "products|true|3|0" verification job same rows exit_code
    sqlite3 local.db "UPDATE product SET cents = 987654321, name = 'x''y' WHERE id = 2;
        DELETE FROM product WHERE id = 3; INSERT INTO product VALUES (9, 'old', 1)"
    tells 65 verify --rows
    told_types difference difference difference error verification end
    told $'products|changed\nproducts|missing\nproducts|extra' difference job kind
    told $'id|2\nid|3\nid|9' difference key.column key.value
    told $'name\ncents' difference columns.column
    refute_output_has 987654321
    told "false|65" verification same exit_code
    tells 65 verify --rows --values
    told $'name|\'Rice\'|\'x\'y\'\ncents|200|987654321' difference columns.column columns.source columns.target
    tells 65 verify --rows=1
    told "2" difference key.value
}

@test "status: the last run and the last success, which are runs as in the history" {
    shop 'expect_every = "1h";' ',
      { name = "never"; source = "shop"; table = "product"; target = "local"; expect_every = "90m"; },
      { name = "idle"; source = "shop"; table = "product"; target = "local"; }'
    "$DBFERRY" run products
    mkdir bin
    printf '#!/bin/sh\necho "Id=dbferry@idle.timer"\necho "NextElapseUSecRealtime=Mon 2098-12-01 06:00:00 UTC"\n' >bin/systemctl
    chmod 755 bin/systemctl
    PATH=$T/bin:$PATH tells 75 status
    told $'null\nnull\n2098-12-01T06:00:00.000Z' status timer.next
    told_types status status status end
    told $'products|false|3600.0|done\nnever|true|5400.0|null\nidle|false|null|null' \
        status job late expect_every last.state
    sqlite3 shop.db "DROP TABLE product"
    run "$DBFERRY" run products
    tells 0 status products idle
    assert_equal "$(records show status last.run_id success.run_id <<<"$output" | head -1)" \
        "$(sqlite3 "$XDG_STATE_HOME/dbferry/history.db" "SELECT group_concat(run_id, '|') FROM (SELECT run_id FROM run ORDER BY started DESC)")"
    assert_equal "$(records show status job last.exit_code last.rows success.exit_code success.rows <<<"$output")" \
        $'products|66|null|0|3\nidle|null|null|null|null'
    tells 64 status --watch
}

@test "drivers: what is installed, and the keys of one" {
    tells 0 drivers
    assert_output_has '"name":"sqlite","usable":true,"source":true,"target":true'
    tells 0 drivers sqlite
    assert_equal "$(records show option name value_type default <<<"$output" | sed 's/|null$//')" \
        "$("$DBFERRY" drivers sqlite | sed -n 's/^  \([^ ]*\)  *\([a-z]*\)  .*; default \([^;]*\).*/\1|\2|\3/p; t; s/^  \([^ ]*\)  *\([a-z]*\)  .*/\1|\2/p')"
    told "sqlite|true" driver name usable
    assert_output_has '"source_strategies":["replace","append","upsert","merge"]' \
        '"target_strategies":["replace","append","upsert","merge"]' \
        "\"interface\":$(sed -n 's/^#define FERRY_ABI_VERSION //p' "$FERRY_SOURCE/src/include/dbferry/driver.h")," \
        '"libraries":[{"name":"SQLite","version":"3.'
    tells 78 drivers nothing
    told_types error end
}

@test "drivers: one that is not usable" {
    mkdir -m 755 drivers
    echo none >drivers/broken.so
    DBFERRY_DRIVER_DIR=$T/drivers tells 78 drivers
    told_types driver end
    told "broken|false|false|null" driver name usable source driver_version
    assert_output_has "broken.so" '"interface":null,"source_strategies":[],"target_strategies":[],"libraries":[]'
}

# ---- What is on standard output ----

@test "mistakes on the command line and in the configuration are records, too" {
    shop
    tells 64 run --nosuch
    told_types error end
    told "null|usage|64" error job class exit_code
    told "null|64" end command exit_code
    for words in rum "drivers a b" "copy a" "verify --values" "init"; do
        tells 64 $words
        told_types error end
    done
    tells 78 run nobody
    told "run|78" end command exit_code
    echo 'nonsense' >>dbferry.conf
    tells 78 run
    told "null|config" error job class
    tells 78 check --config "$T/none.conf"
    run --separate-stderr "$DBFERRY" run --js --nosuch
    keep 64
}

@test "a word that is the value of an option, or an operand, asks for no records" {
    shop
    run --separate-stderr "$DBFERRY" run --source --json
    assert_status 64
    assert_equal "$output" ""
    run --separate-stderr "$DBFERRY" run -- --json
    assert_status 78
    assert_equal "$output" ""
    run --separate-stderr "$DBFERRY" run --json --help
    assert_status 0
    assert_output_has "Usage: dbferry run"
    refute_output_has '{"version"'
}

@test "the log, warnings and progress are on standard error alone" {
    shop 'on_lossy = "allow";'
    tells 0 run -v -v
    [ -n "$stderr" ]
    told_types job end
    tells 0 plan -v
    tells 0 check -v
    tells 0 verify -q
    requires script
    script -qec "'$DBFERRY' run --json >out" /dev/null >terminal
    grep -q "products: 3 rows" terminal
    output=$(cat out)
    keep 0
}

@test "text from outside cannot break a line: names, messages, bytes that are no UTF-8" {
    sqlite3 shop.db "CREATE TABLE t (id INTEGER PRIMARY KEY, \"a\"\"\\b
c\" TEXT); INSERT INTO t VALUES (1, 'x')"
    write_config <<'END'
connections = {
  "shop" = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = ( { name = "a\"b\\c\nd\x1b[1m\xff"; source = "shop"; table = "t"; target = "local"; } );
END
    sed -i 's/^  "shop"/  shop/' dbferry.conf
    run --separate-stderr "$DBFERRY" plan --json
    keep "$status"
    told $'id\na"\\b\nc' plan columns.name
    run --separate-stderr "$DBFERRY" run --json
    keep "$status"
    assert_equal "$(wc -l <<<"$output")" 2
}

@test "standard output that takes nothing is a failure, as without records" {
    shop
    run bash -c '"$0" run --json >/dev/full' "$DBFERRY"
    assert_status 71
    assert_output_has "cannot write to the standard output"
}

@test "every type of the schema is one that a test here has seen" {
    for type in $(python3 -c 'import json, sys; print(*json.load(open(sys.argv[1]))["properties"]["type"]["enum"])' "$SCHEMA"); do
        grep -q "told_types.*\b$type\b\|told .* $type \|show $type\|^        $type " "$BATS_TEST_FILENAME" || {
            echo "no test asks for a record of type $type" >&2
            return 1
        }
        grep -q "^    $type  *" "$FERRY_SOURCE/docs/dbferry.pod" || {
            echo "dbferry(1) does not name the type $type" >&2
            return 1
        }
    done
}
