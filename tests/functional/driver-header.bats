# The header that drivers include: it compiles everywhere, and its structs can grow.

load helper.bash

setup() {
    ferry_setup
    header=$FERRY_SOURCE/src/include/dbferry/driver.h
}

# A driver that uses what the header has besides declarations, in the C that C++ knows too.
user_of_header() {
    cat <<'C'
#include <dbferry/driver.h>
static ferry_status u_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                              struct ferry_error *err)
{
    (void)config;
    (void)ret_conn;
    if ((role & FERRY_ROLE_TARGET) != 0 && FERRY_HAS(ferry_load_spec, foreign_key_count))
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "%s", "no target");
    return (ferry_status)(ferry_hash_name(FERRY_HASH_SEED, "a") == FERRY_ROWS_UNKNOWN);
}
static struct ferry_driver u_driver;
#define FERRY_THREAD_MODEL FERRY_THREADS_ONE
FERRY_REGISTER_DRIVER(u_driver)
FERRY_EXTERN_C FERRY_PUBLIC void u_begin(void);
void u_begin(void)
{
    u_driver.connect = u_connect;
}
C
}

@test "it compiles without a warning as C99 to C17 and as C++17, by gcc and clang" {
    local compilers=0 compiler standard
    user_of_header >"$T/user.c"
    cp "$T/user.c" "$T/user.cc"
    for compiler in gcc clang g++ clang++; do
        command -v "$compiler" >/dev/null || continue
        compilers=$((compilers + 1))
        for standard in c99 c11 c17 c++17; do
            case $compiler:$standard in
            *++:c++*) file=$T/user.cc ;;
            *++:* | *:c++*) continue ;;
            *) file=$T/user.c ;;
            esac
            "$compiler" "-std=$standard" -Wall -Wextra -pedantic -pedantic-errors -Werror -fsyntax-only \
                -I"$FERRY_SOURCE/src/include" "$file"
        done
    done
    [ "$compilers" -gt 0 ] || skip "there is no compiler"
}

@test "its constants are used once" {
    # Of one kind: the words before the last, as in FERRY_TYPE_INT.
    for kind in ERR TYPE FIT OPTION_[A-Z]*_* OP READ WARNINGS BOUND ACTION KIND FIELD ROLE; do
        run awk -v kind="FERRY_${kind}_" '
            /^#define FERRY_/ && index($2, kind) == 1 && $3 ~ /^[0-9]+$/ && seen[$3]++ { print $2 }' "$header"
        assert_equal "$output" ""
    done
    run bash -c "grep -o '^#define FERRY_COLUMN_[A-Z_]* (1u << [0-9]*)' '$header' | sed 's/.*<< //' | sort | uniq -d"
    assert_equal "$output" ""
}

# The header of tomorrow: each struct has one more member at its end.  A cell never gets one, and
# ferry_wait has room.
later_header() {
    awk '
        /^struct ferry_[a-z_]+ \{/ { name = $2 }
        name == "ferry_wait" && sub(/_spare\[5\]/, "later; int64_t _spare[4]") { grown++ }
        /^\};/ && name != "" {
            if (name != "ferry_cell" && name != "ferry_wait") { print "    uint64_t later[4];"; grown++ }
            name = ""
        }
        { print }
        END { if (grown < 22) exit 1 }' "$header"
}

# flags PACKAGE...: those of a compiler for sources of ours, one a line.
flags() {
    printf '%s\n' -std=gnu17 -D_GNU_SOURCE '-DPACKAGE_VERSION="0"' '-DFERRY_DRIVER_DIR="/nowhere"' '-DFERRY_DRIVER_PACKAGES=""' -O0 -w -pthread \
        "-I$BATS_FILE_TMPDIR/later" "-I$FERRY_SOURCE/src" "-I$FERRY_SOURCE/src/include"
    pkg-config --cflags "$@" | tr -s ' ' '\n' | grep . || true
    ! is_sanitized || printf '%s\n' -fsanitize=address,undefined -DFERRY_SANITIZED
}

# The build's own compiler: another one's sanitizers do not go with its.
compile() { "$(sed -n 's/^CC = \([^ ]*\).*/\1/p' "$FERRY_BUILD/Makefile")" "$@"; }
export -f compile

is_sanitized() { nm "$FERRY_BUILD/src/dbferry" | grep -q __asan_init; }

prepare_later() {
    requires cc
    requires pkg-config
    [ -x "$FERRY_BUILD/tests/conformance/dbferry-driver-test" ] || skip "dbferry-driver-test was not built"
    [ -x "$FERRY_BUILD/drivers/memory.so" ] || skip "the driver memory is not there"
    mkdir -p "$BATS_FILE_TMPDIR/later/dbferry"
    later_header >"$BATS_FILE_TMPDIR/later/dbferry/driver.h"
}

# passes PROGRAM FOLDER: the suite finds no fault in the drivers of a folder.
passes() {
    local name
    for name in example memory sqlite; do
        [ -e "$2/$name.so" ] || continue
        run "$1" "$2/$name.so" "$FERRY_SOURCE/tests/conformance/$name.conf"
        refute_output_has "not ok"
        assert_status 0
    done
}

# A driver that copies or assigns a whole struct of the core's reaches beyond its end, which the
# sanitizers see.
@test "drivers that know more members than the core work with it" {
    prepare_later
    [ -z "${FERRY_PASS:-}" ] || is_sanitized || skip "the sanitized pass has it"
    local name flags package
    mkdir -m 755 "$T/drivers"
    for name in example memory sqlite; do
        package=libxxhash
        [ "$name" != sqlite ] || package=sqlite3
        pkg-config --exists "$package" || continue
        mapfile -t flags < <(flags "$package")
        # shellcheck disable=SC2046 # words
        compile "${flags[@]}" -shared -fPIC -fvisibility=hidden -o "$T/drivers/$name.so" \
            "$FERRY_SOURCE/plugins/$name"/*.c $(pkg-config --libs "$package")
    done
    chmod 755 "$T/drivers"/*
    passes "$FERRY_BUILD/tests/conformance/dbferry-driver-test" "$T/drivers"
}

@test "drivers that know fewer members than the core work with it" {
    prepare_later
    [ -z "${FERRY_PASS:-}" ] || ! is_sanitized || skip "the plain pass has it"
    local flags folder
    mapfile -t flags < <(flags libconfig libxxhash)
    for folder in "$FERRY_SOURCE"/src/{engine,driver,base} "$FERRY_SOURCE/tests/conformance"; do
        mkdir -p "$T/core/${folder##*/}"
        (cd "$T/core/${folder##*/}" && printf '%s\0' "$folder"/*.c | xargs -0 -n 12 -P 2 bash -c 'compile "$@"' - "${flags[@]}" -c)
    done
    # shellcheck disable=SC2046 # words
    compile "${flags[@]}" -o "$T/core/suite" "$T"/core/*/*.o "-Wl,--dynamic-list=$FERRY_SOURCE/src/dbferry.syms" \
        $(pkg-config --libs libconfig libxxhash) -lm
    passes "$T/core/suite" "$FERRY_BUILD/drivers"
}
