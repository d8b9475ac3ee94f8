#!/usr/bin/env bats
# Verification: what was changed while it was stored, or afterwards, is found.

load helper

setup() {
    ferry_setup
    cd "$T"
}

# ---- verify = "none | count | content", with a target that damages what it has stored ----

# load_damaged LEVEL DAMAGE [ROW]: loads three rows into a target that damages one of them.
load_damaged() {
    run --separate-stderr dbferry copy memory:x memory:y --table cars \
        -o source.columns='id int64 not null key, a text, b text, price decimal(5,2)' \
        -o source.literal='1|x|y|1.00;2|\N|z|2.50;3|q|r|\N' \
        -o job.verify="$1" -o target.corrupt="$2" -o target.fail_row="${3:-0}" \
        -o target.dump="$T/dump"
}

damages=(flip-bit lose-row double-row lose-and-double swap-columns null-to-empty)

@test "content finds each kind of damage, and nothing is committed" {
    for damage in "${damages[@]}"; do
        load_damaged content "$damage" 1
        assert_status 65
        assert_output_has "the target is unchanged" "table 'cars'" "digests "
        refute_output_has "report it"
        [ ! -e dump ]
    done
    load_damaged content lose-row 1
    assert_output_has "the source gave 3 rows, but table 'cars' holds 2"
    load_damaged content double-row 1
    assert_output_has "the source gave 3 rows, but table 'cars' holds 4"
    load_damaged content flip-bit 1
    assert_output_has "both have 3 rows, but not the same"
}

@test "content passes what is whole" {
    for row in 0 1 2; do
        load_damaged content none "$row"
        assert_status 0
        assert_equal "$stderr" ""
        [ -s dump ]
        rm dump
    done
}

# Without this the tests above could pass for another reason.
@test "count and none do not find what no count shows" {
    load_damaged content none
    cp dump whole
    for level in count none; do
        for damage in "${damages[@]}"; do
            load_damaged "$level" "$damage" 1
            assert_status 0
            refute cmp -s dump whole
        done
    done
}

@test "content finds a flipped bit in a value of each type" {
    for type in bool int8 int64 "int64 unsigned" float32 float64 "decimal(30,10)" text "text(40)" \
        bytes date "time(6)" "datetime(3)" "datetime utc" year any; do
        for damage in flip-bit none; do
            run --separate-stderr dbferry copy memory:x memory:y --table t -o source.rows=50 \
                -o source.columns="c $type not null" -o job.verify=content \
                -o target.corrupt="$damage" -o target.fail_row=20
            assert_status "$([ "$damage" = none ] && echo 0 || echo 65)"
        done
    done
}

@test "count is content with the target's own number: a target that miscounts is refused" {
    for level in count content; do
        run dbferry copy memory:x memory:y --table t -o job.verify="$level" \
            -o target.break_contract=wrong-totals
        assert_status 65
        assert_output_has "10 rows were read from the source but the target counts 9"
    done
    run dbferry copy memory:x memory:y --table t -o job.verify=none \
        -o target.break_contract=wrong-totals
    assert_status 0
}

@test "a target that fails to read back leaves the old rows, with its own status" {
    for pair in target-io:74 data:65 busy:75 system:71; do
        run dbferry copy memory:x memory:y --table t -o job.verify=content \
            -o target.fail_at=read_back -o target.fail_class="${pair%:*}" -o target.dump="$T/dump"
        assert_status "${pair#*:}"
        assert_output_has "read_back failed" "the target is unchanged"
        [ ! -e dump ]
    done
}

@test "a driver that cannot read back: content is refused before a row moves, the default counts" {
    requires_driver example
    run dbferry copy memory:x example:"$T" --table t -o job.verify=content \
        -o source.columns='id int64, name text'
    assert_status 78
    assert_output_has "cannot read back" 'verify = "count"' "the target is unchanged"
    [ ! -e t ]
    run dbferry copy memory:x example:"$T" --table t -o source.columns='id int64, name text'
    assert_status 0
}
