# Each error number at each moment of a run: what may pass is tried again and all else is not, with the
# exit code that the manual says; the target keeps its old rows.  With FERRY_SWEEP=all every number
# that a server of either kind has; else some of each sort.

load helper
load target-mariadb

# Short of something, locked or held back: 75 at every moment.
ANYWHERE=" 5 23 1015 1016 1020 1037 1041 1047 1135 1203 1205 1206 1213 1257 1297 1412 1429 1461 1614 \
1615 1637 1689 3015 3032 3044 3058 3100 3101 3168 3572 3781 3782 3783 3884 3950 3985 4081 "
# The room and the files that a query needs for a while: 75 of a source.
ROOM=" 1 2 3 4 9 14 20 1004 1021 1023 1024 1026 1028 1030 1034 1039 1114 1194 1878 3675 "
# The connection, or somebody who ends what runs on it: 76 of a source, 74 of a target.
LOST=" 1053 1156 1157 1158 1159 1160 1161 1835 1927 3169 4031 1317 "
LOST_AT_SOURCE=" 1152 1243 1969 3024 "
# At the login alone: 69 and 75.
AWAY=" 1040 1053 1129 "
AT_LOGIN=" 1042 1152 1158 1159 1160 1161 1927 "
# Switched off or read-only for a while: 75 of a target.
AT_TARGET=" 1148 1290 1792 1836 3948 4166 "
# An account's limit, by the hour or for good: 75, and not tried again by itself.
LIMIT=" 1226 "

# Beside what passes: of each class some, and numbers that nobody knows.
OTHERS=" 1030 1045 1054 1064 1146 1226 1227 1242 1264 1267 1292 1366 1411 1644 1690 1772 3037 3141 3156 3548 3691 4999 9999 "

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    requires python3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/local.db
    sql <<<"SET GLOBAL local_infile = 1; CREATE OR REPLACE DATABASE d; CREATE OR REPLACE DATABASE e"
    sql d <<<"CREATE TABLE t AS SELECT seq AS id, 'new' AS name FROM seq_1_to_9"
    sqlite3 "$D" "CREATE TABLE t (id BIGINT NOT NULL, name TEXT); INSERT INTO t VALUES (1, 'old')"
    echo none 0 >"$T/order"
    python3 "$FERRY_SOURCE/tests/servers/error.py" "$MARIADB_SOCKET" "$T/proxy" "$T/order" 3>&- &
    proxy=$!
    until_there test -S "$T/proxy"
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    local common="driver = \"mysql\"; socket = \"$T/proxy\"; password_file = \"$T/password\"; retries = 1; retry_wait = \"0s\""
    write_config <<END
connections = {
  server = { $common; user = "reader"; database = "d"; };
  target = { $common; user = "loader"; database = "e"; };
  local = { driver = "sqlite"; path = "$D"; };
  made = { driver = "memory"; rows = 5; columns = "id int64 not null, name text(40)"; };
};
END
}

teardown() { [ -z "${proxy:-}" ] || kill "$proxy" 2>/dev/null || true; }

# expected MOMENT NUMBER: the exit code, and how often it is tried; "any" where the number alone tells
# the code, which tests of their own know.
expected() {
    local moment=$1 n=$2
    if [[ $ANYWHERE == *" $n "* ]]; then
        echo 75 2
    elif [[ $LIMIT == *" $n "* ]]; then
        echo 75 1
    elif [ "$moment" = login ]; then
        if [[ $AWAY == *" $n "* ]]; then
            echo 69 2
        elif [[ $AT_LOGIN == *" $n "* ]]; then
            echo 75 2
        else
            echo any 1
        fi
    elif [[ " load rename commit " == *" $moment "* ]]; then
        if [[ $LOST == *" $n "* ]]; then
            echo 7[45] 2
        elif [[ $AT_TARGET == *" $n "* ]]; then
            echo 75 2
        else
            echo any 1
        fi
    elif [ "$moment" = setup ] && [ "$n" = 1053 ]; then
        echo 69 2
    elif [[ $ROOM == *" $n "* ]]; then
        echo 75 2
    elif [[ $LOST == *" $n "* || $LOST_AT_SOURCE == *" $n "* ]]; then
        echo 76 2
    else
        echo any 1
    fi
}

