# Jobs of many tables with MySQL 9 on both sides.

load helper
load target-nine
load target-faults
load target-groups

teardown() { cut_end; }

NOT_LISTED="SELECT 1"
FEW_RIGHTS="DROP USER IF EXISTS few; CREATE USER few IDENTIFIED BY 'pw'; GRANT SELECT, SHOW VIEW ON d.item TO few"

@test "all tables and views, to a file and to a server" { check_all_tables_to_a_file_and_to_a_server; }

@test "the server's own and dbferry's own are no tables" { check_what_is_not_listed; }

@test "a group takes as many connections as one table" { check_the_connections_of_a_group; }

@test "the tables are of one moment, whoever writes meanwhile" { check_that_the_tables_are_of_one_moment; }

@test "a table without rights is none that is seen" { check_tables_without_rights; }

@test "names with dots, slashes, quotes, line feeds, patterns in them, of 64 characters" { check_names_of_a_server; }

@test "the connection is lost in the midst of a table: that begins again, and the rest follows" { check_a_table_that_is_tried_again; }

@test "a table that was read is let go: nobody waits for the others" { check_that_tables_are_let_go; }

@test "in one step: a table that is altered before it is read is tried again" { check_a_table_that_is_altered_before_it_is_read; }

@test "in one step: all tables are there after it, with one run id" { check_all_tables_in_one_step; }

@test "in one step: one table that fails leaves all as they were" { check_one_table_that_fails_leaves_all; }

@test "in one step: a foreign key of a table that the account may not see" { check_a_key_of_a_table_that_is_not_seen; }

@test "in one step: a foreign key that comes while rows are read" { check_a_key_that_comes_meanwhile; }

@test "in one step: a statement that would be longer than the server takes is refused before any row" { check_a_statement_that_is_too_long; }

@test "in one step: the connection is lost after the renames" { check_a_cut_after_the_renames; }

@test "in one step: the connection is lost after the renames of tables with foreign keys" { check_a_cut_after_the_renames_of_keyed_tables; }

@test "an old table that a foreign key keeps from being dropped: 65, by that key" { check_a_leftover_that_a_key_holds; }

@test "in one step: a reader that joins the tables sees no orphan in ten thousand looks" { check_that_no_reader_sees_an_orphan; }

@test "in one step: killed at any moment, all are as before or all as read" { check_kills_in_the_midst_of_one_step; }

@test "the answer to a commit is lost: the next table has a connection that works" { check_the_table_after_a_lost_answer; }
