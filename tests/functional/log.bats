#!/usr/bin/env bats
# The log: what is written where, in which form, and what happens where it cannot be written.

load helper
load sample

setup() {
    ferry_setup
    cd "$T"
}

time='20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z'

# with_log GENERAL-KEYS [SOURCE-KEYS]
with_log() { sample_config "${2:-rows = 5;}" '' '' "log_file = \"log\"; $1"; }

json() { python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8", errors="strict"):
    entry = json.loads(line)
    print(*(entry.get(name, "-") for name in sys.argv[2:]), sep="\t")' log "$@"; }

@test "log_file gets a line per event: RFC 3339 in UTC, level, job, phase, message" {
    with_log ''
    TZ=Asia/Kathmandu run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$output$stderr" ""
    [ "$(wc -l <log)" -ge 4 ]
    refute grep -vE "^$time (error|warning|info)  *(cars|-) [a-z]+: ." log
    for words in "cars main: run [0-9a-f]{32} begins" "cars source: source 'made' is memory:store" \
        "cars target: target 'local' is sqlite:$T/cars.db, table 'cars'" "cars main: done: 5 rows"; do
        grep -qE "$words" log
    done
    local now logged
    now=$(date -u +%s)
    logged=$(date -u -d "$(head -n 1 log | cut -d' ' -f1)" +%s)
    between 0 $((now - logged)) 59
}

@test "-v prints the same lines on stderr" {
    with_log ''
    run --separate-stderr dbferry run -v
    assert_equal "$output" ""
    assert_equal "$(sed -E "s/^$time//" <<<"$stderr")" "$(sed -E "s/^$time//" log)"
}

@test "runs are appended, and the file is not open to others" {
    with_log ''
    (umask 022; dbferry run)
    assert_equal "$(stat -c %a log)" 640
    lines=$(wc -l <log)
    dbferry run
    assert_equal "$(wc -l <log)" $((2 * lines))
    chmod 600 log
    dbferry run
    assert_equal "$(stat -c %a log)" 600
}

@test "an error stands in the log once, with its phase and with what became of the target" {
    with_log '' 'fail_at = "read_batch"; fail_class = "stream"; fail_row = 2;'
    run --separate-stderr dbferry run
    assert_status 76
    assert_equal "$(grep -c ' error ' log)" 1
    grep -qE "^$time error   cars [a-z]+: read_batch failed .*; the target is unchanged$" log
    assert_equal "$(tail -n 1 log | grep -c ' error ')" 1
    with_log '' 'fail_at = "describe"; fail_class = "not-found";'
    rm log
    run dbferry run
    grep -qE " error   cars describe: describe failed" log
}

@test "an error is logged in the phase in which it came up" {
    phase() { # SIDE AT PHASE
        write_config <<END
general = { log_file = "log"; };
connections = { a = { driver = "memory"; $([ "$1" = source ] && echo "fail_at = \"$2\";") };
                b = { driver = "memory"; store = "b"; $([ "$1" = target ] && echo "fail_at = \"$2\";") }; };
jobs = ( { name = "cars"; source = "a"; table = "t"; target = "b"; } );
END
        rm -f log
        run dbferry run
        assert_status 70
        grep -q " error   cars $3: $2 failed" log
    }
    phase source connect source
    phase source snapshot_begin source
    phase source describe describe
    phase target connect target
    phase target map_column negotiate
    phase target inspect negotiate
    phase target load_begin begin
    phase source read_begin load
    phase source read_batch load
    phase target load_batch load
    phase target load_end finish
    phase target change_commit commit
}

@test "log_format = json: every line is one JSON object with the same facts" {
    requires python3
    with_log 'log_format = "json";'
    dbferry run
    json time level job phase message >fields
    refute grep -vE "^$time"$'\t'"(error|warning|info)"$'\t'"(cars|-)"$'\t'"[a-z]+"$'\t'"." fields
    grep -qP "\tinfo\tcars\tmain\tdone: 5 rows" fields
    run --separate-stderr dbferry run -v
    [[ $stderr =~ ^20.*Z\ info ]] # the console stays for people
}

@test "log_level chooses how much goes into the file, and only there" {
    for level in error warning info debug; do
        rm -f log
        with_log "log_level = \"$level\";"
        run dbferry run
        assert_status 0
        assert_equal "$output" ""
        case $level in
        error | warning) [ ! -s log ] ;;
        info) grep -q ' info ' log && ! grep -q ' debug ' log ;;
        debug) grep -q ' info ' log && grep -q ' debug ' log ;;
        esac
    done
    rm log
    with_log 'log_level = "error";' 'fail_at = "describe";'
    run dbferry run -vv
    grep -q ' error ' log
    assert_equal "$(wc -l <log)" 1
    assert_output_has " debug "
}

