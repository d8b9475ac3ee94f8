#!/usr/bin/env bats
# What a job wants of its columns: decimals, large integers, zero dates, types of its own, and which
# keys and indexes the target gets.

load helper
load sample

setup() {
    ferry_setup
    requires_driver sqlite
    requires sqlite3
    cd "$T"
    D=$T/t.db
}

# made COLUMNS ROWS [JOB [SOURCE]]: literal rows with these columns -> table t of the SQLite file.
made() {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "$1"; literal = "$2"; ${4:-} };
  local = { driver = "sqlite"; path = "t.db"; };
};
jobs = ( { name = "cars"; source = "made"; table = "t"; target = "local"; ${3:-} } );
END
}

runs() {
    run --separate-stderr dbferry run "$@"
    assert_status 0
}

# refused CODE WORD...: the run is refused, and there is no table.
refused() {
    local code=$1
    shift
    run --separate-stderr dbferry run
    assert_status "$code"
    assert_output_has "$@"
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM sqlite_schema WHERE name = 't'")" 0
}

sees() { assert_equal "$(sqlite3 -batch "$D" "$1")" "$2"; }

# ---- Decimals ----

@test "decimals are numbers up to 15 digits and text above, or what the job says" {
    local columns='a decimal(15,2), b decimal(16,2)' row='12.50|1234567890123.25'
    made "$columns" "$row"
    runs
    sees 'SELECT typeof(a), a, typeof(b), b FROM t' 'real|12.5|text|1234567890123.25'
    made "$columns" "$row" 'decimal = "text";'
    runs
    sees 'SELECT typeof(a), a, typeof(b), b FROM t' 'text|12.50|text|1234567890123.25'
    made "$columns" "$row" 'decimal = "real";'
    runs
    sees 'SELECT typeof(a), a, typeof(b), b = 1234567890123.25 FROM t' 'real|12.5|real|1'
}

@test "a decimal that a number would not bring back ends the run where they are to be numbers" {
    made 'id int64, b decimal(20,2)' '1|0.10;2|123456789012345678.91' 'decimal = "real";'
    refused 65 "row 2, column 'b'" "the target is unchanged"
}

@test "one column may be stored otherwise than the rest of the job" {
    made 'a decimal(10,2), B decimal(10,2), c decimal(10,2)' '0.10|0.20|0.30' \
        'decimal = "text"; columns = ( { name = "b"; decimal = "real"; }, { name = "c"; } );'
    runs
    sees 'SELECT typeof(a), typeof(B), typeof(c) FROM t' 'text|real|text'
}

# ---- Large integers ----

@test "an integer above the largest of SQLite is refused by name, or its column is text" {
    made 'u int64 unsigned, b bit(64)' '1|1;2|18446744073709551615'
    refused 65 "row 2, column 'b'"
    made 'u int64 unsigned, b bit(64)' '1|1;18446744073709551615|2'
    refused 65 "row 2, column 'u'"
    made 'u int64 unsigned, b bit(64)' '1|1;18446744073709551615|18446744073709551615' \
        'big_unsigned = "text";'
    runs
    sees 'SELECT typeof(u), u, typeof(b), b FROM t' \
        $'text|1|text|1\ntext|18446744073709551615|text|18446744073709551615'
}

@test "smaller unsigned integers stay numbers whatever the job says of the large ones" {
    made 'u int32 unsigned, b bit(63)' '4294967295|9223372036854775807' 'big_unsigned = "text";'
    runs
    sees 'SELECT typeof(u), u, typeof(b), b FROM t' 'integer|4294967295|integer|9223372036854775807'
}

# ---- Dates that no calendar has ----

days='id int64 not null, d date not null, m datetime(3), w text(20)'
zeros='1|2024-02-29|2024-02-29 12:00:00.500|x;2|0000-00-00|0000-00-00 00:00:00.000|0000-00-00;3|2024-00-15|2024-05-00 10:00:00.000|;4|\\N|\\N|\\N'
zeros=${zeros/'4|\\N|\\N|\\N'/'4|2024-10-20|\\N|\\N'}

@test "zero dates are carried as they are" {
    made "$days" "$zeros"
    runs
    sees 'SELECT d, m FROM t WHERE id IN (2, 3)' \
        $'0000-00-00|0000-00-00 00:00:00.000\n2024-00-15|2024-05-00 10:00:00.000'
}

@test "zero and partial dates become NULL where the job says so, and the column allows it" {
    made "$days" "$zeros" 'zero_date = "null";'
    run dbferry plan
    assert_status 0
    assert_output_has "zero dates become NULL"
    runs
    sees "SELECT id, d IS NULL, m IS NULL, w IS '0000-00-00' FROM t" \
        $'1|0|0|0\n2|1|1|1\n3|1|1|0\n4|0|1|0'
    sees "SELECT \"notnull\" FROM pragma_table_info('t') WHERE name = 'd'" 0
    runs
    sees 'SELECT count(*) FROM t WHERE d IS NULL' 2
}

