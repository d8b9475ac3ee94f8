#!/usr/bin/env bats
# The manual pages: they name what there is and nothing else, and their examples run as printed.

load helper
load pages
load ../servers/mariadb

setup() {
    ferry_setup
    mkdir "$T/bin" "$T/play"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$DBFERRY" >"$T/bin/dbferry"
    chmod 755 "$T/bin/dbferry"
    PATH=$T/bin:$PATH
}

teardown() { mariadb_stop; }

# run_page PAGE: its examples, then what each printed against what the page says.
run_page() {
    local expected
    page_script "$1" "$T/play" >"$T/play/script"
    grep -q '[^ ]' "$T/play/script" || return 1
    (cd "$T/play/work" && bash -eu "$T/play/script" 2>"$T/play/errors" </dev/null) || {
        cat "$T/play/errors" >&2
        return 1
    }
    for expected in "$T"/play/*.expected; do
        [ -e "$expected" ] || continue
        diff -u "$expected" "${expected%.expected}.found" >&2 || return 1
    done
}

# The keys that every connection has, whatever its driver.
COMMON_KEYS=(driver stall_timeout run_timeout retry_wait retry_max_wait retries)

# keys_of_driver NAME: what `dbferry drivers NAME` lists but for the keys of every connection.
keys_of_driver() {
    dbferry drivers "$1" | sed -n 's/^  \([a-z0-9_]*\) .*/\1/p' |
        grep -vx "${COMMON_KEYS[@]/#/-e}"
}

@test "podchecker finds nothing in any page" {
    requires podchecker
    for page in "${PAGES[@]}"; do
        run podchecker -warnings -warnings "$FERRY_SOURCE/$page"
        assert_status 0
        refute_output_has WARNING ERROR
    done
}

@test "no line of a page is longer than 100 characters or ends in a space" {
    for page in "${PAGES[@]}"; do
        run awk 'length > 100 || /[ \t]$/ { print FILENAME ":" FNR ": " $0 }' "$FERRY_SOURCE/$page"
        assert_equal "$output" ""
    done
}

