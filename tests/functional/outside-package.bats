# A driver that comes in a package of its own: built by what `make install` leaves behind and by
# pkg-config, without a file of this source tree but the template.

load helper.bash

setup_file() {
    load helper.bash
    export ROOT=$BATS_FILE_TMPDIR/root
    [ -e "$FERRY_BUILD/Makefile" ] || return 0
    # The tests may run below a `make` of their own, whose switches are not meant for this one.
    umask 002 # as many desktops have it
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
        make -s -C "$FERRY_BUILD" install prefix="$ROOT" >"$BATS_FILE_TMPDIR/log" 2>&1 || {
        tail -n 20 "$BATS_FILE_TMPDIR/log" >&2
        return 1
    }
}

setup() {
    ferry_setup
    requires cc
    requires make
    requires pkg-config
    [ -d "$ROOT" ] || skip "there is no build tree to install from"
    export PKG_CONFIG_PATH=$ROOT/lib/pkgconfig
    export PKG_CONFIG="pkg-config --define-variable=prefix=$ROOT"
    export DBFERRY_DRIVER_DIR=$ROOT/lib/dbferry
    PROGRAM=$ROOT/bin/dbferry
    unset MAKEFLAGS MAKELEVEL MFLAGS
}

# The first step that the template's own comment names: copy it and replace its name.
copy_template() {
    mkdir "$T/package"
    cp "$FERRY_SOURCE/tests/functional/outside-package/Makefile" "$T/package/"
    sed 's/example/outside/g; s/EXAMPLE/OUTSIDE/g' "$FERRY_SOURCE/plugins/example/example.c" \
        >"$T/package/outside.c"
}

@test "the folder of the drivers holds drivers and nothing else" {
    run find "$ROOT/lib/dbferry" -type f ! -name '*.so'
    assert_equal "$output" ""
}

@test "nobody else may write to the folder of the drivers, whatever the umask of the installation" {
    assert_equal "$(stat -c %a "$ROOT/lib/dbferry")" 755
}

@test "the manual pages and the completions are where man and the shells look" {
    requires pod2man
    for file in man/man1/dbferry.1 man/man5/dbferry.conf.5 man/man3/dbferry-driver.3 \
        man/man7/dbferry-sqlite.7 bash-completion/completions/dbferry \
        zsh/site-functions/_dbferry fish/vendor_completions.d/dbferry.fish; do
        [ -s "$ROOT/share/$file" ]
    done
}

@test "the drivers of one family are installed together, each with its page" {
    [ -e "$ROOT/lib/dbferry/mysql.so" ] || skip "the driver mysql is not there"
    [ -s "$ROOT/lib/dbferry/azure-mysql.so" ]
    run "$PROGRAM" drivers azure-mysql
    assert_status 0
    requires pod2man
    [ -s "$ROOT/share/man/man7/dbferry-mysql.7" ]
    [ -s "$ROOT/share/man/man7/dbferry-azure-mysql.7" ]
    # What they share is inside of each, and nowhere else.
    run find "$ROOT" -name '*mydrv*'
    assert_equal "$output" ""
}

@test "pkg-config tells where drivers go and how they are compiled" {
    run $PKG_CONFIG --variable=driverdir dbferry
    assert_status 0
    assert_equal "$output" "$ROOT/lib/dbferry"
    [ -d "$output" ]
    run $PKG_CONFIG --libs dbferry
    assert_equal "${output// /}" ""
    [ -f "$ROOT/include/dbferry/driver.h" ]
    run find "$ROOT/include" -type f
    assert_equal "$output" "$ROOT/include/dbferry/driver.h"
}

@test "the installed header stands alone, in C and in C++" {
    printf '#include <dbferry/driver.h>\nint use(void);\nint use(void) { return FERRY_OK; }\n' >"$T/h.c"
    cp "$T/h.c" "$T/h.cc"
    local standard
    for standard in c99 c11 c17; do
        cc -std=$standard -pedantic-errors -Wall -Wextra -Werror $($PKG_CONFIG --cflags dbferry) \
            -fsyntax-only "$T/h.c"
    done
    if command -v c++ >/dev/null; then
        c++ -std=c++17 -pedantic-errors -Wall -Wextra -Werror $($PKG_CONFIG --cflags dbferry) \
            -fsyntax-only "$T/h.cc"
    fi
}

@test "the copied template is built, installed, and runs" {
    copy_template
    make -C "$T/package" CFLAGS='-O2 -Wall -Wextra -Wconversion -Wshadow -Werror'
    run nm -D --defined-only "$T/package/outside.so"
    assert_equal "$(wc -l <<<"$output")" 1
    assert_output_has ferry_driver_init
    (umask 022 && make -C "$T/package" install)

    run --separate-stderr "$PROGRAM" drivers outside
    assert_status 0
    assert_output_has outside "$ROOT/lib/dbferry/outside.so" rows folder

    mkdir "$T/out"
    write_config <<CONF
connections = {
  numbers = { driver = "outside"; rows = 3; };
  files = { driver = "outside"; folder = "$T/out"; };
};
jobs = ( { name = "count"; source = "numbers"; table = "numbers"; target = "files"; } );
CONF
    run --separate-stderr "$PROGRAM" run
    assert_status 0
    assert_equal "$(cat "$T/out/numbers.tsv")" \
        $'n\thalf\tparity\n1\t0.5\todd\n2\t1.0\teven\n3\t1.5\todd'
    make -C "$T/package" uninstall
    run --separate-stderr "$PROGRAM" drivers outside
    assert_status 78
}

@test "an outside driver and the installed ones work together" {
    requires sqlite3
    [ -e "$ROOT/lib/dbferry/sqlite.so" ] || skip "the sqlite driver was not built"
    copy_template
    (umask 022 && make -C "$T/package" install)
    run --separate-stderr "$PROGRAM" copy --table numbers -o source.rows=1000 "outside:$T" \
        "sqlite:$T/x.db"
    assert_status 0
    assert_equal "$(sqlite3 "$T/x.db" 'SELECT count(*), sum(n), count(parity) FROM numbers')" \
        "1000|500500|900"
    make -C "$T/package" uninstall
}

@test "the conformance suite passes on it" {
    local suite=$FERRY_BUILD/tests/conformance/ferry-conformance
    [ -x "$suite" ] || skip "ferry-conformance was not built"
    copy_template
    (umask 022 && make -C "$T/package" install)
    sed 's/"example"/"outside"/' "$FERRY_SOURCE/tests/conformance/example.conf" >"$T/outside.conf"
    run "$suite" "$T/outside.conf"
    assert_status 0
    refute_output_has "not ok"
    make -C "$T/package" uninstall
}

@test "drivers for tests are not installed" {
    [ ! -e "$ROOT/lib/dbferry/memory.so" ]
    [ ! -e "$ROOT/lib/dbferry/example.so" ]
}
