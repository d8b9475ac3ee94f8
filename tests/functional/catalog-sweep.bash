# Each question that a run asks of a server's catalog goes wrong in turn: what is not known of a
# definition must not weaken the one that is there.
#
# A test file that loads it defines sql(), as in target.bash, SOCKET, the server's, and the accounts
# reader and loader.  FERRY_SWEEP=all: each question with each fault, else some of them.

# What may be over in a moment, what only a person can mend, and what cannot be known.
SWEEP_FAULTS="empty 1114 1142 cut torn 3 5 1021 1030 1037 1041 1135 1194 1044 1054 1146 1227 1317 3024"
SWEEP_FEW=1 # of these at each question, and at every other one more in turn

setup() {
    ferry_setup
    requires python3
    requires sqlite3
    requires_driver mysql
    requires_driver sqlite
    requires_server
    D=$T/copy.db
    sql <<<"DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e; CREATE DATABASE d; CREATE DATABASE e"
    sweep_config "$SOCKET" "$SOCKET"
    make_film
}

teardown() { end_proxy; }

# sweep_config SOURCE TARGET: the sockets that the source's and the target's connections go to.
sweep_config() {
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    write_config <<END
connections = {
  server = { driver = "mysql"; socket = "$1"; user = "reader"; password_file = "$T/password";
             database = "d"; retries = 0; };
  target = { driver = "mysql"; socket = "$2"; user = "loader"; password_file = "$T/password";
             database = "e"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

# A table with all that a definition can say and a copy can carry.
make_film() {
    sql d <<'SQL'
CREATE TABLE film (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    title VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL DEFAULT 'none',
    kind ENUM('a', 'b') NOT NULL DEFAULT 'b', length INT(5) UNSIGNED ZEROFILL, place POINT,
    seen DATETIME DEFAULT CURRENT_TIMESTAMP, code INT NOT NULL, UNIQUE KEY code (code),
    KEY title (title), KEY two (kind, seen));
INSERT INTO film (title, kind, length, place, code) VALUES ('ACADEMY DINOSAUR', 'a', 86, POINT(1, 2), 1),
    ('ACE GOLDFINGER', 'b', 48, NULL, 2);
SQL
}

# A table in e that dbferry has not made, with what a RENAME would lose.
make_own_film() {
    sql e <<'SQL'
CREATE TABLE film (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, title VARCHAR(50) NOT NULL DEFAULT 'own',
    kind ENUM('a', 'b') NOT NULL DEFAULT 'b', length INT(5) UNSIGNED ZEROFILL, place POINT,
    seen DATETIME DEFAULT CURRENT_TIMESTAMP, code INT NOT NULL, CHECK (code > 0),
    twice INT AS (code * 2), KEY begins (title(9)));
CREATE TABLE rented (film INT, FOREIGN KEY mine (film) REFERENCES film (id));
INSERT INTO film (title, kind, code) VALUES ('old', 'a', 7);
CREATE TRIGGER hook BEFORE INSERT ON film FOR EACH ROW SET @dbferry_test = 1;
SQL
}

# order NUMBER FAULT: what goes wrong from now on, see asked.py
order() {
    ordered=$((${ordered:-0} + 1))
    echo "$1 $2 $ordered" >"$T/order.new" && mv "$T/order.new" "$T/order"
}

# start_proxy: PROXY is its socket, and what was asked is in $T/asked.
start_proxy() {
    PROXY=$T/proxy
    : >"$T/asked"
    order 0 0
    python3 "$FERRY_SOURCE/tests/servers/asked.py" "$SOCKET" "$PROXY" "$T/asked" "$T/order" 3>&- &
    proxy=$!
    until_there test -S "$PROXY"
}

end_proxy() {
    [ -n "${proxy:-}" ] || return 0
    kill "$proxy"
    wait "$proxy" 2>/dev/null || true
}

# What the target is: definition_of_file and definition_on_server print it.
definition_of_file() {
    sqlite3 "$D" ".schema film" "SELECT * FROM _dbferry_columns WHERE target_table = 'film'" \
        "SELECT * FROM _dbferry_indexes WHERE target_table = 'film'"
}
definition_on_server() {
    sql e <<<"SHOW CREATE TABLE film; SHOW TRIGGERS" | sed "s/run [0-9a-f-]*//; s/ AUTO_INCREMENT=[0-9]*//"
}

# How it is copied: carry TARGET
carry_film() { dbferry copy server "$1" --table film; }
carry_all() { dbferry copy server "$1" --all -o job.commit=together -o job.foreign_keys=true; }

# Who has rented it, and what the server's copy of both is.
make_rented() {
    sql d <<<"CREATE TABLE rented (id INT PRIMARY KEY, film INT, again INT, FOREIGN KEY (film) REFERENCES film (id) ON DELETE CASCADE,
        FOREIGN KEY (again) REFERENCES rented (id)); INSERT INTO rented VALUES (1, 1, NULL), (2, 2, 1)"
}
definitions_with_keys() {
    definition_on_server | sed "s/dbferry_[0-9a-f]*_/key_/g"
    sql e <<<"SHOW CREATE TABLE rented" | sed "s/run [0-9a-f-]*//; s/dbferry_[0-9a-f]*_/key_/g"
}

# sweep TARGET DEFINITION [CARRY]: copies the film again and again, each time with another fault.  Both
# ends that are a server's go through the proxy.
sweep() {
    local faults number fault count before turn=0 after more tried=0 carry=${3:-carry_film}
    read -ra faults <<<"$SWEEP_FAULTS"
    run $carry "$1"
    assert_status 0
    start_proxy
    sweep_config "$PROXY" "$PROXY"
    run $carry "$1"
    assert_status 0
    count=$(wc -l <"$T/asked")
    [ "$count" -ge 2 ] || fail "only $count questions were asked"
    before=$("$2")
    for ((number = 1; number <= count; number++)); do
        for ((fault = 0; fault < ${#faults[@]}; fault++)); do
            more=$((SWEEP_FEW + turn / 2 % (${#faults[@]} - SWEEP_FEW)))
            if [ "${FERRY_SWEEP:-}" != all ] && [ $fault -ge $SWEEP_FEW ] &&
                { [ $((number % 2)) = 0 ] || [ $fault -ne $more ]; }; then
                continue
            fi
            order "$number" "${faults[fault]}"
            run $carry "$1"
            tried=$((tried + 1))
            after=$("$2")
            if [ "$before" != "$after" ] || [ "$(wc -l <"$T/asked")" -lt "$number" ] || [ "$status" -ge 128 ]; then
                show_run
                echo "question $number with ${faults[fault]}: $(sed -n "${number}p" "$T/asked")" >&2
                diff <(echo "$before") <(echo "$after") >&2
                return 1
            fi
        done
        turn=$((turn + 1))
    done
    echo "# to $1: $count questions, $tried faults" >&3
}
