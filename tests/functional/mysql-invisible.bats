# Invisible columns, and the primary key that a server demands, on MariaDB: see target-invisible.bash.

load helper
load target-mariadb
load target-invisible

@test "invisible columns arrive and stay so" { check_invisible_columns_arrive; }

@test "invisible columns of somebody's own table are filled by name" { check_invisible_columns_of_the_target; }

@test "a server that wants a primary key in each table says so before anything is made" {
    check_key_demanded innodb_force_primary_key
}
