#!/usr/bin/env bats
# dbferry report: the page has what the history has, in any browser's window, and is safe to open.
#
# One Chromium looks at all pages; what it found is then asked for by the tests (look_at_page.py).

load helper

HOSTILE=$'<script>alert(1)</script> "q" \'a\' & \U1F6A2'

# make_runs JOB COUNT STATE HOURS NUMBERS FALLBACK EXIT-CODE MESSAGE: so many runs, an hour apart, of which
# the last one ended just now.  What is in capitals is SQL about the n-th of them; HOURS are added to
# how long ago it was, and NUMBERS are
#   seconds, phases, rows, rows_before, inserted, updated, deleted, unchanged, bytes
make_runs() {
    local job=${1//\'/\'\'} at="strftime('%Y-%m-%dT%H:%M:%fZ', 'now', printf('-%d hours', $2 - n + $4))"
    cat <<END
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $2)
INSERT INTO run (job, run_id, state, started, ended, seconds, phases, rows, rows_before, inserted, updated,
    deleted, unchanged, bytes, source, fallback, target, attempts, exit_code, message, version, host)
SELECT '$job', printf('%032x', n), $3, $at, $at, $5, 'erp', $6, 'local', 1 + (n % 7 = 3), $7, $8, '0', 'example'
FROM number;
INSERT OR REPLACE INTO job SELECT job, MAX(id),
    MAX(CASE WHEN state IN ('done', 'unchanged', 'fallback') THEN id END), COUNT(*)
FROM run WHERE job = '$job';
END
}

# An orderly life, a pause of nine hours in it, failures and the fallback.
made_up_history() {
    local numbers="1.2 + (n * 37 % 23) / 10.0, '{}', 60000 + n * 11, 60000 + n * 11 - 11, n * 13 % 40,
        n * 7 % 25, n % 9, 60000 + n * 11 - 40, 22000000 + n * 1000"
    local none="0.4, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL"
    echo "DELETE FROM run; DELETE FROM job; BEGIN;"
    make_runs orders 150 "CASE WHEN n % 29 = 0 THEN 'failed' WHEN n % 31 = 0 THEN 'fallback' ELSE 'done' END" \
        "(n < 100) * 9" "$numbers" "CASE WHEN n % 31 = 0 THEN 'spare' END" \
        "CASE WHEN n % 29 = 0 THEN 69 WHEN n % 31 = 0 THEN 3 ELSE 0 END" \
        "CASE WHEN n % 29 = 0 THEN 'the server erp was not reached' ELSE '60,000 rows' END"
    make_runs "$HOSTILE" 40 "CASE WHEN n > 35 THEN 'failed' ELSE 'unchanged' END" 0 \
        "0.02, '{}', 7, 7, NULL, NULL, NULL, NULL, 100" NULL "(n > 35) * 65" \
        "'</td><img src=x onerror=alert(1)> \"quoted\" ' || replace(hex(zeroblob(1950)), '0', '<')"
    make_runs failing 130 "'failed'" 0 "$none" NULL 77 "'no. ' || (n / 10) || ': the login was refused'"
    make_runs single 1 "'done'" 0 "$numbers" NULL 0 "'done'"
    make_runs late 12 "'done'" 5 "$numbers" NULL 0 "'done'"
    make_runs killed 3 "'killed'" 0 "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL" NULL NULL "NULL"
    echo "COMMIT;"
}

setup_file() {
    T=$BATS_FILE_TMPDIR
    export HOME=$T/home LC_ALL=C.UTF-8 XDG_STATE_HOME=$T/state DBFERRY_CONFIG=$T/dbferry.conf
    unset STATE_DIRECTORY
    mkdir -p "$HOME" "$T/found"
    write_config "$T/dbferry.conf" <<END
connections = {
  erp = { driver = "sqlite"; path = "erp.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = (
  { name = "orders"; source = "erp"; table = "t"; target = "local"; expect_every = "1h"; },
  { name = "${HOSTILE//\"/\\\"}"; source = "erp"; table = "t"; target = "local"; },
  { name = "failing"; source = "erp"; table = "t"; target = "local"; expect_every = "1h"; },
  { name = "single"; source = "erp"; table = "t"; target = "local"; },
  { name = "late"; source = "erp"; table = "t"; target = "local"; expect_every = "2h"; },
  { name = "killed"; source = "erp"; table = "t"; target = "local"; },
  { name = "never"; source = "erp"; table = "t"; target = "local"; }
);
END
    sqlite3 "$T/erp.db" 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)'
    "$DBFERRY" report "$T/none.html"
    "$DBFERRY" run single
    made_up_history | sqlite3 "$T/state/dbferry/history.db"
    "$DBFERRY" report "$T/page.html"
    command -v chromium >/dev/null || return 0
    python3 "$FERRY_SOURCE/tests/functional/look_at_page.py" "$T/found" "$T/none.html" "$T/page.html" 3>&-
}

