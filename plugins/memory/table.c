/* Rows held in memory, and the tables that all connections of this process share. */

#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct writer {
    struct writer *next;
    char *store;
    char *name;
    char *job;
};

/* Several connections read and write these from threads of their own. */
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t shared_changed = PTHREAD_COND_INITIALIZER;
static struct memory_table *shared_tables;
static struct writer *shared_writers;
static uint64_t shared_serial;

/* Nothing outlives the driver, so that a leak checker sees only real leaks. */
__attribute__((destructor)) static void shared_free(void)
{
    while (shared_tables != NULL) {
        struct memory_table *next = shared_tables->next;
        memory_table_unref(shared_tables);
        shared_tables = next;
    }
}

struct memory_table *memory_table_new(const char *store, const char *name)
{
    struct memory_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->references = 1;
    table->store = strdup(store);
    table->name = strdup(name);
    if (table->store == NULL || table->name == NULL) {
        memory_table_unref(table);
        return NULL;
    }
    return table;
}

void memory_table_unref(struct memory_table *table)
{
    if (table == NULL || __atomic_sub_fetch(&table->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->rows[i]);
    free(table->rows);
    memory_columns_done(&table->columns);
    free(table->store);
    free(table->name);
    for (size_t i = 0; table->record != NULL && i < ferry_field_count(); i++)
        free(table->record[i]);
    free(table->record);
    free(table);
}

bool memory_table_add(struct memory_table *table, const struct ferry_cell *cells)
{
    size_t count = table->columns.count, size = count * sizeof *cells;
    for (size_t i = 0; i < count; i++)
        if (memory_cell_points(&table->columns.list[i], &cells[i]) &&
            __builtin_add_overflow(size, (size_t)cells[i].len, &size))
            return false;
    if (table->count == table->capacity) {
        size_t capacity = table->capacity == 0 ? 64 : table->capacity * 2;
        struct ferry_cell **rows = reallocarray(table->rows, capacity, sizeof(struct ferry_cell *));
        if (rows == NULL)
            return false;
        table->rows = rows;
        table->capacity = capacity;
    }
    struct ferry_cell *row = table->rows[table->count] = malloc(size);
    if (row == NULL)
        return false;
    memcpy(row, cells, count * sizeof *cells);
    char *bytes = (char *)(row + count);
    for (size_t i = 0; i < count; i++)
        if (memory_cell_points(&table->columns.list[i], &cells[i])) {
            memcpy(bytes, cells[i].v.p, cells[i].len);
            row[i].v.p = bytes;
            bytes += cells[i].len;
        }
    table->count++;
    return true;
}

static struct memory_table **table_place(const char *store, const char *name)
{
    struct memory_table **place = &shared_tables;
    while (*place != NULL &&
           (strcmp((*place)->store, store) != 0 || strcmp((*place)->name, name) != 0))
        place = &(*place)->next;
    return place;
}

struct memory_table *memory_table_find(const char *store, const char *name)
{
    (void)pthread_mutex_lock(&shared_lock);
    struct memory_table *table = *table_place(store, name);
    if (table != NULL)
        (void)__atomic_add_fetch(&table->references, 1, __ATOMIC_ACQ_REL);
    (void)pthread_mutex_unlock(&shared_lock);
    return table;
}

ferry_status memory_tables_list(const char *store, struct ferry_listing *listing,
                                struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)pthread_mutex_lock(&shared_lock);
    for (const struct memory_table *table = shared_tables; table != NULL && status == FERRY_OK;
         table = table->next) {
        const struct ferry_listed listed = {
            .name = table->name, .kind = FERRY_READ_TABLE, .rows_known = 1, .rows = table->count};
        if (strcmp(table->store, store) == 0)
            status = ferry_listing_add(listing, &listed, sizeof listed, err);
    }
    (void)pthread_mutex_unlock(&shared_lock);
    return status;
}

static ferry_status add_record(const struct memory_table *table, struct ferry_records *records,
                               struct ferry_error *err)
{
    struct ferry_record *record = NULL;
    ferry_status status = ferry_records_add(records, table->name, &record, err);
    for (size_t i = 0; status == FERRY_OK && i < ferry_field_count(); i++)
        status = ferry_record_set(record, ferry_field(i)->name, table->record[i], err);
    return status;
}

