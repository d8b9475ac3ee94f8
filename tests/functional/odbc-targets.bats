# Tables of SQLite and MariaDB, written through libsqliteodbc and odbc-mariadb: what arrives, as the shells of
# both see it, what is refused, and what a run that waits or is killed leaves.

load helper
load ../servers/mariadb

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<<'CREATE DATABASE d CHARACTER SET latin1; CREATE DATABASE other'
    # Just what the manual says that a target needs.
    mariadb_account writer secret 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, TRIGGER ON d.*'
    mariadb_account blind secret 'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER ON d.*'
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    requires_driver odbc
    requires_driver sqlite
    requires sqlite3
    requires odbcinst
    S=$T/source.db D=$T/target.db
    sqlite3 "$D" VACUUM
    (umask 077 && printf secret >"$T/password")
    config writer
}

# config ACCOUNT [KEYS]: the jobs of one.
config() {
    write_config <<END
connections = {
  local = { driver = "sqlite"; path = "$S"; };
  file = { driver = "odbc"; odbc_driver = "SQLite3"; attributes = { Database = "$D"; }; retries = 0; };
  server = { driver = "odbc"; odbc_driver = "MariaDB Unicode"; user = "$1"; retries = 0;
             password_file = "$T/password";
             attributes = { Socket = "${MARIADB_SOCKET:-}"; Database = "d"; }; };
};
END
}

needs_file() {
    odbcinst -q -d -n SQLite3 >/dev/null 2>&1 || skip "the ODBC driver SQLite3 is not installed"
}

needs_server() {
    mariadb_is_installed || skip "MariaDB's server is not installed"
    odbcinst -q -d -n "MariaDB Unicode" >/dev/null 2>&1 || skip "the ODBC driver MariaDB Unicode is not installed"
}

sql() { mariadb_query d; }

# to CONNECTION TABLE [OPTION...]
to() { dbferry copy local "$1" --table "$2" --target-table "$2" "${@:3}"; }

# in_background CONNECTION TABLE [OPTION...]: a run whose end ended() tells.
in_background() {
    "$DBFERRY" copy local "$1" --table "$2" --target-table "$2" "${@:3}" >"$T/log" 2>&1 3>&- 4>&- &
    RUNNING=$!
}

ended() {
    status=0
    wait "$RUNNING" || status=$?
    output=$(cat "$T/log")
}

# end_run SIGNAL
end_run() {
    kill -"$1" "$RUNNING"
    ended
}

