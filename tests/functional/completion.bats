#!/usr/bin/env bats
# The completion for bash, zsh and fish offers what the program itself says that it knows, and puts it
# into the line so that the shell hands it over as it is.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    cd "$T"
    mkdir bin
    # It completes as the program does; run, it writes down what it was given.
    cat >bin/dbferry <<END
#!/bin/sh
if [ "\$1" = complete ]; then exec "$DBFERRY" "\$@"; fi
printf '<%s>\n' "\$@" >>"$T/given"
END
    chmod +x bin/dbferry
    PATH=$T/bin:$PATH
    write_config <<'END'
connections = { shop = { driver = "sqlite"; path = "shop.db"; }; };
jobs = ( { name = "my job"; source = "shop"; target = "shop"; table = "t"; target_table = "a"; },
         { name = "it's"; source = "shop"; target = "shop"; table = "t"; target_table = "b"; },
         { name = "$(touch owned)`touch owned`;touch owned"; source = "shop"; target = "shop"; table = "t"; target_table = "c"; },
         { name = "say \"so\" \\ & go"; source = "shop"; target = "shop"; table = "t"; target_table = "d"; },
         { name = "a\nline"; source = "shop"; target = "shop"; table = "t"; target_table = "e"; },
         { name = "ünï"; source = "shop"; target = "shop"; table = "t"; target_table = "f"; } );
END
}

# offers WORD...: the words that the program offers for the last one, sorted.
offers() {
    dbferry complete -- "$@" | sed -e 1d -e 's/\t.*//' | sort | paste -sd' '
}

@test "the first word is completed to a command, and each of them has words of its help" {
    assert_equal "$(offers '')" "abandon check copy drivers finish init load plan prepare report run status verify"
    assert_equal "$(offers c)" "check copy"
    assert_equal "$(offers --v)" --version
    dbferry complete -- '' | tail -n +2 | while IFS=$'\t' read -r command help; do
        dbferry --help | grep -q "^  $command .* $help$"
    done
}

@test "options are those of the command" {
    assert_equal "$(offers run --t)" --target
    assert_equal "$(offers copy --t)" "--table --target-table"
    assert_equal "$(offers init --t)" ""
    for command in run copy plan check verify status report drivers init; do
        for option in $(offers "$command" --); do
            dbferry "$command" --help | grep -qw -- "$option"
        done
    done
}

@test "drivers and their URLs are completed, and behind that of a file the shell's own paths" {
    assert_equal "$(offers drivers sq)" sqlite
    assert_equal "$(offers copy sq)" sqlite:
    assert_equal "$(offers copy s)" "shop sqlite:"
    assert_equal "$(dbferry complete -- copy sqlite:x)" "files sqlite:"
    assert_equal "$(dbferry complete -- copy a sqlite:///x)" "files sqlite://"
    assert_equal "$(dbferry complete -- copy no-such:x)" ""
    requires_driver mysql
    assert_equal "$(offers copy mys)" mysql://
    assert_equal "$(dbferry complete -- copy mysql://x)" ""
}

@test "behind -o come the keys of the driver that the operand names" {
    assert_equal "$(offers copy sqlite:a sqlite:b -o source.p)" source.path=
    assert_equal "$(offers copy sqlite:a sqlite:b -o target.j)" target.journal_mode=
    assert_equal "$(offers copy sqlite:a sqlite:b -o source.j)" "" # of targets only
    assert_equal "$(offers copy sqlite:a sqlite:b -o target.journal_mode=)" \
        "target.journal_mode=delete target.journal_mode=persist target.journal_mode=truncate target.journal_mode=wal"
    assert_equal "$(dbferry complete -- copy sqlite:a sqlite:b -o source.path=)" "files source.path="
    assert_equal "$(offers copy shop sqlite:b -o source.)" "" # its keys stand in the configuration
    assert_equal "$(offers copy -o source.pa)" "$(dbferry drivers | grep -q '^mysql' && echo 'source.password_command= source.password_env= source.password_file= ')source.path="
    requires_driver mysql
    assert_equal "$(offers copy mysql://h/d sqlite:b -o source.se)" source.session_variables.
    assert_equal "$(offers copy mysql://h/d sqlite:b -o source.password)" \
        "source.password_command= source.password_env= source.password_file="
}

@test "whatever is wrong, nothing is said and the exit code is 0" {
    for words in "run -c /none ''" "run -c $T ''" "no ''" "copy nosuch:" "run --rows"; do
        eval "run --separate-stderr dbferry complete -- $words"
        assert_status 0
        assert_equal "$output$stderr" ""
    done
    run dbferry complete
    assert_status 0
    assert_equal "$output" ""
    run env DBFERRY_DRIVER_DIR=/none "$DBFERRY" complete -- copy ''
    assert_status 0
}

