# Plug-ins that must not be loaded, each built on the spot: exit 78, and a message with path and reason.

load helper.bash

setup() {
    ferry_setup
    requires cc
    D=$T/drivers
    mkdir -m 755 "$D"
    export DBFERRY_DRIVER_DIR=$D
}

# A whole driver called $1, from whose code -D switches take things away.
template() {
    cat <<'C'
#include <stdlib.h>
#include "dbferry/driver.h"
static ferry_status nothing(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "a test");
}
static ferry_status t_connect(const struct ferry_config *c, uint32_t role, void **ret, struct ferry_error *err)
{
    (void)c, (void)role, (void)ret;
#ifdef CONNECT
    CONNECT
#endif
    return nothing(err);
}
static void t_disconnect(void *conn) { (void)conn; }
static ferry_status t_describe(void *conn, const struct ferry_read *r, struct ferry_schema *s, struct ferry_error *err)
{
    (void)conn, (void)r, (void)s;
    return nothing(err);
}
static ferry_status t_begin(void *conn, const struct ferry_read *r, const struct ferry_schema *s,
                            const struct ferry_scan *scan, void **ret, struct ferry_error *err)
{
    (void)conn, (void)r, (void)s, (void)scan, (void)ret;
    return nothing(err);
}
static ferry_status t_batch(void *cur, struct ferry_batch *b, struct ferry_error *err)
{
    (void)cur, (void)b;
    return nothing(err);
}
static void t_end(void *cur) { (void)cur; }
#ifndef OPTIONS
#define OPTIONS {.name = "a", .type = FERRY_OPTION_STRING, .help = "a"}
#endif
static const struct ferry_option t_options[] = {OPTIONS};
static const struct ferry_source t_source = {
#ifndef NO_DESCRIBE
    .describe = t_describe,
#endif
#ifndef NO_READ_END
    .read_end = t_end,
#endif
    .read_begin = t_begin, .read_batch = t_batch,
};
static const struct ferry_target t_target = {
#ifdef TARGET /* none of them is called */
    .map_column = (void *)nothing, .inspect = (void *)nothing, .change_begin = (void *)nothing,
    .load_begin = (void *)nothing, .load_batch = (void *)nothing, .load_end = (void *)nothing,
    .change_commit = (void *)nothing, .change_abort = (void *)nothing, TARGET
#endif
};
static struct ferry_driver driver = {
    .name = NAME, .version = "1", .description = "a test",
    .options = t_options, .option_count = sizeof t_options / sizeof *t_options,
#ifndef NO_CONNECT
    .connect = t_connect,
#endif
    .disconnect = t_disconnect,
#ifdef ENVIRONMENT
    .environment = (const char *const[]){ENVIRONMENT, NULL},
#endif
#ifndef NO_SOURCE
    .source = &t_source,
#endif
#if defined EMPTY_TARGET || defined TARGET
    .target = &t_target,
#endif
};
#define FERRY_THREAD_MODEL FERRY_THREADS_PER_CONNECTION
#ifdef RETURN_NULL
FERRY_PUBLIC struct ferry_driver *ferry_driver_init(void);
struct ferry_driver *ferry_driver_init(void) { (void)t_target; (void)driver; return NULL; }
#elif defined AFTER_INIT
#define ferry_driver_init init_of_the_macro
FERRY_REGISTER_DRIVER(driver)
#undef ferry_driver_init
FERRY_PUBLIC struct ferry_driver *ferry_driver_init(void);
struct ferry_driver *ferry_driver_init(void)
{
    struct ferry_driver *made = init_of_the_macro();
    (void)t_target;
    AFTER_INIT;
    return made;
}
#elif !defined NO_SYMBOL
FERRY_REGISTER_DRIVER(driver)
#endif
C
}

