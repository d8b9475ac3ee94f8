# What check finds of a MySQL server: rights, limits and the clock; after target.bash.

# Job `copy` replaces, job `merge` changes single rows; checked [TEXT] [JOB...]: with this text in both connections.
checked() {
    sed -e "s|driver = \"mysql\";|& ${1:-}|" -e '/^jobs = /,$d' "$DBFERRY_CONFIG" >"$T/check.conf"
    cat >>"$T/check.conf" <<'END'
jobs = (
  { name = "copy"; source = "server"; target = "target"; table = "t"; },
  { name = "merge"; source = "server"; target = "target"; table = "t"; target_table = "m"; strategy = "merge"; }
);
END
    chmod 600 "$T/check.conf"
    run dbferry check --config "$T/check.conf" "${@:2}"
}

# one WORDS: the one line that has them
one() {
    local found
    found=$(grep -F "$1" <<<"$output" | sort -u)
    [ -n "$found" ] && [ "$(wc -l <<<"$found")" = 1 ] || { echo "not one line with: $1" >&2; show_run; return 1; }
    echo "$found"
}

make_tables() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 2), (2, 3)"
    sql e <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE m LIKE t"
}

# all_of_target: tables, definitions and rows
all_of_target() {
    local table
    for table in $(sql e <<<"SHOW TABLES"); do
        sql e <<<"SHOW CREATE TABLE \`$table\`; SELECT * FROM \`$table\`"
    done
}

# Each right that a job needs is tried: what is missing is told, with the GRANT that mends it, and check says
# what a run would.
check_rights_one_by_one() {
    local right job mend before
    make_tables
    sql <<<"DROP USER IF EXISTS few; CREATE USER few IDENTIFIED BY 'pw';
        GRANT $TARGET_RIGHTS, UPDATE, CREATE TEMPORARY TABLES ON e.* TO few"
    sed -i '/target = /s/user = "loader"/user = "few"/' "$DBFERRY_CONFIG"
    checked "" copy merge
    assert_status 0
    one "rights: all that a load of table 't' needs"
    one "rights: all that a change of table 'm' needs"
    dbferry run --config "$T/check.conf"
    before=$(all_of_target)
    for right in SELECT INSERT CREATE DROP ALTER DELETE UPDATE; do
        job=copy
        [ $right != UPDATE ] || job=merge
        sql <<<"REVOKE $right ON e.* FROM few"
        checked "" $job
        echo "without $right" >&2
        assert_status 77
        run dbferry run --config "$T/check.conf" $job
        assert_status 77
        checked "" $job
        [[ $(grep "^FAIL  target" <<<"$output" | head -n 1) == *"$right command denied"* ]] ||
            { show_run; return 1; }
        if [ $right = SELECT ]; then # without it there is no plan, and so no load to be tried for
            sql <<<"GRANT SELECT ON e.* TO few"
        else # what is to be done is a statement that the server takes
            grep "^FAIL  target 'target', rights: " <<<"$output" | sed 's/.*; GRANT/GRANT/; s/$/;/' | sql
        fi
        checked "" $job
        assert_status 0
    done
    assert_equal "$(all_of_target)" "$before"
    sql <<<"REVOKE TRIGGER, CREATE TEMPORARY TABLES ON e.* FROM few"
    checked "" copy merge
    assert_status 0
    mend=$(grep "^warn  target 'target', rights: table 'm': .*binary log" <<<"$output")
    [[ $mend == *"; GRANT CREATE TEMPORARY TABLES ON \`e\`.* TO 'few'@'%'" ]]
    [[ $(one "rights: table 't': information_schema tells of no right TRIGGER") == \
        *"; GRANT TRIGGER ON \`e\`.* TO 'few'@'%'" ]]
    sql <<<"DROP USER few"
}

# Rights by way of a role are the server's to know.
check_rights_of_a_role() {
    make_tables
    sql <<<"DROP USER IF EXISTS few; DROP ROLE IF EXISTS loading; CREATE ROLE loading; CREATE USER few IDENTIFIED BY 'pw';
        GRANT $TARGET_RIGHTS ON e.* TO loading; GRANT loading TO few; $1"
    sed -i '/target = /s/user = "loader"/user = "few"/' "$DBFERRY_CONFIG"
    checked "" copy
    assert_status 0
    refute_output_has FAIL
    sql <<<"DROP USER few; DROP ROLE loading"
}

