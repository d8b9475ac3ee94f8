/* The columns of what is read, by the description that the server gives of the statement, which is
 * not run for it, and by its catalog of types.
 */

#include "read/read.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define RESULT_MONEY 790

/* ---- Types ---- */

enum {
    TYPES_BASE,
    TYPES_MOD,
    TYPES_KIND,
    TYPES_NAME,
    TYPES_DECLARED,
    TYPES_SPELLED,
    TYPES_OUTPUT,
    TYPES_MEMBERS,
    TYPES_DOMAIN,
    TYPES_FIELDS
};

/* A domain is followed to the type that it is made of, which may be a domain. */
static const char types_question[] =
    "WITH RECURSIVE asked AS (SELECT * FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), "
    "pg_catalog.unnest($2::pg_catalog.int4[])) WITH ORDINALITY AS a (oid, mod, n)), "
    "followed AS (SELECT n, oid, mod FROM asked UNION ALL SELECT f.n, t.typbasetype, t.typtypmod "
    "FROM followed f JOIN pg_catalog.pg_type t ON t.oid = f.oid WHERE t.typtype = 'd') "
    "SELECT f.oid, f.mod, t.typtype, t.typname, pg_catalog.format_type(a.oid, a.mod), "
    "pg_catalog.format_type(f.oid, f.mod), pg_catalog.quote_ident(s.nspname) || '.' || "
    "pg_catalog.quote_ident(o.proname), (SELECT pg_catalog.string_agg('''' || "
    "pg_catalog.replace(e.enumlabel::pg_catalog.text, '''', '''''') || '''', ',' "
    "ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = f.oid), "
    "f.oid <> a.oid FROM asked a JOIN followed f ON f.n = a.n JOIN pg_catalog.pg_type t ON "
    "t.oid = f.oid AND t.typtype <> 'd' JOIN pg_catalog.pg_proc o ON o.oid = t.typoutput "
    "JOIN pg_catalog.pg_namespace s ON s.oid = o.pronamespace ORDER BY a.n";

static bool types_take(const PGresult *answer, size_t i, struct pgdrv_type_facts *facts)
{
    const char *fields[TYPES_FIELDS];
    for (int f = 0; f < TYPES_FIELDS; f++) {
        fields[f] = pgdrv_value(answer, (int)i, f);
        if (fields[f] == NULL && f != TYPES_MEMBERS)
            return false;
    }
    *facts = (struct pgdrv_type_facts){
        .base = (Oid)strtoul(fields[TYPES_BASE], NULL, 10),
        .mod = (int)strtol(fields[TYPES_MOD], NULL, 10),
        .kind = *fields[TYPES_KIND],
        .name = fields[TYPES_NAME],
        .declared = fields[TYPES_DECLARED],
        .spelled = fields[TYPES_SPELLED],
        .output = fields[TYPES_OUTPUT],
        .members = fields[TYPES_MEMBERS],
        .domain = *fields[TYPES_DOMAIN] == 't',
    };
    return true;
}

