# A line between dbferry and a server that counts its bytes, and may be slow: tests/servers/line.py.
#
#   line_start SERVER-PORT [BYTES-PER-SECOND]   LINE_PORT is where it begins
#   line_count     two numbers: bytes from clients, bytes from the server
#   line_stop

# What the manual says that a target needs, and nothing more.
LINE_RIGHTS="SELECT, INSERT, DELETE, CREATE, DROP, ALTER, TRIGGER"

line_start() {
    rm -f "$T/line"
    python3 "$FERRY_SOURCE/tests/servers/line.py" "$1" "$T/line.count" ${2:+"$2"} >"$T/line" 3>&- &
    LINE_PID=$!
    for _ in {1..100}; do
        [ ! -s "$T/line" ] || break
        sleep 0.05
    done
    LINE_PORT=$(cat "$T/line")
    echo "0 0" >"$T/line.count"
}

line_count() { cat "$T/line.count"; }

line_stop() {
    [ -n "${LINE_PID:-}" ] || return 0
    kill "$LINE_PID" 2>/dev/null || true
    wait "$LINE_PID" 2>/dev/null || true
    LINE_PID=''
}