# Nothing is made or changed, and nobody waits: a reader of the table neither holds check up nor is held up.
check_that_nothing_is_touched() {
    local before
    make_tables
    sql <<<"DROP USER IF EXISTS few; CREATE USER few IDENTIFIED BY 'pw';
        GRANT $TARGET_RIGHTS, UPDATE, CREATE TEMPORARY TABLES ON e.* TO few"
    sed -i '/target = /s/user = "loader"/user = "few"/' "$DBFERRY_CONFIG"
    sql e <<<"INSERT INTO t VALUES (9, 9)"
    before=$(all_of_target)
    hold "BEGIN; SELECT * FROM t" 60
    checked "" copy merge
    assert_status 0
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t")" 1
    let_go
    assert_equal "$(all_of_target)" "$before"
    assert_equal "$(sql <<<"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME LIKE '\\_dbferry\\_%'")" 0
    # who may do everything changes nothing either
    sql <<<"DROP USER few; CREATE USER few IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO few WITH GRANT OPTION"
    checked "" copy merge
    assert_status 0
    one "rights: all that a change of table 'm' needs"
    assert_equal "$(all_of_target)" "$before"
    # what an earlier run has left under our names stays
    sql e <<<"CREATE TABLE kept (id INT); INSERT INTO kept VALUES (7)"
    for name in stage old; do
        sql e <<<"CREATE TABLE \`$(name_of $name)\` SELECT * FROM kept"
    done
    before=$(all_of_target)
    checked "" copy merge
    assert_status 0
    assert_equal "$(all_of_target)" "$before"
    sql <<<"DROP USER few"
}

# name_of KIND: what a load of table t calls its stage, or its old rows: FNV-1a, as dbferry/driver.h has it
name_of() {
    python3 - "$1" <<'END'
import sys
value = 0xcbf29ce484222325
for byte in b"t\xff":
    value = (value ^ byte) * 0x100000001b3 % 2**64
print(f"_dbferry_{sys.argv[1]}_{value:016x}")
END
}

# No right is missing then, and a run would fail all the same.
check_read_only() {
    make_tables
    sql <<<"SET GLOBAL read_only = 1"
    checked "" copy
    run dbferry run --config "$T/check.conf" copy
    local ended=$status
    checked "" copy
    sql <<<"SET GLOBAL read_only = 0"
    assert_equal "$ended" 75
    assert_status 75
    [[ $(one "target 'target', rights") == "FAIL  "*"read-only"* ]]
    refute_output_has "GRANT"
}

check_lanes() {
    make_tables
    checked "" copy
    assert_status 0
    [[ $(one "target', local_infile") == "ok  "* && $(one "target', max_allowed_packet") == "ok  "* ]]
    sql <<<"SET GLOBAL local_infile = 0, GLOBAL max_allowed_packet = 65536"
    checked "" copy
    sql <<<"SET GLOBAL local_infile = 1, GLOBAL max_allowed_packet = 16777216"
    assert_status 0
    [[ $(one "target', local_infile") == "warn"*"; set local_infile = 1"* ]]
    [[ $(one "target', max_allowed_packet") == "warn  "*"65536 bytes: a row of more is refused"*"; set it to 16M"* ]]
    [[ $(one "source 'server', max_allowed_packet") == "warn  "* ]]
}

# The session's own time stands still where it is told so; the rest is what dbferry sets otherwise.
check_session() {
    make_tables
    checked "" copy
    assert_status 0
    [[ $(one "source 'server', clock") == "ok  "* && $(one "source 'server', time limits") == "ok  "*"net_write_timeout 3600 s"* ]]
    checked "session_variables = { timestamp = \"$(($(date +%s) + 100))\"; };" copy
    assert_status 0
    [[ $(one "target 'target', clock") =~ warn.*"the server's is "([89][0-9]|100)\.[0-9]" s ahead of this machine's; have both machines"* ]]
    checked "session_variables = { timestamp = \"$(($(date +%s) - 100))\"; net_write_timeout = \"30\"; net_read_timeout = \"31\"; wait_timeout = \"32\"; $1 = \"$2\"; };" copy
    assert_status 0
    [[ $(one "target 'target', clock") =~ "the server's is "1[0-9][0-9]\.[0-9]" s behind this machine's" ]]
    [[ $(one "source 'server', net_write_timeout: 30 s") == "warn  "*"; take it out of session_variables"* ]]
    [[ $(one "target 'target', net_read_timeout: 31 s") == "warn  "* ]]
    [[ $(one "target 'target', wait_timeout: 32 s") == "warn  "* ]]
    [[ $(one "source 'server', $1: 60.0 s") == "warn  "*"session_variables = { $1 = \"0\"; }" ]]
    refute_output_has "source 'server', net_read_timeout" "target 'target', net_write_timeout"
}