# build NAME [CFLAG...]: a driver of that name in the folder of the drivers.
build() {
    local name=$1
    shift
    template >"$T/$name.c"
    cc -w -shared -fPIC -I"$FERRY_SOURCE/src/include" "-DNAME=\"$name\"" "$@" \
        -o "$D/$name.so" "$T/$name.c"
    chmod 755 "$D/$name.so"
}

# refused NAME TEXT...: nothing of that driver is used, and the message has each TEXT.
refused() {
    local name=$1
    shift
    run --separate-stderr dbferry drivers "$name"
    assert_status 78
    assert_output_has "$@"
}

@test "the template itself is a driver" {
    build good
    run --separate-stderr dbferry drivers good
    assert_status 0
    assert_output_has good source "strategies of a source: replace"
    refute_output_has "strategies of a target" libraries
    [ -z "$stderr" ]
}

@test "variables that a driver declares are gone when it connects, and can be named all the same" {
    build acme '-DENVIRONMENT="ACME_*", "TNS_ADMIN"' \
        '-DCONNECT=ferry_log(FERRY_LOG_WARNING, "%s %s %s %s", ferry_config_string(c, "a"), SAY("ACME_HOST"), SAY("TNS_ADMIN"), SAY("ACMEX"));' \
        '-DSAY(name)=(getenv(name) == NULL ? "gone" : "there")'
    cp -L "$FERRY_BUILD/drivers/memory.so" "$D" 2>/dev/null || skip "the driver memory is not there"
    write_config <<<'connections = { a = { driver = "acme"; a = "${ACME_HOST}"; }; b = { driver = "memory"; }; };
jobs = ( { name = "j"; source = "a"; target = "b"; view = "rows"; } );'
    run --separate-stderr env ACME_HOST=named TNS_ADMIN=x ACMEX=y "$DBFERRY" run
    assert_status 78
    assert_output_has "named gone gone there"
}

@test "what is no variable cannot be declared" {
    build greedy '-DENVIRONMENT="*"'
    refused greedy "'*'" "cannot be a variable of the environment"
    build assigning '-DENVIRONMENT="PGHOST", "PG=HOST"'
    refused assigning "'PG=HOST'"
}

@test "missing: the message names the file and the nearest name" {
    build vehicles
    refused vehicels "$D/vehicels.so" "did you mean 'vehicles'?"
}

@test "missing: a configuration that asks for it" {
    write_config <<<'connections = { a = { driver = "nosuch"; }; };
jobs = ( { name = "j"; source = "a"; target = "a"; view = "v"; } );'
    run --separate-stderr dbferry run
    assert_status 78
    assert_output_has "dbferry.conf:1" "'a'" "$D/nosuch.so"
}

@test "a connection whose driver has only the other half is refused" {
    build onlysource
    cp -L "$FERRY_BUILD/drivers/memory.so" "$D" 2>/dev/null || skip "the driver memory is not there"
    write_config <<<'connections = { a = { driver = "memory"; rows = 3; }; b = { driver = "onlysource"; }; };
jobs = ( { name = "j"; source = "a"; target = "b"; view = "rows"; } );'
    run --separate-stderr dbferry run
    assert_status 78
    assert_output_has "connection 'b' cannot be a target" "driver 'onlysource' has no target half"
}

@test "not ELF" {
    printf '#!/bin/sh\ntouch %s/run\n' "$T" >"$D/script.so"
    chmod 755 "$D/script.so"
    refused script "$D/script.so" "no ELF file"
    [ ! -e "$T/run" ]
}

@test "empty file" {
    : >"$D/empty.so"
    refused empty "$D/empty.so" "no ELF file"
}

@test "ELF, but cut off" {
    build cut
    head -c 200 "$D/cut.so" >"$D/cut.new" && mv "$D/cut.new" "$D/cut.so"
    refused cut "$D/cut.so" "cannot load driver"
}

