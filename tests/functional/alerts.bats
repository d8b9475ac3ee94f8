#!/usr/bin/env bats
# The sample alerts: each fires on the series that dbferry writes, and none does when all is well.
# promtool's time begins in 1970, so moments are told from the end of the run.

load helper
load metrics

RULES=$FERRY_SOURCE/conf/dbferry.rules.yml

setup() {
    ferry_setup
    cd "$T"
    requires promtool
    requires_driver sqlite
    requires sqlite3
    sqlite3 from.db 'CREATE TABLE t (id INTEGER PRIMARY KEY);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) INSERT INTO t SELECT i FROM n'
}

# fire TIME [ALERT...]: when m.prom stays as it is, from now on, exactly these fire at that time.
fire() {
    local alert samples= when=$1
    shift
    for alert; do samples+="
          - {labels: '{alertname=\"$alert\"}', value: 1}"; done
    awk -v quote="'" '
        /^#/ { next }
        FNR == NR { if (/_last_run_timestamp_seconds\{/) now = $NF; next }
        {
            value = $NF
            sub(/ [^ ]*$/, "")
            if (/_timestamp_seconds\{/) value = sprintf("%.3f", value - now)
            gsub(quote, quote quote)
            print "      - {series: " quote $0 quote ", values: " quote value "+0x400" quote "}"
        }' m.prom m.prom >series
    cat >test.yml <<END
rule_files: [$RULES]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
$(if [ -s series ]; then cat series; else echo "      []"; fi)
    promql_expr_test:
      - expr: count by (alertname) (ALERTS{alertstate="firing"})
        eval_time: $when
        exp_samples:${samples:- []}
END
    run promtool test rules test.yml
    assert_status 0
}

@test "promtool finds the rules well formed" {
    run promtool check rules "$RULES"
    assert_status 0
    assert_output_has "6 rules found"
}

@test "well: none; with time, late" {
    jobs_config a,'expect_every = "1h";' b
    dbferry run
    fire 50m
    fire 70m DbferryJobLate
}

@test "failing; and late at once where it has never succeeded" {
    jobs_config a,'expect_every = "1h";'
    dbferry run
    mv from.db away.db
    run dbferry run
    [ "$status" -gt 3 ]
    fire 5m DbferryJobFailing
    rm -r m.prom "$T/state/dbferry"
    run dbferry run
    fire 5m DbferryJobFailing DbferryJobLate
}

@test "fallback" {
    requires_driver memory
    CONNECTIONS='copy = { driver = "sqlite"; path = "from.db"; };
                 away = { driver = "memory"; fail_at = "connect"; fail_class = "unreachable";
                          columns = "id int64 not null key"; };'
    jobs_config a,'expect_every = "1h"; fallback_source = "copy"; fallback_table = "t"; max_fallback_age = "0s";'
    dbferry run
    fire 5m
    sed -i 's/source = "from"; table/source = "away"; table/' dbferry.conf
    run dbferry run
    assert_status 3
    fire 5m DbferryJobOnFallback
}

@test "shrinking: in one run, and while a day remembers more rows" {
    jobs_config a
    dbferry run
    sqlite3 from.db 'DELETE FROM t WHERE id > 8'
    dbferry run
    fire 5m # by a fifth, no more
    sqlite3 from.db 'DELETE FROM t WHERE id > 6'
    dbferry run
    fire 5m DbferryJobShrinking
    dbferry run
    fire 5m
    sed -i '/^dbferry_job_rows{/s/ 6$/ 10+0x30 6/' m.prom
    fire 20m
    fire 60m DbferryJobShrinking
}

# ends DAYS: as if a server had shown a certificate that ends then
ends() {
    sed -i '/_not_after_/d' m.prom
    echo "dbferry_job_certificate_not_after_timestamp_seconds{config=\"x\",dbferry_job=\"a\",role=\"source\",connection=\"c\"} \
$(($(date +%s) + $1 * 86400)).000" >>m.prom
}

@test "a certificate near its end" {
    jobs_config a
    dbferry run
    ends 22
    fire 5m
    ends 20
    fire 5m DbferryCertificateEnds
    ends -1
    fire 5m DbferryCertificateEnds
}

@test "no metrics at all" {
    : >m.prom
    fire 30m
    fire 70m DbferryMetricsMissing
}
