# docs/ten-minutes.md: each of its commands, on an installed tree, with a real server.  It changes
# /etc, the prefix and /var/lib/dbferry: those of a mount namespace, which ends with the test.
# What needs a booted systemd is run by make check-slow (tests/servers/systemd-units).

load helper
load ../servers/mariadb

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    requires systemd-sysusers
    requires runuser
    requires promtool
    mariadb_is_installed || skip "MariaDB's server is not installed"
    [ "$(id -u)" -eq 0 ] || skip "accounts and mounts need root"
    unshare --mount true 2>/dev/null || skip "no mount namespace can be made here"
    cd "$T"
}

# The place to mount on is all that it leaves on the machine itself.
teardown() {
    mariadb_stop
    [ -z "${MADE:-}" ] || rmdir /var/lib/dbferry
}

# The commands between ```sh and ```, in their order.
commands() { sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$FERRY_SOURCE/docs/ten-minutes.md"; }

@test "ten minutes to a timer that is watched: every command works" {
    mariadb_start "$T/server" --port
    mariadb_query <<<"CREATE DATABASE shop; CREATE TABLE shop.o (id INT PRIMARY KEY, what TEXT);
        INSERT INTO shop.o VALUES (1, 'a'), (2, 'b'); CREATE VIEW shop.order_list AS SELECT * FROM shop.o"
    mariadb_account reader S3cret "SELECT ON shop.order_list"
    prefix=$(sed -n 's/^prefix = //p' "$FERRY_BUILD/Makefile")
    grep -q " $prefix/share/dbferry/" "$FERRY_SOURCE/docs/ten-minutes.md" || skip "the page is of another prefix than $prefix"
    make -s -C "$FERRY_BUILD" install DESTDIR="$T/root" >"$T/install.log" 2>&1
    cat >script <<END
set -eu -o pipefail
mkdir -p "$T/upper" "$T/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$T/upper,workdir=$T/work" overlay /etc
mount --bind "$T/root$prefix" "$prefix"
mount -t tmpfs none /var/lib/dbferry
export PATH=$prefix/bin:\$PATH
mkdir -p /etc/prometheus
editor() { printf 'S3cret\n' >"\$1"; }
# Not booted here: that the units are there and can be enabled is all that can be seen.
systemctl() { case \$1 in enable) command systemctl --root=/ enable "\$3" ;; esac; }
journalctl() { :; }
END
    commands | sed "s|host = \"db.example.net\";|host = \"127.0.0.1\"; port = $MARIADB_PORT;|" >>script
    cat >>script <<'END'
echo "rows: $(sqlite3 /var/lib/dbferry/shop.db "SELECT group_concat(id || what) FROM order_list")"
stat -c '%U %n' /var/lib/dbferry/history.db /var/lib/dbferry/dbferry.prom
promtool check metrics </var/lib/dbferry/dbferry.prom
ls -l /etc/systemd/system/timers.target.wants/
grep -c '<svg' /var/lib/dbferry/report.html
END
    [ -e /var/lib/dbferry ] || { mkdir /var/lib/dbferry && MADE=yes; }
    run unshare --mount bash script
    assert_status 0
    assert_output_has "rows: 1a,2b" "dbferry /var/lib/dbferry/history.db" "dbferry /var/lib/dbferry/dbferry.prom" \
        "dbferry@orders.timer" '"exit_code":0' "SUCCESS"
    refute_output_has S3cret
    refute id dbferry
}
