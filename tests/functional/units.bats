# The units for systemd: that it understands them, and how much they leave to the service.

load helper

setup() {
    ferry_setup
    requires systemd-analyze
    install_units
    cd "$T"
}

units=(dbferry.service dbferry.timer dbferry@.service dbferry@.timer)

# As "make install" does it, with a program at the place that ExecStart= names.
install_units() {
    mkdir "$T/units" "$T/bin"
    ln -s "$DBFERRY" "$T/bin/dbferry"
    for unit in "${units[@]}"; do
        local from=$FERRY_SOURCE/conf/$unit
        [ -e "$from" ] || from+=.in
        sed "s|@bindir@|$T/bin|g" "$from" >"$T/units/$unit"
    done
    refute grep -r '@[a-z]*@' "$T/units"
}

# settings UNIT KEY: what it says, one value a line
settings() { sed -n "s/^$2=//p" "units/$1"; }

@test "systemd finds nothing to say against the units" {
    for unit in "${units[@]/@/@vehicles}"; do
        run systemd-analyze verify --man=no --recursive-errors=one "units/$unit"
        assert_status 0
        assert_equal "$output" ""
    done
    sed -i 's/^ProtectHome=.*/ProtectHome=perhaps/' units/dbferry.service # it would say so
    run systemd-analyze verify --man=no "units/dbferry.service"
    assert_output_has "protect home"
}

@test "the services leave little open: an exposure below 3.0" {
    for unit in dbferry.service dbferry@vehicles.service; do
        run systemd-analyze security --offline=true --threshold=29 "units/$unit"
        assert_status 0
        run systemd-analyze security --offline=true --threshold=5 "units/$unit"
        [ "$status" -ne 0 ]
    done
}

@test "systemd makes the account that the services run as, and its folder" {
    requires systemd-sysusers
    [ "$(id -u)" -eq 0 ] || skip "accounts need root"
    mkdir -p root/etc
    systemd-sysusers --root="$T/root" "$FERRY_SOURCE/conf/sysusers.d/dbferry.conf"
    IFS=: read -r name _ uid gid _ home shell < <(grep '^dbferry:' root/etc/passwd)
    assert_equal "$(settings dbferry.service User) $home $shell" "$name /var/lib/dbferry /usr/sbin/nologin"
    assert_equal "$(cut -d: -f1,3 root/etc/group | grep ":$gid$")" "$(settings dbferry.service Group):$gid"
    systemd-tmpfiles --root="$T/root" --create "$FERRY_SOURCE/conf/tmpfiles.d/dbferry.conf"
    assert_equal "$(stat -c '%u %g %a' root/var/lib/dbferry)" "$uid $gid 755"
}

@test "both services are one, but for the job and for trying again" {
    diff <(grep -v '^#' units/dbferry.service) <(grep -v '^#' units/dbferry@.service) >differences || true
    refute grep -vE '^([0-9,c]+|---|[<>] (Description|ExecStart|Restart|RestartSec|RestartPreventExitStatus)=.*|[0-9]+[ad][0-9]+(,[0-9]+)?)$' \
        differences
}

@test "what systemd takes for a success, and tries again, is what dbferry(1) says of its codes" {
    for unit in dbferry.service dbferry@.service; do
        assert_equal "$(settings $unit SuccessExitStatus)" 3
    done
    assert_equal "$(settings dbferry@.service Restart)" on-failure
    local code listed
    listed=" $(settings dbferry@.service RestartPreventExitStatus) "
    for code in 64 65 66 70 77 78; do [[ $listed == *" $code "* ]]; done
    for code in 69 71 73 74 75 76; do [[ $listed != *" $code "* ]]; done
}