setup() {
    ferry_setup
    F=$BATS_FILE_TMPDIR
    export XDG_STATE_HOME=$F/state DBFERRY_CONFIG=$F/dbferry.conf
}

# ask_history SQL
ask_history() { sqlite3 -batch -readonly "$F/state/dbferry/history.db" "$1"; }

# tags PAGE: one a line, with their attributes
tags() { grep -o '<[a-z][^>]*>' "$1"; }

# ---- In a browser ----

@test "a browser has nothing to complain of: narrow and wide, light and dark, no request but for the page" {
    requires chromium
    assert_equal "$(cat "$F/found/page.wrong")" ""
    assert_equal "$(cat "$F/found/none.wrong")" ""
    assert_equal "$(cat "$F/found/none.rows")" ""
}

@test "the tables have the runs of the history, as the shell shows them" {
    requires chromium
    ask_history "
        WITH shown AS (SELECT *, row_number() OVER (PARTITION BY job ORDER BY id DESC) AS back FROM run)
        SELECT job, started, state, printf('%.3f', seconds), printf('%,d', rows), printf('%,d', rows_before),
            printf('%,d', inserted), printf('%,d', updated), printf('%,d', deleted), printf('%,d', unchanged),
            printf('%,d', bytes), iif(fallback IS NULL, source, fallback || ' (fallback)'), attempts,
            ifnull(exit_code, '–'), iif(state IN ('done', 'unchanged'), '',
                iif(length(message) > 160, substr(message, 1, 160) || '...', ifnull(message, '–')))
        FROM (SELECT job, started, state, back, id, ifnull(seconds, -1) AS seconds, ifnull(rows, -1) AS rows,
                ifnull(rows_before, -1) AS rows_before, ifnull(inserted, -1) AS inserted,
                ifnull(updated, -1) AS updated, ifnull(deleted, -1) AS deleted,
                ifnull(unchanged, -1) AS unchanged, ifnull(bytes, -1) AS bytes, source, fallback, attempts,
                exit_code, message FROM shown)
        WHERE back <= 120 ORDER BY job, back" |
        sed 's/|-1\(\.000\)\?\(|\|$\)/|–\2/g; s/|-1\(\.000\)\?\(|\|$\)/|–\2/g' | sort >"$T/expected"
    assert_equal "$(wc -l <"$T/expected")" 296
    sort "$F/found/page.rows" | diff - "$T/expected"
}

@test "the colours have the contrast that WCAG asks for, in both themes" {
    requires python3
    run python3 "$FERRY_SOURCE/tests/functional/contrast.py" "$F/page.html"
    assert_equal "$output" ""
    assert_status 0
}

@test "the page is valid HTML" {
    requires tidy # which does not know SVG, whose attributes are the proprietary ones
    for page in none page; do
        run tidy -quiet -errors -utf8 --warn-proprietary-attributes no "$F/$page.html"
        assert_equal "$output" ""
    done
}

# ---- What it says ----

@test "the overview counts jobs that are well, failed and late" {
    run sed -n '/<ul class="tiles">/,/<\/ul>/s/<[^>]*>//gp' "$F/page.html"
    assert_equal "$(sed '/^$/d' <<<"$output")" $'2 well\n3 failed\n2 late\n0 from fallback\n1 no run yet'
    run sed -n '/<ul class="tiles">/,/<\/ul>/s/<[^>]*>//gp' "$F/none.html"
    assert_equal "$(sed '/^$/d' <<<"$output")" $'0 well\n0 failed\n3 late\n0 from fallback\n4 no run yet'
}

