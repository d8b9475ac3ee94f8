# The way from PostgreSQL through ODBC to a file, and what isql makes of the same rows by the same ODBC
# driver: sourced by backends, which has the table `facts` in the database `bench`.
#
# isql, of unixODBC, asks for each value as a text and writes it to a file, without any type.

make_odbc_sqlite() {
    command -v isql >/dev/null || die "isql is not installed (unixodbc)"
    "$DBFERRY" drivers odbc >/dev/null || die "the bench needs the driver odbc"
    write_config "odbc = { driver = \"odbc\"; odbc_driver = \"PostgreSQL Unicode\"; user = \"postgres\";
        attributes = { Server = \"$POSTGRES_SOCKET\"; Port = \"$POSTGRES_PORT\"; Database = \"bench\"; }; };"
    echo "SELECT * FROM facts" >"$folder/isql.sql"
}

round_odbc_sqlite() {
    remove "$folder/ferry.db"
    ferry odbc-sqlite odbc "sqlite:$folder/ferry.db"
    expect "$ROWS" "$(in_file "$folder/ferry.db")" "$folder/ferry.db"
    remove "$folder/ferry.db"
    # shellcheck disable=SC2016 # it is bash that is measured
    measure isql bash -c 'isql -b -c -dx0x09 -k "$1" <"$2" >"$3"' shell \
        "DRIVER=PostgreSQL Unicode;Server=$POSTGRES_SOCKET;Port=$POSTGRES_PORT;Database=bench;UID=postgres;UseDeclareFetch=1;Fetch=1000;CommLog=0" \
        "$folder/isql.sql" "$folder/isql.tsv"
    [ "$(wc -l <"$folder/isql.tsv")" -ge "$ROWS" ] || die "isql has written $(wc -l <"$folder/isql.tsv") lines"
    rm "$folder/isql.tsv"
}

judge_odbc_sqlite() {
    judge_ratio odbc-sqlite isql 1.0 "odbc -> sqlite: times as fast as isql into a file"
    judge_memory odbc-sqlite 32
}
