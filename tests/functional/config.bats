#!/usr/bin/env bats
# The configuration: where it is found, what it may hold, and how each mistake in it is told.

load helper
load sample

setup() {
    ferry_setup
    cd "$T"
    umask 077
}

# broken LINE WORD... : the configuration on stdin is refused with 78 at that line of the file, with
# these words, and nothing was opened.
broken() {
    local line=$1
    shift
    cat >dbferry.conf
    export DBFERRY_CONFIG=$T/dbferry.conf
    run --separate-stderr dbferry run
    assert_status 78
    [[ $stderr =~ ^"dbferry: "("cars: ")?"$T/dbferry.conf:$line: " ]] || {
        show_run
        return 1
    }
    assert_output_has "$@"
    assert_equal "$output" ""
    [ ! -e t.db ]
}

# A configuration with one job that works; what stands in for each part can be replaced by sed.
good() {
    cat <<'END'
general = { default_target = "local"; };
connections = {
  made = { driver = "memory"; rows = 3; };
  local = { driver = "sqlite"; path = "t.db"; };
};
jobs = ( { name = "cars"; source = "made"; table = "t"; } );
END
}

# swap FROM TO LINE WORD...: the good configuration with one part of it replaced is refused.
swap() {
    local from=$1 to=$2 text
    shift 2
    text=$(good)
    [[ $text == *"$from"* ]]
    broken "$@" <<<"${text/"$from"/"$to"}"
}

# works: the configuration on stdin runs.
works() {
    cat >dbferry.conf
    DBFERRY_CONFIG=$T/dbferry.conf run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(rows t.db t)" "${1:-3}"
    rm -f t.db*
}

requires_root() {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
}

@test "the configuration that the tests below break is a good one" {
    works < <(good)
}

# ---- Where it is found ----

@test "no configuration anywhere: 78, where was looked, and what to do" {
    for command in run plan check; do
        run --separate-stderr dbferry $command
        assert_status 78
        assert_equal "$output" ""
        assert_output_has "no configuration file" "$HOME/.config/dbferry/dbferry.conf" \
            /etc/dbferry/dbferry.conf '"dbferry init"' "--config FILE"
    done
}

@test "a named configuration that is not there is the one that is told" {
    run dbferry run --config no.conf
    assert_status 78
    assert_output_has "cannot open configuration no.conf: No such file or directory" "dbferry init"
    good >dbferry.conf
    DBFERRY_CONFIG=$T/gone.conf run dbferry run
    assert_status 78
    assert_output_has "$T/gone.conf"
    [ ! -e t.db ]
}

@test "--config goes before DBFERRY_CONFIG, that before XDG_CONFIG_HOME, that before HOME" {
    make() { # FILE ROWS
        mkdir -p "$(dirname "$1")"
        good | sed "s/rows = 3/rows = $2/; s|t.db|$T/t.db|" >"$1"
    }
    make "$HOME/.config/dbferry/dbferry.conf" 1
    dbferry run
    assert_equal "$(rows t.db t)" 1
    make "$T/xdg/dbferry/dbferry.conf" 2
    export XDG_CONFIG_HOME=$T/xdg
    dbferry run
    assert_equal "$(rows t.db t)" 2
    make named.conf 3
    export DBFERRY_CONFIG=$T/named.conf
    dbferry run
    assert_equal "$(rows t.db t)" 3
    make option.conf 4
    dbferry run --config option.conf
    assert_equal "$(rows t.db t)" 4
    DBFERRY_CONFIG='' dbferry run
    assert_equal "$(rows t.db t)" 2
    XDG_CONFIG_HOME=xdg DBFERRY_CONFIG='' dbferry run # must be absolute, else it does not count
    assert_equal "$(rows t.db t)" 1
}