static const char *field_of(const struct memory_table *table, const char *name)
{
    for (size_t i = 0; table->record != NULL && i < ferry_field_count(); i++)
        if (strcmp(ferry_field(i)->name, name) == 0 && table->record[i] != NULL)
            return table->record[i];
    return "";
}

ferry_status memory_tables_records(const char *store, const char *prefix,
                                   struct ferry_records *records, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    (void)pthread_mutex_lock(&shared_lock);
    for (const struct memory_table *table = shared_tables; table != NULL && status == FERRY_OK;
         table = table->next)
        if (strcmp(table->store, store) == 0 && table->record != NULL &&
            strncmp(field_of(table, "job"), prefix, strlen(prefix)) == 0)
            status = add_record(table, records, err);
    (void)pthread_mutex_unlock(&shared_lock);
    return status;
}

bool memory_table_drop(const char *store, const char *name, const char *run_id)
{
    (void)pthread_mutex_lock(&shared_lock);
    struct memory_table **place = table_place(store, name), *table = *place;
    bool same = table != NULL && strcmp(field_of(table, "run_id"), run_id) == 0;
    if (same)
        *place = table->next;
    (void)pthread_mutex_unlock(&shared_lock);
    if (same)
        memory_table_unref(table);
    return same;
}

bool memory_table_set_record(struct memory_table *table, const struct ferry_record *record)
{
    bool complete = true;
    table->record = calloc(ferry_field_count(), sizeof *table->record);
    for (size_t i = 0; table->record != NULL && complete && i < ferry_field_count(); i++) {
        const char *value = ferry_record_value(record, ferry_field(i)->name);
        table->record[i] = value == NULL ? NULL : strdup(value);
        complete = value == NULL || table->record[i] != NULL;
    }
    return table->record != NULL && complete;
}

void memory_tables_lock(void)
{
    (void)pthread_mutex_lock(&shared_lock);
}

void memory_tables_unlock(void)
{
    (void)pthread_mutex_unlock(&shared_lock);
}

void memory_table_publish(struct memory_table *table)
{
    table->serial = ++shared_serial;
    struct memory_table **place = table_place(table->store, table->name), *old = *place;
    if (old != NULL)
        table->next = old->next;
    *place = table;
    memory_table_unref(old);
}

static struct writer **writer_place(const char *store, const char *name)
{
    struct writer **place = &shared_writers;
    while (*place != NULL &&
           (strcmp((*place)->store, store) != 0 || strcmp((*place)->name, name) != 0))
        place = &(*place)->next;
    return place;
}

static void writer_free(struct writer *writer)
{
    if (writer == NULL)
        return;
    free(writer->store);
    free(writer->name);
    free(writer->job);
    free(writer);
}

static struct writer *writer_new(const char *store, const char *name, const char *job)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return NULL;
    writer->store = strdup(store);
    writer->name = strdup(name);
    writer->job = strdup(job);
    if (writer->store == NULL || writer->name == NULL || writer->job == NULL) {
        writer_free(writer);
        return NULL;
    }
    return writer;
}

static struct timespec deadline_after(int64_t ms)
{
    struct timespec deadline;
    (void)clock_gettime(CLOCK_REALTIME, &deadline);
    if (ms > INT32_MAX)
        ms = INT32_MAX;
    deadline.tv_sec += ms / 1000;
    deadline.tv_nsec += ms % 1000 * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

bool memory_table_lock(const char *store, const char *name, const char *job, int64_t wait_ms,
                       char **ret_holder)
{
    struct timespec deadline = deadline_after(wait_ms > 0 ? wait_ms : 0);
    struct writer *own = writer_new(store, name, job);
    *ret_holder = NULL;
    if (own == NULL)
        return false;
    (void)pthread_mutex_lock(&shared_lock);
    int waited = 0;
    while (*writer_place(store, name) != NULL && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&shared_changed, &shared_lock, &deadline);
    struct writer **place = writer_place(store, name);
    bool locked = *place == NULL;
    if (locked)
        *place = own;
    else
        *ret_holder = strdup((*place)->job);
    (void)pthread_mutex_unlock(&shared_lock);
    if (!locked)
        writer_free(own);
    return locked;
}

void memory_table_unlock(const char *store, const char *name)
{
    (void)pthread_mutex_lock(&shared_lock);
    struct writer **place = writer_place(store, name), *writer = *place;
    if (writer != NULL)
        *place = writer->next;
    (void)pthread_cond_broadcast(&shared_changed);
    (void)pthread_mutex_unlock(&shared_lock);
    writer_free(writer);
}