@test "every page that a page points to is there, or is another program's" {
    local known=' sqlite3 mariadb mysql systemd.timer systemd.exec logrotate flock chmod openssl
        pkg-config dlopen shutdown cron crontab systemd.service nohup nice ionice '
    for page in "${PAGES[@]}"; do
        for name in $(grep -o 'L<[a-z0-9.-]*([1-8])>' "$FERRY_SOURCE/$page" |
            sed 's/^L<\(.*\)([1-8])>/\1/' | sort -u); do
            [[ ${known//$'\n'/ } == *" $name "* ]] && continue
            [[ " ${PAGES[*]} " == *"/$name.pod "* ]] || {
                echo "$page points to $name, and there is no such page" >&2
                return 1
            }
        done
    done
}

@test "every page is installed by the Makefile.am beside it" {
    for page in "${PAGES[@]}"; do
        grep -q "$(basename "$page" .pod)" "$FERRY_SOURCE/$(dirname "$page")/Makefile.am"
    done
}

@test "dbferry(1) and README.md name the page of every driver" {
    for driver in $(page_drivers); do
        grep -qF "L<dbferry-$driver(7)>" "$FERRY_SOURCE/docs/dbferry.pod" &&
            grep -qF "[dbferry-$driver(7)](plugins/$driver/dbferry-$driver.pod)" "$FERRY_SOURCE/README.md" || {
            echo "dbferry-$driver(7) is not named there" >&2
            return 1
        }
    done
}

@test "every example of a page says how it is tested" {
    for page in "${PAGES[@]}"; do
        run page_unmarked "$page"
        assert_equal "$output" ""
    done
}

# drivers_here: those of them that this program has; without its library one is not built.
drivers_here() {
    for driver in $(page_drivers); do
        ! dbferry drivers "$driver" >/dev/null 2>&1 || echo "$driver"
    done
}

@test "a driver's page has every key of the driver, and no other" {
    requires_driver sqlite
    for driver in $(drivers_here); do
        assert_equal "$(page_keys "plugins/$driver/dbferry-$driver.pod" OPTIONS | sort)" \
            "$(keys_of_driver "$driver" | sort)"
    done
}

# Defaults and choices come from the table; the words around them are the page's own.
@test "a driver's page tells the choices of each key" {
    requires_driver sqlite
    for driver in $(drivers_here); do
        while read -r key choices; do
            text=$(page_item "plugins/$driver/dbferry-$driver.pod" "$key")
            for choice in ${choices//|/ }; do
                [[ $text == *"$choice"* ]] || {
                    echo "dbferry-$driver(7) does not tell the choice $choice of $key" >&2
                    return 1
                }
            done
        done < <(dbferry drivers "$driver" |
            sed -n 's/^  \([a-z0-9_]*\)  *choice .*; \([a-z|-]*|[a-z|-]*\).*/\1 \2/p')
    done
}

@test "a driver's page tells the default of each key, as it would stand in the file" {
    requires_driver sqlite
    for driver in $(drivers_here); do
        while read -r key default; do
            [[ $(page_item "plugins/$driver/dbferry-$driver.pod" "$key") == *"$default"* ]] || {
                echo "dbferry-$driver(7) does not tell the default $default of $key" >&2
                return 1
            }
        done < <(dbferry drivers "$driver" | grep -vw "${COMMON_KEYS[@]/#/-e^  }" |
            sed -n 's/^  \([a-z0-9_]*\) .*; default \([^;]*\).*/\1 \2/p')
    done
}

@test "dbferry-driver(3) names every function of driver.h and every callback" {
    local header=$FERRY_SOURCE/src/include/dbferry/driver.h
    local page=$FERRY_SOURCE/docs/dbferry-driver.pod
    local names
    names=$(sed -n 's/^ *\(ferry_[a-z_]*\);$/\1/p' "$FERRY_SOURCE/src/dbferry.syms"
        grep -o '(\*[a-z_]*)(' "$header" | tr -d '(*)'
        grep -o 'FERRY_ERR_[A-Z_]*' "$header" | sort -u)
    assert_equal "$(($(wc -w <<<"$names") > 40))" 1
    for name in $names; do
        grep -qw -- "$name" "$page" || {
            echo "dbferry-driver(3) does not name $name" >&2
            return 1
        }
    done
}

@test "the examples of dbferry(1) run as printed" {
    requires sqlite3
    run_page docs/dbferry.pod
}

@test "the examples of dbferry.conf(5) run as printed" {
    requires sqlite3
    run_page docs/dbferry.conf.pod
}

@test "the examples of dbferry-driver(3) run as printed" {
    requires cc
    requires pkg-config
    requires sqlite3
    local header=$T/prefix/dbferry
    mkdir -p "$T/drivers" "$header" "$T/pc"
    cp "$FERRY_SOURCE/src/include/dbferry/driver.h" "$header"
    [ -d "$FERRY_BUILD/drivers" ] && cp "$FERRY_BUILD"/drivers/*.so "$T/drivers"
    # What an installed tree has: a pkg-config file that leads to the header and the driver folder.
    printf 'driverdir=%s\nName: dbferry\nDescription: test\nVersion: 1\nCflags: -I%s\n' \
        "$T/drivers" "$T/prefix" >"$T/pc/dbferry.pc"
    export PKG_CONFIG_PATH=$T/pc DBFERRY_DRIVER_DIR=$T/drivers
    [ -x "$FERRY_BUILD/tests/conformance/dbferry-driver-test" ] || skip "dbferry-driver-test was not built"
    ln -s "$FERRY_BUILD/tests/conformance/dbferry-driver-test" "$T/bin/"
    run_page docs/dbferry-driver.pod
}

@test "the examples that need a server run against a private one" {
    requires_driver mysql
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    mariadb_start "$T/server" --port
    mariadb_query <<'SQL'
CREATE DATABASE shop;
CREATE TABLE shop.product (id INT PRIMARY KEY, name VARCHAR(20));
INSERT INTO shop.product VALUES (1, 'Tea'), (2, 'Rice');
CREATE VIEW shop.product_view AS SELECT * FROM shop.product;
CREATE DATABASE vehicles_db;
CREATE TABLE vehicles_db.vehicle (vin CHAR(17) PRIMARY KEY, make VARCHAR(20), year INT);
INSERT INTO vehicles_db.vehicle VALUES ('A1', 'Saab', 1987), ('B2', 'Volvo', 1999);
CREATE VIEW vehicles_db.vehicle_view AS SELECT * FROM vehicles_db.vehicle;
SQL
    mariadb_account reader secret 'SELECT ON shop.product_view' 'SELECT ON vehicles_db.vehicle_view'
    cd "$T/play"
    (umask 077 && printf 'secret\n' | tee vehicles.password >reader.password)

    page_server docs/dbferry.pod >script
    bash -eu script
    assert_equal "$(sqlite3 local.db 'SELECT * FROM product_view')" $'1|Tea\n2|Rice'

    write_config "$T/play/dbferry.conf" < <(page_server docs/dbferry.conf.pod)
    run dbferry check
    assert_status 0
    run dbferry run
    assert_status 0
    assert_equal "$(sqlite3 vehicles.db 'SELECT * FROM vehicle_view')" $'A1|Saab|1987\nB2|Volvo|1999'
}

# readme_config: the configuration of README.md.
readme_config() {
    awk '/^## A configuration/ { here = 1 } here && /^```/ { if (inside) exit; inside = 1; next }
        inside' "$FERRY_SOURCE/README.md"
}

# settings: the settings NAME = "VALUE" of the text on standard input, one a line, sorted.
settings() { sed 's/#.*//' | grep -o '[a-z_]* = "[^"]*"' | sort -u; }

@test "README.md, dbferry.conf(5) and dbferry init begin with the same configuration" {
    readme_config >"$T/readme"
    assert_equal "$(wc -l <"$T/readme")" 10
    assert_equal "$(cat "$T/readme")" "$(awk '
        /^=for test server/ { here = 1; next }
        here && /^    / { print substr($0, 5); next }
        here && /./ { exit }' "$FERRY_SOURCE/docs/dbferry.conf.pod")"
    dbferry init "$T/init"
    assert_equal "$(settings <"$T/readme" | comm -23 - <(settings <"$T/init/dbferry.conf"))" ""
}

@test "the sample configuration is understood, and so are the lines that it leaves out" {
    requires_driver sqlite
    requires_driver mysql
    local sample=$FERRY_SOURCE/conf/dbferry.conf
    write_config <"$sample"
    run dbferry check
    assert_output_has "ok    configuration: every connection and job is understood"
    sed 's/^# \( *log_\)/\1/; s|/var/log/dbferry/||' "$sample" | write_config "$T/more.conf"
    run dbferry check --config "$T/more.conf"
    assert_output_has "ok    configuration: every connection and job is understood"
    [ -e "$T/dbferry.log" ]
    dbferry init "$T/init" >/dev/null
    run dbferry check --config "$T/init/dbferry.conf"
    assert_output_has "ok    configuration: every connection and job is understood"
}

@test "README.md and HACKING.md point to files that are there" {
    for file in README.md HACKING.md; do
        grep -o '](\([^):]*\))' "$FERRY_SOURCE/$file" | tr -d '()]' | while read -r path; do
            [ -e "$FERRY_SOURCE/$path" ] || {
                echo "$file points to $path" >&2
                return 1
            }
        done
    done
}

@test "HACKING.md has a line for every source file of the engine and for every folder" {
    local file
    for file in "$FERRY_SOURCE"/src/*.c "$FERRY_SOURCE"/src/*/*.c; do
        file=${file#"$FERRY_SOURCE"/src/}
        grep -q -- "\b${file%.c}\b" "$FERRY_SOURCE/HACKING.md" || {
            echo "HACKING.md does not name $file" >&2
            return 1
        }
    done
    for file in $(cd "$FERRY_SOURCE" && find src plugins tests docs conf m4 -type d ! -path '*/corpus/*'); do
        grep -q -- "${file##*/}/" "$FERRY_SOURCE/HACKING.md" || {
            echo "HACKING.md does not name the folder $file" >&2
            return 1
        }
    done
}
