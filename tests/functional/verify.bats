#!/usr/bin/env bats
# Verification: what was changed while it was stored, or afterwards, is found.

load helper

setup() {
    ferry_setup
    cd "$T"
}

# ---- verify = "none | count | content", with a target that damages what it has stored ----

# load_damaged LEVEL DAMAGE [ROW]: loads three rows into a target that damages one of them.
load_damaged() {
    run --separate-stderr dbferry copy memory:x memory:y --table cars \
        -o source.columns='id int64 not null key, a text, b text, price decimal(5,2)' \
        -o source.literal='1|x|y|1.00;2|\N|z|2.50;3|q|r|\N' \
        -o job.verify="$1" -o target.corrupt="$2" -o target.fail_row="${3:-0}" \
        -o target.dump="$T/dump"
}

damages=(flip-bit lose-row double-row lose-and-double swap-columns null-to-empty)

@test "content finds each kind of damage, and nothing is committed" {
    for damage in "${damages[@]}"; do
        load_damaged content "$damage" 1
        assert_status 65
        assert_output_has "the target is unchanged" "table 'cars'" "digests "
        refute_output_has "report it"
        [ ! -e dump ]
    done
    load_damaged content lose-row 1
    assert_output_has "the source gave 3 rows, but table 'cars' holds 2"
    load_damaged content double-row 1
    assert_output_has "the source gave 3 rows, but table 'cars' holds 4"
    load_damaged content flip-bit 1
    assert_output_has "both have 3 rows, but not the same"
}

@test "content passes what is whole" {
    for row in 0 1 2; do
        load_damaged content none "$row"
        assert_status 0
        assert_equal "$stderr" ""
        [ -s dump ]
        rm dump
    done
}

# Without this the tests above could pass for another reason.
@test "count and none do not find what no count shows" {
    load_damaged content none
    cp dump whole
    for level in count none; do
        for damage in "${damages[@]}"; do
            load_damaged "$level" "$damage" 1
            assert_status 0
            refute cmp -s dump whole
        done
    done
}

@test "content finds a flipped bit in a value of each type" {
    for type in bool int8 int64 "int64 unsigned" float32 float64 "decimal(30,10)" text "text(40)" \
        bytes date "time(6)" "datetime(3)" "datetime utc" year any; do
        for damage in flip-bit none; do
            run --separate-stderr dbferry copy memory:x memory:y --table t -o source.rows=50 \
                -o source.columns="c $type not null" -o job.verify=content \
                -o target.corrupt="$damage" -o target.fail_row=20
            assert_status "$([ "$damage" = none ] && echo 0 || echo 65)"
        done
    done
}

@test "count is content with the target's own number: a target that miscounts is refused" {
    for level in count content; do
        run dbferry copy memory:x memory:y --table t -o job.verify="$level" \
            -o target.break_contract=wrong-totals
        assert_status 65
        assert_output_has "10 rows were read from the source but the target counts 9"
    done
    run dbferry copy memory:x memory:y --table t -o job.verify=none \
        -o target.break_contract=wrong-totals
    assert_status 0
}

@test "a target that fails to read back leaves the old rows, with its own status" {
    for pair in target-io:74 data:65 busy:75 system:71; do
        run dbferry copy memory:x memory:y --table t -o job.verify=content \
            -o target.fail_at=stored_batch -o target.fail_class="${pair%:*}" -o target.dump="$T/dump"
        assert_status "${pair#*:}"
        assert_output_has "stored_batch failed" "the target is unchanged"
        [ ! -e dump ]
    done
}

@test "a driver that cannot read back: content is refused before a row moves, the default counts" {
    requires_driver example
    run dbferry copy memory:x example:"$T" --table t -o job.verify=content \
        -o source.columns='id int64, name text'
    assert_status 78
    assert_output_has "cannot read back" 'verify = "count"' "the target is unchanged"
    [ ! -e t ]
    run dbferry copy memory:x example:"$T" --table t -o source.columns='id int64, name text'
    assert_status 0
}

# ---- verify = "content" with SQLite ----

columns='id int64 not null key, name text(40), price decimal(10,2), big decimal(30,4),
    t datetime(3), u int64 unsigned, small int8, f float64, r float32, b bytes, y year, day date'

# made_config [SOURCE [JOB [TARGET]]]: made-up rows of many types into cars.db.
made_config() {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "$columns"; ${1:-rows = 500;} };
  local = { driver = "sqlite"; path = "cars.db"; ${3:-} };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "local"; verify = "content";
           on_lossy = "allow"; big_unsigned = "text"; ${2:-} } );