@test "each job has a section, with charts of what there is" {
    assert_equal "$(grep -c '<section class="job"' "$F/page.html")" 7
    assert_equal "$(grep -c '<section class="job"' "$F/none.html")" 7
    assert_equal "$(grep -c '<figure' "$F/page.html")" 18
    assert_equal "$(grep -c '<figure' "$F/none.html")" 0
    # of the duration, of rows, of changes: failures have no rows, replaced tables no changes
    assert_equal "$(grep -o 'aria-labelledby="job-1-[a-z]*-title"' "$F/page.html" | wc -l)" 3
    assert_equal "$(grep -o 'aria-labelledby="job-2-[a-z]*-title"' "$F/page.html" | wc -l)" 2
    assert_equal "$(grep -o 'aria-labelledby="job-3-[a-z]*-title"' "$F/page.html" | wc -l)" 1
    assert_equal "$(grep -c 'class="none"' "$F/page.html")" 6
    # 120 runs, each with a hint in each chart; one pause
    sed -n '/id="job-1"/,/<\/section>/p' "$F/page.html" >"$T/orders"
    assert_equal "$(grep -o '<rect x="[0-9]*" width="1" height="130"><title>' "$T/orders" | wc -l)" 360
    assert_equal "$(grep -o 'class="pause"' "$T/orders" | wc -l)" 3
    grep -q '<title>no run for 10 h 00 min</title>' "$T/orders"
}

@test "what failed again and again is told once, with how often" {
    sed -n '/id="job-3"/,/<\/section>/p' "$F/page.html" >"$T/failing"
    assert_equal "$(grep -c '<li class="failed"><p><strong>failed, exit code 77' "$T/failing")" 8
    assert_equal "$(grep -o '10 times, ' "$T/failing" | wc -l)" 7
    assert_equal "$(grep -o '<p class="message">no. 12: the login was refused</p>' "$T/failing" | wc -l)" 1
}

@test "names and messages mean nothing to a browser, and nothing may be asked for" {
    assert_equal "$(grep -c '<script\|<img' "$F/page.html")" 0
    assert_equal "$(tags "$F/page.html" | grep -c 'http:\|https:\|//\|javascript:\|url(')" 0
    grep -q '<h2 id="job-2-name">&lt;script&gt;alert(1)&lt;/script&gt; &quot;q&quot; &#39;a&#39; &amp; 🚢</h2>' \
        "$F/page.html"
    grep -q "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\"" \
        "$F/page.html"
    grep 'class="message long".*&lt;/td&gt;&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot; &lt;' \
        "$F/page.html" >"$T/message"
    assert_equal "$(grep -o '&lt;' "$T/message" | wc -l)" 3902
}

@test "the page of some jobs has those alone, each once, in that order" {
    run -0 dbferry report - late orders late
    assert_equal "$(grep -o '<h2 id="job-[0-9]*-name">[a-z]*' <<<"$output")" \
        $'<h2 id="job-1-name">late\n<h2 id="job-2-name">orders'
    run dbferry report - nosuch
    assert_status 78
    assert_output_has "no job is named 'nosuch'"
    run dbferry report
    assert_status 64
}

@test "a hundred thousand runs of three hundred jobs become a page that a browser can bear" {
    mkdir -p "$T/state/dbferry"
    cp "$F/state/dbferry/history.db" "$T/state/dbferry"
    sqlite3 "$T/state/dbferry/history.db" "DELETE FROM run; DELETE FROM job;
        WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 99999)
        INSERT INTO run (job, state, started, ended, seconds, rows, source, target, attempts, exit_code)
        SELECT 'job ' || (n % 300), 'done', strftime('%Y-%m-%dT%H:%M:%fZ', 1e9 + n, 'unixepoch'),
            strftime('%Y-%m-%dT%H:%M:%fZ', 1e9 + n, 'unixepoch'), 1, n, 'erp', 'local', 1, 0 FROM i;
        INSERT INTO job SELECT job, MAX(id), MAX(id), COUNT(*) FROM run GROUP BY job"
    write_config < <(
        echo 'connections = { erp = { driver = "sqlite"; path = "erp.db"; }; }; jobs = ('
        for ((i = 0; i < 300; i++)); do
            printf '  { name = "job %d"; source = "erp"; table = "t"; target = "erp"; },\n' "$i"
        done | sed '$s/,$//'
        echo ');'
    )
    XDG_STATE_HOME=$T/state dbferry report "$T/many.html"
    assert_equal "$(grep -c '<section class="job"' "$T/many.html")" 300
    assert_equal "$(grep -c '<tr><th scope="row"><time' "$T/many.html")" 12000
    [ "$(wc -c <"$T/many.html")" -lt 16000000 ]
}