@test "a relative path starts at the folder of the configuration, wherever one stands" {
    mkdir -p conf elsewhere
    good | sed 's|t.db|sub/t.db|; s|general = {|& log_file = "sub/log";|' >conf/dbferry.conf
    mkdir conf/sub
    cd elsewhere
    dbferry run --config ../conf/dbferry.conf
    assert_equal "$(rows ../conf/sub/t.db t)" 3
    [ -s ../conf/sub/log ]
    assert_equal "$(ls)" ""
}

# ---- The file itself ----

@test "a file that cannot be read is refused" {
    good >dbferry.conf
    chmod 000 dbferry.conf
    if [ "$(id -u)" -eq 0 ]; then
        requires setpriv
        chmod 755 . .. ../.. ../../..
        setpriv --reuid=65534 --clear-groups "$DBFERRY" --version >/dev/null ||
            skip "another user cannot reach $DBFERRY"
        run setpriv --reuid=65534 --clear-groups "$DBFERRY" run --config "$T/dbferry.conf"
    else
        run dbferry run --config dbferry.conf
    fi
    assert_status 78
    assert_output_has "dbferry.conf: Permission denied"
}

@test "a file that others may write is refused with its mode; others may read it" {
    good >dbferry.conf
    for mode in 620 602 666 660; do
        chmod $mode dbferry.conf
        run dbferry run --config dbferry.conf
        assert_status 78
        assert_output_has "dbferry.conf is writable by others (mode 0$mode)" "chmod go-w"
    done
    [ ! -e t.db ]
    chmod 644 dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 0
}

@test "a file of another user is refused, whatever its mode" {
    requires_root
    good >dbferry.conf
    chown 65534 dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "belongs to another user (uid 65534)" chown
}

@test "the file behind a symbolic link is the one that is checked" {
    good >real.conf
    ln -s real.conf dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 0
    chmod 666 real.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    ln -sf dbferry.conf dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "symbolic links"
}

@test "a folder, a FIFO, a device and a socket are refused at once" {
    mkdir folder
    mkfifo -m 600 fifo
    for file in folder fifo /dev/null /dev/zero; do
        run timeout 5 "$DBFERRY" run --config $file
        assert_status 78
        assert_output_has "configuration $file is not a plain file"
    done
}

@test "a file of a megabyte is read, a larger one is refused" {
    { good; head -c 1000000 /dev/zero | tr '\0' '#'; } >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 0
    { good; head -c 1048576 /dev/zero | tr '\0' '#'; } >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "larger than 1048576 bytes"
    truncate -s 1T dbferry.conf
    run timeout 5 "$DBFERRY" run --config dbferry.conf
    assert_status 78
}

@test "an empty file, and one of comments, has no jobs: 78" {
    for text in "" "# nothing" "/* nothing */" "general = {};" "jobs = ();"; do
        echo "$text" >dbferry.conf
        run dbferry run --config dbferry.conf
        assert_status 78
        assert_output_has "no jobs"
    done
}

@test "line ends of Windows, a byte order mark and comments of all kinds are fine" {
    works < <(good | sed 's/$/\r/')
    works < <(printf '\xEF\xBB\xBF'; good)
    works < <(good | sed 's|;$|; // here|; 1i # there\n/* and\n there */')
    works < <(good | tr '\n' ' ')
    works < <(good; printf '# the last line has no end')
    works < <(good; printf '// nor has this one')
}

@test "a byte that is no text is refused at its line" {
    broken 3 "not UTF-8" 0xE9 < <(good | sed $'3s/made/mad\xE9/')
    broken 2 "0x00" < <(good | sed '2s/=/\x00/')
    broken 1 "0xFF" < <(printf '\xFF\xFE'; good | iconv -t UTF-16LE)
    broken 6 "0xC0" < <(good | sed $'6s/cars/c\xC0\xAFrs/')
    broken 6 "0xED" < <(good | sed $'6s/cars/c\xED\xA0\x80rs/')
}

# ---- Its syntax ----