END
}

recorded() { sqlite3 -batch -readonly cars.db "SELECT digest FROM _dbferry_sync"; }

# The digest as dbferry-driver(3) describes it, computed by other programs from what the sqlite3
# library of Python reads; decimals are the texts that printf makes of the numbers.
independent_digest() {
    python3 - "$1" <<'END'
import sqlite3, struct, subprocess, sys
total, rows = 0, 0
for row in sqlite3.connect(sys.argv[1]).execute("SELECT * FROM cars"):
    form = b""
    for i, value in enumerate(row):
        if value is None: form += b"\0"
        elif i == 5: # unsigned, kept as text here
            n = int(value)
            form += (b"\2" if n > 2**63 - 1 else b"\1") + struct.pack("<Q", n)
        elif i in (2, 3):
            text = (value if isinstance(value, str) else "%.2f" % value).encode()
            form += b"\4" + struct.pack("<I", len(text)) + text
        elif isinstance(value, int): form += b"\1" + struct.pack("<q", value)
        elif isinstance(value, float): form += b"\3" + struct.pack("<d", value + 0.0)
        else:
            tag, data = (b"\6", value) if isinstance(value, bytes) else (b"\5", value.encode())
            form += tag + struct.pack("<I", len(data)) + data
    out = subprocess.run(["xxh128sum"], input=form, capture_output=True, check=True).stdout
    total, rows = total + int(out.split()[0], 16), rows + 1
print("%032x" % (total % 2**128))
END
}

@test "the digest of a run is the one that other programs compute from the file" {
    requires python3
    requires xxh128sum
    made_config 'rows = 200;'
    run dbferry run
    assert_status 0
    assert_equal "$(recorded)" "$(independent_digest cars.db)"
}

@test "content passes in every way to load a SQLite file, and gives one digest" {
    first=
    for journal in wal delete; do
        for staging in auto none file; do
            rm -f cars.db*
            made_config "" "staging = \"$staging\";" "journal_mode = \"$journal\";"
            for round in new again; do
                run --separate-stderr dbferry run
                assert_status 0
                assert_equal "$stderr" ""
                assert_equal "$(rows cars.db cars)" 500
                [ -n "$first" ] || first=$(recorded)
                assert_equal "$(recorded)" "$first"
            done
            run dbferry verify
            assert_status 0
        done
    done
    assert_equal "${#first}" 32
    refute [ "$first" = 00000000000000000000000000000000 ]
    made_config "" 'verify = "count";'
    sed -i 's/verify = "content"; *$//' dbferry.conf
    run dbferry run
    assert_status 0
    assert_equal "$(recorded)" ""
}

@test "content passes with tables that somebody else has made" {
    for definition in 'id INTEGER NOT NULL PRIMARY KEY, name TEXT' \
        'id INTEGER NOT NULL PRIMARY KEY, name TEXT) WITHOUT ROWID; --' \
        'id INTEGER NOT NULL, name TEXT COLLATE NOCASE, UNIQUE (name, id)' \
        'id INTEGER NOT NULL, twice INTEGER AS (id * 2) STORED, name TEXT'; do
        for encoding in UTF-8 UTF-16le; do
            for staging in none file; do
                rm -f cars.db*
                sqlite3 cars.db "PRAGMA encoding = '$encoding'; CREATE TABLE cars ($definition)"
                run dbferry copy memory:x sqlite:cars.db --table cars -o job.verify=content \
                    -o job.staging="$staging" -o source.rows=300 \
                    -o source.columns='id int64 not null, name text(40)' \
                    -o source.null_percent=0 -o job.copy_indexes=false
                assert_status 0
                assert_equal "$(rows cars.db cars)" 300
            done
        done
    done
}

@test "content passes with more columns than a function of SQLite takes" {
    wide=$(seq -f 'c%g int32' -s ', ' 1999)
    for i in 126 127 128 1999; do
        rm -f cars.db*
        run dbferry copy memory:x sqlite:cars.db --table t -o job.verify=content \
            -o source.columns="id int64 not null, $(cut -d, -f1-"$i" <<<"$wide")" -o source.rows=20
        assert_status 0
    done
}