ferry_status pgdrv_types_ask(struct pgdrv_conn *conn, enum pgdrv_phase phase, const Oid *types,
                             const int *mods, size_t count, struct pgdrv_type_facts *facts,
                             PGresult **ret_answer, struct ferry_error *err)
{
    static const char doing[] = "ask for the types of the columns";
    PART_AUTO_TEXT struct part_text oids = {0};
    PART_AUTO_TEXT struct part_text modifiers = {0};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    for (size_t i = 0; i < count; i++) {
        part_text_addf(&oids, "%s%u", i > 0 ? "," : "{", types[i]);
        part_text_addf(&modifiers, "%s%d", i > 0 ? "," : "{", mods[i]);
    }
    part_text_add(&oids, "}");
    part_text_add(&modifiers, "}");
    if (oids.failed || modifiers.failed)
        return pgdrv_fail_memory(err);
    const char *const values[] = {oids.data, modifiers.data};
    ferry_status status = pgdrv_ask(conn, phase, types_question, values, 2, doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    if (PQntuples(answer) != (int)count || PQnfields(answer) != TYPES_FIELDS)
        return pgdrv_fail_shape(conn, phase, doing, err);
    for (size_t i = 0; i < count; i++)
        if (!types_take(answer, i, &facts[i]))
            return pgdrv_fail_shape(conn, phase, doing, err);
    *ret_answer = answer;
    answer = NULL;
    return FERRY_OK;
}

/* How many digits behind the point money has, where there is any. */
static ferry_status result_money_scale(struct pgdrv_conn *conn,
                                       const struct pgdrv_type_facts *facts, size_t count,
                                       unsigned *ret_scale, struct ferry_error *err)
{
    static const char doing[] = "ask how many digits money has";
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    size_t i = 0;
    while (i < count && facts[i].base != RESULT_MONEY)
        i++;
    if (i == count)
        return FERRY_OK;
    ferry_status status = pgdrv_ask(
        conn, PGDRV_ASKING, "SELECT pg_catalog.scale('0'::pg_catalog.money::pg_catalog.numeric)",
        NULL, 0, doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    const char *text = pgdrv_value(answer, 0, 0);
    unsigned long scale = text == NULL ? ULONG_MAX : strtoul(text, NULL, 10);
    if (scale > 19)
        return pgdrv_fail_shape(conn, PGDRV_ASKING, doing, err);
    *ret_scale = (unsigned)scale;
    return FERRY_OK;
}

/* ---- The description ---- */

static char *result_what(const struct ferry_read *read)
{
    static const char *const kinds[] = {[FERRY_READ_VIEW] = "view", [FERRY_READ_TABLE] = "table"};
    char *what = NULL;
    int made = read->kind == FERRY_READ_QUERY
                   ? asprintf(&what, "the query")
                   : asprintf(&what, "%s '%s'", kinds[read->kind], read->text);
    return made < 0 ? NULL : what;
}

static ferry_status result_describe(struct pgdrv_conn *conn, const struct ferry_read *read,
                                    const char *what, PGresult **ret_described,
                                    struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *described = NULL;
    PART_AUTO_STRING char *doing = NULL;
    part_text_add(&sql, "SELECT *");
    pgdrv_select_write_from(conn, read, &sql);
    if (asprintf(&doing, "describe %s", what) < 0)
        doing = NULL;
    if (sql.failed || doing == NULL)
        return pgdrv_fail_memory(err);
    ferry_status status =
        pgdrv_describe_statement(conn, PGDRV_DESCRIBING, sql.data, doing, &described, err);
    if (status != FERRY_OK)
        return status;
    if (PQnparams(described) != 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: %s holds a '$1' that stands for a value; write the value itself",
                          conn->label, what);
    if (PQnfields(described) == 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA, "%s: %s has no columns", conn->label, what);
    *ret_described = described;
    described = NULL;
    return FERRY_OK;
}

static ferry_status result_fill(struct pgdrv_conn *conn, const PGresult *described,
                                const struct pgdrv_type_facts *facts, struct pgdrv_result *result,
                                struct ferry_error *err)
{
    size_t count = (size_t)PQnfields(described);
    unsigned money = 0;
    ferry_status status = result_money_scale(conn, facts, count, &money, err);
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        result->count = i + 1;
        status = pgdrv_column_describe(conn, PQfname(described, (int)i), &facts[i], money,
                                       &result->columns[i], err);
    }
    return status;
}

static ferry_status result_ask_types(struct pgdrv_conn *conn, const PGresult *described,
                                     struct pgdrv_result *result, struct ferry_error *err)
{
    size_t count = (size_t)PQnfields(described);
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    Oid *types = calloc(count + 1, sizeof *types);
    int *mods = calloc(count + 1, sizeof *mods);
    struct pgdrv_type_facts *facts = calloc(count + 1, sizeof *facts);
    result->columns = calloc(count + 1, sizeof *result->columns);
    ferry_status status = FERRY_OK;
    if (types == NULL || mods == NULL || facts == NULL || result->columns == NULL)
        status = pgdrv_fail_memory(err);
    for (size_t i = 0; i < count && status == FERRY_OK; i++) {
        types[i] = PQftype(described, (int)i);
        mods[i] = PQfmod(described, (int)i);
    }
    if (status == FERRY_OK)
        status = pgdrv_types_ask(conn, PGDRV_ASKING, types, mods, count, facts, &answer, err);
    if (status == FERRY_OK)
        status = result_fill(conn, described, facts, result, err);
    free(types);
    free(mods);
    free(facts);
    return status;
}

ferry_status pgdrv_result_open(struct pgdrv_conn *conn, const struct ferry_read *read,
                               struct pgdrv_result *ret_result, struct ferry_error *err)
{
    struct pgdrv_result result = {.what = result_what(read)};
    PGDRV_AUTO_RESULT PGresult *described = NULL;
    ferry_status status = result.what == NULL
                              ? pgdrv_fail_memory(err)
                              : result_describe(conn, read, result.what, &described, err);
    if (status == FERRY_OK)
        status = result_ask_types(conn, described, &result, err);
    if (status != FERRY_OK)
        pgdrv_result_clear(&result);
    else
        *ret_result = result;
    return status;
}

void pgdrv_result_clear(struct pgdrv_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        pgdrv_column_clear(&result->columns[i]);
    free(result->columns);
    free(result->what);
    *result = (struct pgdrv_result){0};
}
