# Sample jobs for tests: made-up rows from the memory driver, and a SQLite file to put them into.
#
#   sample_config [SOURCE [JOB [TARGET [GENERAL]]]]
#       $T/dbferry.conf with the job "cars": made-up rows -> the table cars of $T/cars.db; each
#       argument is text for the group of that name, such as 'rows = 5;'
#   sample_table FILE TABLE COUNT [JOURNAL-MODE]
#       a table (id, name) of COUNT old rows in a SQLite file
#   dump FILE
#       all that a SQLite file holds but for the record of runs, as the sqlite3 shell sees it
#   assert_sound FILE
#       SQLite's own check of the whole file

sample_config() {
    write_config <<END
general = { ${4:-} };
connections = {
  made = { driver = "memory"; columns = "id int64 not null key, name text(40)"; ${1:-rows = 5;} };
  local = { driver = "sqlite"; path = "cars.db"; ${3:-} };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "local"; ${2:-} } );
END
}

sample_table() {
    sqlite3 -batch "$1" >/dev/null <<END
PRAGMA journal_mode = ${4:-wal};
CREATE TABLE "$2" (id INTEGER NOT NULL, name TEXT);
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $3)
INSERT INTO "$2" SELECT i, 'old ' || i FROM n LIMIT $3;
END
}

dump() {
    sqlite3 -batch -readonly "$1" .dump | grep -v _dbferry_sync
}

assert_sound() {
    assert_equal "$(sqlite3 -batch "$1" 'PRAGMA integrity_check')" ok
}
