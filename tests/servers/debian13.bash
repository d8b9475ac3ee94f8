# A Debian 13 in a root folder of its own, whose releases of the client library (Connector/C 3.4), of
# SQLite, of the compilers and of MariaDB are others than Debian 12's: sourced by tests.
#
#   debian13_make_root FOLDER    make that root folder, once (a minute or two; needs root, the package
#                                mmdebstrap and the network)
#   debian13_is_available        whether a root folder is there and may be used: $FERRY_DEBIAN13_ROOT
#   debian13_copy SOURCE         a copy of the sources in it, and of the root of MySQL 9 if there is one
#                                ($FERRY_MYSQL_ROOT); DEBIAN13_COPY is the copy's folder in the root
#   debian13_run COMMAND...      run it there, in the copy, with /proc and nothing else from outside
#   debian13_build [OPTION...]   ./configure with these options and make, in build/ of the copy
#   debian13_suites SUITE...     tests/run-all of that build with these suites
#   debian13_bats [OPTION|FILE...]  bats of that build, with files of tests/functional or tests/faults
#   debian13_remove              remove the copy

debian13_packages() {
    # What reads the sources need not be there.
    "$1/bootstrap" packages | sed '/^make /d; s/^[^:]*: *//; s/^also //' | tr ' ' '\n' | sort -u |
        grep -vxE 'mmdebstrap|shellcheck|cppcheck|clang.*|libclang.*'
}

# debian13_make_root FOLDER [SOURCE]
debian13_make_root() {
    local root=$1 source=${2:-$(dirname "${BASH_SOURCE[0]}")/../..}
    [ -x "$root/usr/bin/bats" ] && return
    rm -rf "$root.new"
    mmdebstrap --mode=root --variant=essential --include="$(debian13_packages "$source" | paste -sd,)" \
        trixie "$root.new" || return
    mv "$root.new" "$root"
}

debian13_is_available() {
    [ "$(id -u)" -eq 0 ] && [ -x "${FERRY_DEBIAN13_ROOT:-/nonexistent}/usr/bin/bats" ] &&
        unshare --mount --propagation private true 2>/dev/null
}

# The build trees of the sources belong to another machine.
debian13_copy() {
    local source=$1
    DEBIAN13_COPY=/srv/dbferry-$$
    debian13_remove
    mkdir -p "$FERRY_DEBIAN13_ROOT$DEBIAN13_COPY/tree" || return
    tar -C "$source" --exclude=./.git --exclude='./build*' --exclude=./demo --exclude=./autom4te.cache -cf - . |
        tar -C "$FERRY_DEBIAN13_ROOT$DEBIAN13_COPY/tree" -xf - || return
    # A MySQL that runs makes new files only, so links are enough where they can be had.
    if [ -x "${FERRY_MYSQL_ROOT:-/nonexistent}/usr/sbin/mysqld" ]; then
        mkdir "$FERRY_DEBIAN13_ROOT$DEBIAN13_COPY/mysql"
        (cd "$FERRY_MYSQL_ROOT" && tar --exclude='./srv/*' --exclude='./proc/*' --exclude='./sys/*' -cf - .) |
            tar -C "$FERRY_DEBIAN13_ROOT$DEBIAN13_COPY/mysql" -xf - || return
    fi
}

# What is mounted is gone with the command: it has mounts of its own.  One is the root, since nobody can have
# a mount namespace below a root that is none (azure_enter).
debian13_run() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --propagation private bash -c '
        mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && mount -t tmpfs tmpfs "$1/dev/shm" &&
            exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
                ${FERRY_SWEEP:+FERRY_SWEEP="$FERRY_SWEEP"} FERRY_MYSQL_ROOT="$2/mysql" \
                FERRY_BUILD="$2/tree/build" bash -c "cd \"\$1\" && shift && exec \"\$@\"" - "$2/tree" "${@:3}"' \
        - "$FERRY_DEBIAN13_ROOT" "$DEBIAN13_COPY" "$@"
}

debian13_build() {
    # shellcheck disable=SC2016 # the inner shell's
    debian13_run bash -c 'autoreconf -fi && mkdir -p build && cd build && ../configure "$@" &&
        make -j"$(nproc)" && make -C tests -j"$(nproc)" test-programs' - "$@"
}

debian13_suites() {
    # shellcheck disable=SC2016 # the inner shell's
    debian13_run bash -c 'cd build && exec make check FERRY_SUITES="$*"' - "$@"
}

debian13_bats() { debian13_run bats "$@"; }

debian13_remove() {
    [ -z "${DEBIAN13_COPY:-}" ] || rm -rf "${FERRY_DEBIAN13_ROOT:?}$DEBIAN13_COPY"
}