@test "a zero date ends the run where the job refuses them, and its place is told" {
    made "$days" "$zeros" 'zero_date = "refuse";'
    refused 65 "row 2, column 'd'" "date without year, month or day" "the target is unchanged"
    made "$days" "$zeros" 'columns = ( { name = "M"; zero_date = "refuse"; } );'
    refused 65 "row 2, column 'm'"
    made "$days" '1|2024-02-29|\\N|0000-00-00' 'zero_date = "refuse";'
    runs
    sees 'SELECT w FROM t' '0000-00-00'
}

@test "one column keeps its zero dates while those of the others become NULL" {
    made "$days" "$zeros" 'zero_date = "null"; columns = ( { name = "m"; zero_date = "keep"; } );'
    runs
    sees 'SELECT d IS NULL, m FROM t WHERE id = 2' '1|0000-00-00 00:00:00.000'
}

@test "a zero date in the primary key is refused rather than NULL" {
    made 'd date not null key, n int32' '2024-01-01|1;0000-00-00|2' 'zero_date = "null";'
    run dbferry plan
    assert_output_has "a zero date ends the load"
    refused 65 "row 2, column 'd'"
    made 'd date not null key, n int32' '2024-01-01|1;0000-00-00|2' \
        'zero_date = "null"; copy_indexes = false;'
    runs
    sees 'SELECT d IS NULL FROM t WHERE n = 2' 1
}

@test "what verify compares is what was to be stored" {
    made "$days" "$zeros" 'zero_date = "null"; verify = "content";'
    sed -i 's/driver = "sqlite"; path = "t.db";/driver = "memory"; dump = "dump";/' dbferry.conf
    runs -v
    assert_output_has "verified: 4 rows"
    assert_equal "$(awk -F'\t' 'NR > 1 {print $2, $3}' dump | grep -c NULL)" 3
}

# ---- Types of one's own ----

@test "a column gets the type that the job names, and the plan tells how well it fits" {
    made 'id int64, price decimal(10,2), u int64 unsigned' '1|0.10|5' \
        'columns = ( { name = "price"; type = "TEXT"; }, { name = "u"; type = "TEXT"; } );'
    run dbferry plan
    assert_status 0
    assert_output_has "price   decimal(10,2)   decimal(10,2)   TEXT"
    runs
    sees 'SELECT typeof(id), typeof(price), price, typeof(u) FROM t' 'integer|text|0.10|text'
}

@test "a type that cannot hold the column, or is none, is refused before a row is read" {
    made 'id int64, d date' '1|2024-01-01' 'columns = ( { name = "d"; type = "INTEGER"; } );'
    refused 65 "column 'd'" "INTEGER"
    made 'id int64, d date' '1|2024-01-01' \
        "columns = ( { name = \"d\"; type = \"TEXT); DROP TABLE t; --\"; } );"
    refused 65 "column 'd'"
}

@test "a column that is not there is an error with the nearest name, and nothing is done" {
    made 'id int64, price decimal(10,2)' '1|0.10' 'columns = ( { name = "prise"; type = "TEXT"; } );'
    for command in run plan check; do
        run --separate-stderr dbferry "$command"
        assert_status 78
        assert_output_has "dbferry.conf:5: columns: the source has no column 'prise'" \
            "did you mean 'price'?"
        [ ! -e "$D" ]
    done
}

@test "copy takes the job's keys on the command line" {
    run dbferry copy memory:x "sqlite:$D" --table t -o source.columns='a decimal(10,2)' \
        -o source.literal=0.10 -o job.decimal=text -o job.copy_indexes=false
    assert_status 0
    sees 'SELECT typeof(a), a FROM t' 'text|0.10'
    run dbferry copy memory:x "sqlite:$D" --table t -o job.zero_date=never
    assert_status 64
    assert_output_has "keep|null|refuse"
}

# ---- Keys and indexes ----

# The indexes that were made beside the primary key: unique and columns, one a line.
indexes() {
    sqlite3 -batch "$D" "SELECT l.\"unique\", (SELECT group_concat(name) FROM (SELECT name FROM
        pragma_index_info(l.name) ORDER BY seqno)) AS c FROM pragma_index_list('t') l
        WHERE c <> 'id' ORDER BY 1, 2"
}

# alike INSERT: the row is refused because one is there already.
alike() { [[ $(sqlite3 -batch "$D" "$1" 2>&1) == *UNIQUE* ]]; }

indexed='id int64 not null, make text(20), vin text(20), primary (id), unique (vin) as by_vin, index (make, vin)'

@test "the indexes of the source are made in the target too" {
    made "$indexed" '1|Saab|A;2|Volvo|B'
    runs
    assert_equal "$(indexes)" $'0|make,vin\n1|vin'
    alike "INSERT INTO t VALUES (1, 'x', 'C')"
    alike "INSERT INTO t VALUES (3, 'x', 'A')"
    refute alike "INSERT INTO t VALUES (3, 'Saab', 'C')"
    runs
    assert_equal "$(indexes)" $'0|make,vin\n1|vin'
}

