# Foreign keys of many tables, carried from one SQLite file to another.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    cd "$T"
    sqlite3 -batch shop.db <<'END'
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT UNIQUE, boss INTEGER REFERENCES customer);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES Customer(ID) ON DELETE CASCADE ON UPDATE RESTRICT,
  who TEXT REFERENCES customer(name) ON DELETE SET NULL ON UPDATE SET DEFAULT);
CREATE TABLE item (a INTEGER, b INTEGER, o INTEGER REFERENCES orders, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE part (id INTEGER PRIMARY KEY, a INT, b INT, FOREIGN KEY (a, b) REFERENCES item);
CREATE TABLE ring1 (id INTEGER PRIMARY KEY, other INTEGER REFERENCES ring2(id));
CREATE TABLE ring2 (id INTEGER PRIMARY KEY, other INTEGER REFERENCES ring1(id));
INSERT INTO customer VALUES (1, 'Ann', NULL), (2, 'Bo', 1);
INSERT INTO orders VALUES (10, 1, 'Ann'), (11, 2, NULL);
INSERT INTO item VALUES (1, 1, 10);
INSERT INTO part VALUES (5, 1, 1), (6, NULL, 9);
INSERT INTO ring1 VALUES (1, 2), (2, NULL);
INSERT INTO ring2 VALUES (2, 1);
END
    group
}

# group [KEYS [TARGET]]
group() {
    write_config <<END
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
  made = { driver = "memory"; rows = 3; columns = "id int64 not null"; };
};
jobs = ( { name = "shop"; source = "shop"; target = "${2:-local}"; target_table = "c_{name}"; tables = ["*"];
           commit = "together"; foreign_keys = true; ${1:-} } );
END
}

# Those of a file, as SQLite itself tells them: table columns other columns delete update
keys() {
    sqlite3 -batch -readonly -separator ' ' local.db "SELECT m.name, group_concat(k.\"from\"), k.\"table\", group_concat(k.\"to\"), k.on_delete, k.on_update
        FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table' GROUP BY m.name, k.id ORDER BY 1, 2"
}

KEYS='c_customer boss c_customer id NO ACTION NO ACTION
c_item o c_orders id NO ACTION NO ACTION
c_orders customer c_customer id CASCADE RESTRICT
c_orders who c_customer name SET NULL SET DEFAULT
c_part a,b c_item a,b NO ACTION NO ACTION
c_ring1 other c_ring2 id NO ACTION NO ACTION
c_ring2 other c_ring1 id NO ACTION NO ACTION'

content() { for table in customer orders item part ring1 ring2; do sqlite3 -batch -readonly "$1" "SELECT * FROM $2$table"; done; }

@test "circles, keys to themselves, of two columns, to primary keys that are not named" {
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$(keys)" "$KEYS"
    assert_equal "$(sqlite3 local.db "PRAGMA foreign_key_check; PRAGMA integrity_check")" ok
    run sqlite3 local.db "PRAGMA foreign_keys = 1; INSERT INTO c_orders VALUES (12, 99, NULL)"
    assert_output_has "FOREIGN KEY constraint failed"
    run "$DBFERRY" verify
    assert_status 0
    sqlite3 shop.db "UPDATE item SET o = 11; DELETE FROM orders WHERE id = 10; INSERT INTO customer VALUES (3, 'Cy', 2)"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(content local.db c_)" "$(content shop.db "")"
    assert_equal "$(keys)" "$KEYS"
}

@test "with each table's own strategy, in one transaction" {
    "$DBFERRY" run
    group 'strategy = "merge"; overrides = ( { table = "orders"; strategy = "upsert"; } );'
    sqlite3 shop.db "UPDATE item SET o = 11; UPDATE customer SET name = 'Al' WHERE id = 1; UPDATE orders SET who = 'Al' WHERE id = 10;
        UPDATE customer SET boss = NULL; INSERT INTO customer VALUES (3, 'Cy', 1); INSERT INTO orders VALUES (12, 3, 'Cy')"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(content local.db c_)" "$(content shop.db "")"
    assert_equal "$(keys)" "$KEYS"
}

@test "a row that refers to none: 65, with both rows, and all is as it was" {
    local before
    "$DBFERRY" run
    before=$(content local.db c_)
    sqlite3 shop.db "INSERT INTO orders VALUES (12, 77, NULL)"
    for mode in wal delete; do
        sqlite3 local.db "PRAGMA journal_mode = $mode" >/dev/null
        run "$DBFERRY" run
        assert_status 65
        assert_output_has "the row (id = 12) of table 'c_orders' refers, by customer = 77, to a row of 'c_customer' that is not there" \
            "the target is unchanged"
        assert_equal "$(content local.db c_)" "$before"
    done
    sqlite3 shop.db "DELETE FROM orders WHERE id = 12; INSERT INTO part VALUES (7, 3, 3); UPDATE item SET o = 10"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the row (id = 7) of table 'c_part' refers, by a = 3, b = 3, to a row of 'c_item' that is not there"
    assert_equal "$(content local.db c_)" "$before"
}

