# A SQLite table of the user's own as the target: it stays as it is while its columns hold what the
# source gives, by name and affinity; each value is exact, or refused.  The sqlite3 shell is the judge.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    requires_driver memory
    cd "$T"
}

# made COLUMNS ROWS [JOB]: a job from made-up rows to the table t of t.db.
made() {
    write_config <<END
connections = { made = { driver = "memory"; columns = "$1"; literal = "${2//\\/\\\\}"; };
                local = { driver = "sqlite"; path = "t.db"; }; };
jobs = ( { name = "j"; source = "made"; table = "t"; target = "local"; verify = "content"; ${3:-} } );
END
}

# own DEFINITION: the user's table, with nothing of earlier runs.
own() {
    rm -f t.db*
    sqlite3 t.db "CREATE TABLE t $1"
    before=$(definition)
}

definition() { sqlite3 t.db "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE name NOT LIKE '%dbferry%'"; }

# What is stored, with its storage classes.
stored() { sqlite3 t.db "SELECT typeof(v), quote(v) FROM t"; }

# keeps: two runs of the job change no definition, and each verifies what it has stored.
keeps() {
    local time
    for time in 1 2; do
        run --separate-stderr dbferry run
        assert_status 0
        assert_equal "$stderr" ""
        assert_equal "$(definition)" "$before"
    done
    run dbferry verify
    assert_status 0
}

@test "another spelling of a type, of a name, and another order are no reason to make a table anew" {
    made 'id int32 not null key, name text(20), price decimal(8,2), seen datetime, raw bytes(4)' \
        '1|Saab|9.90|2024-01-02 03:04:05|\x00\xff;2|\N|10.00|\N|\N'
    for staging in file none; do
        sed -i "s/verify = \"content\";.*}/verify = \"content\"; staging = \"$staging\"; }/" dbferry.conf
        while read -r definition; do
            own "$definition"
            keeps
            assert_equal "$(sqlite3 t.db "SELECT id, name, price, seen, hex(raw) FROM t ORDER BY id")" \
                $'1|Saab|9.9|2024-01-02 03:04:05|00FF\n'"2||$(sqlite3 t.db 'SELECT price FROM t WHERE id = 2')||"
            assert_equal "$(sqlite3 t.db 'SELECT price = 10 FROM t WHERE id = 2')" 1
        done <<'LIST'
(id INT PRIMARY KEY, name VARCHAR(20), price DOUBLE, seen DATETIME, raw BLOB)
(id BIGINT, name NVARCHAR(5), price NUMERIC, seen TIMESTAMP, raw LONGBLOB)
(raw BLOB, seen TEXT, price REAL, name TEXT, id INTEGER PRIMARY KEY)
(ID INTEGER, Name CLOB COLLATE NOCASE UNIQUE, PRICE DECIMAL(10,2) CHECK (price > 0), Seen DATE, RAW BLOB)
(id INT NOT NULL, name TEXT, price REAL, seen TEXT, raw BLOB, PRIMARY KEY (id)) STRICT
(id INTEGER NOT NULL PRIMARY KEY, name CHAR(3), price FLOAT, seen TEXT, raw BLOB) WITHOUT ROWID
(id, name, price, seen, raw)
(id INTEGER, name TEXT, price REAL, seen TEXT, raw BLOB, half AS (price / 2), CHECK (half < 100))
LIST
    done
}

@test "a column more that fills itself stays, one that does not is named" {
    made 'id int32, v text(5)' '1|a;2|b'
    own "(n INTEGER PRIMARY KEY, id INT, v TEXT, flag INT NOT NULL DEFAULT 7, at TEXT DEFAULT (1 + 1), note DEFAULT NULL)"
    keeps
    assert_equal "$(sqlite3 t.db 'SELECT * FROM t')" $'1|1|a|7|2|\n2|2|b|7|2|'
    run dbferry plan
    assert_output_has "its rows will be replaced" "column 'n' of the table is not in the source" "column 'note'"
    own "(id INT, v TEXT, note)"
    run dbferry run
    assert_status 0
    assert_output_has "column 'note' of the table is not in the source and has no default: it is NULL"
    own "(id INT, v TEXT, flag INT NOT NULL)"
    run dbferry run
    assert_status 65
    assert_output_has "'flag' is gone" "NOT NULL of 'flag'" "unchanged"
    own "(id INT, v TEXT, k INTEGER PRIMARY KEY) WITHOUT ROWID"
    run dbferry run
    assert_status 65
    assert_output_has "'k' is gone" "WITHOUT ROWID"
    # what the source gave once and does not give any more is a change, and no column of the user's
    own "(id INT, v TEXT, flag INT DEFAULT 7)"
    keeps
    made 'id int32' '1'
    run dbferry run
    assert_status 65
    assert_output_has "'v' is gone" "DEFAULT 7 of 'flag'" "unchanged"
    assert_equal "$(definition)" "$before"
}

