/* What libpq does beside libdbi, which knows nothing of it.
 *
 * A server goes on with a statement whose client has hung up, until it has something to send: so a
 * run that is given up asks it to end that.  The request bears a key that anybody who sees it may
 * use, and libpq sends it without TLS: so it is sent only where the connection itself has none.
 * Elsewhere a server of PostgreSQL 14 or later finds out by itself
 * (client_connection_check_interval).
 *
 * And what a server says of its own accord, above all why it ends a connection, libpq prints on
 * standard error: it is told to the log.  libdbi's driver does not tell of that function, so it is
 * looked up in the library that another one is of.
 */

#include "dialect/wire.h"

#include <dbi/dbi-dev.h>
#include <dlfcn.h>
#include <string.h>

#include "parts/errand.h"

#define VERBOSE 2 /* PQERRORS_VERBOSE: with the SQLSTATE */
#define STOP_WAIT_MS 1000

struct dbidrv_wire {
    void *request; /* PGcancel */
    int (*cancel)(void *request, char *reason, int size);
    void (*free_request)(void *request);
};

/* ---- What the server says of its own accord ---- */

static void wire_tell(void *label, const char *message)
{
    ferry_log(FERRY_LOG_WARNING, "%s: the server says: %.*s", (const char *)label,
              (int)strcspn(message, "\n"), message);
}

/* `function` is one of libpq. */
static void wire_take_notices(const struct dbidrv_conn *conn, void *native, void *function)
{
    void *(*set_processor)(void *native, void (*tell)(void *, const char *), void *data) = NULL;
    Dl_info library;
    if (dladdr(function, &library) == 0 || library.dli_fname == NULL)
        return;
    void *handle = dlopen(library.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return;
    void *found = dlsym(handle, "PQsetNoticeProcessor");
    memcpy(&set_processor, &found, sizeof found);
    if (set_processor != NULL)
        (void)set_processor(native, wire_tell, conn->label);
    dlclose(handle); /* libdbi's driver keeps it */
}

/* ---- Ending what is given up ---- */

static void wire_free(void *wire)
{
    struct dbidrv_wire *w = wire;
    w->free_request(w->request); /* also of NULL */
    free(w);
}

static void wire_stop(void *wire)
{
    const struct dbidrv_wire *w = wire;
    char reason[256];
    (void)w->cancel(w->request, reason, sizeof reason);
}

void dbidrv_wire_detach(struct dbidrv_conn *conn)
{
    struct dbidrv_wire *wire = conn->wire;
    conn->wire = NULL;
    if (wire == NULL)
        return;
    if (atomic_load(&conn->cancelled) && wire->request != NULL)
        part_errand(wire_stop, wire_free, wire, STOP_WAIT_MS);
    else
        wire_free(wire);
}

/* ---- Once connected ---- */

struct wire_library {
    int (*set_verbosity)(void *native, int verbosity);
    void *(*tls)(void *native);
    void *(*request)(void *native);
};

static ferry_status wire_find(const struct dbidrv_conn *conn, struct wire_library *ret_library,
                              struct dbidrv_wire *wire, struct ferry_error *err)
{
    const struct dbidrv_function functions[] = {
        {"PQsetErrorVerbosity", &ret_library->set_verbosity},
        {"PQgetssl", &ret_library->tls},
        {"PQgetCancel", &ret_library->request},
        {"PQcancel", &wire->cancel},
        {"PQfreeCancel", &wire->free_request}};
    return dbidrv_dialect_functions(conn, functions, sizeof functions / sizeof *functions, err);
}

ferry_status dbidrv_wire_attach(struct dbidrv_conn *conn, struct ferry_error *err)
{
    void *native = ((const dbi_conn_t *)conn->dbi)->connection, *function = NULL;
    struct wire_library library = {0};
    struct dbidrv_wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL)
        return dbidrv_fail_memory(err);
    ferry_status status = wire_find(conn, &library, wire, err);
    if (status != FERRY_OK) {
        free(wire);
        return status;
    }
    (void)library.set_verbosity(native, VERBOSE);
    memcpy(&function, &library.set_verbosity, sizeof function);
    wire_take_notices(conn, native, function);
    if (library.tls(native) == NULL)
        wire->request = library.request(native);
    conn->wire = wire;
    return FERRY_OK;
}
