# Metrics as tests see them: what one figure is, and whether promtool finds anything.

# jobs_config NAME[,KEYS]...: jobs that carry the table t of from.db into a table of their name of to.db,
# and tell of it in m.prom.
jobs_config() {
    local job jobs=
    for job; do
        local name=${job%%,*} keys=
        [ "$job" = "$name" ] || keys=${job#*,}
        jobs+="${jobs:+,}{ name = \"$name\"; source = \"from\"; table = \"t\"; target = \"to\";
            target_table = \"$name\"; $keys }"
    done
    write_config <<END
general = { metrics_file = "m.prom"; };
connections = { from = { driver = "sqlite"; path = "from.db"; }; to = { driver = "sqlite"; path = "to.db"; };
                ${CONNECTIONS:-} };
jobs = ( $jobs );
END
}

# figure METRIC JOB [LABELS]: its value in FILE (m.prom), of a job of CONFIG; fails where there is none.  The
# job is spelled as the file has it, which is how a configuration does.
figure() {
    local line
    line=$(grep -F "dbferry_job_$1{config=\"$CONFIG\",dbferry_job=\"$2\"${3:+,$3}} " "${FILE:-m.prom}") &&
        echo "${line##* }"
}

# promtool_is_silent: neither of the file's form nor of its names and units has it anything to say.
promtool_is_silent() {
    command -v promtool >/dev/null || return 0 # alerts.bats names it
    run promtool check metrics <"${FILE:-m.prom}"
    assert_status 0
    assert_equal "$output" ""
}