@test "ELF, but of another machine" {
    build foreign
    # e_machine: 0xF3 is RISC-V, 0xB7 AArch64; one of them is not this machine
    machine='\363'
    [ "$(uname -m)" != riscv64 ] || machine='\267'
    printf "$machine"'\000' | dd of="$D/foreign.so" bs=1 seek=18 conv=notrunc status=none
    refused foreign "$D/foreign.so" "cannot load driver"
}

@test "a folder, and a named pipe, in its place" {
    mkdir "$D/folder.so"
    refused folder "$D/folder.so" "not a plain file"
    mkfifo "$D/pipe.so"
    refused pipe "$D/pipe.so" "not a plain file"
}

@test "a library that it needs is missing" {
    echo 'int helper(void) { return 1; }' >"$T/helper.c"
    cc -shared -fPIC -o "$T/libhelper_of_test.so" "$T/helper.c"
    build needy -Wl,--no-as-needed "$T/libhelper_of_test.so"
    rm "$T/libhelper_of_test.so"
    refused needy "$D/needy.so" libhelper_of_test.so
}

@test "a function that this dbferry does not have" {
    build newer '-DAFTER_INIT=extern void ferry_of_the_future(void); ferry_of_the_future()'
    refused newer "$D/newer.so" ferry_of_the_future
}

@test "no ferry_driver_init" {
    build nosymbol -DNO_SYMBOL
    refused nosymbol "$D/nosymbol.so" "ferry_driver_init"
}

@test "init returns NULL" {
    build null -DRETURN_NULL
    refused null "$D/null.so"
}

@test "another version of the interface, older and newer" {
    local version
    version=$(sed -n 's/^#define FERRY_ABI_VERSION //p' "$FERRY_SOURCE/src/include/dbferry/driver.h")
    build newer '-DAFTER_INIT=made->_abi_version++'
    refused newer "$D/newer.so" "version $((version + 1))" "version $version"
    build older '-DAFTER_INIT=made->_abi_version--'
    refused older "$D/older.so" "version $((version - 1))" "version $version"
}

@test "shorter structs than this version began with, cells of another size, and sizes that are none" {
    local field shorter
    for field in driver source target option group; do
        case $field in # what has grown since
            source) shorter='= offsetof(struct ferry_source, part) - 8' ;;
            target) shorter='= offsetof(struct ferry_target, load_take) - 8' ;;
            *) shorter='-= 8' ;;
        esac
        build "size-$field" "-DAFTER_INIT=made->_${field}_size $shorter"
        refused "size-$field" "$D/size-$field.so" "another driver.h" "$field"
        build "size-$field" "-DAFTER_INIT=made->_${field}_size = -8"
        refused "size-$field" "$D/size-$field.so" "another driver.h" "$field"
    done
    for field in '+= 8' '-= 8'; do
        build size-cell "-DAFTER_INIT=made->_cell_size $field"
        refused size-cell "$D/size-cell.so" "another driver.h" "a cell has"
    done
}

@test "a function that this dbferry does not have: the driver is a later one" {
    build later '-DCONNECT=extern int ferry_of_tomorrow(void); (void)ferry_of_tomorrow();'
    refused later "$D/later.so" "ferry_of_tomorrow" "a later dbferry"
}

@test "an unknown thread model" {
    build threads '-DAFTER_INIT=made->_thread_model = 7'
    refused threads "$D/threads.so" "thread model"
}

@test "a required callback is missing: it is named" {
    build no-connect -DNO_CONNECT
    refused no-connect "$D/no-connect.so" "'connect'"
    build no-describe -DNO_DESCRIBE
    refused no-describe "$D/no-describe.so" "source.describe"
    build no-read-end -DNO_READ_END
    refused no-read-end "$D/no-read-end.so" "source.read_end"
    build empty-target -DEMPTY_TARGET
    refused empty-target "$D/empty-target.so" "target.map_column"
}

