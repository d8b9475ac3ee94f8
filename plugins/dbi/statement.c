/* Statements and their answers.
 *
 * libdbi's driver for SQLite reads each statement that has an answer, to guess the types of its
 * columns: names of 128 letters, brackets in a name or an alias behind a function make it write
 * beyond its rooms or free them twice.  So a dialect may have answers gathered in a table of its
 * own first, by a statement that has none; what is asked then is "SELECT c1, c2 FROM" that table.
 *
 * The one for FreeTDS tells neither how many rows a statement has changed nor why one has failed:
 * so a statement may bring its own answer to that.
 */

#include "dbi_driver.h"

#include <ctype.h>
#include <string.h>

#include "dialect/dialect.h"

void dbidrv_add_columns(struct part_text *sql, unsigned columns)
{
    for (unsigned i = 1; i <= columns; i++)
        part_text_addf(sql, "%sc%u", i > 1 ? ", " : "", i);
}

/* ---- Statements without an answer ---- */

/* The answer to a statement that tells how it ended: false where it failed, or gives none. */
static bool statement_was_told(const struct dbidrv_conn *conn, dbi_result result,
                               uint64_t *ret_affected, struct dbidrv_diagnosis *ret_diagnosis)
{
    const char *text = NULL;
    char *end = NULL;
    if (dbi_result_get_numrows(result) == 1 && dbi_result_get_numfields(result) == 1 &&
        dbi_result_get_field_type_idx(result, 1) == DBI_TYPE_STRING &&
        dbi_result_next_row(result) == 1)
        text = dbi_result_get_string_idx(result, 1);
    if (text == NULL || *text == '\0' || !isdigit((unsigned char)text[1]))
        return false;
    uint64_t number = strtoull(text + 1, &end, 10);
    if (*end != '\0')
        return false;
    if (*text == 'r')
        *ret_affected = number;
    else
        dbidrv_diagnosis_take_number(conn->dialect, number, ret_diagnosis);
    return *text == 'r';
}

bool dbidrv_send(struct dbidrv_conn *conn, const char *sql, uint64_t *ret_affected,
                 struct dbidrv_diagnosis *ret_diagnosis)
{
    const struct dbidrv_told *told = conn->dialect->told;
    PART_AUTO_TEXT struct part_text whole = {0};
    uint64_t affected = 0;
    if (told != NULL) {
        part_text_addf(&whole, "%s%s%s", told->before, sql, told->after);
        sql = whole.data;
    }
    dbi_result result = whole.failed ? NULL : dbi_conn_query(conn->dbi, sql);
    *ret_diagnosis = (struct dbidrv_diagnosis){0};
    bool done = result != NULL;
    if (!done && !whole.failed)
        dbidrv_diagnosis_take(conn->dbi, ret_diagnosis);
    if (done && told != NULL)
        done = statement_was_told(conn, result, &affected, ret_diagnosis);
    else if (done)
        affected = dbi_result_get_numrows_affected(result);
    if (result != NULL)
        dbi_result_free(result);
    if (done && ret_affected != NULL)
        *ret_affected = affected;
    return done;
}

ferry_status dbidrv_run(struct dbidrv_conn *conn, const char *sql, enum dbidrv_phase phase,
                        const char *doing, uint64_t *ret_affected, struct ferry_error *err)
{
    DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis = {0};
    ferry_status status = dbidrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (!dbidrv_send(conn, sql, ret_affected, &diagnosis))
        return dbidrv_fail_as(conn, &diagnosis, phase, doing, err);
    return dbidrv_conn_check(conn, err);
}

ferry_status dbidrv_try(struct dbidrv_conn *conn, const char *sql, bool *ret_done,
                        struct dbidrv_diagnosis *ret_diagnosis, struct ferry_error *err)
{
    ferry_status status = dbidrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    *ret_done = dbidrv_send(conn, sql, NULL, ret_diagnosis);
    return dbidrv_conn_check(conn, err);
}

/* ---- Answers ---- */

/* Whatever comes otherwise than as a text, libdbi has bent. */
static bool answer_is_text(dbi_result result, unsigned columns)
{
    if (dbi_result_get_numfields(result) != columns)
        return false;
    for (unsigned i = 1; i <= columns; i++)
        if (dbi_result_get_field_type_idx(result, i) != DBI_TYPE_STRING)
            return false;
    return true;
}

ferry_status dbidrv_answer_open(struct dbidrv_conn *conn, const char *sql, unsigned columns,
                                enum dbidrv_phase phase, const char *doing,
                                struct dbidrv_answer *ret, struct ferry_error *err)
{
    ferry_status status = dbidrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    dbi_result result = dbi_conn_query(conn->dbi, sql);
    if (result == NULL)
        return dbidrv_fail(conn, phase, doing, err);
    status = dbidrv_conn_check(conn, err);
    if (status == FERRY_OK && !answer_is_text(result, columns))
        status = ferry_fail(err, FERRY_ERR_STREAM,
                            "%s: cannot %s: libdbi's driver '%s' gives %u columns, or others than "
                            "texts, where %u texts were asked for",
                            conn->label, doing, conn->dialect->name,
                            dbi_result_get_numfields(result), columns);
    if (status != FERRY_OK) {
        dbi_result_free(result);
        return status;
    }
    *ret = (struct dbidrv_answer){
        .result = result, .rows = dbi_result_get_numrows(result), .columns = columns};
    return FERRY_OK;
}

