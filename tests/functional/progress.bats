# What a person sees who watches a run: in tmux, which is a terminal that can be read; in windows that
# change their size; where nothing is to be seen.

load helper

# Of each test a server of its own, which ends with it.
screen() { tmux -S "$T/tmux" -f /dev/null "$@"; }
seen() { screen capture-pane -p -S - -t "=$1:" | sed 's/ *$//; /^$/d'; }
sees() { seen "$1" | grep -qE -- "$2"; } # SESSION PATTERN

# sees_alone SESSION PATTERN: nothing else below what stood there before.  A line for the former width may
# have been on its way when the window changed: the next one is to leave no rest of it.
sees_alone() {
    local lines
    mapfile -t lines < <(seen "$1")
    [ ${#lines[@]} -eq 2 ] && [ "${lines[0]}" = first ] && [[ ${lines[1]} =~ $2 ]]
}

teardown() {
    touch "$T/go"
    [ ! -S "$T/tmux" ] || screen kill-server || true
}

# job NAME SOURCE-KEYS [TARGET-KEYS [JOB-KEYS]]: in a file of its own
job() {
    (umask 077 && cat >"$T/$1.conf") <<CONF
connections = {
  from = { driver = "memory"; $2 };
  to = { driver = "memory"; ${3:-} };
};
jobs = ( { name = "$1"; source = "from"; view = "v"; target = "to"; ${4:-} } );
CONF
}

# watch NAME COLUMNS: the job runs in a window; "first" stands above what it shows, "last" below, and what
# came before fills the screen, as it does where somebody works.
watch() {
    screen new-session -d -s "$1" -x "$2" -y 12 \
        "yes '' | head -n 12; echo first; '$DBFERRY' run --config '$T/$1.conf'; echo last; exec cat"
}

# The source gives 8,192 of its rows and waits for the file "go".  A time left stands there only if the first
# look came before those rows.
HELD="rows = 20000; fail_at = \"read_batch\"; fail_how = \"stall\"; fail_row = 9000; fail_until = \"@\";"

held() { printf '%s' "${HELD/@/$T/go}"; }

@test "percent and time left: as long as they are known, and no row more than was expected" {
    requires tmux
    job told "rows = 400000; fail_at = \"read_batch\"; fail_how = \"slow\"; fail_delay = \"200ms\";"
    job untold "$(held) estimate = -1;"
    job exceeded "$(held) estimate = 8191;"
    job nearly "$(held) estimate = 8200;"
    job half "$(held)"
    for name in told untold exceeded nearly half; do
        watch $name 100
    done
    until_there sees told '^told  [0-9,]+ rows  [0-9.]+ [KM]iB  [0-9.]+ k rows/s  [0-9.]+ s  [0-9]+ %  about [0-9]+ s left$'
    # Two seconds are over here, too.
    until_there sees nearly '^nearly  8,192 rows .* 99 %'
    until_there sees half '^half  8,192 rows .* 40 %'
    for name in untold exceeded; do
        until_there sees $name "^$name  8,192 rows .*rows/s  [3-9]\.[0-9] s$"
        refute sees $name '%|left'
    done
    touch "$T/go"
    for name in untold exceeded nearly half; do
        until_there sees $name '^last$'
        assert_equal "$(seen $name | sed 's/20,000 rows.*/20,000 rows/')" "first
$name: 20,000 rows
last"
    done
}

@test "the rows of an earlier copy tell how many there will be, where the source does not" {
    requires tmux
    requires_driver sqlite
    job again "rows = 10000; estimate = -1;"
    sed -i "s|to = .*|to = { driver = \"sqlite\"; path = \"$T/to.db\"; };|" "$T/again.conf"
    "$DBFERRY" run --config "$T/again.conf"
    assert_equal "$(rows "$T/to.db" v)" 10000
    sed -i "s|rows = 10000;|$(held)|; s/rows = 20000/rows = 11000/" "$T/again.conf"
    watch again 100
    until_there sees again '^again  8,192 rows .* 81 %'
}

@test "a window that gets narrower and wider: one line, without rests" {
    requires tmux
    job Verzeichnis "$(held)"
    watch Verzeichnis 100
    until_there sees Verzeichnis '^Verzeichnis  8,192 rows  [0-9.]+ [KM]iB  .* 40 %'
    for size in 50:'^Verzeichnis  8,192 rows  ([0-9][^K-M]* )?40 %' 30:'^Verzeichnis  (8,192 rows  )?40 %$' \
        20:'^Verzeichnis  40 %$' 14:'^Verzeichnis$' 6:'^Verze$' \
        25:'^Verzeichnis  40 %$' 110:'^Verzeichnis  8,192 rows  [0-9.]+ [KM]iB  .* 40 %'; do
        screen resize-window -t "=Verzeichnis:" -x "${size%%:*}"
        until_there sees_alone Verzeichnis "${size#*:}"
    done
    touch "$T/go"
    until_there sees Verzeichnis '^last$'
    assert_equal "$(seen Verzeichnis | sed 's/20,000 rows.*/20,000 rows/')" "first
Verzeichnis: 20,000 rows
last"
}

@test "after the last row it is told what is done" {
    requires tmux
    local -A words=([load_end]="building indexes" [stored_batch]="comparing" [change_commit]="committing")
    for name in "${!words[@]}"; do
        job $name "rows = 3;" \
            "fail_at = \"$name\"; fail_how = \"stall\"; fail_row = 0; fail_until = \"$T/go\";" \
            'indexes = ( { columns = ["name"]; } ); verify = "content";'
        watch $name 80
    done
    for name in "${!words[@]}"; do
        until_there sees $name "^$name  3 rows  [0-9]+ B  ${words[$name]}  [0-9.]+ m?s$"
    done
    touch "$T/go"
    for name in "${!words[@]}"; do
        until_there sees $name '^last$'
        refute sees $name "${words[$name]}"
    done
}

@test "no colours, and nothing at all where nobody looks; a dumb terminal gets lines" {
    requires python3
    job held "$(held)"
    run python3 - "$DBFERRY" "$T/held.conf" "$T/go" <<'END'
import os, pty, re, select, subprocess, sys, time
program, config, go = sys.argv[1:]

class Watched:
    def __init__(self, change, drop=()):
        environment = {k: v for k, v in os.environ.items() if k not in drop}
        environment.update(change)
        self.screen, terminal = pty.openpty()  # of no size
        self.run = subprocess.Popen([program, "run", "--config", config], stderr=terminal, env=environment)
        os.close(terminal)
        self.shown = b""

    def look(self):
        try:
            while select.select([self.screen], [], [], 0.05)[0]:
                self.shown += os.read(self.screen, 65536)
        except OSError:
            return False  # the other end is closed
        return True

usual, plain = Watched({}), Watched({"NO_COLOR": "1"})
silent = Watched({"CI": "true"})
dumb, unset = Watched({"TERM": "dumb"}), Watched({}, drop=["TERM"])
runs = [usual, plain, silent, dumb, unset]
last = time.monotonic() + 60
try:
    while not all(b"8,192 rows" in run.shown for run in [usual, plain, dumb, unset]):
        assert time.monotonic() < last, [run.shown for run in runs]
        for run in runs:
            run.look()
    open(go, "w").close()
    for run in runs:
        while run.look():
            assert time.monotonic() < last
        assert run.run.wait(60) == 0
finally:
    for run in runs:
        run.run.kill()

assert silent.shown == b"", silent.shown
for run in [dumb, unset]:
    assert b"\033" not in run.shown and not re.search(rb"\r(?!\n)", run.shown), run.shown
    lines = run.shown.decode().splitlines()
    assert len(lines) == 2 and re.match(r"held  8,192 rows .* 40 %", lines[0]), lines
    assert re.match(r"held: 20,000 rows ", lines[1]), lines
for run in [usual, plain]:
    drawn = run.shown.decode().split("\r\033[J")
    assert len(drawn) > 5, drawn
    for line in drawn:
        text, between = line.split("\r")[0], "".join(re.findall("\033.*", line))
        assert len(text.removesuffix("\033[?7l")) < 80 and between in ("", "\033[?7l", "\033[?7h", "\033[?7h\033[?7l"), line
    assert any(" 40 %" in line for line in drawn) and drawn[-1].startswith("held: 20,000 rows "), drawn[-2:]
END
    assert_status 0
}

# about FILE TABLE: what the source says of the rows to come; nothing where it does not know
about() {
    write_config <<CONF
general = { log_file = "$T/log"; log_level = "debug"; };
connections = { from = { driver = "sqlite"; path = "$1"; }; to = { driver = "memory"; }; };
jobs = ( { name = "j"; source = "from"; table = "$2"; target = "to"; } );
CONF
    rm -f "$T/log"
    script -qec "'$DBFERRY' run" /dev/null </dev/null >/dev/null
    grep -q "rows read" "$T/log"
    sed -n 's/.*about \([0-9]*\) rows are expected.*/\1/p' "$T/log"
}

@test "a SQLite file tells of tables by ANALYZE, or by their rowids; of nothing else" {
    requires script
    requires_driver sqlite
    sqlite3 "$T/from.db" "
        CREATE TABLE plain (a); CREATE TABLE keyed (id INTEGER PRIMARY KEY, a);
        CREATE TABLE \"odd \"\" name\" (rowid, _rowid_ INT); CREATE TABLE taken (rowid, _rowid_, oid);
        CREATE TABLE chance (id INTEGER PRIMARY KEY); CREATE TABLE none (a);
        CREATE TABLE without (a PRIMARY KEY) WITHOUT ROWID; CREATE VIEW v AS SELECT * FROM plain;
        WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO plain SELECT i FROM n;
        INSERT INTO keyed SELECT a + 5000, a FROM plain; INSERT INTO without SELECT a FROM plain;
        INSERT INTO \"odd \"\" name\" SELECT a * a * a * a, 7 FROM plain;
        INSERT INTO taken SELECT 1, 2, 3 FROM plain;
        INSERT INTO chance VALUES (-9223372036854775808), (9223372036854775807), (5);"
    for table in plain keyed 'odd \" name'; do
        assert_equal "$(about "$T/from.db" "$table")" 1000
    done
    for table in taken chance none without v; do
        assert_equal "$(about "$T/from.db" $table)" ""
    done
    sqlite3 "$T/from.db" "DELETE FROM keyed WHERE a BETWEEN 2 AND 999"
    assert_equal "$(about "$T/from.db" keyed)" 1000 # rowids alone do not show it
    sqlite3 "$T/from.db" "CREATE INDEX part ON plain (a) WHERE a < 10; CREATE INDEX i ON keyed (a); ANALYZE"
    assert_equal "$(about "$T/from.db" keyed)" 2
    assert_equal "$(about "$T/from.db" without)" "$(rows "$T/from.db" without)"
}
