#!/usr/bin/env bats
# What the configuration says in lists and groups is said to copy, too, and messages say how.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires sqlite3
    cd "$T"
    sqlite3 from.db "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, \"b.c\" DECIMAL(10,2), d, \"e f\" TEXT);
        INSERT INTO t VALUES (1, '1', '0.1', 'x', 'y'), (2, '2', 7, 2, 'z')"
}

copy() { dbferry copy sqlite:from.db sqlite:to.db --table t "$@"; }

# The indexes that were made beside the primary key: unique and columns, one a line.
indexes() {
    sqlite3 -batch to.db "SELECT l.\"unique\", (SELECT group_concat(name) FROM (SELECT name FROM
        pragma_index_info(l.name) ORDER BY seqno)) FROM pragma_index_list('t') AS l WHERE l.origin = 'c' ORDER BY 2"
}

type_of() { sqlite3 -batch to.db "SELECT type FROM pragma_table_info('t') WHERE name = '$1'"; }

@test "columns and indexes, by their options and by keys" {
    run copy --column a=BLOB --column "e f=BLOB" -o job.columns.b.c.decimal=text \
        --index "a,e f" --unique d --index id,a
    assert_status 0
    assert_equal "$(type_of a) $(type_of 'e f')" "BLOB BLOB"
    assert_equal "$(sqlite3 to.db "SELECT typeof(a), typeof(\"e f\") FROM t WHERE id = 1")" "blob|blob"
    assert_equal "$(indexes)" $'0|a,e f\n1|d\n0|id,a'
    # the longer form of the type; letters do not matter in a column's name
    run copy -o job.columns.A.type=BLOB -o job.on_rebuild_loss=allow
    assert_status 0
    assert_equal "$(type_of a) $(type_of "e f")" "BLOB TEXT"
}

@test "a configuration and the command line say the same" {
    write_config <<'END'
connections = { from = { driver = "sqlite"; path = "from.db"; }; to = { driver = "sqlite"; path = "run.db"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to";
           columns = ( { name = "a"; type = "BLOB"; }, { name = "b.c"; decimal = "real"; } );
           indexes = ( { columns = [ "a" ]; }, { columns = [ "d", "a" ]; unique = true; } ); } );
END
    run dbferry run
    assert_status 0
    run copy --column a=BLOB -o job.columns.b.c.decimal=real --index a --unique d,a
    assert_status 0
    assert_equal "$(sqlite3 to.db .dump | grep -v _dbferry_sync)" "$(sqlite3 run.db .dump | grep -v _dbferry_sync)"
}

@test "what cannot be is refused with the spelling that can" {
    while IFS='|' read -r words expected; do
        read -ra options <<<"$words"
        run copy "${options[@]}"
        echo "$words: $output"
        assert_status 64
        assert_output_has "$expected"
        [ ! -e to.db ]
    done <<'END'
--column a|NAME=TYPE
--column =TEXT|NAME=TYPE
--column a=|NAME=TYPE
--column nme=TEXT|--column: the source has no column 'nme'
--column a=TEXT --column a=BLOB|'type' of column 'a' is given twice
--column a=TEXT --column A=BLOB|second time
--column a=TEXT -o job.columns.a.type=BLOB|given twice
--index a,,d|COLUMN[,COLUMN...]
--unique ,|--unique takes COLUMN[,COLUMN...]
-o job.columns=()|--column NAME=TYPE
-o job.columns.a=TEXT|job.columns.NAME.KEY=VALUE
-o job.columns.a.typ=TEXT|unknown key 'typ' in column 'a'; did you mean 'type'?
-o job.columns.a.x-y=TEXT|unknown key 'x-y' in column 'a'; there are name, type, decimal
-o job.columns.=TEXT|job.columns.NAME.KEY=VALUE
-o job.columns..type=TEXT|job.columns.NAME.KEY=VALUE
-o job.columns.a.=TEXT|job.columns.NAME.KEY=VALUE
-o job.column.a.type=TEXT|unknown key 'column' in job 'copy'; did you mean 'columns'?
-o job.columns.a.decimal=never|auto|real|text
-o job.columns.a.name=b|given twice
-o job.indexes=()|--index COLUMN[,COLUMN...]
-o job.indexes.a=b|--index COLUMN[,COLUMN...]
-o job.min_rows.a=b|'min_rows' of job 'copy' must be
END
    run copy --index nope
    assert_status 65
    assert_output_has "'nope'"
}

@test "a text that a file would take for a variable stands for itself" {
    run copy --column 'a=${HOME}'
    assert_status 65
    assert_output_has '${HOME}'
}

@test "the members of a group are set one by one" {
    requires_driver mysql
    run dbferry copy mysql://u@127.0.0.1:1/d sqlite:to.db --table t -o source.session_variables=x -o source.password_env=HOME
    assert_status 64
    assert_output_has "session_variables.NAME=VALUE"
    run dbferry copy mysql://u@127.0.0.1:1/d sqlite:to.db --table t -o source.session_variables.=x -o source.password_env=HOME
    assert_status 64
    assert_output_has "session_variables.NAME=VALUE"
    run dbferry copy mysql://u@127.0.0.1:1/d sqlite:to.db --table t -o source.hosts.a=x
    assert_status 64
    assert_output_has "unknown key 'hosts'"
    run dbferry copy mysql://u@127.0.0.1:1/d sqlite:to.db --table t -o source.session_variables.sql_mode=ANSI -o source.retries=0 \
        -o source.password_env=HOME
    assert_status 69
}

@test "the advice of a message can be followed from where it was given" {
    requires_driver memory
    sqlite3 to.db "CREATE TABLE t (id INTEGER, other TEXT CHECK (other <> '')); INSERT INTO t VALUES (1, 'a')"
    run copy
    assert_status 65
    assert_output_has "-o job.on_rebuild_loss=allow"
    run copy -o job.on_rebuild_loss=allow
    assert_status 0
    sqlite3 from.db "DELETE FROM t"
    run copy
    assert_status 65
    assert_output_has "-o job.allow_empty=true"
    run copy -o job.allow_empty=true
    assert_status 0
    sqlite3 to.db "ALTER TABLE t ADD COLUMN more INTEGER NOT NULL DEFAULT 5"
    run copy --column a=BLOB -o job.on_schema_change=refuse -o job.allow_empty=true
    assert_status 65
    assert_output_has "-o job.on_schema_change=rebuild"
    sqlite3 from.db "INSERT INTO t (id, a) VALUES (1, CAST(x'ff41' AS TEXT))"
    rm to.db*
    run copy
    assert_status 65
    assert_output_has "-o job.columns.a.text=bytes"
    run copy -o job.columns.a.text=bytes
    assert_status 0
    assert_equal "$(sqlite3 to.db "SELECT hex(a) FROM t")" FF41
}
