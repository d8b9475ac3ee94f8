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
    sed -n 's/^driver_LTLIBRARIES = \(.*\)\.la$/\1/p' plugins/*/Makefile.am |
        grep -vx -e sqlite -f <(in_the_making) | sort
}

# field NAME FILE: the words of all fields of that name, one a line.
field() { sed -n "/^$1:/,/^[^ ]/{/^$1:/!{/^[^ ]/d};s/^$1://;p}" "$2" | tr -s ', ' '\n\n'; }

@test "each driver is a package of its own for Debian, and none is there without its driver" {
    local driver
    [ -n "$(drivers)" ]
    assert_equal "$(sed -n 's/^Package: dbferry-//p' debian/control | grep -vx -e dev -e doc | sort)" "$(drivers)"
    for driver in $(drivers); do
        diff "debian/dbferry-$driver.install" - <<END
usr/lib/*/dbferry/$driver.so
usr/share/man/man7/dbferry-$driver.7
END
        field Suggests debian/control | grep -x "dbferry-$driver"
        field Depends debian/tests/control | grep -x "dbferry-$driver"
    done
}

@test "each of Debian's packages that has programs of a machine depends on their libraries" {
    awk '/^Package: / { package = $2; any = 0 }
        /^Architecture: any/ { any = wanted[package] = 1 }
        any && /\$\{shlibs:Depends\}/ { delete wanted[package]; seen++ }
        END { for (package in wanted) { print package " does not"; bad = 1 }; exit bad || !seen }' debian/control
}

@test "each test of Debian's packages is one that is run" {
    assert_equal "$(field Tests debian/tests/control | grep . | sort)" \
        "$(find debian/tests -type f ! -name control -printf '%f\n' | sort)"
}

@test "each driver is a package of its own for RPM and Alpine, and none is there without its driver" {
    local driver
    assert_equal "$(sed -n 's/^%package //p' packaging/rpm/dbferry.spec | grep -vx devel | sort)" "$(drivers)"
    assert_equal "$(sed -n 's/^_drivers="\(.*\)"$/\1/p' packaging/alpine/APKBUILD | tr ' ' '\n' | sort)" "$(drivers)"
    for driver in $(drivers); do
        grep -A2 -x "%files $driver" packaging/rpm/dbferry.spec | diff - <(cat <<END
%files $driver
%{_libdir}/dbferry/$driver.so
%{_mandir}/man7/dbferry-$driver.7*
END
        )
        grep -E -- "--with-$driver( |\$)" packaging/rpm/dbferry.spec
        grep -E "\\\$pkgname-$driver([ :\"]|\$)" packaging/alpine/APKBUILD
        grep -E "^${driver//-/_}\\(\\) \\{ _driver $driver " packaging/alpine/APKBUILD
    done
}

@test "the packages are of this release" {
    local release
    release=$(sed -n 's/^AC_INIT(\[dbferry\], \[\([0-9.]*\)\].*/\1/p' configure.ac)
    assert_equal "$(sed -n '1s/^dbferry (\(.*\)) .*/\1/p' debian/changelog)" "$release"
    assert_equal "$(sed -n 's/^Version: *//p' packaging/rpm/dbferry.spec)" "$release"
    assert_equal "$(sed -n 's/^pkgver=//p' packaging/alpine/APKBUILD)" "$release"
}