@test "what is malformed is told with its line" {
    broken 2 "syntax error" < <(good | sed '2s/{/;/')
    broken 7 "syntax error" < <(good | sed '6s/);$//')
    broken 3 < <(printf 'general = { };\nconnections = { a = { driver = "x; }; };\n')
    swap 'rows = 3' 'rows = 3; rows = 4' 3 duplicate
    swap 'local = {' 'made = {' 4 duplicate
    swap 'rows = 3' 'rows' 3 "syntax error"
    broken 6 "comment that begins here has no end" < <(good | sed '6s|jobs|/* &|')
    broken 1 < <(echo '}}}')
    broken 1 < <(echo '<?xml version="1.0"?>')
}

@test "@include is refused, wherever it points, even to itself" {
    swap 'general' '@include "/etc/passwd"'$'\ngeneral' 1 "@include is not allowed"
    broken 2 "@include is not allowed" < <(echo; echo '@include "dbferry.conf"')
    broken 3 "@include" < <(good | sed '3i @include "more"')
    works < <(good | sed '1i # @include "x"' | sed 's/"cars"/"@include"/')
}

@test "a bare number that the parser would wrap is refused; with an L, or as text, it is not" {
    swap 'rows = 3' 'rows = 4294967299' 3 "4294967299 is too large to stand here bare" '"64M"'
    swap 'rows = 3' 'rows = 2147483648' 3 "too large"
    swap 'rows = 3' 'rows = -4294967293' 3 "too large"
    swap 'rows = 3' 'rows = 0x100000003' 3 "too large"
    works < <(good | sed 's/rows = 3/rows = 3L; seed = 4294967299L/')
    works < <(good | sed 's/rows = 3/rows = 0x3/')
}

@test "nesting without end is refused, and quickly" {
    for open in '{' '(' '['; do
        { printf 'jobs = '; head -c 300000 /dev/zero | tr '\0' "$open"; } >dbferry.conf
        run timeout 5 "$DBFERRY" run --config dbferry.conf
        assert_status 78
        assert_output_has "dbferry.conf:1: nested more than 32 levels deep"
    done
    { yes 'a = {' | head -n 100000; } >dbferry.conf
    run timeout 5 "$DBFERRY" run --config dbferry.conf
    assert_status 78
    assert_output_has "dbferry.conf:33: nested"
}

# ---- Its groups and keys ----

@test "an unknown group is refused with the nearest one" {
    swap 'jobs =' 'job =' 6 "unknown group 'job'" "did you mean 'jobs'?"
    swap 'general' 'genral' 1 "unknown group 'genral'" "did you mean 'general'?"
    broken 1 "unknown group 'xylophone'" "general, connections and jobs" < <(echo 'xylophone = {};')
    broken 1 "unknown group 'default_target'" < <(echo 'default_target = "x";'; good)
}

@test "a group of the wrong shape is refused with the right one" {
    broken 1 "'general' must be a group" < <(echo 'general = ();')
    broken 1 "'connections' must be a group" < <(echo 'connections = ( {} );')
    broken 1 "'jobs' must be a list of groups" < <(echo 'jobs = { name = "x"; };')
    broken 1 "'jobs' must be a list" < <(echo 'jobs = "all";')
    broken 1 "each job is a group" < <(echo 'jobs = ( "cars" );')
    broken 2 "each connection is a group" < <(printf 'connections = {\na = "sqlite:x"; };')
}