@test "somebody's own table that refers to one of them is kept to, too" {
    "$DBFERRY" run
    sqlite3 local.db "CREATE TABLE mine (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c_customer(id), lost INTEGER REFERENCES nowhere(x));
        INSERT INTO mine VALUES (1, 2, 5)"
    run "$DBFERRY" run
    assert_status 0
    sqlite3 shop.db "DELETE FROM orders WHERE customer = 2; DELETE FROM customer WHERE id = 2"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the row (id = 1) of table 'mine' refers, by c = 2, to a row of 'c_customer' that is not there"
}

# SQLite says nothing of a table's keys where one of them fits no table.
@test "so is one of its keys beside another that fits nothing" {
    local row
    sqlite3 shop.db "CREATE TABLE codes (code TEXT COLLATE NOCASE UNIQUE); INSERT INTO codes VALUES ('A'), ('b')"
    "$DBFERRY" run
    sqlite3 local.db "CREATE TABLE other (x); INSERT INTO other VALUES (1); CREATE TABLE mine (id INTEGER PRIMARY KEY, a REFERENCES other(x) DEFAULT 1,
        c TEXT REFERENCES C_customer, k TEXT REFERENCES c_codes(code), o REFERENCES c_orders(customer), z REFERENCES c_customer(none));
        INSERT INTO mine (c, k, o, z) VALUES ('1', 'a', 99, 99)"
    run "$DBFERRY" run
    assert_status 0
    for row in "c = 9" "k = 'c'"; do
        sqlite3 local.db "UPDATE mine SET $row"
        run "$DBFERRY" run
        assert_status 65
        assert_output_has "the row (id = 1) of table 'mine' refers, by ${row% = *} = '"
        sqlite3 local.db "UPDATE mine SET c = '2', k = NULL"
    done
    run "$DBFERRY" run
    assert_status 0
}

@test "keys that come, change and go; without foreign_keys they stay" {
    group 'foreign_keys = false;'
    sed -i 's/foreign_keys = true; //' "$DBFERRY_CONFIG"
    "$DBFERRY" run
    assert_equal "$(keys)" ""
    group
    run "$DBFERRY" plan
    assert_status 0
    assert_output_has "job shop/orders: " "table 'c_orders' has other columns: it will be rebuilt" \
        "the foreign key (customer) to 'c_customer' (id) is new" "foreign key (customer) to 'c_customer' (id), on delete cascade, on update restrict"
    "$DBFERRY" run
    assert_equal "$(keys)" "$KEYS"
    sqlite3 shop.db "DROP TABLE part; CREATE TABLE part (id INTEGER PRIMARY KEY, a INT, b INT); INSERT INTO part VALUES (5, 8, 8);
        DROP TABLE ring2; CREATE TABLE ring2 (id INTEGER PRIMARY KEY, other INTEGER REFERENCES ring1(id) ON DELETE CASCADE); INSERT INTO ring2 VALUES (2, 1)"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(keys)" "$(sed '/^c_part/d; /^c_ring2/s/NO ACTION/CASCADE/' <<<"$KEYS")"
    # SQLite has both RESTRICT and NO ACTION
    sqlite3 shop.db "DROP TABLE ring2; CREATE TABLE ring2 (id INTEGER PRIMARY KEY, other INTEGER REFERENCES ring1(id) ON DELETE CASCADE ON UPDATE RESTRICT); INSERT INTO ring2 VALUES (2, 1)"
    "$DBFERRY" run
    KEYS=$(sed 's/^c_ring2 .*/c_ring2 other c_ring1 id CASCADE RESTRICT/; /^c_part/d' <<<"$KEYS")
    assert_equal "$(keys)" "$KEYS"
    sed -i 's/foreign_keys = true; //' "$DBFERRY_CONFIG"
    sqlite3 shop.db "UPDATE customer SET name = 'X' WHERE id = 2"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(keys)" "$KEYS"
    assert_equal "$(content local.db c_)" "$(content shop.db "")"
}

