# Every storage engine that a server offers, as source and as target: exact, or refused before any
# stage is made.  A test file that loads it defines sql(), as in target.bash, and target_config.

# What a user's tables can be made of: name, and why a load into one is refused ("" : it is not).
ENGINES=(InnoDB: MyISAM: Aria: MEMORY: ARCHIVE: CSV:
    "MRG_MyISAM:those of other tables" "BLACKHOLE:keeps no rows" "FEDERATED:on another server")

# offered NAME: whether the server at hand has it.
offered() { sql <<<"SELECT ENGINE FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT')" | grep -qix "$1"; }

# make_table DATABASE ENGINE: table t with two rows, of that engine.
make_table() {
    local columns="id INT NOT NULL, v VARCHAR(40) CHARACTER SET utf8mb4 NOT NULL, b VARBINARY(20) NOT NULL"
    local more=''
    sql "$1" <<<"DROP TABLE IF EXISTS t; DROP TABLE IF EXISTS behind; CREATE TABLE behind ($columns) ENGINE=MyISAM"
    case $2 in
    MRG_MyISAM) more="UNION=(behind) INSERT_METHOD=LAST" ;;
    FEDERATED) more="CONNECTION='mysql://nobody@127.0.0.1:1/none/none'" ;;
    esac
    sql "$1" <<<"CREATE TABLE t ($columns) ENGINE=$2 $more"
    [ "$2" = FEDERATED ] || sql "$1" <<<"INSERT INTO t VALUES (1, 'old', 'x'), (2, 'older', 'y')"
}

# Texts and bytes that a format of files might trip over.
make_new_rows() {
    sql d <<'SQL'
DROP TABLE IF EXISTS fresh;
CREATE TABLE fresh (id INT NOT NULL, v VARCHAR(40) CHARACTER SET utf8mb4 NOT NULL, b VARBINARY(20) NOT NULL);
INSERT INTO fresh VALUES (1, 'a"b,c', X'00010203'), (2, 'line\nbreak\r\n', X'0A0D22275C00'), (3, '', ''),
    (4, 'trail  ', X'FF'), (5, '\\N', X'5C4E'), (6, '😀 ü', X'1A'), (7, 'tab\t"', X'2C222C'), (8, 'x\0y', X'0000');
SQL
}

contents() { sql "$1" <<<"SELECT id, HEX(v), HEX(b) FROM \`$2\` ORDER BY id"; }

definition_of_t() { sql e <<<"SHOW CREATE TABLE t" | sed "s/ COMMENT='.*//; s/ AUTO_INCREMENT=[0-9]*//"; }

check_engines_as_targets() {
    local engine flaw before
    make_new_rows
    for entry in "${ENGINES[@]}"; do
        engine=${entry%%:*} flaw=${entry#*:}
        offered "$engine" || { echo "# this server offers no $engine" >&3; continue; }
        make_table e "$engine"
        before=$(definition_of_t)
        run dbferry copy server target --table fresh --target-table t
        if [ -n "$flaw" ]; then
            assert_status 65
            assert_output_has "cannot be replaced, since its engine is" "$flaw" InnoDB
            [ "$engine" = FEDERATED ] || [ "$engine" = BLACKHOLE ] ||
                assert_equal "$(contents e t)" $'1\t6F6C64\t78\n2\t6F6C646572\t79'
            run dbferry copy -n server target --table fresh --target-table t
            assert_status 65
            assert_output_has "since its engine is"
        else
            assert_status 0
            assert_equal "$engine $(contents e t)" "$engine $(contents d fresh)"
            # in the same definition, again, and read back
            run dbferry copy server target --table fresh --target-table t -o job.verify=content
            assert_status 0
        fi
        assert_equal "$(definition_of_t)" "$before"
        assert_equal "$(leftovers)" ""
    done
}

check_engines_as_sources() {
    local engine
    for entry in "${ENGINES[@]}"; do
        engine=${entry%%:*}
        offered "$engine" && [ "$engine" != FEDERATED ] || continue
        make_table d "$engine"
        run dbferry copy server local --table t -o job.allow_empty=true
        assert_status 0
        assert_equal "$engine $(sqlite3 -separator $'\t' "$D" "SELECT id, hex(v), hex(b) FROM t ORDER BY id")" \
            "$engine $(contents d t)"
    done
}

# What loses rows by its nature is told.
check_engine_is_told() {
    make_new_rows
    make_table e MEMORY
    run dbferry copy server target --table fresh --target-table t
    assert_status 0
    assert_output_has "warning" "MEMORY" "gone when the server ends"
}
