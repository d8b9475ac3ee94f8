# The rounds with a server as the target, and what the shell client makes of the same rows: sourced
# by bench.  Group mysql-target: MariaDB; group mysql-target-nine: the MySQL 9 of FERRY_MYSQL_ROOT.
#
#   shell    LOAD DATA LOCAL INFILE of a file that lies ready, into an empty table
#   stage    the same into a table beside the live one, RENAME TABLE, DROP TABLE
#   insert   a dump of INSERT statements of a megabyte, into an empty table

# shellcheck source=tests/servers/mysql.bash
. "$here/../servers/mysql.bash"

# target_sql SERVER: SQL on standard input, as the server's root, into the database target.
target_sql() {
    case $1 in
    mariadb) mariadb_query target ;;
    nine) mysql_query target ;;
    esac
}

# target_shell NAME SERVER [OPTION...]: the shell client is measured, as anybody would run it.
target_shell() {
    local name=$1
    local client=(mariadb --no-defaults --host=127.0.0.1 --port="$MARIADB_PORT")
    [ "$2" = mariadb ] || client=(chroot "$FERRY_MYSQL_ROOT" /usr/bin/mysql --no-defaults
        --host=127.0.0.1 --port="$MYSQL_PORT" --get-server-public-key)
    shift 2
    measure "$name" "${client[@]}" --user=bench --password=bench --local-infile=1 \
        --default-character-set=utf8mb4 target "$@"
}

target_ferry() { # NAME SERVER SOURCE TABLE
    measure "$1" "$DBFERRY" copy -q -c "$folder/bench.conf" --table facts --target-table "$4" \
        "$3" "target-$2"
}

target_expect() { # SERVER TABLE ROWS
    local found
    found=$(echo "SELECT COUNT(*) FROM $2" | target_sql "$1") || found=none
    [ "$found" = "$3" ] || die "$1 holds $found rows in $2, not $3"
}

# The source file, the shell's files, and the table whose definition all of them get.
prepare_target() { # SERVER
    local files=$folder/files
    if [ ! -e "$folder/source.db" ]; then
        measure untold "$DBFERRY" copy -q -c "$folder/bench.conf" --table facts bench \
            "sqlite:$folder/source.db"
        rm "$folder/raw/untold"
    fi
    if [ ! -e "$files/facts.tsv" ]; then
        mkdir -p "$files"
        echo "SELECT * FROM facts INTO OUTFILE '$files/facts.tsv' CHARACTER SET utf8mb4" |
            mariadb_query bench || die "the file for the shell client could not be made"
        mariadb-dump --no-defaults --skip-ssl --socket="$MARIADB_SOCKET" --no-create-info \
            --skip-comments --compact --net-buffer-length=1M bench facts |
            sed 's/^INSERT INTO `facts`/INSERT INTO loaded/' >"$files/facts.sql" ||
            die "the dump for the shell client could not be made"
    fi
    if [ "$1" = nine ]; then
        start_nine
        cp "$files/facts.tsv" "$FERRY_MYSQL_ROOT$MYSQL_DATA"
    fi
    target_ferry untold "$1" "sqlite:$folder/source.db" model
    rm "$folder/raw/untold"
}

start_nine() {
    mysql_start bench --innodb-flush-log-at-trx-commit=1 --innodb-buffer-pool-size=128M \
        --local-infile=ON || exit 1
    mysql_query <<<"CREATE DATABASE target; CREATE USER bench@'%' IDENTIFIED BY 'bench';
        GRANT ALL ON target.* TO bench@'%'"
    sed -i '$d' "$folder/bench.conf"
    cat >>"$folder/bench.conf" <<END
  target-nine = { driver = "mysql"; host = "127.0.0.1"; port = $MYSQL_PORT; user = "bench";
                  password = "bench"; database = "target"; ssl_mode = "preferred"; };
};
END
}

empty_table() { # SERVER
    echo "DROP TABLE IF EXISTS loaded; CREATE TABLE loaded LIKE model" | target_sql "$1"
}