# What a number that nobody knows comes to.
unknown() {
    case $1 in
    login) echo 77 ;;
    setup | prepare) echo 78 ;;
    execute | fetch) echo 65 ;;
    *) echo 74 ;;
    esac
}

# numbers MOMENT PART: all of them; or every seventh of what passes and the others, beginning elsewhere
# at each moment
numbers() {
    local sorts i
    read -ra sorts <<<"$ANYWHERE$ROOM$LOST$LOST_AT_SOURCE$AWAY$AT_LOGIN$AT_TARGET"
    if [ "${FERRY_SWEEP:-}" = all ]; then
        { seq 1000 1999; seq 3000 4299; seq 6000 6199; printf '%s\n' "${sorts[@]}" 9999; } | sort -nu
        return
    fi
    {
        for ((i = $2; i < ${#sorts[@]}; i += 9)); do echo "${sorts[i]}"; done
        read -ra sorts <<<"$OTHERS"
        for ((i = $2 % 3; i < ${#sorts[@]}; i += 3)); do echo "${sorts[i]}"; done
        echo 9999
    } | sort -nu
}

# try MOMENT NUMBER COMMAND...
try() {
    local moment=$1 number=$2 code times
    shift 2
    echo "$moment" "$number" >"$T/order"
    run timeout 60 "$@"
    read -r code times <<<"$(expected "$moment" "$number")"
    [ "$number" != 9999 ] || code=$(unknown "$moment")
    [ "$code" != any ] || code='6[56]|7[478]'
    echo "$moment: error $number: expected $code, $times times"
    [[ $status =~ ^($code)$ ]] || { show_run; return 1; }
    case $times in
    1) refute_output_has "after 2 attempts" ;;
    2) assert_output_has "after 2 attempts" ;;
    esac
    # What came of it was asked over another connection.
    [[ " rename commit " == *" $moment "* && $output == *"old rows there"* ]] || assert_output_has "error $number"
}

check_source() {
    local number
    for number in $(numbers "$1" "$2"); do
        try "$1" "$number" "$DBFERRY" copy server local --table t --target-table t
        assert_equal "$(sqlite3 "$D" 'SELECT * FROM t')" '1|old'
    done
}

check_target() {
    local number
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40) CHARACTER SET utf8mb4);
        INSERT INTO t VALUES (1, 'old'); ${3:-}"
    for number in $(numbers "$1" "$2"); do
        try "$1" "$number" "$DBFERRY" copy made target --view rows --target-table t
        assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
    done
}

@test "the proxy hands on what is not asked for" {
    run dbferry copy server local --table t --target-table t
    assert_status 0
    run dbferry copy made target --view rows --target-table t
    assert_status 0
}

@test "an error at the login" { check_source login 0; }
@test "an error while the session is set up" { check_source setup 1; }
@test "an error in preparing" { check_source prepare 2; }
@test "an error in executing" { check_source execute 3; }
@test "an error between two rows" { check_source fetch 4; }
@test "an error of LOAD DATA" { check_target load 5; }
@test "an error of RENAME" { check_target rename 6; }
@test "an error of COMMIT" {
    check_target commit 7 "CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW SET @x = 1"
}

# Of runs that make the table of runs at one time, MySQL 9 may end one's statement for another's.
@test "a deadlock while the table of runs is made, or widened, is over with the statement" {
    echo record 1213 >"$T/order"
    for table in "DROP TABLE IF EXISTS _dbferry_sync" "ALTER TABLE _dbferry_sync DROP COLUMN run_id"; do
        sql e <<<"$table"
        run dbferry copy made target --view rows --target-table t
        assert_status 0
        refute_output_has "attempt"
        assert_equal "$(sql e <<<'SELECT COUNT(*), COUNT(run_id) FROM _dbferry_sync')" $'1\t1'
    done
}
