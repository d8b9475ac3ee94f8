# The files that packages are made of, held against the sources: that none was forgotten.  What becomes of
# them is tried by make check-packages.

load helper

setup() {
    ferry_setup
    cd "$FERRY_SOURCE"
}

in_the_making() { sed -n 's/^FERRY_DRIVER_IN_THE_MAKING(\[\(.*\)\])$/\1/p' configure.ac; }
# Those that are installed, but sqlite, which comes with the program.
drivers() {
    sed -n 's/^driver_LTLIBRARIES = \(.*\)\.la$/\1/p' plugins/*/Makefile.am | grep -vx -e sqlite -f <(in_the_making)
}

@test "each driver is in a package of its own: debian/README.source" {
    local driver
    [ -n "$(drivers)" ]
    for driver in $(drivers); do
        grep -x "Package: dbferry-$driver" debian/control
        diff "debian/dbferry-$driver.install" - <<END
usr/lib/*/dbferry/$driver.so
usr/share/man/man7/dbferry-$driver.7
END
        grep -x "%files $driver" packaging/rpm/dbferry.spec
        grep -E "^_drivers=\"(.* )?$driver( .*)?\"$" packaging/alpine/APKBUILD
    done
}

@test "the packages are of this release" {
    local release
    release=$(sed -n 's/^AC_INIT(\[dbferry\], \[\([0-9.]*\)\].*/\1/p' configure.ac)
    assert_equal "$(sed -n '1s/^dbferry (\(.*\)) .*/\1/p' debian/changelog)" "$release"
    assert_equal "$(sed -n 's/^Version: *//p' packaging/rpm/dbferry.spec)" "$release"
    assert_equal "$(sed -n 's/^pkgver=//p' packaging/alpine/APKBUILD)" "$release"
}
