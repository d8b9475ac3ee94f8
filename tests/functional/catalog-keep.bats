# A source that knows less than the target's table says: what is not known weakens nothing.

load helper
load sample
load ../servers/mariadb

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<'SQL'
CREATE DATABASE e CHARACTER SET utf8mb4;
CREATE USER loader IDENTIFIED BY 'pw'; GRANT ALL ON e.* TO loader;
SQL
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    cd "$T"
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
    printf 'pw' >password && chmod 600 password
    sqlite3 primary.db "CREATE TABLE film (id INTEGER PRIMARY KEY, title TEXT NOT NULL DEFAULT 'none'
        COLLATE NOCASE, length INT); CREATE UNIQUE INDEX by_title ON film (title);
        INSERT INTO film VALUES (1, 'ACADEMY DINOSAUR', 86), (2, 'ACE GOLDFINGER', 48)"
    sqlite3 copy.db "CREATE TABLE film (id INT PRIMARY KEY, title VARCHAR(50), length INT);
        INSERT INTO film VALUES (1, 'ACADEMY DINOSAUR', 86), (2, 'ACE GOLDFINGER', 48),
            (3, 'ADAPTATION HOLES', 50)"
}

# job SOURCE TARGET
job() {
    write_config <<END
connections = {
  away = { driver = "memory"; fail_at = "connect"; fail_class = "unreachable"; };
  primary = { driver = "sqlite"; path = "primary.db"; };
  copy = { driver = "sqlite"; path = "copy.db"; };
  to = { driver = "sqlite"; path = "to.db"; };
  server = { driver = "mysql"; socket = "${MARIADB_SOCKET:-none}"; user = "loader"; database = "e";
             password_file = "password"; };
};
jobs = ( { name = "film"; source = "$1"; table = "film"; target = "$2"; fallback_source = "copy"; } );
END
}

definition() {
    sqlite3 to.db ".schema film" "SELECT * FROM _dbferry_columns WHERE target_table = 'film'" \
        "SELECT * FROM _dbferry_indexes WHERE target_table = 'film'"
}

@test "a fallback that knows less brings its rows and leaves a file's table as it is defined" {
    local before
    job primary to
    run dbferry run
    assert_status 0
    before=$(definition)
    job away to
    run dbferry plan
    assert_status 3
    assert_output_has "has these columns" "keeps the definition that it has"
    refute_output_has rebuilt
    run dbferry run
    assert_status 3
    assert_equal "$(definition)" "$before"
    assert_equal "$(sqlite3 to.db "SELECT id FROM film WHERE title = 'academy dinosaur'; SELECT count(*) FROM film")" $'1\n3'
    # With a stage beside the file, too.
    run dbferry run -o job.staging=file
    assert_equal "$(definition)" "$before"
    # And the source goes on as if nothing had been.
    job primary to
    run dbferry run -v
    assert_status 0
    refute_output_has rebuilt
    assert_equal "$(definition)" "$before"
}

@test "a fallback's value that the kept definition refuses ends the run, and so do other columns" {
    local before
    job primary to
    dbferry run
    before=$(sqlite3 to.db .dump | grep -v _dbferry_sync)
    sqlite3 copy.db "INSERT INTO film (id, length) VALUES (4, 1)"
    job away to
    run dbferry run
    assert_status 65
    assert_output_has unchanged
    sqlite3 copy.db "DELETE FROM film WHERE id = 4; ALTER TABLE film ADD COLUMN more TEXT"
    run dbferry run
    assert_status 65
    assert_output_has "column 'more' is new" "a fallback's"
    assert_equal "$(sqlite3 to.db .dump | grep -v _dbferry_sync)" "$before"
}

@test "a fallback that knows less leaves a server's table as it is defined: ours and somebody's" {
    local before
    requires_driver mysql
    mariadb_is_installed || skip "MariaDB's server is not installed"
    show() { mariadb_query e <<<"SHOW CREATE TABLE film" | sed 's/run [0-9a-f-]*//; s/ AUTO_INCREMENT=[0-9]*//'; }
    mariadb_query e <<<"DROP TABLE IF EXISTS film"
    job primary server
    run dbferry run
    assert_status 0
    before=$(show)
    [[ $before == *"PRIMARY KEY (\`id\`)"*" KEY \`by_title\`"*" own "* ]]
    job away server
    run dbferry run
    assert_status 3
    assert_equal "$(show)" "$before"
    assert_equal "$(mariadb_query e <<<"SELECT GROUP_CONCAT(id) FROM film")" 1,2,3
    job primary server
    run dbferry run -v
    refute_output_has rebuilt
    mariadb_query e <<'SQL'
DROP TABLE film;
CREATE TABLE film (id INT PRIMARY KEY, title VARCHAR(60) CHARACTER SET utf8mb4 NOT NULL DEFAULT 'own', length SMALLINT UNSIGNED CHECK (length > 0));
SQL
    before=$(show)
    job away server
    run dbferry run
    assert_status 3
    assert_equal "$(show | sed "s/ COMMENT='\[[^']*'//")" "$before"
    sqlite3 copy.db "UPDATE film SET length = 70000 WHERE id = 3"
    run dbferry run
    assert_status 65
    assert_output_has "row 3, column 'length'"
    assert_equal "$(mariadb_query e <<<"SELECT GROUP_CONCAT(length) FROM film")" 86,48,50
}
