#!/usr/bin/env bats
# The completion for bash offers what the program itself says that it knows.

load helper

setup() {
    ferry_setup
    # shellcheck source=conf/dbferry.bash-completion
    . "$FERRY_SOURCE/conf/dbferry.bash-completion"
    cd "$T"
}

# complete_words WORD...: what is offered for the last word of a command line.
complete_words() {
    COMP_WORDS=(dbferry "$@")
    COMP_CWORD=$#
    _dbferry "$DBFERRY" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\n' "${COMPREPLY[@]}"
}

@test "the first word is completed to a command" {
    assert_equal "$(complete_words '' | sort | xargs)" "check copy drivers init plan run status verify"
    assert_equal "$(complete_words c | sort | xargs)" "check copy"
    assert_equal "$(complete_words dr)" drivers
    assert_equal "$(complete_words ve)" verify
    assert_equal "$(complete_words --v)" --version
}

@test "options are those of the command" {
    assert_equal "$(complete_words run --t)" --target
    assert_equal "$(complete_words copy --t | sort | xargs)" "--table --target-table"
    assert_equal "$(complete_words copy --op)" --option
    assert_equal "$(complete_words init --t)" ""
    for command in run copy plan check verify drivers init; do
        for option in $(complete_words "$command" --); do
            dbferry "$command" --help | grep -qw -- "$option"
        done
    done
}

@test "drivers, URLs, files and folders are completed" {
    requires_driver sqlite
    touch one.db one.conf
    mkdir folder
    assert_equal "$(complete_words drivers sq)" sqlite
    assert_equal "$(complete_words copy sq)" sqlite:
    assert_equal "$(complete_words copy sqlite : one.d)" one.db
    assert_equal "$(complete_words run --config one.c)" one.conf
    assert_equal "$(complete_words init fo)" folder
    assert_equal "$(complete_words copy -o ta)" target.
}

@test "a strategy is completed, and nothing is offered for the name of a column" {
    assert_equal "$(complete_words copy --strategy '' | sort | xargs)" "append merge replace upsert"
    assert_equal "$(complete_words copy --strategy m)" merge
    for option in --key --cursor --column --index; do
        assert_equal "$(complete_words copy "$option" '')" ""
    done
    assert_equal "$(complete_words run --fu)" --full
}
