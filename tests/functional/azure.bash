# What the tests of azure-mysql share: a certificate for a server's full name, which only the commands
# of these tests resolve, to this machine.
#
#   azure_is_possible               false where there is no mount namespace to be had, as root or as user
#   azure_make_certificates FOLDER  FOLDER/tls: ca, azure (for $AZURE_HOST), wrong-host, expired, ...
#   azure COMMAND...                dbferry, in a mount namespace whose /etc/hosts names the host
#   azure_enter                     AZURE_ENTER becomes the command that runs another one in there
#
#   example KIND TEXT               the page's examples of this kind as $T/script, with TEXT in the place
#                                   of its `host`
#
# It needs tests/servers/mariadb.bash for the certificates, and pages.bash for the examples.

AZURE_HOST=fleet.mysql.database.azure.com
AZURE_ALIAS=fleet.example.net # leads to the server, and stands in no certificate

azure_namespace() {
    if [ "$(id -u)" -eq 0 ]; then
        unshare --mount --propagation private "$@"
    else
        unshare --map-root-user --mount --propagation private "$@"
    fi
}

azure_enter() {
    local user=()
    [ "$(id -u)" -eq 0 ] || user=(--map-root-user)
    printf '127.0.0.1 localhost %s %s\n' "$AZURE_HOST" "$AZURE_ALIAS" >"$T/hosts"
    # shellcheck disable=SC2016 # the inner shell's
    AZURE_ENTER=(unshare "${user[@]}" --mount --propagation private
        sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$T/hosts")
}

azure_is_possible() {
    azure_namespace mount --bind /etc/hosts /etc/hosts 2>/dev/null &&
        # In a user's namespace the drivers of root seem to be somebody else's.
        azure_namespace "$DBFERRY" drivers azure-mysql >/dev/null 2>&1
}

azure_make_certificates() {
    mariadb_make_certificates "$1" &&
        (umask 077 && cd "$1/tls" && mariadb_sign azure ca "DNS:$AZURE_HOST")
}

azure() {
    printf '127.0.0.1 localhost %s %s\n' "$AZURE_HOST" "$AZURE_ALIAS" >"$T/hosts"
    # shellcheck disable=SC2016 # the inner shell's
    azure_namespace sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$T/hosts" \
        "$DBFERRY" "$@"
}

example() {
    {
        declare -f azure_namespace azure
        printf 'dbferry() { azure "$@"; }; umask 077\n'
        printf '%s=%q\n' T "$T" DBFERRY "$DBFERRY" AZURE_HOST "$AZURE_HOST" AZURE_ALIAS "$AZURE_ALIAS"
        page_azure plugins/azure-mysql/dbferry-azure-mysql.pod "$1" |
            sed -e "s|host = \"$AZURE_HOST\";|$2|" -e 's/"vehicles_db"/"e"/'
    } >"$T/script"
}