@test "an unknown key is refused with the nearest one, in each group" {
    swap 'default_target' 'defualt_target' 1 "unknown key 'defualt_target' in group 'general'" \
        "did you mean 'default_target'?"
    swap 'rows = 3' 'rwos = 3' 3 "unknown key 'rwos' in connection 'made'" "did you mean 'rows'?"
    swap 'path =' 'paths =' 4 "unknown key 'paths' in connection 'local'" "did you mean 'path'?"
    swap 'table =' 'target_tabel = "x"; table =' 6 "unknown key 'target_tabel' in job 'cars'" \
        "did you mean 'target_table'?"
    swap 'rows = 3' 'Rows = 3' 3 "unknown key 'Rows'" "did you mean 'rows'?"
    swap 'rows = 3' 'xylophone = 3' 3 "unknown key 'xylophone'" 'dbferry.conf(5)'
    swap 'rows = 3' 'xylophone = { a = "b"; }' 3 "unknown key 'xylophone'"
    swap 'rows = 3' 'xylophone = {}' 3 "unknown key 'xylophone'"
    swap 'rows = 3' 'xylophone = ()' 3 "unknown key 'xylophone'"
    swap 'table =' 'indexes = ( { colums = ["id"]; } ); table =' 6 \
        "unknown key 'colums' in index 1 of job 'cars'" "did you mean 'columns'?"
    swap 'table =' 'indexes = ( { columns = ["id"]; }, { xylophone = 1; } ); table =' 6 \
        "unknown key 'xylophone' in index 2 of job 'cars'; there are columns, unique, name"
    swap 'table =' 'columns = ( { name = "id"; tpye = "TEXT"; } ); table =' 6 \
        "unknown key 'tpye' in column 'id'" "did you mean 'type'?"
    swap 'table =' 'columns = ( { name = "id"; xylophone = "TEXT"; } ); table =' 6 \
        "unknown key 'xylophone' in column 'id'; there are name, type, decimal"
}

@test "an entry of columns has a line of its own, and so has each of its keys" {
    good | sed 's/table =/\ncolumns = ( { name = "id"; },\n{ name = "name";\ntype = ""; } );\ntable =/' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "dbferry.conf:9: the type of column 'name' is empty"
    good | sed 's/table =/\nindexes = ( { columns = ["id"]; },\n{ columns = ["id",\n"${FERRY_NOT_SET}"]; } );\ntable =/' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "dbferry.conf:9: the environment variable FERRY_NOT_SET is not set"
    good | sed 's/table =/\ncolumns = ( { name = "id"; },\n{\ntype = "TEXT"; } );\ntable =/' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "dbferry.conf:8: column 2 of job 'cars' needs the key 'name' (the column, as the source calls it)"
}

@test "an entry of columns is a group with a column's name, once for each column" {
    swap 'table =' 'columns = "id"; table =' 6 "'columns' of job 'cars' must be a list of groups: ( { name = "
    swap 'table =' 'columns = { name = "id"; }; table =' 6 "'columns' of job 'cars' must be a list of groups"
    swap 'table =' 'columns = [ "id" ]; table =' 6 "entry 1 of 'columns' of job 'cars' must be a group { name ="
    swap 'table =' 'columns = ( "id" ); table =' 6 "entry 1 of 'columns' of job 'cars' must be a group { name ="
    swap 'table =' 'columns = ( { name = "id"; }, ( { name = "name"; } ) ); table =' 6 "entry 2 of 'columns'"
    swap 'table =' 'columns = ( { type = "TEXT"; } ); table =' 6 "column 1 of job 'cars' needs the key 'name'"
    swap 'table =' 'columns = ( { name = 1; } ); table =' 6 "'name' of column 1 of job 'cars' must be a string"
    swap 'table =' 'columns = ( { name = 1.5; } ); table =' 6 "'name' of column 1 of job 'cars' must be a string"
    swap 'table =' 'columns = ( { name = ""; } ); table =' 6 "'name' of column 1 of job 'cars' is empty"
    swap 'table =' 'columns = ( { name = "id"; type = ""; } ); table =' 6 "type of column 'id' is empty"
    swap 'table =' 'columns = ( { name = "id"; type = 1; } ); table =' 6 "'type' of column 'id' must be a string"
    swap 'table =' 'columns = ( { name = "id"; decimal = "exact"; } ); table =' 6 \
        "'decimal' of column 'id' must be one of auto|real|text"
    swap 'table =' 'columns = ( { name = "id"; }, { name = "ID"; } ); table =' 6 \
        "'columns' of job 'cars' names 'ID' a second time"
    swap 'table =' 'columns = ( { name = "id"; }, { name = "name"; }, { name = "name"; } ); table =' 6 \
        "'columns' of job 'cars' names 'name' a second time"
    swap 'table =' 'columns = ( { name = "a\nb\x1b[1m"; tpye = "TEXT"; } ); table =' 6 \
        "unknown key 'tpye' in column 'a\nb\x1B[1m'"
    swap 'table =' 'columns = ( { name = "nmae"; } ); table =' 6 \
        "the source has no column 'nmae'; did you mean 'name'?"
    swap 'table =' 'columns = ( { name = "wheels"; } ); table =' 6 "the source has no column 'wheels'"
}

