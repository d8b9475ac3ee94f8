# What a server's own shell and the sqlite3 shell print of the same rows, compared byte for byte.
#
# A test file that loads it defines sql(), which runs the SQL on standard input in the server, and
# sets D, the target file.  Each table has a column `id` to sort by.

# same_texts TABLE COLUMN...: the same text on both sides, NULL apart from ''.
same_texts() {
    local table=$1 column
    for column in "${@:2}"; do
        assert_equal "$column: $(sqlite3 "$D" "SELECT iif(\"$column\" IS NULL, 'NULL',
            '<' || hex(\"$column\") || '>') FROM \"$table\" ORDER BY id")" \
            "$column: $(sql <<<"SELECT IF(\`$column\` IS NULL, 'NULL',
            CONCAT('<', HEX(CAST(\`$column\` AS CHAR CHARACTER SET utf8mb4)), '>'))
            FROM \`$table\` ORDER BY id")"
    done
}

# same_bytes TABLE COLUMN...: the same bytes, and stored as a blob.
same_bytes() {
    local table=$1 column
    for column in "${@:2}"; do
        assert_equal "$column: $(sqlite3 "$D" "SELECT typeof(\"$column\"), hex(\"$column\")
            FROM \"$table\" ORDER BY id")" \
            "$column: $(sql <<<"SELECT IF(\`$column\` IS NULL, 'null|', CONCAT('blob|',
            HEX(\`$column\`))) FROM \`$table\` ORDER BY id")"
    done
}
