# Paths that mean something else to somebody: home folders, names that SQLite has for itself, folders
# that were removed, links of others.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    sqlite3 "$S" "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    cd "$T"
}

@test "~/ is the home folder, in a URL and in a file, and nothing else begins with ~" {
    dbferry copy "sqlite:$S" "sqlite:~/x.db" --table t
    assert_equal "$(rows "$HOME/x.db" t)" 2
    mkdir "$T/conf"
    write_config "$T/conf/dbferry.conf" <<END
connections = { from = { driver = "sqlite"; path = "$S"; }; to = { driver = "sqlite"; path = "~/y.db"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; } );
END
    dbferry run
    assert_equal "$(rows "$HOME/y.db" t)" 2
    run env -u HOME "$DBFERRY" run
    assert_status 78
    assert_output_has "dbferry.conf:1" "~/y.db" HOME
    run dbferry copy "sqlite:$S" "sqlite:~root/x.db" --table t
    assert_status 64
    assert_output_has "~root/x.db" "write the path out"
    dbferry copy "sqlite:$S" "sqlite:./~" --table t
    assert_equal "$(rows "$T/~" t)" 2
    [ ! -e "$T/conf/~" ]
}

@test "names that mean no file to SQLite are refused and make none" {
    local name
    for name in :memory: file:x.db 'file::memory:?cache=shared'; do
        run dbferry copy "sqlite:$S" "sqlite:$name" --table t
        assert_status 78
        assert_output_has path "$name"
        run dbferry copy "sqlite:$name" "sqlite:$T/x.db" --table t
        assert_status 78
    done
    write_config <<END
connections = { from = { driver = "sqlite"; path = "$S"; }; to = { driver = "sqlite"; path = ":memory:"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; } );
END
    run dbferry run
    assert_status 78
    assert_output_has ":memory:"
    assert_equal "$(ls "$T" | sort | paste -sd' ')" "dbferry.conf home source.db state"
}

@test "a working folder that was removed is told as such" {
    mkdir "$T/gone"
    sqlite3 "$T/x.db" "CREATE TABLE t (id INTEGER, name TEXT)"
    for path in ../x.db x.db ../new.db; do
        run bash -c "mkdir -p '$T/gone' && cd '$T/gone' && rmdir '$T/gone' && '$DBFERRY' copy 'sqlite:$S' 'sqlite:$path' --table t"
        assert_status 73
        assert_output_has "working folder was removed"
    done
}

@test "a path that is too long for SQLite is told as such, and the longest one works" {
    local long=$T part
    part=$(printf 'd%.0s' {1..100})
    while [ ${#long} -lt 400 ]; do long+=/$part; done
    mkdir -p "$long"
    local name rest=$((503 - ${#long} - 1))
    name=$(printf 'n%.0s' $(seq $rest))
    run dbferry copy "sqlite:$S" "sqlite:$long/$name" --table t
    assert_status 0
    run dbferry copy "sqlite:$S" "sqlite:$long/${name}n" --table t
    assert_status 73
    assert_output_has "504 bytes" "shorter"
    run dbferry copy "sqlite:$long/${name}n" "sqlite:$T/x.db" --table t
    assert_status 69
    cp "$S" "$long/${name}n"
    run dbferry copy "sqlite:$long/${name}n" "sqlite:$T/x.db" --table t
    assert_status 77
    assert_output_has "504 bytes" "shorter"
}

@test "the log goes through no link of another user" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to make files of another user"
    requires_driver memory
    printf 'root:x:0:0\n' >"$T/passwd"
    mkdir -m 777 "$T/open"
    logs() {
        write_config <<END
general = { log_file = "$1"; };
connections = { from = { driver = "sqlite"; path = "$S"; }; to = { driver = "sqlite"; path = "$T/t.db"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; } );
END
    }
    ln -s "$T/passwd" "$T/open/log"
    chown -h nobody "$T/open/log"
    logs "$T/open/log"
    run dbferry run
    assert_status 78
    assert_output_has "symbolic link of another user"
    assert_equal "$(cat "$T/passwd")" root:x:0:0
    ln "$T/passwd" "$T/open/hard"
    logs "$T/open/hard"
    run dbferry run
    assert_status 78
    assert_output_has "hard links"
    assert_equal "$(cat "$T/passwd")" root:x:0:0
    # one's own are followed
    ln -s "$T/real" "$T/mine"
    logs "$T/mine"
    dbferry run
    grep -q "run .* begins" "$T/real"
    : >"$T/real2"
    ln "$T/real2" "$T/mine2"
    logs "$T/mine2"
    dbferry run
    [ -s "$T/real2" ]
}