@test "a value of the wrong type is refused with the right one" {
    swap 'rows = 3' 'rows = "3"' 3 "'rows' of connection 'made' must be an integer"
    swap 'rows = 3' 'rows = 3.5' 3 "must be an integer"
    swap 'rows = 3' 'rows = true' 3 "must be an integer"
    swap 'rows = 3' 'rows = { a = "b"; }' 3 "must be an integer"
    swap 'rows = 3' 'rows = ( 3 )' 3 "must be an integer"
    swap 'rows = 3' 'rows = [ 3 ]' 3 "must be an integer"
    swap '"t.db"' '5' 4 "'path' of connection 'local' must be a path"
    swap '"t.db"' '""' 4 "'path' of connection 'local' is an empty path"
    swap '"local"' 'local' 1 "syntax error"
    swap '"local"' '7' 1 "'default_target' of group 'general' must be a string"
    swap 'table =' 'allow_empty = "yes"; table =' 6 "'allow_empty' of job 'cars' must be true or false"
    swap 'table =' 'allow_empty = 1; table =' 6 "must be true or false"
    swap 'table =' 'lock_wait = 30; table =' 6 'such as "30s"'
    swap 'table =' 'lock_wait = "30"; table =' 6 'such as "30s"'
    swap 'table =' 'lock_wait = "30 parsecs"; table =' 6 'such as "30s"'
    swap 'table =' 'lock_wait = "-1s"; table =' 6 lock_wait
    swap 'path =' 'page_size = 4096; path =' 4 'such as "64M"'
    swap 'path =' 'page_size = "4X"; path =' 4 'such as "64M"'
    swap 'path =' 'file_mode = 640; path =' 4 'such as "0640"'
    swap 'path =' 'file_mode = "rw"; path =' 4 'such as "0640"'
    swap 'path =' 'file_mode = "0899"; path =' 4 'such as "0640"'
    swap 'table =' 'indexes = "id"; table =' 6 "'indexes' of job 'cars' must be a list of groups: ( { columns = [\"...\"]; ... } )"
    swap 'table =' 'indexes = ( "id" ); table =' 6 "entry 1 of 'indexes' of job 'cars' must be a group { columns ="
    swap 'table =' 'indexes = ( { columns = "id"; } ); table =' 6 "'columns' of index 1 of job 'cars' must be a list of strings"
    swap 'table =' 'indexes = ( { columns = []; } ); table =' 6 "'columns' of index 1 of job 'cars' is empty"
    swap 'table =' 'indexes = ( { unique = true; } ); table =' 6 "index 1 of job 'cars' needs the key 'columns'"
    swap 'table =' 'indexes = ( { columns = [1]; } ); table =' 6 "entry 1 of 'columns' of index 1 of job 'cars' must be a string"
    swap 'table =' 'indexes = ( { columns = ( "id", [ "name" ] ); } ); table =' 6 "entry 2 of 'columns' of index 1"
    swap 'table =' 'indexes = ( { columns = ["id"]; unique = 1; } ); table =' 6 "'unique' of index 1 of job 'cars' must be true or false"
    swap 'table = "t"' 'table = 1.5' 6 "'table' of job 'cars' must be a string"
}