sample_rows() {
    sqlite3 "$S" <<'SQL'
CREATE TABLE copied (id INTEGER PRIMARY KEY, x TEXT NOT NULL, r REAL, b BLOB, i INT);
INSERT INTO copied VALUES (1, 'é😀' || char(9) || '''\"?{fn', 0.1, x'00ff', 5), (2, '', 5e-324, x'', NULL),
    (3, ' x ', 1.7976931348623157e308, NULL, -9223372036854775808), (4, 'a' || char(0) || 'b', -1.5, x'00', 9223372036854775807);
WITH RECURSIVE n(i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
    INSERT INTO copied SELECT i, printf('%.*c', i, 'y'), i / 7.0, randomblob(i % 99), i FROM n;
SQL
}

# ---- SQLite ----

@test "SQLite: a table is stored as it was, and again; what hangs on it stays" {
    needs_file
    sample_rows
    local turn
    for turn in first second; do
        run to file copied -o job.verify=content
        assert_status 0
        assert_equal "$(sqlite3 "$D" "ATTACH '$S' AS s; SELECT count(*) FROM copied; SELECT * FROM s.copied EXCEPT SELECT *
            FROM main.copied; SELECT * FROM main.copied EXCEPT SELECT * FROM s.copied")" 1500
        assert_equal "$(sqlite3 "$D" "SELECT typeof(id), typeof(r), typeof(b), typeof(i), hex(x) FROM copied WHERE id = 4")" \
            "integer|real|blob|integer|610062"
        [ "$turn" = second ] || sqlite3 "$D" "CREATE VIEW of_copied AS SELECT id FROM copied; CREATE TABLE log (n);
            CREATE TRIGGER noted AFTER INSERT ON copied BEGIN INSERT INTO log VALUES (NEW.id); END"
    done
    assert_equal "$(sqlite3 "$D" "SELECT (SELECT count(*) FROM of_copied), (SELECT count(*) FROM log),
        (SELECT \"rows\" FROM _dbferry_sync WHERE target_table = 'copied')")" "1500|1500|1500"
    # The other driver for such files goes on from that record.
    config writer
    sed -i "s|driver = \"odbc\"; odbc_driver = \"SQLite3\"; attributes = { Database = \"$D\"; };|driver = \"sqlite\"; path = \"$D\";|" "$T/dbferry.conf"
    run to file copied
    assert_status 0
}

@test "SQLite: a file that is not there is not made, and a plan writes nothing" {
    needs_file
    sqlite3 "$S" "CREATE TABLE t (id INTEGER PRIMARY KEY)"
    rm "$D"
    run to file t
    assert_status 73
    [ ! -e "$D" ]
    sqlite3 "$D" VACUUM
    local before
    before=$(cksum <"$D")
    run to file t --dry-run
    assert_status 0
    assert_equal "$(cksum <"$D")" "$before"
}

@test "SQLite: a value that would become another is refused by row and column, and the table stays" {
    needs_file
    sqlite3 "$S" "CREATE TABLE keyed (id INT, n INT); INSERT INTO keyed VALUES (1, 1), (NULL, 2)"
    sqlite3 "$D" "CREATE TABLE keyed (id INTEGER PRIMARY KEY, n INT); INSERT INTO keyed VALUES (1, 1)" # it numbers itself
    run to file keyed
    assert_status 65
    assert_output_has "row 2, column 'id'" NULL
    sqlite3 "$S" "DELETE FROM keyed; INSERT INTO keyed VALUES (1, 1), (2, 'words')"
    run to file keyed
    assert_status 65
    assert_output_has "row 2, column 'n'" "another kind"
    sqlite3 "$S" "UPDATE keyed SET n = 7"
    sqlite3 "$D" "CREATE UNIQUE INDEX one ON keyed (n)"
    run to file keyed
    assert_status 65
    assert_output_has "row 2 in table 'keyed'" "UNIQUE"
    assert_equal "$(sqlite3 "$D" "SELECT * FROM keyed")" "1|1"
}

@test "SQLite: rows of other tables stay, and nothing is lost where a table is made anew" {
    needs_file
    sqlite3 "$S" "CREATE TABLE hung (id INTEGER PRIMARY KEY, more TEXT); INSERT INTO hung VALUES (1, 'a')"
    while IFS='|' read -r definition words; do
        rm -f "$D"
        sqlite3 "$D" "$definition; INSERT INTO hung (id) VALUES (7)"
        run to file hung -o job.on_schema_change=rebuild
        assert_status 65
        assert_output_has "$words"
        assert_equal "$(sqlite3 "$D" "SELECT id FROM hung")" 7
    done <<'END'
CREATE TABLE hung (id INTEGER PRIMARY KEY, x INT); CREATE TRIGGER tr AFTER DELETE ON hung BEGIN SELECT 1; END|the trigger tr
CREATE TABLE hung (id INTEGER PRIMARY KEY, x INT); CREATE TABLE child (h REFERENCES hung)|a foreign key of table child
CREATE TABLE hung (id INTEGER PRIMARY KEY, x INT DEFAULT 5)|the default of x
CREATE TABLE hung (id INTEGER PRIMARY KEY, x INT CHECK (x > 1))|CHECK
CREATE TABLE hung (id INTEGER PRIMARY KEY, x VARCHAR(9))|the declared type of x
CREATE TABLE hung (id INTEGER PRIMARY KEY, x TEXT COLLATE NOCASE)|COLLATE
CREATE TABLE hung (id INTEGER PRIMARY KEY, x INTEGER UNIQUE)|UNIQUE
CREATE TABLE hung (id INTEGER, x INTEGER PRIMARY KEY)|the primary key
CREATE TABLE hung (id INTEGER PRIMARY KEY, x INTEGER); CREATE INDEX mine ON hung (x) WHERE x > 1|the index mine
CREATE TABLE hung (id INTEGER PRIMARY KEY, more TEXT); CREATE TABLE child (h REFERENCES hung ON DELETE CASCADE)|changes its rows as well
END
    rm "$D"
    sqlite3 "$D" "CREATE TABLE hung (id INTEGER PRIMARY KEY, x INTEGER); CREATE VIEW v AS SELECT id FROM hung"
    run to file hung -o job.on_schema_change=rebuild
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM hung, v")" "1|a|1"
    # A child whose row goes keeps all of it; one whose row comes again does not notice.
    sqlite3 "$D" "CREATE TABLE child (h REFERENCES hung); INSERT INTO child VALUES (1)"
    run to file hung
    assert_status 0
    sqlite3 "$S" "UPDATE hung SET id = 2"
    run to file hung
    assert_status 65
    assert_equal "$(sqlite3 "$D" "SELECT * FROM hung")" "1|a"
}

# holds FILE SQL: another process begins with this, and waits within its transaction.
holds() {
    rm -f "$T/held" # that of another one would answer for it
    mkfifo "$T/hold"
    sqlite3 "$1" <"$T/hold" >"$T/held" 2>&1 3>&- &
    HOLDING=$!
    exec 4>"$T/hold"
    printf '%s\n' "$2" ".print held" >&4
    until_there grep -q held "$T/held"
}

holds_no_more() {
    printf '%s\n' "ROLLBACK;" >&4
    exec 4>&-
    wait "$HOLDING"
    rm "$T/hold"
}

@test "SQLite: who writes or reads is waited for, no longer than lock_wait; a kill at the commit leaves the old rows" {
    needs_file
    sqlite3 "$S" "CREATE TABLE held (id INTEGER PRIMARY KEY); INSERT INTO held VALUES (1)"
    run to file held
    assert_status 0
    sqlite3 "$S" "INSERT INTO held VALUES (2)"
    local what
    for what in "BEGIN IMMEDIATE;" "BEGIN; SELECT count(*) FROM held;"; do
        holds "$D" "$what"
        run to file held -o job.lock_wait=300ms
        holds_no_more
        assert_status 75
        assert_output_has locked
        assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM held")" 1
    done
    # It stands in COMMIT, since nobody new is let in.
    holds "$D" "BEGIN; SELECT count(*) FROM held;"
    in_background file held -o job.lock_wait=1m
    until_there waits_at_commit
    end_run KILL
    holds_no_more
    assert_equal "$(sqlite3 "$D" "PRAGMA integrity_check; SELECT count(*) FROM held")" $'ok\n1'
    holds "$D" "BEGIN; SELECT count(*) FROM held;"
    in_background file held -o job.lock_wait=1m
    until_there waits_at_commit
    end_run TERM
    holds_no_more
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM held")" 1
    run to file held
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM held")" 2
}

# A commit that waits for a reader has locked all others out.
waits_at_commit() { ! sqlite3 -readonly "$D" "SELECT count(*) FROM held" >/dev/null 2>&1; }

# ---- MariaDB ----

@test "MariaDB: a table is stored as it was, and again; what hangs on it stays" {
    needs_server
    sample_rows
    run to server copied -o job.verify=content
    assert_status 0
    assert_equal "$(sql <<<"SELECT id, HEX(x), r, IFNULL(HEX(b), 'NULL'), i FROM copied WHERE id < 5 ORDER BY id")" \
        "1	C3A9F09F988009275C223F7B666E	0.1	00FF	5
2		5e-324		NULL
3	207820	1.7976931348623157e308	NULL	-9223372036854775808
4	610062	-1.5	00	9223372036854775807"
    assert_equal "$(sql <<<"SELECT id, HEX(x), IFNULL(HEX(b), ''), i FROM copied WHERE id > 4 ORDER BY id" | tr '\t' '|' | md5sum)" \
        "$(sqlite3 "$S" "SELECT id, hex(x), hex(b), i FROM copied WHERE id > 4 ORDER BY id" | md5sum)"
    sql <<<"CREATE TABLE log (n BIGINT); CREATE TRIGGER noted AFTER INSERT ON copied FOR EACH ROW INSERT INTO log VALUES (NEW.id);
        CREATE VIEW of_copied AS SELECT id FROM copied"
    sqlite3 "$S" "DELETE FROM copied WHERE id > 2"
    run to server copied -o job.verify=content
    assert_status 0
    assert_equal "$(sql <<<"SELECT (SELECT COUNT(*) FROM of_copied), (SELECT COUNT(*) FROM log),
        (SELECT \`rows\` FROM _dbferry_sync WHERE target_table = 'copied')")" "2	2	2"
    assert_equal "$(sql <<<"SHOW TABLES LIKE '\_dbferry\_%'")" _dbferry_sync
}

@test "MariaDB: any name up to the limit; a longer one, or one that the server does not take, is refused" {
    needs_server
    local long name
    long=$(printf 'é%.0s' {1..64})
    for name in "a\\' \"\`%u\$c;--" "$long"; do
        sqlite3 "$S" "CREATE TABLE \"${name//\"/\"\"}\" (\"${name//\"/\"\"}\" INTEGER PRIMARY KEY); INSERT INTO \"${name//\"/\"\"}\" VALUES (5)"
        for _ in first second; do
            run to server "$name" -o job.verify=content
            assert_status 0
        done
        assert_equal "$(sql <<<"SELECT * FROM \`${name//\`/\`\`}\`")" 5
        assert_equal "$(sql <<<"SELECT COUNT(*) FROM _dbferry_sync WHERE HEX(target_table) = '$(printf %s "$name" | xxd -p -u | tr -d '\n')'")" 1
    done
    for name in "${long}x" "😀"; do
        sqlite3 "$S" "CREATE TABLE \"$name\" (id INTEGER PRIMARY KEY)"
        run to server "$name"
        assert_status 65
    done
}

# refused_as_it_is TABLE WORD...: the job is refused, and all the rows stay.
refused_as_it_is() {
    local before
    before=$(sql <<<"SELECT * FROM $1; SHOW CREATE TABLE $1")
    run to server "$1" "${options[@]}"
    assert_status 65
    assert_output_has "${@:2}"
    assert_equal "$(sql <<<"SELECT * FROM $1; SHOW CREATE TABLE $1")" "$before"
}

@test "MariaDB: a value that would become another is refused, and no value is told" {
    needs_server
    local options=()
    sqlite3 "$S" "CREATE TABLE numbered (id INT, x TEXT); INSERT INTO numbered VALUES (NULL, 'a')"
    sql <<<"CREATE TABLE numbered (id BIGINT NOT NULL AUTO_INCREMENT KEY, x LONGTEXT); INSERT INTO numbered VALUES (7, 'b')"
    refused_as_it_is numbered "row 1, column 'id'" NULL
    sqlite3 "$S" "UPDATE numbered SET id = 0"
    run to server numbered
    assert_status 0
    assert_equal "$(sql <<<"SELECT * FROM numbered")" "0	a"
    sqlite3 "$S" "UPDATE numbered SET x = 'тайна'"
    sql <<<"ALTER TABLE numbered MODIFY x LONGTEXT CHARACTER SET latin1"
    refused_as_it_is numbered "row 1 in table 'numbered'"
    refute_output_has тайна "\\xD1"
    sqlite3 "$S" "UPDATE numbered SET x = 'secret'; INSERT INTO numbered VALUES (1, 'secret')"
    sql <<<"ALTER TABLE numbered ADD UNIQUE (x(9))"
    refused_as_it_is numbered "row 2 in table" "breaks a constraint"
    refute_output_has secret
    sqlite3 "$S" "UPDATE numbered SET x = id; CREATE TABLE endless (r REAL); INSERT INTO endless VALUES (1e999)"
    run to server endless
    assert_status 65
    assert_output_has "row 1, column 'r'" infinite
    assert_equal "$(sql <<<"SHOW TABLES LIKE 'endless'; SHOW TABLES LIKE '\_dbferry\_new%'")" ""
}

@test "MariaDB: rows that cannot be undone or would take others along are not replaced" {
    needs_server
    local options=()
    sqlite3 "$S" "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1)"
    sql <<<"CREATE TABLE parent (id BIGINT NOT NULL PRIMARY KEY) ENGINE = Aria; INSERT INTO parent VALUES (7)"
    refused_as_it_is parent "its engine Aria has no transactions"
    sql <<<"ALTER TABLE parent ENGINE = InnoDB; CREATE TABLE child (p BIGINT, FOREIGN KEY of_parent (p) REFERENCES parent (id) ON DELETE CASCADE);
        INSERT INTO child VALUES (7)"
    refused_as_it_is parent "of table child changes its rows as well"
    assert_equal "$(sql <<<"SELECT * FROM child")" 7
    sql <<<"DROP TABLE child"
    write_jobs 'indexes = ({ name = "by_id"; columns = ["id"]; });' parent
    run dbferry run parent
    assert_status 0
}

# write_jobs KEYS TABLE: the job TABLE, with more keys.
write_jobs() {
    sed -i '/^jobs/d' "$T/dbferry.conf"
    printf 'jobs = ({ name = "%s"; source = "local"; table = "%s"; target = "server"; %s });\n' "$2" "$2" "$1" >>"$T/dbferry.conf"
}

@test "MariaDB: nothing is lost where a table is made anew" {
    needs_server
    local options=(-o job.on_schema_change=rebuild)
    sqlite3 "$S" "CREATE TABLE hung (id INTEGER PRIMARY KEY, more TEXT); INSERT INTO hung VALUES (1, 'a')"
    while IFS='|' read -r definition after words; do
        sql <<<"SET foreign_key_checks = 0; DROP TABLE IF EXISTS hung, child; CREATE TABLE hung ($definition; $after; INSERT INTO hung (x) VALUES (7)"
        refused_as_it_is hung "$words"
    done <<'END'
x BIGINT)|CREATE TRIGGER tr AFTER DELETE ON hung FOR EACH ROW SET @x = 1|the trigger tr
x BIGINT, KEY (x))|CREATE TABLE child (x BIGINT, CONSTRAINT of_x FOREIGN KEY (x) REFERENCES hung (x))|the foreign key of_x of table child
x BIGINT DEFAULT 5)||the default of x
x BIGINT) ENGINE = Aria||its engine Aria
x BIGINT COMMENT 'mine')||the comment on x
x BIGINT) COMMENT 'mine'||its comment
x BIGINT CHECK (x > 1))||the constraint
x BIGINT) PARTITION BY HASH (x) PARTITIONS 2||its partitions
x VARCHAR(9))||the collation of x
x BIGINT NOT NULL AUTO_INCREMENT KEY)||auto_increment
x BIGINT NOT NULL PRIMARY KEY)||the primary key
x BIGINT, KEY mine (x))||the index mine
END
    sql <<<"DROP TABLE hung; CREATE TABLE hung (id BIGINT, x BIGINT) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
        CREATE VIEW of_hung AS SELECT id FROM hung"
    config blind
    refused_as_it_is hung "the right TRIGGER"
    config writer
    run to server hung "${options[@]}"
    assert_status 0
    assert_equal "$(sql <<<"SELECT * FROM hung, of_hung")" "1	a	1"
    write_jobs 'on_schema_change = "rebuild"; indexes = ({ name = "by_more"; columns = ["id", "more"]; unique = true; });' hung
    run dbferry run hung
    assert_status 65
    assert_output_has "has no unique index of"
    sqlite3 "$S" "ALTER TABLE hung ADD COLUMN y INT"
    for _ in first second; do
        run dbferry run hung
        assert_status 0
    done
    assert_equal "$(sql <<<"SELECT INDEX_NAME, COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_NAME = 'hung' GROUP BY 1 ORDER BY 1")" \
        "by_more	2
PRIMARY	1"
    # The server makes one of the beginning of each text.
    write_jobs 'on_schema_change = "rebuild"; indexes = ({ name = "by_more"; columns = ["more"]; });' hung
    sqlite3 "$S" "ALTER TABLE hung ADD COLUMN z INT"
    for _ in first second; do
        run dbferry run hung
        assert_status 0
    done
    sqlite3 "$S" "CREATE TABLE words (x TEXT NOT NULL PRIMARY KEY)"
    run to server words
    assert_status 65
    assert_output_has "a key takes no text without a length"
    assert_equal "$(sql <<<"SHOW TABLES LIKE 'words'; SHOW TABLES LIKE '\_dbferry\_new%'")" ""
}

# looks SQL: another session begins with this, and waits within its transaction.
looks() {
    local MARIADB_SHELL
    mariadb_shell
    rm -f "$T/looked"
    mkfifo "$T/look"
    "${MARIADB_SHELL[@]}" --unbuffered d <"$T/look" >"$T/looked" 2>&1 3>&- &
    LOOKING=$!
    exec 4>"$T/look"
    printf 'BEGIN; %s SELECT "looks";\n' "$1" >&4
    until_there grep -q looks "$T/looked"
}

look_away() {
    printf '%s\n' "ROLLBACK;" >&4
    exec 4>&-
    wait "$LOOKING"
    rm "$T/look"
}

# stands STATE: a run waits so.
stands() {
    [ "$(mariadb_query <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'writer' AND $1")" -gt 0 ]
}

nobody_left() {
    [ "$(mariadb_query <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'writer'")" = 0 ]
}

@test "MariaDB: others see the old rows until the end, and wait for nobody; a kill before it leaves them" {
    needs_server
    sqlite3 "$S" "CREATE TABLE seen (id INTEGER PRIMARY KEY); INSERT INTO seen VALUES (1)"
    run to server seen
    assert_status 0
    sqlite3 "$S" "INSERT INTO seen VALUES (2)"
    # The rows are there, and their record is waited for.
    looks "SELECT * FROM _dbferry_sync WHERE target_table = 'seen' FOR UPDATE;"
    in_background server seen
    until_there stands "INFO LIKE 'DELETE FROM%_dbferry_sync%'"
    assert_equal "$(sql <<<"SELECT id FROM seen")" 1
    # Another run is told so.
    run to server seen
    assert_status 75
    assert_output_has "another run"
    end_run KILL
    look_away
    until_there nobody_left
    assert_equal "$(sql <<<"SELECT id FROM seen; SELECT \`rows\` FROM _dbferry_sync WHERE target_table = 'seen'")" $'1\n1'
    looks "SELECT * FROM seen FOR UPDATE;"
    run to server seen -o job.lock_wait=1s
    look_away
    assert_status 75
    run to server seen
    assert_status 0
    assert_equal "$(sql <<<"SELECT id FROM seen")" $'1\n2'
}

@test "MariaDB: a kill or a time limit at the rename leaves the old table or the new one, and the next run clears up" {
    needs_server
    local signal
    sqlite3 "$S" "CREATE TABLE swapped (id INTEGER PRIMARY KEY, x INT); INSERT INTO swapped VALUES (1, 2)"
    sql <<<"CREATE TABLE swapped (id BIGINT) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin; INSERT INTO swapped VALUES (7)"
    looks "SELECT * FROM swapped;"
    run to server swapped -o job.on_schema_change=rebuild -o job.lock_wait=1s
    assert_status 75
    assert_equal "$(sql <<<"SELECT * FROM swapped; SHOW TABLES LIKE '\_dbferry\_new%'")" 7
    for signal in KILL TERM; do
        in_background server swapped -o job.on_schema_change=rebuild
        until_there stands "INFO LIKE 'RENAME TABLE%'"
        end_run "$signal"
        assert_equal "$(sql <<<"SELECT * FROM swapped")" 7
        # The server goes on alone until it notices.
        mariadb_query <<<"SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE USER = 'writer'" | mariadb_query
        until_there nobody_left
        assert_equal "$(sql <<<"SELECT * FROM swapped")" 7
    done
    look_away
    run to server swapped -o job.on_schema_change=rebuild
    assert_status 0
    assert_equal "$(sql <<<"SELECT * FROM swapped; SHOW TABLES LIKE '\_dbferry\_%'; SELECT target_table FROM _dbferry_sync WHERE target_table LIKE '%swap%' OR target_table LIKE '\_dbferry%'")" \
        $'1\t2\n_dbferry_sync\nswapped'
    # One whose connection is gone while it waits.
    sqlite3 "$S" "ALTER TABLE swapped ADD COLUMN y INT"
    looks "SELECT * FROM swapped;"
    in_background server swapped -o job.on_schema_change=rebuild
    until_there stands "INFO LIKE 'RENAME TABLE%'"
    mariadb_query <<<"SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE USER = 'writer'" | mariadb_query
    ended
    look_away
    [ "$status" -ne 0 ]
    assert_equal "$(sql <<<"SELECT * FROM swapped")" "1	2"
    run to server swapped -o job.on_schema_change=rebuild
    assert_status 0
}

@test "MariaDB: a foreign key that the account does not see keeps the old table" {
    needs_server
    sqlite3 "$S" "CREATE TABLE far (id INTEGER PRIMARY KEY, x INT); INSERT INTO far VALUES (1, 2)"
    sql <<<"CREATE TABLE far (id BIGINT NOT NULL PRIMARY KEY) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin; INSERT INTO far VALUES (7);
        CREATE TABLE other.child (p BIGINT, FOREIGN KEY (p) REFERENCES d.far (id)); INSERT INTO other.child VALUES (7)"
    run to server far -o job.on_schema_change=rebuild
    assert_status 65
    assert_output_has "foreign key"
    assert_equal "$(sql <<<"SELECT * FROM far; SHOW TABLES LIKE '\_dbferry\_%'; SELECT REFERENCED_TABLE_NAME FROM
        information_schema.REFERENTIAL_CONSTRAINTS WHERE TABLE_NAME = 'child'")" $'7\n_dbferry_sync\nfar'
}