@test "abilities of a target that lack what they need: it is named" {
    local stored='.stored_begin = (void *)nothing, .stored_batch = (void *)nothing, .stored_end = (void *)nothing'
    build bare '-DTARGET=.abilities = FERRY_SCANS'
    refused bare "$D/bare.so" "target.stored_begin for its abilities"
    build changes "-DTARGET=.abilities = FERRY_CHANGES, $stored"
    refused changes "$D/changes.so" "the ability FERRY_SCANS beside FERRY_CHANGES"
    build whole "-DTARGET=.abilities = FERRY_CHANGES | FERRY_SCANS, $stored"
    run --separate-stderr dbferry drivers whole
    assert_status 0
    assert_output_has "roles: source, target"
}

@test "neither source nor target" {
    build neither -DNO_SOURCE
    refused neither "$D/neither.so" "source or target"
}

@test "another name inside than outside" {
    build inside
    cp -p "$D/inside.so" "$D/outside.so"
    refused outside "$D/outside.so" "'inside'" "'outside'"
    build noname '-DAFTER_INIT=made->name = NULL'
    refused noname "$D/noname.so"
}

@test "options that are not usable" {
    build bad-name '-DOPTIONS={.name="A b",.type=FERRY_OPTION_STRING,.help="x"}'
    refused bad-name "$D/bad-name.so" "option 1"
    build bad-default '-DOPTIONS={.name="a",.type=FERRY_OPTION_INT,.help="x",.default_value="many"}'
    refused bad-default "$D/bad-default.so" "default"
    build bad-type '-DOPTIONS={.name="a",.type=99,.help="x"}'
    refused bad-type "$D/bad-type.so" "type"
    build no-table '-DAFTER_INIT=made->options = NULL'
    refused no-table "$D/no-table.so" "options"
}

# A path for URLs, a list of strings, and one of groups, each with two keys.
LISTS='-DOPTIONS={.name="path",.type=FERRY_OPTION_STRING,.flags=FERRY_OPTION_URL_PATH,.help="a path"},
    {.name="tags",.type=FERRY_OPTION_STRINGS,.help="words"},
    {.name="hosts",.type=FERRY_OPTION_GROUPS,.help="where to look",.group=&(const struct ferry_option_group){"host",
        (const struct ferry_option[]){{.name="name",.type=FERRY_OPTION_STRING,.flags=FERRY_OPTION_REQUIRED,.help="a name"},
            {.name="port",.type=FERRY_OPTION_INT,.min=1,.max=65535,.default_value="80",.help="a port"}},2}}'

@test "lists of a driver's own are shown with the keys of their groups" {
    build lists "${LISTS//$'\n'/}"
    run dbferry drivers lists
    assert_status 0
    [[ $output =~ $'\n'"  tags "+strings\ +words$'\n' ]]
    [[ $output =~ $'\n'"  hosts "+groups\ +"where to look"$'\n'"  hosts.name "+string\ +"a name; required"$'\n' ]]
    [[ $output =~ $'\n'"  hosts.port "+integer\ +"a port; default 80" ]]
}

@test "lists of a driver's own are checked for it, and read by it" {
    local connect='-DCONNECT=
        const struct ferry_config *host = ferry_config_group_at(c, "hosts", ferry_config_length(c, "hosts") - 1);
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "%zu tags, the last %s; host %s:%d", ferry_config_length(c, "tags"),
            ferry_config_string_at(c, "tags", ferry_config_length(c, "tags") - 1), ferry_config_string(host, "name"),
            (int)ferry_config_int(host, "port"));'
    build lists "${LISTS//$'\n'/}" "${connect//$'\n'/}"
    local text='connections = { c = { driver = "lists"; tags = [ "a", "b" ]; hosts = ( { name = "h"; }, { name = "i"; port = 81; } ); }; };
