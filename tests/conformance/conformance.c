/* ferry-conformance: holds one driver against the contract of dbferry/driver.h.
 *
 * Usage: ferry-conformance QUIRKS
 *
 * QUIRKS is a small file that says what the suite has to know about the driver; those beside this
 * source are commented.  The driver is taken from $DBFERRY_DRIVER_DIR, or from where dbferry finds
 * its drivers.  Prints TAP; exit status 0 if every test passed. */

#include "suite.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/load.h"

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(path);
}

/* What commands of the quirks see besides $T: where the quirks lie, and who asks. */
static bool set_environment(const char *quirks)
{
    char pid[16], *real = realpath(quirks, NULL);
    char *slash = real == NULL ? NULL : strrchr(real, '/');
    if (slash == NULL) {
        (void)fprintf(stderr, "%s: %s\n", quirks, strerror(errno));
        free(real);
        return false;
    }
    *slash = '\0';
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    bool done = setenv("Q", real, 1) == 0 && setenv("CONFORMANCE_PID", pid, 1) == 0;
    free(real);
    return done;
}

/* A folder of our own; commands of the quirks see it as $T. */
static char *make_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = NULL;
    if (asprintf(&folder, "%s/ferry-conformance.XXXXXX", base == NULL ? "/tmp" : base) < 0)
        return NULL;
    if (mkdtemp(folder) == NULL || setenv("T", folder, 1) != 0) {
        (void)fprintf(stderr, "cannot create %s: %s\n", folder, strerror(errno));
        free(folder);
        return NULL;
    }
    return folder;
}

/* `prepare` may write lines NAME=VALUE to $T/env: they are seen as @NAME@ and by later commands. */
static bool read_environment(const char *folder)
{
    char *path = NULL, *line = NULL;
    size_t room = 0;
    ssize_t size;
    if (asprintf(&path, "%s/env", folder) < 0)
        return false;
    FILE *file = fopen(path, "re");
    free(path);
    if (file == NULL)
        return true;
    while ((size = getline(&line, &room, file)) > 0) {
        if (line[size - 1] == '\n')
            line[size - 1] = '\0';
        char *equals = strchr(line, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        (void)setenv(line, equals + 1, 1);
    }
    free(line);
    (void)fclose(file);
    return true;
}

static void run_groups(const struct suite *suite)
{
    test_registration(suite);
    if (suite->driver->is_source) {
        test_reading(suite);
        test_cancelling(suite);
        test_source_scans(suite);
    } else {
        tap_skip("the driver is no source", "reading");
    }
    if (suite->driver->is_target) {
        test_mapping(suite);
        test_wishes(suite);
        test_loading(suite);
        test_indexes(suite);
        test_joined(suite);
        test_pruning(suite);
        test_side_by_side(suite);
        test_stored_rows(suite);
        test_stored_scans(suite);
        test_changes(suite);
        test_changes_of_types(suite);
        test_round_trip(suite);
        test_loose_cells(suite);
    } else {
        tap_skip("the driver is no target", "loading");
    }
    if (suite->driver->is_source) {
        test_estimate(suite);
        test_fingerprint(suite);
        test_listing(suite);
    }
    test_examining(suite);
}

static int run_suite(const struct quirks *quirks)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct suite suite = {.quirks = quirks};
    if (quirks_has(quirks, "requires")) {
        char *reason = quirks_run(quirks, "requires");
        if (reason == NULL) {
            tap_skip("what the quirks require is not installed", "%s", quirks->driver);
            return tap_end();
        }
        free(reason);
    }
    bool loaded = ferry_driver_get(quirks->driver, &suite.driver, &error) == FERRY_OK;
    tap_ok(loaded, "driver '%s' is loaded: symbol, version, sizes, required callbacks",
           quirks->driver);
    tap_error(&error);
    if (loaded && quirks_has(quirks, "prepare")) {
        char *output = quirks_run(quirks, "prepare");
        loaded = tap_ok(output != NULL, "the quirks' command `prepare` succeeds");
        free(output);
    }
    if (loaded && read_environment(quirks->folder))
        run_groups(&suite);
    free(quirks_run(quirks, "finish"));
    return tap_end();
}

int main(int argc, char **argv)
{
    struct quirks quirks;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: ferry-conformance QUIRKS\n");
        return 64;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    if (!set_environment(argv[1]))
        return 66;
    char *folder = make_folder();
    if (folder == NULL)
        return 71;
    int failed = 1;
    if (quirks_load(&quirks, argv[1], folder))
        failed = run_suite(&quirks);
    quirks_done(&quirks);
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return failed == 0 ? 0 : 1;
}
