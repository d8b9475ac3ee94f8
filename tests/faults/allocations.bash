# Allocations that fail: the same small load again and again, each time without another one.
#
#   FERRY_SWEEP       a tenth of the places is hit by default, one of every ten, chosen by FERRY_SEED
#                     (default 1); "all" hits every one that differs (make check-faults)
#   FERRY_SHARE       "1/2" of those, and "2/2" in another terminal
#
#   fail_begin          finds the preload; skips where it cannot work
#   fail_new            a test file's own: to.db as each load shall find it, or no such file
#   fail_client, fail_make, fail_show
#                       a test file's own, where a server is the target: the words of a command that runs
#                       SQL, and the SQL that makes the target as each load shall find it and shows it
#   fail_enter          a test file's own, or empty: a command that runs another one somewhere else
#   fail_load           the arguments of dbferry
#   fail_sweep WHAT MODE [EVERY]
#                       WHAT is memory, thread or map, MODE once or ever; one place of EVERY
#
# After each load: the exit status is 0 with the new rows or 71 with the old ones, the words on
# standard error are not missing, nothing hangs and nothing crashes.  What else is allowed stands in
# allocations.py, with the library and its release.

fail_begin() {
    fail_enter=() fail_client=() fail_make='' fail_show=''
    # A sanitizer brings an allocator of its own, and its report of leaks ends a run with 1.
    ! grep -q __asan_init "$FERRY_BUILD/src/dbferry" || skip "not with a sanitizer's allocator"
    fail_preload=$FERRY_BUILD/tests/faults/.libs/allocations.so
    [ -e "$fail_preload" ] || skip "the preload was not built: make -C tests test-programs"
    requires python3
}

# fail_sweep: dbferry itself, not the script around it, under the preload
fail_sweep() {
    local program=$DBFERRY
    if [[ $DBFERRY == */run-uninstalled ]]; then
        program=$FERRY_BUILD/src/dbferry
        export DBFERRY_DRIVER_DIR=${DBFERRY_DRIVER_DIR-$FERRY_BUILD/drivers}
    fi
    fail_new
    "${fail_enter[@]}" env FAIL_PRELOAD="$fail_preload" FAIL_FOLDER="$T" FAIL_FILE=to.db \
        FAIL_CLIENT="${fail_client[*]@Q}" FAIL_MAKE="$fail_make" FAIL_SHOW="$fail_show" PYTHONDONTWRITEBYTECODE=1 \
        python3 "$FERRY_SOURCE/tests/faults/allocations.py" "$1" "$2" "${3:-10}" "$program" "${fail_load[@]}" \
        >"$T/found" 2>&1 || { cat "$T/found" >&2; return 1; }
    cat "$T/found" >&3
}