@test "no connection is opened and nobody is asked" {
    (umask 077; echo 'connections = { a = { driver = "sqlite"; path = "made.db"; }; }; jobs = ( { name = "j"; source = "a"; target = "a"; table = "t"; } ); general = { log_file = "made.log"; };' >own.conf)
    assert_equal "$(offers run -c own.conf '')" j
    assert_equal "$(offers run -c own.conf --source '')" a
    [ ! -e made.db ] && [ ! -e made.log ]
}

# ---- In a shell ----

# at_shell COMMAND... <KEYS: somebody types at a shell, whose screen is then in "screen".
at_shell() {
    requires python3
    requires "$1"
    rm -f given
    { cat && echo 'exit\r'; } | sed 's/^/READY> |/' |
        python3 "$FERRY_SOURCE/tests/functional/terminal.py" screen "$@"
}

in_bash() {
    printf '%s\n' "PS1='READY> '; HISTFILE=" "set +o history" "bind 'set enable-bracketed-paste off'" \
        ". '$FERRY_SOURCE/conf/dbferry.bash-completion'" >rc
    at_shell bash --noprofile --rcfile rc -i
}

in_zsh() {
    mkdir -p functions
    ln -sf "$FERRY_SOURCE/conf/dbferry.zsh-completion" functions/_dbferry
    printf '%s\n' "PS1='READY> '; fpath=('$T/functions' \$fpath); unsetopt prompt_sp" \
        "autoload -U compinit; compinit -u -D" >.zshrc
    ZDOTDIR=$T at_shell zsh -d -i
}

in_fish() {
    printf '%s\n' "function fish_prompt; printf 'READY> '; end" "set -U fish_greeting" \
        "source '$FERRY_SOURCE/conf/dbferry.fish-completion'" >rc.fish
    at_shell fish --no-config -i -C "source rc.fish"
}

# given WORD...: these are what the shell has handed over, last of all.
given() {
    assert_equal "$(tail -n $# given)" "$(printf '<%s>\n' "$@")"
}

# In each shell: what is typed is completed, and run, as it was meant.
names_are_quoted() {
    "$1" <<'END'
dbferry run my\t\r
dbferry run 'my\t\r
dbferry run "my\t\r
dbferry run my\\ \t\r
dbferry run it\t\r
dbferry run say\t\r
dbferry run "say\t\r
dbferry run \\$\t\r
dbferry run \xc3\xbc\t\r
END
    assert_equal "$(cat given)" "$(printf '<run>\n<%s>\n' 'my job' 'my job' 'my job' 'my job' "it's" \
        'say "so" \ & go' 'say "so" \ & go' '$(touch owned)`touch owned`;touch owned' ünï)"
    [ ! -e owned ]
}

words_are_completed() {
    touch "a file.db" one.conf
    mkdir folder
    "$1" <<'END'
dbferry dri\tsq\t\r
dbferry copy --str\tm\tsqlite:a\tsq\tb.db\r
dbferry copy sqlite:a sqlite:b -o target.jou\tp\t\r
dbferry run -c one.\t--dry\t\r
dbferry copy sh\tsqlite:x\r
dbferry init fol\t\r
END
    # zsh takes the slash off that it has put behind a folder.
    assert_equal "$(sed 's|/>|>|' given | paste -sd' ')" "<drivers> <sqlite> \
<copy> <--strategy> <merge> <sqlite:a file.db> <sqlite:b.db> \
<copy> <sqlite:a> <sqlite:b> <-o> <target.journal_mode=persist> \
<run> <-c> <one.conf> <--dry-run> <copy> <shop> <sqlite:x> <init> <folder>"
}

@test "bash: names are quoted as they have to be" { names_are_quoted in_bash; }
@test "zsh: names are quoted as they have to be" { names_are_quoted in_zsh; }
@test "fish: names are quoted as they have to be" { names_are_quoted in_fish; }
@test "bash: words are completed, and go on or end" { words_are_completed in_bash; }
@test "zsh: words are completed, and go on or end" { words_are_completed in_zsh; }
@test "fish: words are completed, and go on or end" { words_are_completed in_fish; }

@test "zsh and fish show what each word means" {
    in_zsh <<<'dbferry c\t\t\x15\r'
    grep -q -e '-- copy once' screen
    in_fish <<<'dbferry c\t\t\x15\r'
    grep -q 'copy once' screen
}