# As on a bad disk: a value changes in a file while a load goes on, long after its page was written
# and long before the last row has come.
#
# spoil FILE: waits for the seventh row to be in the file and changes a letter of it.
spoil() {
    python3 - "$1" "$marker" <<'END'
import sys, time
text = bytes.fromhex(sys.argv[2])
for attempt in range(3000):
    time.sleep(0.02)
    try:
        with open(sys.argv[1], "r+b") as file:
            place = file.read().find(text)
            if place >= 0:
                file.seek(place)
                file.write(bytes([text[0] ^ 1]))
                sys.exit(0)
    except OSError:
        pass
sys.exit("the row did not come")
END
}

# spoiled_config STAGING SOURCE: 6000 rows of 1 KiB.
spoiled_config() {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "id int64 not null, name text"; rows = 6000;
           row_bytes = "1K"; null_percent = 0; $2 };
  local = { driver = "sqlite"; path = "cars.db"; };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "local"; verify = "content";
           staging = "$1"; } );
END
}

@test "what changes in the file during the load is found, and the old rows stay" {
    requires python3
    spoiled_config none
    run dbferry run
    assert_status 0
    marker=$(sqlite3 cars.db "SELECT hex(substr(name, 1, 100)) FROM cars WHERE rowid = 7")
    for way in "new cars.db none" "wal cars.db-wal none" "delete cars.db none" \
        "delete cars.db-dbferry-*.stage file"; do
        read -r mode file staging <<<"$way"
        echo "way: $way"
        rm -f cars.db*
        [ "$mode" = new ] || sqlite3 cars.db >/dev/null "PRAGMA journal_mode = $mode;
            CREATE TABLE cars (id INTEGER NOT NULL, name TEXT); INSERT INTO cars VALUES (9, 'old')"
        rm -f reached go
        spoiled_config "$staging" 'fail_at = "read_batch"; fail_how = "stall"; fail_row = 5500;
            fail_mark = "reached"; fail_until = "go";'
        dbferry run >out 2>&1 3>&- &
        until_there test -e reached
        spoil "$(compgen -G "$file")"
        touch go
        status=0
        wait $! || status=$?
        output=$(cat out) stderr=
        assert_status 65
        assert_output_has "both have 6000 rows, but not the same" "the target is unchanged"
        if [ "$mode" = new ]; then
            [ ! -e cars.db ]
        else
            assert_equal "$(sqlite3 cars.db 'SELECT * FROM cars')" "9|old"
        fi
    done
}

# ---- dbferry verify ----

# differs WORD...: verify ends with 65 and these words, and changes nothing.
differs() {
    cp cars.db before.db
    run --separate-stderr dbferry verify
    assert_status 65
    assert_output_has "dbferry: cars: " "$@"
    assert_equal "$(sqlite3 cars.db .dump)" "$(sqlite3 before.db .dump)"
}

# mended: another run makes it right again.
mended() {
    run dbferry run
    assert_status 0
    run dbferry verify
    assert_status 0
}

@test "verify is silent on a pipe, tells -v what it found, and writes nothing" {
    made_config
    run dbferry run
    assert_status 0
    before=$(cat cars.db cars.db-wal | sha256sum)
    run --separate-stderr dbferry verify
    assert_status 0
    assert_equal "$output$stderr" ""
    run dbferry verify -v cars
    assert_status 0
    assert_output_has "500 rows" "$(recorded)" "same on both sides"
    assert_equal "$(cat cars.db cars.db-wal | sha256sum)" "$before"
}

@test "verify finds what the sqlite3 shell has changed since" {
    made_config
    run dbferry run
    assert_status 0
    for change in "UPDATE cars SET small = (small | 1) - (small & 1) WHERE rowid = 77" \
        "UPDATE cars SET b = x'00' WHERE rowid = 33" \
        "UPDATE cars SET name = '' WHERE name IS NULL" \
        "UPDATE cars SET name = NULL WHERE name = ''" \
        "UPDATE cars SET name = upper(name) || 'x' WHERE rowid = 400" \
        "UPDATE cars SET f = f * 1.0000000000000002 WHERE rowid = 50" \
        "UPDATE cars SET price = price + 0.01 WHERE rowid = 51" \
        "UPDATE cars SET day = t, t = day || substr(t, 11) WHERE 0 OR rowid = 60" \
        "UPDATE cars SET t = substr(t, 1, 22) || '9' WHERE substr(t, 23) <> '9'"; do
        sqlite3 cars.db "$change; SELECT changes() > 0" | grep -qx 1
        differs
        mended
    done
    sqlite3 cars.db "DELETE FROM cars WHERE rowid = 12"
    differs "the source gave 500 rows, but table 'cars' holds 499" "run the job"
    mended
    sqlite3 cars.db "CREATE TEMP TABLE x AS SELECT * FROM cars WHERE rowid = 100;
        DELETE FROM cars WHERE rowid = 101; UPDATE x SET id = (SELECT max(id) FROM cars) + 1;
        INSERT INTO cars SELECT * FROM x"
    differs "both have 500 rows, but not the same"
    mended
}

