# What hangs on a SQLite table and does not follow a load: named, made anew, or refused.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    cd "$T"
    sqlite3 s.db "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'saab'), (7, 'volvo')"
}

# hangs SQL: the target with an old row, and this besides.
hangs() {
    rm -f d.db*
    sqlite3 d.db "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); $1; INSERT INTO t VALUES (3, 'old')"
}

copy() { dbferry copy sqlite:s.db sqlite:d.db --table t "$@"; }

@test "a full-text index of the table, or of a view of it, is named, and made anew if the job wants it" {
    while IFS='|' read -r module content; do
        hangs "CREATE VIEW w AS SELECT id, v FROM t; CREATE VIRTUAL TABLE f USING $module($content);
            CREATE TRIGGER feed AFTER INSERT ON t BEGIN INSERT INTO f (rowid, v) VALUES (new.id, new.v); END"
        run copy
        assert_status 0
        assert_output_has "full-text index 'f'" 'on_stale = "rebuild"'
        refute_output_has "feed"
        run copy -o job.on_stale=refuse
        assert_status 65
        assert_output_has "full-text index 'f'" "unchanged"
        for staging in none file; do
            run copy -o job.on_stale=rebuild -o job.staging=$staging
            assert_status 0
            assert_equal "$output" ""
            assert_equal "$(sqlite3 d.db "SELECT rowid FROM f WHERE f MATCH 'volvo'")" 7
            assert_equal "$(sqlite3 d.db "SELECT count(*) FROM f WHERE f MATCH 'old'")" 0
        done
    done <<'LIST'
fts5|v, content='t', content_rowid='id'
fts5|v, content=t, content_rowid=id
fts5|v, content='w', content_rowid='id'
fts4|content="t", v
LIST
}

@test "what triggers write does not follow, and each is named" {
    hangs "CREATE TABLE log (n); CREATE VIRTUAL TABLE r USING rtree(id, a, b); CREATE VIRTUAL TABLE c USING fts5(v, content='');
        CREATE TRIGGER noted AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.id); END;
        CREATE TRIGGER fed AFTER INSERT ON t BEGIN INSERT INTO c (rowid, v) VALUES (new.id, new.v); END;
        CREATE TRIGGER boxed AFTER UPDATE OF v ON t BEGIN INSERT INTO r VALUES (new.id, 1, 2); END;
        CREATE TRIGGER quiet AFTER INSERT ON t BEGIN SELECT RAISE(IGNORE) WHERE 0; END"
    for how in warn rebuild; do
        run copy -o job.on_stale=$how
        assert_status 0
        assert_output_has "trigger 'noted'" "'log'" "trigger 'fed'" "'c'" "trigger 'boxed'" "'r'"
        refute_output_has quiet
    done
    run copy -o job.on_stale=refuse
    assert_status 65
    assert_output_has "does not fire" "unchanged"
    hangs "CREATE TABLE log (n); CREATE VIRTUAL TABLE f USING fts5(v)"
    run copy -o job.on_stale=refuse
    assert_status 0
    assert_equal "$output" ""
}
