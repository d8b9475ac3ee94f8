# What the tests of the dbi driver share.

load helper

# requires_libdbi NAME: skip where libdbi's driver of that name is not installed.
requires_libdbi() {
    requires_driver dbi
    local file
    for file in /usr/lib/*/dbd/libdbd"$1".so /usr/{lib,lib64,local/lib}/dbd/libdbd"$1".so; do
        [ ! -e "$file" ] || return 0
    done
    skip "libdbi's driver $1 is not installed"
}

# bits FILE TABLE COLUMN...: doubles as they are stored, by the sqlite3 of Python.
bits() {
    python3 - "$@" <<'PY'
import sqlite3, struct, sys
columns = ", ".join(sys.argv[3:])
for row in sqlite3.connect(sys.argv[1]).execute(f"SELECT {columns} FROM {sys.argv[2]} ORDER BY id"):
    print("|".join("" if v is None else struct.pack(">d", v).hex() for v in row))
PY
}

# peak_of COMMAND...: runs it, and prints how many MiB it had at most.
peak_of() {
    python3 - "$@" <<'PY'
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(done.returncode)
PY
}