@test "verify finds a doubled row and a swapped pair of columns" {
    columns='a text(40), b text(40)'
    made_config 'rows = 10; null_percent = 0;'
    run dbferry run
    assert_status 0
    sqlite3 cars.db "INSERT INTO cars SELECT * FROM cars WHERE rowid = 5"
    differs "holds 11"
    mended
    sqlite3 cars.db "UPDATE cars SET a = b, b = a WHERE rowid = 5"
    differs "both have 10 rows, but not the same"
    mended
    sqlite3 cars.db "INSERT INTO cars SELECT b, a FROM cars; DELETE FROM cars WHERE rowid <= 10;
        INSERT INTO cars SELECT b, a FROM cars; DELETE FROM cars WHERE rowid <= 20"
    run dbferry verify
    assert_status 0
}

@test "a value of another kind is named with its row and column" {
    made_config
    run dbferry run
    assert_status 0
    sqlite3 cars.db "UPDATE cars SET small = 'many' WHERE rowid = (SELECT rowid FROM cars LIMIT 1 OFFSET 41)"
    differs "row 42, column 'small': it is stored as TEXT"
    mended
    sqlite3 cars.db "UPDATE cars SET price = 1e300 WHERE rowid = (SELECT rowid FROM cars LIMIT 1 OFFSET 42)"
    differs "row 43, column 'price'"
}

@test "verify tells apart what cannot be compared" {
    made_config
    run dbferry verify
    assert_status 66
    assert_output_has "no table 'cars'" "run the job"
    [ ! -e cars.db ]
    run dbferry run
    assert_status 0
    sqlite3 cars.db "ALTER TABLE cars RENAME COLUMN small TO more"
    run dbferry verify
    assert_status 65
    assert_output_has "more" "rebuild"
    sqlite3 cars.db "DROP TABLE cars; CREATE VIEW cars AS SELECT 1 AS id"
    run dbferry verify
    assert_status 65
    made_config 'fail_at = "connect"; fail_class = "unreachable";'
    run dbferry verify
    assert_status 69
    made_config 'fail_at = "read_batch"; fail_class = "stream"; fail_row = 5;'
    sqlite3 cars.db "DROP VIEW cars"
    sed 's/fail_at[^}]*//' dbferry.conf >whole.conf
    chmod 600 whole.conf
    run dbferry run --config whole.conf
    assert_status 0
    run dbferry verify
    assert_status 76
    run dbferry verify nobody
    assert_status 78
    run dbferry verify --dry-run
    assert_status 64
}

@test "verify has the limits of a run" {
    made_config 'stall_timeout = "300ms"; fail_at = "read_batch"; fail_how = "stall"; rows = 5;'
    sed 's/fail_at[^}]*//' dbferry.conf >whole.conf
    chmod 600 whole.conf
    run dbferry run --config whole.conf
    assert_status 0
    run dbferry verify
    assert_status 76
    assert_output_has "stall_timeout"
}

@test "verify goes through all jobs, and the gravest outcome counts" {
    for name in one two three; do
        jobs="${jobs:+$jobs, }{ name = \"$name\"; source = \"made\"; table = \"$name\"; target = \"local\"; }"
    done
    write_config <<END
connections = { made = { driver = "memory"; }; local = { driver = "sqlite"; path = "all.db"; }; };
jobs = ( $jobs );
END
    run dbferry run
    assert_status 0
    sqlite3 all.db "DELETE FROM two WHERE id IN (SELECT max(id) FROM two); DROP TABLE three"
    run dbferry verify
    assert_status 65
    assert_output_has "dbferry: two: " "no table 'three'"
    refute_output_has "one: "
    run dbferry verify one
    assert_status 0
}

# MariaDB declares `d / 7` of a DECIMAL(65,30) as one of 65 digits, and gives 69.
@test "content passes decimals of more digits than their column declares" {
    long=14285714285714285714285714285714285.7142857142857142857142857142855714
    run dbferry copy memory:x sqlite:cars.db --table cars -o job.verify=content \
        -o source.columns='id int64, d decimal(65,34)' -o source.literal="1|$long;2|-$long"
    assert_status 0
    assert_equal "$(sqlite3 cars.db "SELECT d FROM cars")" "$long"$'\n'"-$long"
}