# Whoever may write the history may have put anything into it.
@test "a history of impossible numbers and moments becomes a page all the same" {
    mkdir -p "$T/state/dbferry"
    cp "$F/state/dbferry/history.db" "$T/state/dbferry"
    sqlite3 "$T/state/dbferry/history.db" "DELETE FROM run; DELETE FROM job;
        INSERT INTO run (job, state, started, ended, seconds, rows, inserted, updated, deleted, bytes, attempts,
            exit_code, source, message, phases) VALUES
        ('orders', 'done', '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', 1e300, 9223372036854775807,
            9223372036854775807, 9223372036854775807, 9223372036854775807, 9223372036854775807,
            9223372036854775807, -9223372036854775808, '', '', '{'),
        ('orders', 'done', '9999-12-31T23:59:59.999Z', '0001-01-01T00:00:00.000Z', -1, -9223372036854775808, -2, 3,
            -4, -5, -6, 999999999999, char(0xFFFF) || x'ff', x'f09f' || x'3c', NULL),
        ('orders', 'no state', 'no moment', '2026-02-31T00:00:00.000Z', 1, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL),
        ('orders', 'running', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ('orders', 'done', '2026-01-01T00:00:00.000Z', NULL, 9e8, 1, 1, 0, 0, 1, 1, 0, 'erp', 'x', '{}');
        INSERT INTO job VALUES ('orders', 2, 5, 5)"
    XDG_STATE_HOME=$T/state dbferry report "$T/odd.html" orders
    assert_equal "$(grep -c '<tr><th scope="row">' "$T/odd.html")" 6 # one of the overview
    grep -q '<td>9,223,372,036,854,775,807</td>' "$T/odd.html"
    assert_equal "$(grep -c 'nan\|inf' "$T/odd.html")" 0
    requires tidy
    run tidy -quiet -errors -utf8 --warn-proprietary-attributes no "$T/odd.html"
    assert_equal "$output" ""
}

# ---- The file ----

@test "the file is replaced as a whole, and everybody may read it" {
    (umask 077 && dbferry report "$T/one.html")
    assert_equal "$(stat -c %a "$T/one.html")" 644
    echo old >"$T/two.html"
    ln "$T/two.html" "$T/link.html"
    dbferry report "$T/two.html"
    grep -q '</html>' "$T/two.html"
    assert_equal "$(cat "$T/link.html")" old
    assert_equal "$(cd "$T" && echo *.html*)" "link.html one.html two.html"
}

@test "a link, a folder or a device stays as it is, and so does a page that cannot be written" {
    echo old >"$T/old.html"
    ln -s old.html "$T/link.html"
    mkdir "$T/folder"
    mkfifo "$T/pipe"
    for path in link.html folder pipe nosuch/page.html; do
        run dbferry report "$T/$path"
        assert_status 73
        assert_output_has "$T/$path"
    done
    run bash -c 'trap "" XFSZ; ulimit -f 40; exec "$0" report "$1"' "$DBFERRY" "$T/old.html"
    assert_status 74
    assert_output_has "cannot write $T/old.html: File too large"
    assert_equal "$(cat "$T/old.html")" old
    assert_equal "$(cd "$T" && echo *.html*)" "link.html old.html"
    [ ! -e /dev/full ] || {
        run bash -c '"$0" report - >/dev/full' "$DBFERRY"
        assert_status 71
    }
}

@test "without a history there is a page of jobs that never ran, and with a broken one there is none" {
    XDG_STATE_HOME=$T/nosuch dbferry report "$T/page.html"
    assert_equal "$(grep -c '<section class="job"' "$T/page.html")" 7
    rm "$T/page.html"
    mkdir -p "$T/state/dbferry"
    printf 'this is no history, and long enough to be looked at' >"$T/state/dbferry/history.db"
    XDG_STATE_HOME=$T/state run dbferry report "$T/page.html"
    assert_status 73
    assert_output_has "it is safe to delete"
    [ ! -e "$T/page.html" ]
    write_config < <(echo 'general = { history_keep = "none"; };'; cat "$F/dbferry.conf")
    run dbferry report "$T/page.html"
    assert_status 78
    assert_output_has "no history is kept: see history_keep and state_dir"
}