@test "what dbferry has made follows the source without a question, as ever" {
    made 'id int32 not null key, v text(5) default '"'x'" '1|a'
    run dbferry run
    assert_status 0
    made 'id int64, w decimal(5,2)' '1|1.50'
    run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$stderr" ""
    assert_equal "$(sqlite3 t.db "SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || pk) FROM pragma_table_info('t')")" \
        "id INTEGER 00,w REAL 00"
}

# fits TYPE DECLARED VALUE STORED FIT: the value goes into the user's column and comes out as it was.
# STORED is what the shell shows of it; "-": the value is refused by row and column, and nothing changes.
@test "each value is exact under the affinity that the column has, or refused" {
    local type declared value shown fit
    while IFS='|' read -r type declared value shown fit; do
        made "v $type" "\N;$value"
        own "(v $declared)"
        sqlite3 t.db "INSERT INTO t VALUES (1)"
        run dbferry plan
        echo "$type in $declared: $output"
        assert_output_has "its rows will be replaced" " $fit"
        if [ "$shown" = - ]; then
            run dbferry run
            assert_status 65
            assert_output_has "row 2" "column 'v'" "unchanged"
            assert_equal "$(sqlite3 t.db "SELECT v IN (1, '1') FROM t")" 1
            continue
        fi
        keeps
        assert_equal "$(stored)" $'null|NULL\n'"${shown/ /|}"
        # and from there into a file of its own, as the source gave it
        run dbferry copy sqlite:t.db sqlite:back.db --table t -o job.verify=content
        assert_status 0
        rm -f back.db*
    done <<'LIST'
decimal(5,2)|NUMERIC|0.10|real 0.1|exact
decimal(5,2)|NUMERIC|5.00|integer 5|exact
decimal(5,2)|DECIMAL(5,2)|-0.00|integer 0|exact
decimal(5,2)|VARCHAR(9)|5.00|text '5.00'|exact
decimal(5,2)||5.00|real 5.0|exact
decimal(18,0)|NUMERIC|999999999999999999|integer 999999999999999999|exact
decimal(18,0)|BIGINT|-999999999999999999|integer -999999999999999999|exact
decimal(20,0)|NUMERIC|9223372036854775807|integer 9223372036854775807|checked
decimal(20,0)|NUMERIC|9223372036854775809|-|checked
decimal(20,0)|NUMERIC|-9223372036854775808|integer -9223372036854775808|checked
decimal(20,2)|NUMERIC|123456789012345678.90|-|checked
decimal(20,2)|NUMERIC|123456789012.25|real 123456789012.25|checked
decimal(20,2)|NUMERIC|123456789012345678.00|integer 123456789012345678|checked
decimal(20,2)|DOUBLE|123456789012345678.90|-|checked
decimal(20,2)|TEXT|123456789012345678.90|text '123456789012345678.90'|exact
text(9)|NUMERIC|abc|text 'abc'|checked
text(9)|NUMERIC|0.10|-|checked
text(9)|STRING|007|-|checked
text(9)|BOOLEAN| 1|-|checked
text(9)|NUMERIC|1e5|-|checked
text(9)|VARCHAR(2)|0.10|text '0.10'|exact
text(9)||0.10|text '0.10'|exact
date|DATE|2024-01-02|text '2024-01-02'|exact
time(1)|TIME|12:00:00.5|text '12:00:00.5'|exact
json|JSON|1.50|-|checked
json|JSON|[1.50]|text '[1.50]'|checked
float64|NUMERIC|2|integer 2|exact
float64|NUMERIC|2.5|real 2.5|exact
float64|NUMERIC|1e300|real 1.0e+300|exact
float32|NUMERIC|2|integer 2|exact
int64|NUMERIC|9223372036854775807|integer 9223372036854775807|exact
int64|MEDIUMINT|-9223372036854775808|integer -9223372036854775808|exact
int64 unsigned|BIGINT|9223372036854775808|-|checked
bool|BOOLEAN|1|integer 1|exact
LIST
}
