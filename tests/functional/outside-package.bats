# A driver that comes in a package of its own: the template that `make install` leaves behind, built,
# tested and installed without a file of this source tree or of its build.

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
    PACKAGE=$BATS_FILE_TMPDIR/package
    unset MAKEFLAGS MAKELEVEL MFLAGS
}

# Copied, named and configured once, as its README.md says.
make_package() {
    requires autoreconf
    [ ! -e "$PACKAGE" ] || return 0
    cp -r "$($PKG_CONFIG --variable=template dbferry)" "$PACKAGE"
    (
        cd "$PACKAGE"
        ./rename outside
        refute grep -ri example .
        autoreconf -i 2>../package.log
        ./configure -q CFLAGS='-O2 -Wconversion -Wshadow -Werror'
        make -s
    )
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
        man/man7/dbferry-sqlite.7 man/man1/dbferry-driver-test.1 bash-completion/completions/dbferry \
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

@test "the template is built, tested, installed, and runs" {
    make_package
    run nm -D --defined-only "$PACKAGE/outside.so"
    assert_equal "$(wc -l <<<"$output")" 1
    assert_output_has ferry_driver_init
    run make -s -C "$PACKAGE" check
    assert_status 0
    assert_output_has "ok 1 - driver 'outside' is loaded" "the table holds 23 rows"
    refute_output_has "not ok" # of the conformance suite, by the quirks that came with it
    (umask 022 && make -s -C "$PACKAGE" install)

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
    make -s -C "$PACKAGE" uninstall
    run --separate-stderr "$PROGRAM" drivers outside
    assert_status 78
}

@test "a make check of the package fails where the driver breaks its contract" {
    make_package
    cp -a "$PACKAGE" "$T/broken"
    sed -i 's/\.bits = 64/.bits = 8/' "$T/broken/outside.c" # a column of numbers to 127, and larger ones come
    run make -s -C "$T/broken" check
    assert_status 2
    assert_output_has "not ok"
}

@test "the package makes a tarball that builds" {
    make_package
    run make -s -C "$PACKAGE" dist
    assert_status 0
    tar -tf "$PACKAGE/dbferry-outside-1.tar.gz" | grep -q /outside.conf
}

@test "an outside driver and the installed ones work together" {
    requires sqlite3
    [ -e "$ROOT/lib/dbferry/sqlite.so" ] || skip "the sqlite driver was not built"
    make_package
    (umask 022 && make -s -C "$PACKAGE" install)
    run --separate-stderr "$PROGRAM" copy --table numbers -o source.rows=1000 "outside:$T" \
        "sqlite:$T/x.db"
    assert_status 0
    assert_equal "$(sqlite3 "$T/x.db" 'SELECT count(*), sum(n), count(parity) FROM numbers')" \
        "1000|500500|900"
    make -s -C "$PACKAGE" uninstall
}

@test "drivers for tests are not installed" {
    [ ! -e "$ROOT/lib/dbferry/memory.so" ]
    [ ! -e "$ROOT/lib/dbferry/example.so" ]
}
