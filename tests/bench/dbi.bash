# The way from PostgreSQL through libdbi to a file, and what a small program makes of the same rows by
# the same library (dbi_read.c): sourced by backends, which has the table `facts` in the database `bench`.

make_dbi_sqlite() {
    [ -x "${DBI_READ:-}" ] || die "dbi_read is not there; run make bench-backends in a build with the driver dbi"
    "$DBFERRY" drivers dbi >/dev/null || die "the bench needs the driver dbi"
    write_config "dbi = { driver = \"dbi\"; dialect = \"pgsql\"; host = \"$POSTGRES_SOCKET\"; port = $POSTGRES_PORT;
        user = \"postgres\"; database = \"bench\"; };"
}

round_dbi_sqlite() {
    remove "$folder/ferry.db"
    ferry dbi-sqlite dbi "sqlite:$folder/ferry.db"
    expect "$ROWS" "$(in_file "$folder/ferry.db")" "$folder/ferry.db"
    remove "$folder/ferry.db"
    # shellcheck disable=SC2016 # it is bash that is measured
    measure dbi-read bash -c '"$1" "$2" "$3" bench facts >"$4"' shell \
        "$DBI_READ" "$POSTGRES_SOCKET" "$POSTGRES_PORT" "$folder/dbi.tsv"
    expect "$ROWS" "$(wc -l <"$folder/dbi.tsv")" "$folder/dbi.tsv"
    rm "$folder/dbi.tsv"
}

# libdbi may hold max_result_bytes, 64 MiB.
judge_dbi_sqlite() {
    judge_ratio dbi-sqlite dbi-read 1.0 "dbi -> sqlite: times as fast as a program on libdbi"
    judge_memory dbi-sqlite 96
}
