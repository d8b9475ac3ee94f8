# Invisible columns, and the primary key that a server demands, on MySQL 9: see target-invisible.bash.

load helper
load target-nine
load target-invisible

@test "invisible columns arrive and stay so" { check_invisible_columns_arrive; }

@test "invisible columns of somebody's own table are filled by name" { check_invisible_columns_of_the_target; }

@test "a server that wants a primary key in each table says so before anything is made" {
    sql <<<"SET GLOBAL sql_generate_invisible_primary_key = 0"
    check_key_demanded sql_require_primary_key
}
