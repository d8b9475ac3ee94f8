# A run in pieces, with MariaDB on both sides.

load helper
load target-mariadb
load pieces
load target-pieces

@test "a table in pieces: tables that nobody sees, taken in as one" { check_a_table_in_pieces; }

@test "every type in pieces, into the server and into a file" { check_every_type_in_pieces; }
