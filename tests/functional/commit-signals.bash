# A signal while a MySQL target commits, on either server: the last words say which rows are there.
#
# Loaded behind target.bash and target-faults.bash.

# held_commit SIGNAL MODE TEXT [SINCE]: a load whose statement with TEXT is held, and then the signal
held_commit() {
    local signal=$1
    shift
    cut_at "$@"
    env --default-signal=INT,HUP,TERM "$DBFERRY" copy made target --view rows --target-table t 2>"$T/message" 3>&- &
    load=$!
    until_there grep -q there "$T/cut.log"
    kill -s "$signal" $load
    status=0
    wait $load || status=$?
    output=$(cat "$T/message")
    cut_end
    assert_status $((128 + $(kill -l "$signal")))
}

check_signals_in_a_rename() {
    local signal
    for signal in TERM INT; do
        make_old
        held_commit $signal before-wait "RENAME TABLE"
        rows_are_old
        assert_output_has "old rows"
        refute_output_has "in place"
        make_old
        held_commit $signal after-wait "RENAME TABLE"
        rows_are_new
        assert_output_has "ended by signal" "the new rows are in place: copy (5,000 rows)"
        refute_output_has "unchanged" "old rows there"
    done
}

check_signals_in_a_commit() {
    local signal
    for signal in TERM HUP; do
        make_old_in_place
        held_commit $signal before-wait COMMIT "REPLACE INTO _dbferry_sync"
        rows_are_old
        assert_output_has "old rows"
        refute_output_has "in place"
        make_old_in_place
        held_commit $signal after-wait COMMIT "REPLACE INTO _dbferry_sync"
        rows_are_new
        assert_output_has "ended by signal" "the new rows are in place: copy (5,000 rows)"
        refute_output_has "unchanged" "old rows there"
    done
}
