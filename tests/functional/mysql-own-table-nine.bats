# A table of the user's own on a server: kept by name and type, or refused (MySQL 9 here).

load helper
load target-nine
load target-own

@test "a wider type holds, and each value is the same" {
    check_wider_types
}

@test "a narrower type, and another kind, is a change of columns" {
    check_narrower_types
}

@test "columns go by name; one more fills itself, or is named" {
    check_names_and_order
}

@test "what a definition says is lost by leave only, and by name" {
    check_losses
}
