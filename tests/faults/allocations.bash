# Allocations that fail: the same small load again and again, each time without another one.
#
#   FERRY_SWEEP       a tenth of the places is hit by default, one of every ten, chosen by FERRY_SEED
#                     (default 1); "all" hits every one (make check-faults)
#
#   fail_begin          finds the preload; skips where it cannot work
#   fail_new            a test file's own: the target as it was, which may be no target at all
#   fail_print          a test file's own: what is there, in a form that can be compared
#   fail_load           a test file's own: runs fail_run with the arguments of dbferry
#   fail_enter          a test file's own, or empty: a command that runs dbferry somewhere else
#   fail_sweep WHAT MODE [EVERY]
#                       WHAT is memory, thread or map, MODE once or ever; one place of EVERY
#
# After each load: the exit status is 0 with the new rows or 71 with the old ones, the words on
# standard error are not missing, nothing hangs and nothing crashes; a sanitized build finds no leak.
# What else is allowed stands in the two tables, with the library and its release.

# Exit status, and the library that asked for the memory in vain.
FAIL_CODES=(
    # libconfig 1.5 says of any file that it cannot parse that its syntax is wrong
    '78 libconfig'
    # libdbi 0.9.0 leaves a driver out that it cannot load, whatever the reason is
    '78 libdbi libdbdmysql ld-linux'
    # Connector/C 3.3 forgets an option of the connection string, the socket's name among them, and
    # has no number for an answer that there is no memory for
    '69,73,74,76 libmariadb'
    # OpenSSL 3.0 goes on without an algorithm or a certificate that it has no memory for, and what then
    # fails is the handshake
    '69,73,74,76,77 libcrypto libssl'
    # SQLite 3.40 takes a mapping that it is refused for an error of the disk
    '74,76 libsqlite3'
)

# The libraries that crash themselves for memory that they themselves had asked for.
FAIL_CRASHES='libconfig libdbi libmariadb' # 1.5, 0.9.0 and 3.3
# And glibc 2.36, whose name service takes for granted that it gets what it asks for.
FAIL_CRASHES_GLIBC='__nss_|nss_database|getpwuid|getservbyname'

fail_begin() {
    fail_enter=()
    # A sanitizer brings an allocator of its own, and its report of leaks ends a run with 1.
    ! grep -q __asan_init "$FERRY_BUILD/src/dbferry" || skip "not with a sanitizer's allocator"
    fail_preload=$FERRY_BUILD/tests/faults/.libs/allocations.so
    [ -e "$fail_preload" ] || skip "the preload was not built: make -C tests test-programs"
    requires timeout
    fail_asan=
    # The sanitizer takes ours for a mistake; what we pass on comes to it all the same.
    ! ldd "$FERRY_BUILD/src/dbferry" 2>/dev/null | grep -q libasan || fail_asan=:verify_asan_link_order=0
}

# fail_run ARGUMENT...: dbferry itself, not the script around it, under the preload
fail_run() {
    local program=$DBFERRY
    rm -f "$T/calls"
    if [[ $DBFERRY == */run-uninstalled ]]; then
        program=$FERRY_BUILD/src/dbferry
        export DBFERRY_DRIVER_DIR=${DBFERRY_DRIVER_DIR-$FERRY_BUILD/drivers}
    fi
    timeout -k 5 60 "${fail_enter[@]}" env ASAN_OPTIONS="${ASAN_OPTIONS-}$fail_asan" LD_PRELOAD="$fail_preload" \
        FERRY_FAIL_WHAT="$fail_what" FERRY_FAIL_MODE="$fail_mode" FERRY_FAIL_AT="$fail_at" FERRY_FAIL_LOG="$T/calls" \
        "$program" "$@"
}

# fail_try N: a load in which the Nth call fails; its status is left in `code`
fail_try() {
    fail_at=$1 code=0
    fail_load >"$T/said" 2>&1 || code=$?
}

fail_tell() {
    echo "$fail_what $fail_mode, call $fail_at: $*" >&2
    cat "$T/said" "$T/calls" >&2
    return 1
}

