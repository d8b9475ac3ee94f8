#!/usr/bin/env bats
# Guards and policies: what must be true of the rows and columns before they replace the old ones.

load helper
load sample

setup() {
    ferry_setup
    cd "$T"
}

# refused CODE WORD...: `dbferry run` is refused with these words and the target keeps its bytes.
refused() {
    local code=$1
    shift
    dump cars.db >before
    run --separate-stderr dbferry run
    assert_status "$code"
    assert_output_has "dbferry: cars: " "the target is unchanged" "$@"
    assert_equal "$(dump cars.db)" "$(cat before)"
    assert_sound cars.db
}

# passes COUNT: `dbferry run` does its work, and the table has so many rows.
passes() {
    run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$(rows cars.db cars)" "$1"
}

# ---- How many rows ----

@test "no rows do not replace some, unless allow_empty says so" {
    sample_table cars.db cars 7
    for mode in wal delete; do
        sqlite3 cars.db "PRAGMA journal_mode = $mode" >/dev/null
        sample_config 'rows = 0;'
        refused 65 "the source has no rows and the target has 7" "allow_empty = true"
        sample_config 'rows = 0;' 'allow_empty = false;'
        refused 65 "allow_empty"
    done
    sample_config 'rows = 0;' 'allow_empty = true;'
    passes 0
}

@test "no rows may make a new table, and may replace an empty one" {
    sample_config 'rows = 0;'
    passes 0
    passes 0
    assert_equal "$(sqlite3 cars.db "SELECT rows FROM _dbferry_sync")" 0
}

@test "fewer than min_rows are refused, exactly min_rows are not" {
    sample_table cars.db cars 2
    sample_config 'rows = 9;' 'min_rows = 10;'
    refused 65 "the source has 9 rows, fewer than min_rows = 10"
    sample_config 'rows = 10;' 'min_rows = 10;'
    passes 10
    sample_config 'rows = 0;' 'min_rows = 1; allow_empty = true;'
    refused 65 "fewer than min_rows = 1"
    sample_config 'rows = 5;' 'min_rows = 9223372036854775807L;'
    refused 65 "fewer than min_rows"
}

@test "min_rows holds for a table that is not there yet: nothing is made" {
    sample_config 'rows = 3;' 'min_rows = 4;'
    run dbferry run
    assert_status 65
    [ ! -e cars.db ] || assert_equal "$(sqlite3 cars.db "SELECT count(*) FROM sqlite_schema")" 0
}

@test "a table that would shrink by more than max_shrink_percent is refused" {
    sample_table cars.db cars 100
    sample_config 'rows = 89;' 'max_shrink_percent = 10;'
    refused 65 "would shrink from 100 to 89 rows" "max_shrink_percent = 10"
    sample_config 'rows = 90;' 'max_shrink_percent = 10;'
    passes 90
    sample_config 'rows = 200;' 'max_shrink_percent = 0;'
    passes 200
    sample_config 'rows = 199;' 'max_shrink_percent = 0;'
    refused 65 "from 200 to 199"
    sample_config 'rows = 1;' 'max_shrink_percent = 100;'
    passes 1
    sample_config 'rows = 1;'
    passes 1
}

@test "max_shrink_percent does not stand in for allow_empty" {
    sample_table cars.db cars 5
    sample_config 'rows = 0;' 'max_shrink_percent = 100;'
    refused 65 allow_empty
}

@test "the guards see the count of the old rows, not of the stage or of another table" {
    sample_table cars.db cars 10
    sample_table cars.db others 1000
    for staging in file none; do
        sample_config 'rows = 9;' "max_shrink_percent = 5; staging = \"$staging\";"
        refused 65 "from 10 to 9 rows"
    done
}

# ---- What the target's types lose ----

@test "a lossy column is refused by default, allowed by on_lossy = allow, and named" {
    sample_config 'rows = 2;'
    lossy='fit = "lossy"; fit_column = "name";'
    write() { # JOB-KEYS FIT
        write_config <<END
connections = { made = { driver = "memory"; rows = 3; };
                to = { driver = "memory"; store = "to"; dump = "dump"; $2 }; };
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "to"; $1 } );
END
    }
    for policy in '' 'on_lossy = "refuse";'; do
        write "$policy" "$lossy"
        run dbferry run
        assert_status 65
        assert_output_has "would lose something of column 'name' (text(40)" CAST 'on_lossy = "allow"'
        [ ! -e dump ]
    done
    write 'on_lossy = "allow";' "$lossy"
    run dbferry run
    assert_status 0
    [ -s dump ]
    rm dump
    write 'on_lossy = "allow";' 'fit = "none";'
    run dbferry run
    assert_status 65
    assert_output_has "cannot store column 'id'" "'name'" "'price'" CAST
    [ ! -e dump ]
    for fit in exact wider checked; do
        write '' "fit = \"$fit\";"
        run dbferry run
        assert_status 0
    done
}

# ---- What happens to the columns ----

@test "a table with other columns is rebuilt by default, and the log says what changed" {
    sqlite3 cars.db "CREATE TABLE cars (id INTEGER, colour TEXT); INSERT INTO cars VALUES (1, 'red')"
    sample_config 'rows = 3;'
    run dbferry run -v
    assert_status 0
    assert_output_has "table 'cars' is rebuilt" "column 'name' is new" "column 'colour' is gone"
    assert_equal "$(sqlite3 cars.db "SELECT group_concat(name) FROM pragma_table_info('cars')")" id,name
    assert_equal "$(rows cars.db cars)" 3
}

