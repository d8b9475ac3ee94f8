# A text that is no valid UTF-8 is refused by row and column, or carried as its bytes.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires sqlite3
    S=$T/source.db
    D=$T/target.db
    write_config <<END
connections = {
  source = { driver = "sqlite"; path = "$S"; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

# job TABLE [TEXT]: copies the table, with this text in the job.
job() {
    cat >>"$T/dbferry.conf" <<END
jobs = ( { name = "$1"; source = "source"; target = "local"; table = "$1"; verify = "content"; ${2:-} } );
END
}

run_job() { run dbferry run --config "$T/dbferry.conf"; }

# Well-formed or not by RFC 3629: an overlong form, a surrogate, what is beyond the last letter, a
# tail alone, and a text that is cut off.
@test "no form of broken UTF-8 gets into a TEXT, and the good ones do" {
    local bytes
    for bytes in C0AF EDA080 F4908080 80 61C3 FF E282; do
        rm -f "$S" "$D"
        sqlite3 "$S" "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
            INSERT INTO t VALUES (1, 'fine'), (2, CAST(x'$bytes' AS TEXT));"
        run dbferry copy source local --table t
        assert_status 65
        assert_output_has "row 2, column 'v'" "not valid UTF-8" 'text = "bytes"'
        [ ! -e "$D" ]
    done
    sqlite3 "$S" "DELETE FROM t WHERE id = 2; INSERT INTO t VALUES
        (2, CAST(x'EFBFBDC280F48FBFBFED9FBFEE808000' AS TEXT))"
    run dbferry copy source local --table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT hex(CAST(v AS BLOB)), typeof(v) FROM t WHERE id = 2")" \
        "EFBFBDC280F48FBFBFED9FBFEE808000|text"
}

# SQLite would make one letter of half of one and the next: D800 0062 becomes U+10062.
@test "halves of letters in a file of UTF-16 are refused, or carried as they are stored" {
    local order bytes half
    for order in le be; do
        for half in D800 DC00 D8000062 DC00D800; do
            bytes=$half
            [ $order = be ] || bytes=$(sed -E 's/(..)(..)/\2\1/g' <<<"$half")
            rm -f "$S" "$D"
            sqlite3 "$S" "PRAGMA encoding = 'UTF-16$order'; CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
                INSERT INTO t VALUES (1, 'a😀中'), (2, CAST(x'$bytes' AS TEXT));"
            assert_equal "$(sqlite3 "$S" 'SELECT hex(CAST(v AS BLOB)) FROM t WHERE id = 2')" "$bytes"
            run dbferry copy source local --table t
            assert_status 65
            assert_output_has "row 2, column 'v'" "not valid UTF-16" 'text = "bytes"'
        done
        cp "$T/dbferry.conf" "$T/kept.conf"
        job t 'columns = ( { name = "v"; text = "bytes"; } );'
        run_job
        cp "$T/kept.conf" "$T/dbferry.conf"
        assert_status 0
        assert_equal "$(sqlite3 "$D" 'SELECT hex(v) FROM t WHERE id = 2')" "$bytes"
        rm -f "$D"
        run dbferry copy source local --query 'SELECT * FROM t WHERE id = 1' --target-table t
        assert_status 0
        assert_equal "$(sqlite3 "$D" 'SELECT v FROM t')" "$(sqlite3 "$S" 'SELECT v FROM t WHERE id = 1')"
    done
}

@test "a column without a type is looked at as well" {
    sqlite3 "$S" "CREATE TABLE t(v); INSERT INTO t VALUES (x'FF'), (CAST(x'FF' AS TEXT));"
    run dbferry copy source local --table t
    assert_status 65
    assert_output_has "row 2, column 'v'" "not valid UTF-8"
}

@test "the wish text = \"bytes\" carries the bytes, and the content is compared" {
    sqlite3 "$S" "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, w);
        INSERT INTO t VALUES (1, 'fine', CAST(x'C3' AS TEXT)), (2, CAST(x'C3FF' AS TEXT), 5), (3, NULL, x'FF');"
    job t 'columns = ( { name = "v"; text = "bytes"; }, { name = "w"; text = "bytes"; } );'
    run_job
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT typeof(v), hex(v), typeof(w), hex(w) FROM t" | paste -sd' ')" \
        "blob|66696E65|blob|C3 blob|C3FF|integer|35 null||blob|FF"
}

@test "the wish is for texts, and for a value that it knows" {
    sqlite3 "$S" "CREATE TABLE t(id INTEGER PRIMARY KEY, v REAL); INSERT INTO t VALUES (1, 1.5);"
    job t 'columns = ( { name = "v"; text = "bytes"; } );'
    run_job
    assert_status 78
    assert_output_has "'v'" "no texts"
    sed -i 's/"bytes"/"byte"/' "$T/dbferry.conf"
    run_job
    assert_status 78
    assert_output_has "utf8" "bytes"
}

@test "a driver whose text is broken is found, whatever the driver" {
    requires_driver memory
    write_config <<END
connections = {
  source = { driver = "memory"; rows = 5; columns = "id int64 not null, v text(20)"; break_contract = "bad-utf8"; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
    run dbferry copy source local --table t
    assert_status 65
    assert_output_has "row 1, column 'v'" "not valid UTF-8"
}
