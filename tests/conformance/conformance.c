/* dbferry-driver-test: holds one driver against the contract of dbferry/driver.h.
 *
 * The file of quirks says what the suite has to know about the driver; memory.conf, beside this
 * source, explains each key, and so does dbferry-driver-test(1).  Prints TAP; exit status 0 if
 * every test passed. */

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

/* ---- What was asked for ---- */

static const char usage[] =
    "usage: dbferry-driver-test DRIVER [QUIRKS]\n"
    "\n"
    "Holds a driver of dbferry against the contract of <dbferry/driver.h>.  Prints TAP.\n"
    "\n"
    "  DRIVER    a file, ./NAME.so, or the bare name of a driver that is installed\n"
    "  QUIRKS    how the driver connects, what is read, and how its target can be looked at;\n"
    "            without it only what the driver says about itself is tried\n"
    "\n"
    "Status: 0 all passed, 1 some failed, 64 usage, 66 no such file, 71 no folder for the tests.\n"
    "dbferry-driver-test(1) has the keys of the quirks.\n";

/* The name of the driver; a file's folder becomes that of the drivers.  NULL after a message. */
static char *find_driver(const char *asked)
{
    if (strchr(asked, '/') == NULL && strstr(asked, ".so") == NULL)
        return strdup(asked);
    char *path = realpath(asked, NULL);
    char *slash = path == NULL ? NULL : strrchr(path, '/');
    char *suffix = slash == NULL ? NULL : strstr(slash, ".so");
    if (suffix == NULL || suffix[3] != '\0' || suffix == slash + 1) {
        (void)fprintf(stderr, "dbferry-driver-test: %s: %s\n", asked,
                      path == NULL ? strerror(errno) : "a driver's file is called NAME.so");
        free(path);
        return NULL;
    }
    *slash = *suffix = '\0';
    char *name = setenv("DBFERRY_DRIVER_DIR", path, 1) == 0 ? strdup(slash + 1) : NULL;
    free(path);
    return name;
}

/* What commands of the quirks see besides $T: where the quirks lie, and who asks. */
static bool set_environment(const char *quirks)
{
    char pid[16], *real = realpath(quirks, NULL);
    char *slash = real == NULL ? NULL : strrchr(real, '/');
    if (slash == NULL) {
        (void)fprintf(stderr, "dbferry-driver-test: %s: %s\n", quirks, strerror(errno));
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
    if (asprintf(&folder, "%s/dbferry-driver-test.XXXXXX", base == NULL ? "/tmp" : base) < 0)
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
    if (!suite->quirks->given) {
        tap_skip("there are no quirks that say how to connect", "reading, loading and the rest");
        return;
    }
    if (suite->driver->is_source) {
        test_reading(suite);
        test_failed_reads(suite);
        test_cancelling(suite);
        test_source_scans(suite);
    } else {
        tap_skip("the driver is no source", "reading");
    }
    if (suite->driver->is_target) {
        test_mapping(suite);
        test_wishes(suite);
        test_edges(suite);
        test_loading(suite);
        test_failed_loads(suite);
        test_cancelled_load(suite);
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
        test_parting(suite);
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
    /* Of a driver of many databases, one may be read and not written. */
    if (loaded && quirks_int(quirks, "source_only", 0) != 0)
        suite.driver->is_target = false;
    if (loaded && read_environment(quirks->folder))
        run_groups(&suite);
    free(quirks_run(quirks, "finish"));
    return tap_end();
}

/* How many tests failed; -1 if they could not begin, after a message. */
static int run_with_quirks(const char *driver, const char *path, const char *folder)
{
    struct quirks quirks;
    int failed = -1;
    if (quirks_load(&quirks, driver, path, folder))
        failed = run_suite(&quirks);
    quirks_done(&quirks);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("dbferry-driver-test %s, driver interface %d\n", PACKAGE_VERSION,
                      FERRY_ABI_VERSION) < 0;
    if (argc < 2 || argc > 3 || argv[1][0] == '-' || argv[1][0] == '\0') {
        (void)fputs(usage, stderr);
        return 64;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    const char *quirks = argc == 3 ? argv[2] : NULL;
    char *driver = find_driver(argv[1]);
    if (driver == NULL || (quirks != NULL && !set_environment(quirks))) {
        free(driver);
        return 66;
    }
    char *folder = make_folder();
    int failed = folder == NULL ? -1 : run_with_quirks(driver, quirks, folder);
    if (folder != NULL)
        (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(driver);
    bool begun = folder != NULL;
    free(folder);
    return !begun ? 71 : failed < 0 ? 66 : failed > 0;
}
