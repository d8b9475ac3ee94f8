# Names, shapes and engines of tables that a MySQL server as the target has (MariaDB here).

load helper
load target-mariadb
load target-names

@test "hostile names of tables: only the one that is named is touched" {
    check_hostile_names
}

@test "hostile names of columns and indexes are only names, or refused" {
    check_hostile_columns
}

@test "tables whose names differ in case or accents only are others" {
    check_names_alike
}

@test "a thousand columns" {
    check_many_columns
}

@test "partitions, generated columns, checks, MyISAM, views: kept, or refused with the reason" {
    check_shapes
}
