# A run in pieces with MySQL or MariaDB on both sides; the file that loads it has the server of
# target.bash.

D_PIECES='partitions = 3; snapshot = "none"; verify = "content"; copy_indexes = true;'

# pieces_jobs TABLE: j carries it into the file, and `there` into database e
pieces_jobs() {
    sed -i '/^jobs = /,$d' "$DBFERRY_CONFIG"
    cat >>"$DBFERRY_CONFIG" <<END
jobs = ( { name = "j"; source = "server"; target = "local"; table = "$1"; big_unsigned = "text"; $D_PIECES },
         { name = "there"; source = "server"; target = "target"; table = "$1"; $D_PIECES } );
END
}

check_every_type_in_pieces() {
    make_every_type
    pieces_jobs every_type
    prepare there
    load_all 3
    dbferry finish "$id"
    same_table every_type
    assert_equal "$(leftovers)$(prepared)" ""
    run dbferry verify there
    assert_status 0
    pieces_jobs every_type
    prepare j
    load_all 3
    dbferry finish "$id"
    run dbferry verify j
    assert_status 0
    nothing_left
}

check_a_table_in_pieces() {
    sql d <<<"CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(40), KEY (name));
        INSERT INTO t SELECT seq * 1000000007 % 18446744073709551557, CONCAT('row ', seq) FROM seq_1_to_3000"
    pieces_jobs t
    prepare there
    load_twice_at_once 3
    assert_equal "$(leftovers | sort | paste -sd' ')" "_dbferry_piece_${id}_1 _dbferry_piece_${id}_2 _dbferry_piece_${id}_3"
    assert_equal "$(sql e <<<"SHOW TABLES LIKE 't'")" ""
    dbferry finish "$id"
    assert_equal "$(sql <<<"SELECT COUNT(*), SUM(a.name <=> b.name) FROM d.t a LEFT JOIN e.t b USING (id)")" $'3000\t3000'
    assert_equal "$(sql <<<"SELECT target_table, job, \`rows\`, states FROM e._dbferry_sync")" $'t\tthere\t3000\t3'
    assert_equal "$(leftovers)$(prepared)" ""
    prepare there
    dbferry load "$id" --partition 2/3
    dbferry abandon "$id"
    assert_equal "$(leftovers)$(prepared)" ""
    assert_equal "$(sql <<<"SELECT COUNT(*) FROM e._dbferry_sync")" 1
}