@test "a log file that cannot be opened is refused before anything is done, 78" {
    mkdir folder
    mkfifo -m 600 fifo
    for file in folder no/such/folder/log fifo; do
        sample_config 'rows = 5;' '' '' "log_file = \"$file\";"
        run timeout 5 "$DBFERRY" run
        assert_status 78
        assert_output_has "cannot open the log file $T/$file" log_file
        [ ! -e cars.db ]
    done
}

@test "a log file on a full device is a warning, once, and the run is done" {
    sample_config 'rows = 5;' '' '' 'log_file = "/dev/full"; log_level = "debug";'
    run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$(wc -l <<<"$stderr")" 1
    assert_output_has "dbferry: warning: the log file cannot be written (No space left on device); going on"
    assert_equal "$(rows cars.db cars)" 5
}

@test "a log file that is full from the middle on is a warning, and the run is done" {
    with_log 'log_level = "debug";'
    # No file can grow here, not even the one in which bats would keep what is printed.
    run bash -o pipefail -c '(trap "" XFSZ; ulimit -f 0; exec "$@") 2>&1 | cat' - \
        "$DBFERRY" run --dry-run
    assert_status 0
    assert_output_has "warning: the log file cannot be written"
}

# ---- Hostile text ----

evil=$'two\nlines\r\e[31mred\x07\x7f\u009b\u202e\u2028"quoted\\\\'

@test "names that would break a line or fool a terminal are escaped on the console and in the file" {
    dbferry copy memory:x sqlite:from.db --table x --target-table "$evil"
    for words in "" -v; do
        run --separate-stderr dbferry copy sqlite:from.db sqlite:to.db $words --table nosuch$'\n'"$evil"
        assert_status 66
        assert_output_has 'nosuch\ntwo\nlines\r\x1B[31mred\x07\x7F\xC2\x9B\xE2\x80\xAE\xE2\x80\xA8'
        refute env LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$stderr"
        refute grep -qP '\x{9b}|\x{202e}|\x{2028}' <<<"$stderr"
    done
    run --separate-stderr dbferry copy sqlite:from.db sqlite:to.db -vv --table "$evil"
    assert_status 0
    refute env LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$stderr"
    refute grep -v '^20' <<<"$stderr"
}

# A configuration whose job, table and source table have hostile names, and a log.
hostile_config() {
    write_config <<END
general = { log_file = "log"; log_level = "debug"; $1 };
connections = { made = { driver = "memory"; };
                to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "job\nwith\x1b[2J \"lines\""; source = "made"; table = "t\n2026-01-01T00:00:00.000Z error   cars main: forged";
           target = "to"; } );
END
}

@test "a job with a hostile name cannot forge a line of the text log" {
    hostile_config ''
    run --separate-stderr dbferry run -v
    assert_status 0
    refute grep -vE "^$time (info|debug|warning) " log
    refute grep -q '^2026-01-01T00:00:00.000Z error' log
    refute env LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' log
    grep -qF 'job\nwith\x1B[2J' log
    refute env LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$stderr"
}

@test "a job with a hostile name cannot forge a line or a member of the JSON log" {
    requires python3
    hostile_config 'log_format = "json";'
    dbferry run
    json level job >fields
    [ -s fields ]
    assert_equal "$(wc -l <fields)" "$(python3 -c 'import json
print(sum(1 + json.loads(l).get("job", "").count("\n") for l in open("log", encoding="utf-8")))')"
    refute env LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' log
    python3 - <<'END'
import json
jobs = {json.loads(line).get("job") for line in open("log", encoding="utf-8")}
assert 'job\nwith\x1b[2J "lines"' in jobs or 'job\\nwith\\x1B[2J "lines"' in jobs, jobs
END
}

@test "plan and check escape hostile names too" {
    for command in "copy --dry-run" ; do
        run --separate-stderr dbferry $command memory:x sqlite:to.db --table x --target-table "$evil"
        assert_status 0
        refute env LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output"
    done
    hostile_config ''
    for command in plan check "run --dry-run"; do
        run --separate-stderr dbferry $command
        assert_status 0
        refute env LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$output$stderr"
        refute grep -q '^2026-01-01T' <<<"$output"
    done
}

@test "a run on a terminal escapes hostile names in its progress and its summary" {
    requires script
    hostile_config ''
    script -qec "'$DBFERRY' run" screen </dev/null >/dev/null
    grep -q "10 rows" screen
    refute grep -qF $'\e[2J' screen
    grep -qF 'job\nwith\x1B[2J' screen
}

@test "a message of a hostile length is cut" {
    long=$(head -c 100000 /dev/zero | tr '\0' x)
    run --separate-stderr dbferry copy memory:x sqlite:to.db --table t -o "source.$long=1"
    assert_status 64
    [ ${#stderr} -lt 5000 ]
}
