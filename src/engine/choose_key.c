/* The job's word comes first, then what the source's table says of itself. */

#include "engine/choose_key.h"

#include <stdlib.h>

#include "driver/cell.h"
#include "engine/named_column.h"

/* A name that comes twice says no more than once. */
static void add_column(struct ferry_plan_key *key, size_t column)
{
    for (size_t i = 0; i < key->count; i++)
        if (key->columns[i] == column)
            return;
    key->columns[key->count++] = column;
}

static ferry_status take_wanted(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                                struct ferry_error *error)
{
    plan->key.from = FERRY_KEY_OF_JOB;
    for (size_t i = 0; i < rules->key_count; i++) {
        size_t at = 0;
        ferry_status status = ferry_named_column_find(&plan->schema, rules->key[i],
                                                      "the job's key names", &at, error);
        if (status != FERRY_OK) {
            plan->key.count = 0; /* a part of it tells no rows apart */
            return status;
        }
        add_column(&plan->key, at);
    }
    return FERRY_OK;
}

/* ---- The source's own ---- */

/* What the source tells by its columns alone, as one of a query may. */
static void take_positions(struct ferry_plan *plan)
{
    const struct ferry_schema *source = &plan->described;
    for (size_t position = 1; position <= source->count; position++)
        for (size_t i = 0; i < source->count; i++)
            if (source->columns[i].key_position == position)
                add_column(&plan->key, i);
    plan->key.from = FERRY_KEY_PRIMARY;
}

static bool is_never_null(const struct ferry_schema *source, const struct ferry_index *index)
{
    bool never = true;
    for (size_t i = 0; i < index->column_count && never; i++) {
        ptrdiff_t at = ferry_schema_find_name(source, index->columns[i]);
        never = at >= 0 && (source->columns[at].flags & FERRY_COLUMN_NOT_NULL) != 0;
    }
    return never;
}

static void take_index(struct ferry_plan *plan, const struct ferry_index *index,
                       enum ferry_key_from from)
{
    plan->key.from = from;
    for (size_t i = 0; i < index->column_count; i++)
        add_column(&plan->key, (size_t)ferry_schema_find_name(&plan->described, index->columns[i]));
}

static void take_source(struct ferry_plan *plan)
{
    const struct ferry_schema *source = &plan->described;
    take_positions(plan);
    for (size_t i = 0; i < source->index_count && plan->key.count == 0; i++)
        if (source->indexes[i].primary != 0)
            take_index(plan, &source->indexes[i], FERRY_KEY_PRIMARY);
    for (size_t i = 0; i < source->index_count && plan->key.count == 0; i++)
        if (source->indexes[i].unique != 0 && is_never_null(source, &source->indexes[i]))
            take_index(plan, &source->indexes[i], FERRY_KEY_UNIQUE);
}

ferry_status ferry_choose_key(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                              struct ferry_error *error)
{
    free(plan->key.columns); /* of an earlier choice */
    plan->key =
        (struct ferry_plan_key){.columns = calloc(plan->schema.count, sizeof *plan->key.columns)};
    if (plan->key.columns == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the key");
    if (rules->key_count > 0)
        return take_wanted(plan, rules, error);
    take_source(plan);
    return FERRY_OK;
}

/* ---- Whether it will do ---- */

/* NULL, or why rows cannot be told apart by the column. */
static const char *column_flaw(const struct ferry_plan *plan, size_t i)
{
    const struct ferry_column *column = &plan->schema.columns[i];
    const char *flaw = ferry_cell_no_order(column);
    if (flaw != NULL)
        return flaw;
    if ((plan->described.columns[i].flags & FERRY_COLUMN_ORDERED) == 0)
        return "the source cannot give rows in its order, byte by byte and number by number";
    if (plan->mappings[i].fit >= FERRY_FIT_LOSSY)
        return "the target would lose something of it";
    if (!plan->mappings[i].ordered)
        return "the target stores it in a form that has another order";
    return NULL;
}

ferry_status ferry_choose_key_check(const struct ferry_plan *plan, struct ferry_error *error)
{
    for (size_t i = 0; i < plan->key.count; i++) {
        const struct ferry_column *column = &plan->schema.columns[plan->key.columns[i]];
        const char *flaw = column_flaw(plan, plan->key.columns[i]);
        if (flaw != NULL)
            return ferry_fail(error, FERRY_ERR_SCHEMA,
                              "column '%s' (%s) cannot be part of a key: %s; choose other columns "
                              "with key, or strategy = \"replace\"",
                              column->name, column->native == NULL ? "" : column->native, flaw);
    }
    return FERRY_OK;
}

/* ---- Its names ---- */

void ferry_chosen_key_add(const struct ferry_plan *plan, struct ferry_strbuf *text)
{
    ferry_strbuf_add(text, "(");
    for (size_t i = 0; i < plan->key.count; i++)
        ferry_strbuf_addf(text, "%s%s", i > 0 ? ", " : "",
                          plan->schema.columns[plan->key.columns[i]].name);
    ferry_strbuf_add(text, ")");
}

void ferry_chosen_key_add_record(const struct ferry_plan *plan, struct ferry_strbuf *text)
{
    for (size_t i = 0; i < plan->key.count; i++) {
        ferry_strbuf_add(text, i > 0 ? "," : "");
        for (const char *c = plan->schema.columns[plan->key.columns[i]].name; *c != '\0'; c++)
            ferry_strbuf_addf(text, "%s%c", *c == ',' || *c == '\\' ? "\\" : "", *c);
    }
}
