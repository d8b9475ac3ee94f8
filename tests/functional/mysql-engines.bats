# Storage engines, on MariaDB: see target-engines.bash.

load helper
load target-mariadb
load target-engines

@test "every engine as a target is exact, or refused before a stage is made" {
    check_engines_as_targets
}

@test "every engine as a source is exact" {
    check_engines_as_sources
}

@test "an engine whose rows do not last is told" {
    check_engine_is_told
}