@test "copy_indexes = false leaves them and the primary key out" {
    made "$indexed" '1|Saab|A;2|Volvo|B' 'copy_indexes = false;'
    runs
    assert_equal "$(indexes)" ''
    refute alike "INSERT INTO t VALUES (1, 'Saab', 'A')"
    made "$indexed" '1|Saab|A;2|Volvo|B' \
        'copy_indexes = false; indexes = ( { columns = ["make"]; } );'
    runs
    assert_equal "$(indexes)" '0|make'
}

@test "of two indexes on the same columns one is made, the job's" {
    made "$indexed" '1|Saab|A;2|Volvo|A' \
        'indexes = ( { columns = ["VIN"]; name = "mine"; }, { columns = ["vin", "make"]; } );'
    runs # two rows with one vin: the job's index is not unique
    assert_equal "$(indexes)" $'0|make,vin\n0|vin\n0|vin,make'
    sees "SELECT count(*) FROM sqlite_schema WHERE name = 'mine'" 1
}

@test "an index on a column that is not there is told before a row is read" {
    made "$indexed" '1|Saab|A' 'indexes = ( { columns = ["make", "vim"]; } );'
    for command in run plan check; do
        run --separate-stderr dbferry "$command"
        assert_status 65
        assert_output_has "names the column 'vim'" "did you mean 'vin'?"
    done
    [ ! -e "$D" ]
}

@test "check knows what the job wants of its columns" {
    made 'id int64, price decimal(10,2)' '1|0.10' 'columns = ( { name = "price"; type = "TEXT"; } );'
    runs
    run dbferry check
    assert_status 0
    assert_output_has "'t' fits"
    made 'id int64, price decimal(10,2)' '1|0.10'
    run dbferry check
    assert_status 0
    assert_output_has "'t' has other columns and will be rebuilt"
    made 'id int64, d date' '1|2024-01-01' 'columns = ( { name = "d"; type = "INTEGER"; } );'
    run dbferry check
    assert_status 65
    assert_output_has "column 'd'"
}

@test "a key of two columns is kept as one" {
    made 'a int64 not null, b int64 not null, c text(5), primary (b, a)' '1|1|x;2|1|y'
    runs
    alike "INSERT INTO t VALUES (2, 1, 'z')"
    refute alike "INSERT INTO t VALUES (1, 2, 'z')"
}

@test "a target without indexes leaves those of the source out, and refuses the job's" {
    made "$indexed" '1|Saab|A'
    sed -i 's/driver = "sqlite"; path = "t.db";/driver = "example"; folder = ".";/' dbferry.conf
    runs
    assert_equal "$(wc -l <t.tsv)" 2
    made "$indexed" '1|Saab|A' 'indexes = ( { columns = ["make"]; } );'
    sed -i 's/driver = "sqlite"; path = "t.db";/driver = "example"; folder = ".";/' dbferry.conf
    run dbferry run
    assert_status 78
    assert_output_has "a text file has no indexes"
}

@test "the plan lists keys, indexes and notes" {
    made "$indexed" '1|Saab|A' 'indexes = ( { columns = ["vin", "make"]; name = "mine"; } );' \
        'note = "column secret is left out";'
    run dbferry plan
    assert_status 0
    assert_output_has "primary key (id)" "unique index (vin), the source's 'by_vin'" "index 'mine' (vin, make)" \
        "  index (make, vin)" "note: column secret is left out"
    [ ! -e "$D" ]
    made "$indexed" '1|Saab|A' 'copy_indexes = false;'
    run dbferry plan
    assert_status 0
    refute_output_has "PRIMARY KEY" "primary key" "index"
}

@test "the plan shows what a definition says behind the type, and a change of it" {
    made "id int64 not null key, w text(9) ignores_case default 'it''s'" '1|x'
    sed -i 's/driver = "sqlite"; path = "t.db";/driver = "memory"; existing_rows = 5; columns = "id int64, w text(9)";/' \
        dbferry.conf
    run dbferry plan
    assert_status 0
    assert_output_has "int64 not null key  " "text(9) ignores_case default 'it''s'  " \
        "column 'id' was int64 and becomes int64 not null key"
}

@test "names in the plan cannot write to the terminal" {
    made $'id int64, index (id) as `\e[2J`' '1' '' $'note = "\e]0;x";'
    run dbferry plan
    assert_status 0
    refute_output_has $'\e'
}

@test "a run tells what the source has to tell, where the log is shown" {
    made 'id int64' '1' '' 'note = "column secret is left out";'
    runs -v
    assert_output_has "info    cars describe: column secret is left out"
    refute_output_has "becomes INTEGER"
    made 'id int64' '1' 'columns = ( { name = "id"; type = "TEXT"; } );'
    runs -vv
    assert_output_has "debug   cars negotiate: column 'id' becomes TEXT"
    runs
    assert_equal "$output$stderr" ''
}

@test "the driver for tests tells where its columns are wrong" {
    local columns
    for columns in "a" "a int33" "a enum" "a enum()" "a enum('x" "a bit(65)" "a geometry(cube)" \
        "a int32 default" "a int32, index (b)" "a int32, index (a" "index (a)" ""; do
        run --separate-stderr dbferry copy memory:x memory:y --table t -o source.columns="$columns"
        assert_status 78
        assert_output_has "dbferry: columns: " "at character"
    done
}