@test "a value that is none of its choices, or out of its range, is refused with those" {
    swap 'table =' 'strategy = "mirror"; table =' 6 "'strategy' of job 'cars' must be one of replace|append|upsert|merge"
    swap 'table =' 'cursor_nulls = "skip"; table =' 6 "one of refuse|read"
    swap 'table =' 'find_deleted = "rows"; table =' 6 "one of never|keys"
    swap 'table =' 'on_lossy = "ask"; table =' 6 "one of refuse|allow"
    swap 'table =' 'staging = ""; table =' 6 "one of auto|file|none"
    swap 'table =' 'decimal = "exact"; table =' 6 "one of auto|real|text"
    swap 'table =' 'big_unsigned = "yes"; table =' 6 "one of refuse|text"
    swap 'table =' 'zero_date = "never"; table =' 6 "one of keep|null|refuse"
    swap 'path =' 'journal_mode = "off"; path =' 4 "one of wal|delete|truncate|persist"
    swap 'path =' 'journal_mode = "memory"; path =' 4 "one of wal"
    swap 'general = {' 'general = { log_level = "loud";' 1 "one of error|warning|info|debug"
    swap 'general = {' 'general = { log_format = "xml";' 1 "one of text|json"
    swap 'table =' 'max_shrink_percent = 101; table =' 6 "out of range: 0 to 100"
    swap 'table =' 'min_rows = -1; table =' 6 "out of range"
    swap 'path =' 'page_size = "128K"; path =' 4 "out of range: 512 to 65536 bytes"
}

@test "a page size that is no power of two is refused when the target is opened" {
    good | sed 's/path =/page_size = "1000"; path =/' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has page_size "power of two"
    [ ! -e t.db ]
}

