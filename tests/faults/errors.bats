#!/usr/bin/env bats
# System calls that fail: a full disk, a broken disk, no memory, no descriptors.  The exit status and
# the message tell the truth about the target.  FERRY_SWEEP=all (make check-slow) hits every
# call.

load helper
load sweep

setup() {
    ferry_setup
    cd "$T"
    sweep_begin
}

# told_true: what was said agrees with what is there
told_true() {
    sweep_check
    if [ "$code" -eq 0 ]; then
        [ "$state" = new ] || sweep_fail "exit status 0, but the old rows"
        return
    fi
    grep -q '^dbferry: ' err || [ "$code" -eq 127 ] || sweep_fail "exit status $code without a message"
    ! grep -q 'the target is unchanged' err || [ "$state" = old ] ||
        sweep_fail "'unchanged' is said, but the new rows are there"
    # Where the way back fails too, SQLite's own journal stays for the next one who opens the file.
    [[ -z $(leftovers to.db) || $(leftovers to.db) == to.db-journal || $call == unlink ]] ||
        sweep_fail "left over: $(leftovers to.db)"
}

# failing MODE ERROR CODES CALL...
failing() {
    local error=$2 codes=$3 count n
    sweep_name=$1
    sweep_mode "$1"
    shift 3
    for call; do
        count=$(sweep_calls "$call")
        for n in $(sweep_places "$count"); do
            sweep_hit "$call" error="$error" "$n"
            [[ " 0 $codes " == *" $code "* ]] || sweep_fail "exit status $code"
            told_true
            sweep_heal
            hits=$((hits + (code != 0)))
        done
    done
}

for_each_mode() {
    local mode hits=0
    for mode in wal staged direct new merge; do
        failing $mode "$@"
    done
    echo "# $1: $hits runs failed, and told so" >&3
    [ $hits -gt 4 ]
}

@test "EIO from the disk: 74 and the old rows, or the new ones" {
    for_each_mode EIO "73 74 75" pwrite64 fdatasync ftruncate
}

@test "ENOSPC from the disk: 74 and the old rows, or the new ones" {
    for_each_mode ENOSPC "73 74" pwrite64
}

@test "EIO while it reads, opens, locks or unlinks" {
    for_each_mode EIO "66 69 71 73 74 75 76 77 78 127" pread64 unlink fcntl
}

@test "no more descriptors: told, and nothing lost" {
    sweep_name=descriptors
    sweep_mode staged
    call=
    for count in 3 4 5 6 7 8 9 10 12 16; do
        sweep_fresh
        where="$count descriptors"
        code=0
        (exec 2>err; ulimit -n $count; sweep_load) || code=$?
        [[ " 0 1 2 69 71 73 74 76 77 78 126 127 " == *" $code "* ]] || sweep_fail "exit status $code"
        sweep_check
        ! grep -q 'the target is unchanged' err || [ "$state" = old ] || sweep_fail "not true"
        [ "$code" -ne 0 ] || [ "$state" = new ] || sweep_fail "exit status 0, but the old rows"
    done
    [ "$code" -eq 0 ]
}

@test "too little memory: 71, or done; never anything else" {
    local kib done_at=''
    grep -aq __asan_init "$FERRY_BUILD/src/dbferry" &&
        skip "AddressSanitizer needs more memory for itself"
    sweep_name=memory
    sweep_mode wal
    call=
    # Below the first figure the dynamic loader cannot even start the program.
    for kib in 8000 10000 12000 14000 16000 18000 20000 22000 24000 26000 28000 30000 34000 38000 44000 \
        52000 64000 80000 100000 130000 170000 220000 300000; do
        sweep_fresh
        where="$kib KiB"
        code=0
        (exec 2>err; ulimit -v $kib; sweep_load) || code=$?
        sweep_check
        case $code in
        0) [ "$state" = new ] && done_at=$kib ;;
        71) grep -q '^dbferry: ' err ;;
        # The loader of the shell, of the program or of its drivers says so itself.
        2 | 78 | 126 | 127) grep -qiE 'memory|map|segment|allocate' err || sweep_fail "exit status $code" ;;
        *) sweep_fail "exit status $code" ;;
        esac
    done
    [ -n "$done_at" ]
}

@test "a disk that fills up: 74, the old rows, room given back; then, with room, done" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to mount a small disk"
    requires unshare
    unshare -m true 2>/dev/null || skip "this machine allows no mount"
    cat >on_small_disk <<'END'
# on_small_disk SIZE MODE: in a disk of its own
set -e
mkdir -p disk
mount -t tmpfs -o size="$1" none disk
cp -p old.db disk/to.db
cd disk
export SQLITE_TMPDIR=$PWD
code=0
"$DBFERRY" copy sqlite:../big.db sqlite:to.db --table t 2>../err || code=$?
sqlite3 to.db .dump | grep -v _dbferry_ | md5sum >../found
sqlite3 to.db 'PRAGMA integrity_check' >>../found
cd ..
umount disk
exit $code
END
    sample_table big.db t 20000
    local size mode full fits
    for mode in wal delete; do
        full=0 fits=0
        rm -f old.db
        sample_table old.db t 3000 $mode
        sqlite3 old.db .dump | md5sum >old
        sqlite3 big.db .dump | md5sum >new
        for size in 140k 200k 280k 400k 560k 700k 900k 1200k 1600k 3000k; do
            code=0
            DBFERRY=$DBFERRY unshare -m bash on_small_disk $size || code=$?
            where="$mode, $size"
            assert_equal "$(tail -n 1 found)" ok
            case $code in
            0) fits=$((fits + 1)); [ "$(head -n 1 found)" = "$(cat new)" ] || sweep_fail "0, but not the new rows" ;;
            74) full=$((full + 1))
                [ "$(head -n 1 found)" = "$(cat old)" ] || sweep_fail "the old rows are gone"
                grep -q "disk full\|No space left" err || sweep_fail "the disk is not named" ;;
            *) sweep_fail "exit status $code" ;;
            esac
        done
        between 3 $full 9
        between 1 $fits 9
    done
}