ferry_status dbidrv_answer_ask(struct dbidrv_conn *conn, const char *sql, unsigned columns,
                               enum dbidrv_phase phase, const char *doing,
                               struct dbidrv_answer *ret, struct ferry_error *err)
{
    const struct dbidrv_gather *gather = conn->dialect->gather;
    PART_AUTO_TEXT struct part_text text = {0};
    if (gather == NULL)
        return dbidrv_answer_open(conn, sql, columns, phase, doing, ret, err);
    part_text_add_template(&text, gather->make, DBIDRV_ASKED);
    part_text_add(&text, sql);
    ferry_status status = text.failed ? dbidrv_fail_memory(err)
                                      : dbidrv_run(conn, text.data, phase, doing, NULL, err);
    if (status != FERRY_OK)
        return status;
    part_text_reset(&text);
    part_text_add(&text, "SELECT ");
    dbidrv_add_columns(&text, columns);
    part_text_add(&text, " FROM " DBIDRV_ASKED);
    status = text.failed ? dbidrv_fail_memory(err)
                         : dbidrv_answer_open(conn, text.data, columns, phase, doing, ret, err);
    dbi_result dropped = dbi_conn_query(conn->dbi, gather->drop_asked);
    if (dropped != NULL)
        dbi_result_free(dropped);
    else if (status == FERRY_OK) {
        dbidrv_answer_close(ret);
        status = dbidrv_fail(conn, phase, doing, err);
    }
    return status;
}

ferry_status dbidrv_answer_next(const struct dbidrv_conn *conn, struct dbidrv_answer *answer,
                                const char *doing, bool *ret_row, struct ferry_error *err)
{
    answer->longest = answer->row_bytes > answer->longest ? answer->row_bytes : answer->longest;
    answer->row_bytes = 0;
    *ret_row = answer->at < answer->rows;
    if (!*ret_row)
        return FERRY_OK;
    answer->at++;
    if (dbi_result_next_row(answer->result) == 1)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_STREAM, "%s: cannot %s: libdbi does not give row %llu of %llu",
                      conn->label, doing, (unsigned long long)answer->at,
                      (unsigned long long)answer->rows);
}

ferry_status dbidrv_answer_value(struct dbidrv_answer *answer, unsigned i, struct dbidrv_value *ret,
                                 struct ferry_error *err)
{
    const char *data = dbi_result_get_string_idx(answer->result, i + 1);
    if (data == NULL && dbi_result_field_is_null_idx(answer->result, i + 1) == 1) {
        *ret = (struct dbidrv_value){.null = true};
        return FERRY_OK;
    }
    if (data == NULL) /* what libdbi had no memory for */
        return dbidrv_fail_memory(err);
    *ret = (struct dbidrv_value){.data = data,
                                 .size = dbi_result_get_field_length_idx(answer->result, i + 1)};
    answer->bytes += ret->size;
    answer->row_bytes += ret->size;
    return FERRY_OK;
}

const char *dbidrv_answer_text(struct dbidrv_answer *answer, unsigned i)
{
    const char *text = dbi_result_field_is_null_idx(answer->result, i + 1) == 1
                           ? NULL
                           : dbi_result_get_string_idx(answer->result, i + 1);
    return text == NULL ? "" : text;
}

ferry_status dbidrv_answer_number(const struct dbidrv_conn *conn, struct dbidrv_answer *answer,
                                  const char *doing, uint64_t *ret_number, struct ferry_error *err)
{
    const char *text = dbidrv_answer_text(answer, 0);
    char *end = NULL;
    uint64_t number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0')
        return ferry_fail(err, FERRY_ERR_STREAM, "%s: cannot %s: '%s' is no number", conn->label,
                          doing, text);
    *ret_number = number;
    return FERRY_OK;
}

void dbidrv_answer_close(struct dbidrv_answer *answer)
{
    if (answer->result != NULL)
        dbi_result_free(answer->result);
    *answer = (struct dbidrv_answer){0};
}

ferry_status dbidrv_ask(struct dbidrv_conn *conn, const char *sql, enum dbidrv_phase phase,
                        const char *doing, char **ret_text, struct ferry_error *err)
{
    DBIDRV_AUTO_ANSWER struct dbidrv_answer answer = {0};
    struct dbidrv_value value = {.null = true};
    bool row = false;
    ferry_status status = dbidrv_answer_ask(conn, sql, 1, phase, doing, &answer, err);
    if (status == FERRY_OK)
        status = dbidrv_answer_next(conn, &answer, doing, &row, err);
    if (status == FERRY_OK && row)
        status = dbidrv_answer_value(&answer, 0, &value, err);
    if (status != FERRY_OK)
        return status;
    char *text = value.null ? NULL : strndup(value.data, value.size);
    if (text == NULL && !value.null)
        return dbidrv_fail_memory(err);
    *ret_text = text;
    return FERRY_OK;
}