jobs = ( { name = "j"; source = "c"; target = "c"; table = "t"; } );'
    write_config <<<"$text"
    run dbferry check
    assert_status 78
    assert_output_has "2 tags, the last b; host i:81"
    write_config <<<"${text/port = 81/prot = 81}"
    run dbferry check
    assert_status 78
    assert_output_has "dbferry.conf:1: unknown key 'prot' in host 2 of connection 'c'; did you mean 'port'?"
    write_config <<<"${text/port = 81/port = 0}"
    run dbferry check
    assert_status 78
    assert_output_has "'port' of host 2 of connection 'c' is out of range: 1 to 65535"
    run dbferry copy lists:x lists:y --table t -o source.tags=a, -o source.tags=b
    assert_status 64
    assert_output_has "'tags' of connection 'source' takes A or A,B,..."
    run dbferry copy lists:x lists:y --table t -o source.hosts.h.port=81
    assert_status 64
    assert_output_has "hosts can be given in a configuration file only"
}

@test "lists that are not usable" {
    local rows='(const struct ferry_option[]){{.name="a",.type=FERRY_OPTION_SECRET,.help="x"}},1'
    build secret "-DOPTIONS={.name=\"a\",.type=FERRY_OPTION_GROUPS,.help=\"x\",.group=&(const struct ferry_option_group){\"g\",$rows}}"
    refused secret "$D/secret.so" "option 1" "a secret in a group"
    build no-group '-DOPTIONS={.name="a",.type=FERRY_OPTION_GROUPS,.help="x"}'
    refused no-group "$D/no-group.so" "option 1" "no keys for its groups"
}

@test "an option twice, or one of the engine's own" {
    build twice '-DOPTIONS={.name="a",.type=FERRY_OPTION_STRING,.help="x"},{.name="a",.type=FERRY_OPTION_INT,.help="x"}'
    refused twice "$D/twice.so" "'a'"
    build engines '-DOPTIONS={.name="run_timeout",.type=FERRY_OPTION_STRING,.help="x"}'
    refused engines "$D/engines.so" "run_timeout"
}

@test "no version or no description" {
    build no-version '-DAFTER_INIT=made->version = NULL'
    refused no-version "$D/no-version.so" "no version"
    build no-words '-DAFTER_INIT=made->description = NULL'
    refused no-words "$D/no-words.so" "no description"
    run --separate-stderr dbferry drivers
    refute_output_has "(null)"
}

@test "writable by others" {
    build open
    chmod 757 "$D/open.so"
    refused open "$D/open.so" "writable by others"
    chmod 666 "$D/open.so"
    refused open "$D/open.so" "writable by others"
}

@test "writable by a group that is not one's own" {
    [ "$(id -u)" -eq 0 ] || skip "only root can give a file to another group"
    build group
    chgrp 65533 "$D/group.so" && chmod 775 "$D/group.so"
    refused group "$D/group.so" "writable by others"
}

@test "of another owner" {
    [ "$(id -u)" -eq 0 ] || skip "only root can give a file away"
    build stranger
    chown 65533 "$D/stranger.so"
    refused stranger "$D/stranger.so" "another user"
}

@test "a folder that others may write to" {
    build inside
    chmod 777 "$D"
    refused inside "$D " "writable by others"
    chmod 755 "$D"
    if [ "$(id -u)" -eq 0 ]; then
        chgrp 65533 "$D" && chmod 775 "$D"
        refused inside "$D " "writable by others"
        chgrp 0 "$D" && chmod 755 "$D" && chown 65533 "$D"
        refused inside "$D " "another user"
    fi
}

@test "names that are paths" {
    local name
    build good
    mkdir "$D/sub"
    cp -p "$D/good.so" "$D/sub/good.so"
    cp -p "$D/good.so" "$T/good.so"
    for name in ../good ./good sub/good "$D/good" "$T/good" good.so /etc/passwd .. . Good 'go od' \
        'good;true' $'good\n' %s; do
        run --separate-stderr dbferry drivers "$name"
        assert_status 78
        assert_output_has "cannot be a driver's name" "$D"
    done
    run --separate-stderr dbferry drivers ""
    assert_status 78
}

