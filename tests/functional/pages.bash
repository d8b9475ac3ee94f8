# The manual pages as tests see them: their items, and their examples, which are run as printed.
#
# In a page, "=for test KIND" stands before an example and does not show in print:
#   shell      commands; those of a page are run one after the other, in one folder
#   output     what the commands before it print, to the letter
#   file NAME  becomes the file NAME
#   server     needs a server: its test puts a private one in the place of db.example.net
#   azure, azure-entra   needs a server in the place of fleet.mysql.database.azure.com: azure.bats
#   none       cannot be run here (systemctl, cron)
#   sql, types   of dbferry-types(7): tests/types/page.py runs them

# All that there are: that of a driver lies in its folder and is named after it.
mapfile -t PAGES < <(cd "$FERRY_SOURCE" && printf '%s\n' docs/*.pod plugins/*/*.pod)

# page_drivers: the drivers that have a page, which are those that are installed.
page_drivers() { printf '%s\n' "${PAGES[@]}" | sed -n 's|^plugins/\(.*\)/dbferry-\1\.pod$|\1|p'; }

# page_keys PAGE [SECTION]: the names in B<> with which items start, or with which they go on after
# a comma, one a line; those of one =head1 only, if it is given.
page_keys() {
    awk -v wanted="${2:-}" '
        /^=head1 / { here = wanted == "" || substr($0, 8) == wanted }
        here && /^=item B</ {
            text = substr($0, 7)
            while (match(text, /^B<[^>]*>(, )?/)) {
                name = substr(text, 3, RLENGTH - 3)
                sub(/>.*/, "", name)
                print name
                text = substr(text, RLENGTH + 1)
            }
        }' "$FERRY_SOURCE/$1"
}

# page_item PAGE KEY: the text of the item of a key, from its heading to the next one.
page_item() {
    awk -v key="B<$2>" '
        /^=item / { here = index($0, key) > 0 }
        /^=(head|back)/ { here = 0 }
        here' "$FERRY_SOURCE/$1"
}

# page_unmarked PAGE: indented lines below EXAMPLES that no "=for test" stands before.
page_unmarked() {
    awk '
        /^=head1 / { inside = $0 == "=head1 EXAMPLES"; marked = 0 }
        /^=for test / { marked = 1; next }
        inside && /^    / { if (!marked) print; next }
        /./ { marked = 0 }' "$FERRY_SOURCE/$1"
}

# page_script PAGE FOLDER: all examples of a page as one script that runs in FOLDER/work.  What each
# part prints goes to FOLDER/N.found, and what the page says it prints to FOLDER/N.expected.
page_script() {
    mkdir -p "$2/work" && awk -v folder="$2" '
        function leave() { if (kind == "file") print "END_OF_FILE"; kind = "" }
        /^=for test / {
            leave()
            kind = $3
            if (kind == "shell") print "exec >\"" folder "/" ++part ".found\""
            if (kind == "file") print "cat >" $4 " <<\047END_OF_FILE\047"
            next
        }
        /^    / && kind != "" {
            line = substr($0, 5)
            if (kind == "output") print line >(folder "/" part ".expected")
            else if (kind !~ /^(none|server|azure.*)$/) print line
            next
        }
        /./ { leave() }
        END { leave() }' "$FERRY_SOURCE/$1"
}

# page_server PAGE: its examples that need a server, with db.example.net replaced by a private one.
page_server() {
    awk '
        /^=for test / { here = $3 == "server"; next }
        here && /^    / { print substr($0, 5); next }
        /./ { here = 0 }' "$FERRY_SOURCE/$1" |
        sed -e "s/host = \"db\.example\.net\";/host = \"127.0.0.1\"; port = $MARIADB_PORT;/" \
            -e "s/@db\.example\.net/@127.0.0.1:$MARIADB_PORT/"
}

# page_azure PAGE KIND: its examples that such a server is needed for, and the files that it shows.
page_azure() {
    awk -v wanted="$2" '
        function leave() { if (kind == "file") print "END_OF_FILE"; kind = "" }
        /^=for test / {
            leave()
            kind = $3
            if (kind == "file") print "cat >" $4 " <<\047END_OF_FILE\047"
            next
        }
        /^    / && (kind == "file" || kind == wanted) { print substr($0, 5); next }
        /./ { leave() }
        END { leave() }' "$FERRY_SOURCE/$1"
}