@test "a value of 64 KiB is taken, a longer one is refused" {
    long=$(head -c 65537 /dev/zero | tr '\0' a)
    swap '"t.db"' "\"$long\"" 4 "'path' of connection 'local' is longer than 65536 bytes"
    good | sed "s/\"t.db\"/\"${long:0:65536}\"/" >dbferry.conf
    run --separate-stderr dbferry run --config dbferry.conf
    assert_status 73
    [ ${#stderr} -lt 6000 ]
}

# ---- Jobs and connections ----

@test "a fallback that could not work, or has no effect, is told before it is needed" {
    local key
    for key in 'fallback_view = "v"' 'fallback_table = "v"' 'fallback_query = "SELECT 1"' \
        'max_fallback_age = "1d"'; do
        swap 'table =' "$key; table =" 6 "job 'cars' has ${key%% *}, but no fallback_source"
    done
    with() { swap 'table =' "fallback_source = \"local\"; $1 table =" 6 "${@:2}"; }
    with 'fallback_view = "v"; fallback_query = "SELECT 1";' "needs one of fallback_view"
    with 'fallback_view = "v"; fallback_table = "v";' "needs one of fallback_view"
    with 'fallback_table = "";' "reads from an empty name of its fallback"
    with 'max_fallback_age = 5;' 'such as "30s"'
    swap 'table =' 'fallback_source = "lokal"; table =' 6 "no connection is named 'lokal'" "'local'"
    swap 'table =' 'fallback_source = "made"; table =' 6 "fallback_source is the source itself, 'made'"
    swap 'general = {' 'general = { fallback_to_local_source_on_failure = "yes";' 1 \
        "must be true or false"
}

@test "keys of strategies that cannot work as they stand are refused" {
    swap 'table =' 'strategy = "append"; table =' 6 "job 'cars': strategy = \"append\" reads from a cursor on"
    local strategy
    for strategy in replace append merge; do
        swap 'table =' "strategy = \"$strategy\"; cursor = \"id\"; find_deleted = \"keys\"; table =" 6 \
            "job 'cars': find_deleted goes with strategy = \"upsert\""
    done
    swap 'table =' 'change_query = "SELECT 1"; table =' 6 "change_query goes with skip_unchanged = true"
    swap 'table =' 'cursor_lag = "soon"; table =' 6 "'cursor_lag' of job 'cars' must be a time" '"10m"' '"1000"'
    swap 'table =' 'cursor_lag = "-1"; table =' 6 "'cursor_lag' of job 'cars' must be a time"
    swap 'table =' 'cursor_lag = 10; table =' 6 "'cursor_lag' of job 'cars' must be a string"
    swap 'table =' 'key = "id"; table =' 6 "'key' of job 'cars' must be a list of strings"
    swap 'table =' 'full_every = "7"; table =' 6 'such as "30s"'
}

@test "a job needs a name, and no other job may have it" {
    swap 'name = "cars"; ' '' 6 "each job needs a name"
    swap '"cars"' '""' 6 "each job needs a name"
    swap '"cars"' '5' 6 "each job needs a name"
    broken 7 "a second job is named 'cars'" < <(good | sed '6s/ );/,/'
        echo '{ name = "cars"; source = "made"; table = "u"; } );')
}

@test "a job reads exactly one of view, table and query" {
    swap 'table = "t";' '' 6 "job 'cars' needs exactly one of view, table and query"
    swap 'table = "t";' 'table = "t"; view = "t";' 6 "needs exactly one"
    swap 'table = "t";' 'table = "t"; view = "t"; query = "SELECT 1";' 6 "needs exactly one"
    swap 'table = "t";' 'table = "";' 6 "reads from an empty name"
    swap 'table = "t";' 'query = "SELECT 1";' 6 "needs a target_table"
    swap 'table = "t";' 'table = "t"; target_table = "";' 6 "empty target_table"
}

@test "a job needs a source and a target" {
    swap 'source = "made"; ' '' 6 "job 'cars' has no source" "--source"
    good | sed '1d' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "job 'cars' has no target" default_target "--target"
    run dbferry run --config dbferry.conf --target local
    assert_status 0
    assert_equal "$(rows t.db t)" 3
    rm t.db*
    good | sed 's/source = "made"; //' >dbferry.conf
    run dbferry run --config dbferry.conf --source made
    assert_status 0
}

@test "an unknown connection or driver is refused with the nearest one, at its line" {
    swap 'source = "made"' 'source = "mode"' 6 "no connection is named 'mode'" "did you mean 'made'?"
    swap '"local"' '"locla"' 6 "no connection is named 'locla'" "did you mean 'local'?"
    swap 'source = "made"' 'source = "xylophone"' 6 "add it to the group connections"
    swap '"memory"' '"memroy"' 3 "driver 'memroy' is not installed" "did you mean 'memory'?"
    swap 'driver = "memory"; ' '' 3 "connection 'made' needs its driver" '"dbferry drivers"'
    swap '"memory"' '7' 3 "needs its driver"
    swap 'path = "t.db";' '' 4 "connection 'local' needs the key 'path'"
}

@test "a driver is a bare name, never a path" {
    for name in ../memory /tmp/memory ./memory memory.so '' 'a b' "x;y" MEMORY; do
        swap '"memory"' "\"$name\"" 3
    done
}

@test "an unknown job is refused with the nearest one, before any job runs" {
    good >dbferry.conf
    run dbferry run --config dbferry.conf cars casr
    assert_status 78
    assert_output_has "no job is named 'casr'" "did you mean 'cars'?"
    [ ! -e t.db ]
    run dbferry plan --config dbferry.conf xylophone
    assert_status 78
    assert_output_has "no job is named 'xylophone'"
}

@test "a mistake in any job is told before the first job runs" {
    broken 7 "unknown key 'rwos'" < <(good | sed '6s/ );/,/'
        echo '{ name = "b"; source = "made"; table = "u"; rwos = 1; } );')
}

@test "a job whose connection does not work does not stop the next one; 78 in the end" {
    good | sed '6s/( {/( { name = "b"; source = "gone"; table = "u"; }, {/' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "dbferry: b: $T/dbferry.conf:6: " "no connection is named 'gone'" ||
        assert_output_has "dbferry: b: dbferry.conf:6: no connection is named 'gone'"
    assert_equal "$(rows t.db t)" 3
}

# ---- default_target and target_argument_enabled ----

@test "target goes before default_target, --target before both" {
    good | sed 's/^  local.*/&\n  second = { driver = "sqlite"; path = "second.db"; };\n  third = { driver = "sqlite"; path = "third.db"; };/
        s/table = "t"/& ; target = "second"/' >dbferry.conf
    dbferry run --config dbferry.conf
    assert_equal "$(rows second.db t)" 3
    dbferry run --config dbferry.conf --target third
    assert_equal "$(rows third.db t)" 3
    [ ! -e t.db ]
}

@test "target_argument_enabled = false refuses --target, 64, in run, plan and check" {
    good | sed 's/general = {/& target_argument_enabled = false;/' >dbferry.conf
    for command in run plan check "run --dry-run"; do
        run dbferry $command --config dbferry.conf --target local
        assert_status 64
        assert_output_has "--target is refused" "target_argument_enabled = false"
        [ ! -e t.db ]
    done
    run dbferry run --config dbferry.conf
    assert_status 0
    run dbferry run --config dbferry.conf --source made
    assert_status 0
}

# ---- The environment ----

@test 'a value "${NAME}" is taken from the environment' {
    export FILE=$T/env.db KIND=sqlite NAME=wheels FROM=made TABLE=t
    good | sed 's/"t.db"/"${FILE}"/; s/"made"/"${FROM}"/; s/table = "t"/table = "${TABLE}"/
        s/"sqlite"/"${KIND}"/; s/"cars"/"${NAME}"/' >dbferry.conf
    run dbferry run --config dbferry.conf wheels
    assert_status 0
    assert_equal "$(rows env.db t)" 3
    assert_equal "$(sqlite3 env.db "SELECT job FROM _dbferry_sync")" wheels
}

@test 'columns and names of indexes are taken from the environment too' {
    export COLUMN=id INDEX=by_id
    good | sed 's/table = "t";/table = "t"; indexes = ( { columns = ["${COLUMN}"]; name = "${INDEX}"; } );/' \
        >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 0
    assert_equal "$(sqlite3 t.db "SELECT sql FROM sqlite_schema WHERE name = 'by_id'")" \
        'CREATE INDEX "by_id" ON "t" ("id")'
    unset COLUMN
    run dbferry run --config dbferry.conf
    assert_status 78
    assert_output_has "COLUMN is not set"
}

@test 'a relative path from the environment starts at the folder of the configuration too' {
    mkdir conf
    good | sed 's/"t.db"/"${FILE}"/' >conf/dbferry.conf
    FILE=env.db dbferry run --config conf/dbferry.conf
    assert_equal "$(rows conf/env.db t)" 3
}

@test 'a "${NAME}" that is not set is refused at its line; within a longer text it is text' {
    unset FERRY_NOT_SET
    swap '"t.db"' '"${FERRY_NOT_SET}"' 4 "the environment variable FERRY_NOT_SET is not set"
    swap '"cars"' '"${FERRY_NOT_SET}"' 6 "the environment variable FERRY_NOT_SET is not set"
    swap '"memory"' '"${FERRY_NOT_SET}"' 3 "the environment variable FERRY_NOT_SET is not set"
    good | sed 's/"t.db"/"a${HOME}b"/' >dbferry.conf
    run dbferry run --config dbferry.conf
    assert_status 0
    [ -e 'a${HOME}b' ]
}

@test 'a value from the environment is checked like any other' {
    MODE=off swap 'path =' 'journal_mode = "${MODE}"; path =' 4 "one of wal"
    WAIT=long swap 'table =' 'lock_wait = "${WAIT}"; table =' 6 'such as "30s"'
}