@test "what cannot be carried is left out with a word, and the table is carried" {
    sqlite3 shop.db "CREATE TABLE stray (id INTEGER PRIMARY KEY, a INTEGER REFERENCES nowhere(x), b INTEGER REFERENCES orders(customer), c INTEGER REFERENCES ring1,
        d INTEGER REFERENCES item); INSERT INTO stray VALUES (1, 2, 3, 4, 5)"
    group 'exclude = ["ring*"];'
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "the foreign key (a) to 'nowhere' (x) is not carried: the job does not carry that table" \
        "the foreign key (b) to 'orders' (customer) is not carried: the copy of that table has no unique index of just these columns" \
        "the foreign key (c) to 'ring1' (id) is not carried: the job does not carry that table" \
        "the foreign key (d) to 'item' is not carried: that table has no such primary key"
    assert_equal "$(sqlite3 local.db "SELECT * FROM c_stray; SELECT count(*) FROM pragma_foreign_key_list('c_stray')")" $'1|2|3|4|5\n0'
    rm local.db
    group 'exclude = ["ring*", "stray"]; copy_indexes = false;'
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "has no unique index"
}

@test "a table of somebody's own keeps its definition" {
    sqlite3 local.db "CREATE TABLE c_orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL CHECK (customer > 0), who TEXT)"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "is not carried: the table has a definition of its own, which stays as it is"
    assert_equal "$(keys)" "$(grep -v '^c_orders' <<<"$KEYS")"
    run sqlite3 local.db "INSERT INTO c_orders VALUES (1, 0, NULL)"
    assert_output_has "CHECK constraint failed"
    # which may have them, too, in its own words
    sqlite3 local.db "DROP TABLE c_ring1; CREATE TABLE c_ring1 (id INTEGER PRIMARY KEY CHECK (id > 0), other INTEGER REFERENCES C_ring2)"
    run "$DBFERRY" run
    assert_status 0
    refute_output_has "table 'ring1'" "shop/ring1"
}

@test "a copy with keys whose table is gone is dropped before the others change" {
    "$DBFERRY" run
    sqlite3 shop.db "DROP TABLE part; DELETE FROM item"
    group 'allow_empty = true;'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "of table 'c_part' refers"
    group 'allow_empty = true; prune = true;'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 local.db "SELECT count(*) FROM c_item; SELECT name FROM sqlite_schema WHERE name = 'c_part'; PRAGMA foreign_key_check")" 0
}

@test "one table of them alone keeps its keys, and to them" {
    "$DBFERRY" run
    sqlite3 shop.db "INSERT INTO customer VALUES (3, 'Cy', 1); INSERT INTO orders VALUES (12, 3, 'Cy')"
    run "$DBFERRY" run shop/orders
    assert_status 65
    assert_output_has "the row (id = 12) of table 'c_orders'"
    run "$DBFERRY" run shop/customer
    assert_status 0
    run "$DBFERRY" run shop/orders
    assert_status 0
    assert_equal "$(keys)" "$KEYS"
    assert_equal "$(content local.db c_)" "$(content shop.db "")"
}

@test "names with quotes, spaces and letters of all alphabets" {
    rm shop.db
    sqlite3 shop.db 'CREATE TABLE "a ""b"" `c` ü" ("k ""x""" INTEGER PRIMARY KEY); CREATE TABLE "d'"'"'s, (e)" (id INTEGER PRIMARY KEY, "f ""g"", 😀" INTEGER REFERENCES "A ""B"" `C` ü" ON UPDATE CASCADE);
        INSERT INTO "a ""b"" `c` ü" VALUES (4); INSERT INTO "d'"'"'s, (e)" VALUES (1, 4)'
    run "$DBFERRY" run
    assert_status 0
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$(keys)" "c_d's, (e) f \"g\", 😀 c_a \"b\" \`c\` ü k \"x\" NO ACTION CASCADE"
    sqlite3 shop.db 'UPDATE "d'"'"'s, (e)" SET "f ""g"", 😀" = 9'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "refers, by f \"g\", 😀 = 9, to a row of 'c_a \"b\" \`c\` ü'"
}

@test "not without commit = together, nor of one table, nor to a driver that has none" {
    sed -i 's/commit = "together"; //' "$DBFERRY_CONFIG"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "foreign_keys, which hold only where all tables change in one step: add commit = \"together\""
    group
    sed -i 's/tables = \["\*"\]/table = "orders"/; s/commit = "together"; //; s/c_{name}/c/' "$DBFERRY_CONFIG"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "has 'foreign_keys', which goes with tables or views"
    group "" made
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "carries no foreign keys; leave out foreign_keys"
}

@test "a plan that fails names all that is wrong" {
    sqlite3 local.db "CREATE VIEW c_orders AS SELECT 1; CREATE VIEW c_part AS SELECT 2"
    run "$DBFERRY" plan
    assert_status 65
    assert_output_has "shop/orders" "shop/part" "job shop/customer: "
}