@test "a driver's name from a configuration cannot be a path" {
    write_config <<<'connections = { a = { driver = "../a"; }; };
jobs = ( { name = "j"; source = "a"; target = "a"; view = "v"; } );'
    run --separate-stderr dbferry run
    assert_status 78
    assert_output_has "'../a'" "dbferry.conf:1"
}

@test "a link is followed, and judged by where it leads" {
    build real
    mkdir -m 755 "$T/elsewhere"
    mv "$D/real.so" "$T/elsewhere/real.so"
    ln -s "$T/elsewhere/real.so" "$D/real.so"
    run --separate-stderr dbferry drivers real
    assert_status 0
    chmod 777 "$T/elsewhere"
    refused real "$T/elsewhere" "writable by others"
    chmod 755 "$T/elsewhere"
    chmod 757 "$T/elsewhere/real.so"
    refused real "$T/elsewhere/real.so" "writable by others"
    ln -s "$D/round.so" "$D/round.so"
    refused round "$D/round.so"
    ln -s "$T/nothing" "$D/dangling.so"
    refused dangling "$D/dangling.so"
}

@test "the folder must be absolute, and be there" {
    build good
    cd "$T"
    DBFERRY_DRIVER_DIR=drivers run --separate-stderr dbferry drivers good
    assert_status 78
    assert_output_has "not absolute"
    DBFERRY_DRIVER_DIR=$T/nowhere run --separate-stderr dbferry drivers
    assert_status 78
    assert_output_has "$T/nowhere"
}

@test "one bad driver does not hide the good ones" {
    build good
    build null -DRETURN_NULL
    echo text >"$D/text.so"
    run --separate-stderr dbferry drivers
    assert_output_has good "$D/null.so" "$D/text.so"
}

@test "an empty folder" {
    run --separate-stderr dbferry drivers
    [ "$status" -eq 0 ] || [ "$status" -eq 78 ]
    assert_output_has "$D"
}

@test "a role that the driver does not have" {
    [ -e "$FERRY_BUILD/drivers/memory.so" ] || skip "the memory driver was not built"
    build good
    cp "$FERRY_BUILD/drivers/memory.so" "$D/memory.so" && chmod 755 "$D/memory.so"
    write_config <<<'connections = { a = { driver = "good"; }; m = { driver = "memory"; }; };
jobs = ( { name = "j"; source = "m"; target = "a"; view = "v"; } );'
    run --separate-stderr dbferry run
    assert_status 78
    assert_output_has "'a'" "cannot be a target" "'good'"
}

@test "a privileged process does not take the folder from its environment" {
    [ "$(id -u)" -eq 0 ] || skip "only root can make a set-user-id program"
    requires setpriv
    build good
    local program=$FERRY_BUILD/src/dbferry
    [ -x "$program" ] && ! file -b "$program" 2>/dev/null | grep -q script ||
        skip "the program is not in $FERRY_BUILD/src"
    cp "$program" "$T/dbferry" && chmod 4755 "$T/dbferry"
    chmod 755 "$T" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
    run --separate-stderr setpriv --reuid=65533 --regid=65533 --clear-groups \
        env DBFERRY_DRIVER_DIR="$D" "$T/dbferry" drivers good
    [ "$status" -ne 126 ] || skip "set-user-id programs cannot be run from $T"
    assert_status 78
    refute_output_has "$D"
}

@test "a driver that declares a key of every connection is refused by each job that uses it" {
    build greedy '-DOPTIONS={.name = "run_timeout", .type = FERRY_OPTION_STRING, .help = "a"}'
    write_config <<<'connections = { a = { driver = "greedy"; }; };
jobs = ( { name = "one"; source = "a"; target = "a"; view = "v"; },
         { name = "two"; source = "a"; target = "a"; view = "v"; } );'
    run --separate-stderr dbferry run
    assert_status 78
    assert_equal "$(grep -c "'run_timeout' twice" <<<"$stderr")" 2
}