# fail_chain EVENT: the callers that the preload wrote down, nearest first
fail_chain() {
    awk -v event="$1" '/^[a-z]+$/ { on = $0 == event; next } on && !/allocations\.so/' "$T/calls" 2>/dev/null
}

# fail_library EVENT: the name of the nearest one that is not the C library, without its release.  A
# sanitizer tells of a crash itself.
fail_library() {
    { fail_chain "$1"; [ "$1" = failed ] || sed -n 's/^ *#[0-9]* .*(\(\/.*\)+0x.*/\1(/p' "$T/said"; } | sed -n 's/(.*//; s/.*\///; /^libc\.so\|^libasan/!{s/[.]so.*//; p; q}'
}

fail_code_is_allowed() {
    local row library
    library=$(fail_library failed)
    for row in "${FAIL_CODES[@]}"; do
        [[ ,${row%% *}, != *,$code,* || " ${row#* } " != *" ${library%-x86-64} "* ]] || return 0
    done
    return 1
}

fail_crash_is_allowed() {
    local library
    library=$(fail_library crashed)
    if grep -qE "$FAIL_CRASHES_GLIBC" "$T/said" <(fail_chain crashed); then
        return 0
    fi
    [ -n "$library" ] && [[ " $FAIL_CRASHES " == *" $library "* ]] || return
    [ "$fail_mode" = ever ] || [[ " $FAIL_CRASHES libdbdmysql " == *" $(fail_library failed) "* ]]
}

# A crash in a library leaves what a crash leaves: the old rows, and what the next run clears away.
fail_check() {
    local now
    now=$(fail_print)
    case $code in
    124 | 137) fail_tell "it hangs" || return ;;
    0)
        [ "$now" = "$fail_new_rows" ] || fail_tell "exit status 0, but not the new rows: $now" || return
        ;;
    *)
        [ "$now" = "$fail_old_rows" ] || fail_tell "exit status $code, but not the old rows: $now" || return
        ;;
    esac
    # The sanitizer itself asks for memory, and ends the program where there is none.
    ! grep -q 'Sanitizer: CHECK failed' "$T/said" || return 0
    ! grep -qE 'Sanitizer|runtime error:' "$T/said" || fail_crash_is_allowed || fail_tell "the sanitizer has found something" || return
    case $code in
    0) ;;
    71) grep -q '^dbferry: ' "$T/said" || fail_tell "71 without a message" ;;
    127 | 13[0-9]) fail_crash_is_allowed || fail_tell "a crash: $code" ;;
    *)
        grep -q 'Sanitizer' "$T/said" || fail_code_is_allowed || fail_tell "exit status $code"
        ;;
    esac
}

# fail_places COUNT EVERY: one of each EVERY of them, at a place that the seed chooses
fail_places() {
    local every=$2
    [ "${FERRY_SWEEP:-}" != all ] || every=1
    awk -v n="$1" -v every="$every" -v seed="${FERRY_SEED:-1}" 'BEGIN { srand(seed)
        for (first = 1; first <= n; first += every) {
            place = first + int(rand() * every)
            if (place <= n) print place
        } }'
}

fail_sweep() {
    local count place every=${3:-10} hits=0 failed=0
    fail_what=$1 fail_mode=$2
    fail_fresh
    fail_old_rows=$(fail_print)
    fail_try 0
    [ "$code" -eq 0 ] || fail_tell "the load does not work" || return
    fail_new_rows=$(fail_print)
    refute [ "$fail_old_rows" = "$fail_new_rows" ] || return
    fail_fresh
    count=$(sed -n 's/^calls //p' "$T/calls")
    [ "${count:-0}" -gt 0 ] || skip "this program does not come to the preload for $fail_what"
    for place in $(fail_places "$count" "$every"); do
        fail_try "$place"
        fail_check || return
        hits=$((hits + 1)) failed=$((failed + (code != 0)))
        [ "$code" -ne 0 ] || fail_fresh
        [[ $code != 13* && $code != 127 ]] || fail_fresh
    done
    # The next run works, whatever came before.
    fail_try 0
    [ "$code" -eq 0 ] || fail_tell "the next load does not work" || return
    echo "# $fail_what, $fail_mode: $failed of $hits loads failed (of $count calls)" >&3
}