@test "on_schema_change = refuse names the difference, column by column" {
    sample_config 'rows = 3;' 'on_schema_change = "refuse";'
    sqlite3 cars.db "CREATE TABLE cars (id TEXT, colour TEXT); INSERT INTO cars VALUES (1, 'red')"
    refused 65 "the columns of table 'cars' would change" "column 'id' was TEXT and becomes" \
        "column 'name' is new" "column 'colour' is gone" 'on_schema_change = "rebuild"'
    sqlite3 cars.db "DROP TABLE cars"
    passes 3
    passes 3
    sqlite3 cars.db "ALTER TABLE cars RENAME COLUMN name TO Name"
    refused 65 "column 'name' is new" "column 'Name' is gone"
}

@test "columns in another order are the same table, which keeps its order" {
    sample_config 'rows = 3;'
    passes 3
    declared=$(sqlite3 cars.db "SELECT group_concat(name || ' ' || type || CASE \"notnull\" WHEN 1 THEN ' NOT NULL' ELSE '' END, ', ') FROM (SELECT * FROM pragma_table_info('cars') ORDER BY cid DESC)")
    sqlite3 cars.db "DROP TABLE cars; CREATE TABLE cars ($declared); INSERT INTO cars (id) VALUES (5)"
    sample_config 'rows = 3;' 'on_schema_change = "refuse";'
    passes 3
    assert_equal "$(sqlite3 cars.db "SELECT group_concat(name) FROM pragma_table_info('cars')")" name,id
    assert_equal "$(sqlite3 cars.db "SELECT typeof(id), typeof(name) FROM cars LIMIT 1")" "integer|text"
}

# ---- Names ----

@test "columns that are named alike are refused with the alias that would mend it" {
    sample_table from.db a 2
    sample_table from.db b 2
    sample_table cars.db cars 2
    alike() { # SQL WORD...
        local sql=$1
        shift
        dump cars.db >before
        run dbferry copy sqlite:from.db sqlite:cars.db --target-table cars --query "$sql"
        assert_status 65
        assert_output_has "$@" "the target is unchanged"
        assert_equal "$(dump cars.db)" "$(cat before)"
    }
    alike "SELECT a.id, b.id FROM a, b" "'id'" AS
    alike "SELECT id, name AS ID FROM a" "'id' but for case" "ID AS ID_2"
    alike "SELECT id AS \"Straße\", name AS \"STRASSE\", 1 AS \"straße\" FROM a" AS
}

@test "columns that are named alike in a memory source are refused too, and in a plan" {
    for columns in "a int32, b text, a text" "a int32, b text, A text"; do
        for command in copy; do
            run dbferry $command memory:x sqlite:cars.db --table t -o source.columns="$columns"
            assert_status 65
            assert_output_has AS
            [ ! -e cars.db ]
        done
    done
}

@test "a name that is hostile reaches the target as it is, and no other table is touched" {
    sample_table cars.db canary 3
    for name in 'a b' '"' "'" ';DROP TABLE canary;--' '%s%n' 'select' '../x' $'two\nlines' 'é' '`'; do
        run dbferry copy memory:x sqlite:cars.db --table x --target-table "$name" \
            -o source.columns="\`${name//\`/\`\`}\` int32" -o source.null_percent=0 -o source.rows=2
        assert_status 0
        assert_equal "$(sqlite3 cars.db "SELECT count(*) FROM sqlite_schema WHERE name = '${name//\'/\'\'}'")" 1
        assert_equal "$(sqlite3 cars.db "SELECT count(*) FROM \"${name//\"/\"\"}\" WHERE \"${name//\"/\"\"}\" IS NOT NULL")" 2
    done
    assert_equal "$(rows cars.db canary)" 3
    assert_sound cars.db
}

@test "the target's own tables cannot be the target" {
    sample_table cars.db cars 3
    dump cars.db >before
    for name in sqlite_schema sqlite_master sqlite_sequence sqlite_x _dbferry_sync; do
        run dbferry copy memory:x sqlite:cars.db --table x --target-table $name
        [ "$status" -ne 0 ]
        [ "$status" -ne 70 ]
        assert_equal "$(dump cars.db)" "$(cat before)"
    done
    assert_sound cars.db
}

# ---- Indexes ----

@test "indexes are made, named or not, unique or not, and made again by every run" {
    sample_config 'rows = 5; null_percent = 0;' 'indexes = ( { columns = ["name", "id"]; },
        { columns = ["id"]; unique = true; name = "by id"; } );'
    passes 5
    before=$(sqlite3 cars.db "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'cars' AND type = 'index' ORDER BY 1")
    assert_equal "$(wc -l <<<"$before")" 2
    grep -q 'UNIQUE' <<<"$before"
    grep -q '^by id' <<<"$before"
    passes 5
    assert_equal "$(sqlite3 cars.db "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'cars' AND type = 'index' ORDER BY 1")" "$before"
    assert_equal "$(sqlite3 cars.db "EXPLAIN QUERY PLAN SELECT * FROM cars INDEXED BY 'by id' WHERE id = 3" | grep -c 'by id')" 1
}

@test "an index over a column that is not there, and one that the rows break, are refused" {
    sample_table cars.db cars 3
    sample_config 'rows = 5;' 'indexes = ( { columns = ["name", "colour"]; } );'
    refused 65 colour
    sample_config 'literal = "1|same;2|same";' 'indexes = ( { columns = ["name"]; unique = true; } );'
    refused 65 name
    sample_config 'rows = 5;' 'indexes = ( { columns = ["id"]; }, { columns = ["id", "id"]; } );'
    run dbferry run
    [ "$status" -eq 0 ] || [ "$status" -eq 65 ]
}