round_target() { # SERVER
    local file=$folder/files/facts.tsv load
    [ "$1" = mariadb ] || file=$MYSQL_DATA/facts.tsv # in its root folder
    load="LOAD DATA LOCAL INFILE '$file' INTO TABLE"
    echo "DROP TABLE IF EXISTS carried" | target_sql "$1"
    empty_table "$1"
    target_shell "$1-shell" "$1" -e "$load loaded CHARACTER SET utf8mb4"
    target_expect "$1" loaded "$ROWS"
    target_ferry "$1-new" "$1" "sqlite:$folder/source.db" carried
    target_expect "$1" carried "$ROWS"
    target_shell "$1-stage" "$1" -e "CREATE TABLE stage LIKE loaded;
        $load stage CHARACTER SET utf8mb4;
        RENAME TABLE loaded TO old, stage TO loaded; DROP TABLE old"
    target_expect "$1" loaded "$ROWS"
    target_ferry "$1-again" "$1" "sqlite:$folder/source.db" carried
    target_ferry "$1-server" "$1" bench carried
    target_expect "$1" carried "$ROWS"

    echo "SET GLOBAL local_infile = 0" | target_sql "$1"
    empty_table "$1"
    target_shell "$1-insert-shell" "$1" <"$folder/files/facts.sql"
    target_expect "$1" loaded "$ROWS"
    target_ferry "$1-insert" "$1" "sqlite:$folder/source.db" carried
    target_expect "$1" carried "$ROWS"
    echo "SET GLOBAL local_infile = 1" | target_sql "$1"
}

measure_target_memory() {
    local view
    for view in few fact many; do
        measure "target-memory-$view" "$DBFERRY" copy -q -c "$folder/bench.conf" \
            --view "${view}_view" --target-table grown bench target-mariadb
    done
    target_expect mariadb grown $((ROWS * 5))
    echo "DROP TABLE grown, carried, loaded" | target_sql mariadb
}

print_target_lines() { # SERVER NAME
    line "$1-shell" "$ROWS" "$2, new table: the shell's LOAD DATA LOCAL INFILE"
    line "$1-new" "$ROWS" "$2, new table: dbferry from SQLite"
    line "$1-stage" "$ROWS" "$2, beside the old table: the shell's LOAD, RENAME"
    line "$1-again" "$ROWS" "$2, table that has rows: dbferry from SQLite"
    line "$1-server" "$ROWS" "$2, table that has rows: dbferry from MariaDB"
    line "$1-insert-shell" "$ROWS" "$2, local_infile off: the shell's dump of INSERTs"
    line "$1-insert" "$ROWS" "$2, local_infile off: dbferry from SQLite"
}

# The rate into a new table is what is required; where there are old rows, dbferry counts them, too.
judge_target() { # SERVER NAME LEAST
    judge_speed "$2: dbferry and LOAD DATA LOCAL INFILE, new table" "$1-shell" "$ROWS" "$1-new" "$3"
    judge_speed "$2: dbferry and LOAD DATA, RENAME" "$1-stage" "$ROWS" "$1-again" 0.75
    judge_speed "$2: dbferry and a dump of INSERTs, no local_infile" "$1-insert-shell" "$ROWS" \
        "$1-insert" 0.75
}

judge_target_memory() {
    local peak grown
    was_measured target-memory-many || return 0
    peak=$(cat "$folder"/raw/target-memory-* | awk '{ print $2 }' | sort -n | tail -n 1)
    grown=$(($(largest target-memory-many 2) - $(largest target-memory-few 2)))
    judge "server as target: peak memory, largest of three sizes" \
        "$(calculate %.1f "$peak / 1024") MiB" "below 32 MiB" "$peak < 32 * 1024"
    judge_from 100000 "$few" "server as target: peak memory, $((ROWS * 5)) rows more than $few" \
        "$(calculate %.1f "$grown / 1024") MiB" "at most 1 MiB" "$grown <= 1024"
}
