/* The characters of one set as a table: the server is asked for it, since it is its own conversion
 * that must come out again.
 *
 * A code counts where the server makes a letter of it and of that letter the same code again.  Two
 * exceptions: an ASCII byte that stands for itself counts in any case (of sjis's two backslashes
 * servers choose the other one), and then no longer code does for that letter.
 */

#include "types/codes.h"
#include "write/ask.h"

#include <string.h>

#define CODES_BMP 0x10000
#define CODES_REPLACEMENT 0xfffd /* the server's word for "none" */

/* ---- The question ---- */

#define CODES_MOST_BYTES 4

/* The codes of so many bytes: which values each byte may have. */
struct codes_form {
    const char *only; /* the set that has it; NULL: all whose characters may be so long */
    unsigned size;
    struct {
        unsigned char first, last;
    } bytes[CODES_MOST_BYTES];
};

static const struct codes_form codes_forms[] = {
    {NULL, 1, {{0x00, 0xff}}},
    {NULL, 2, {{0x81, 0xfe}, {0x40, 0xfe}}},
    {"ujis", 3, {{0x8f, 0x8f}, {0xa1, 0xfe}, {0xa1, 0xfe}}},
    {"eucjpms", 3, {{0x8f, 0x8f}, {0xa1, 0xfe}, {0xa1, 0xfe}}},
    {"gb18030", 4, {{0x81, 0x84}, {0x30, 0x39}, {0x81, 0xfe}, {0x30, 0x39}}},
};

static void codes_write_digits(struct part_text *sql, const char *name)
{
    part_text_add(sql, "(SELECT 0 AS n");
    for (unsigned i = 1; i < 16; i++)
        part_text_addf(sql, " UNION ALL SELECT %u", i);
    part_text_addf(sql, ") AS %s", name);
}

/* One row for each code of this form that is one character: code, letter, and whether the one
 * becomes the other and comes back. */
static void codes_write_question(const struct mydrv_charset *set, const struct codes_form *form,
                                 struct part_text *sql)
{
    part_text_addf(sql,
                   "SELECT x, u, k = x FROM (SELECT CAST(c AS BINARY) AS x, CAST(CONVERT(c USING "
                   "utf8mb4) AS BINARY) AS u, CAST(CONVERT(CONVERT(c USING utf8mb4) USING %s) AS "
                   "BINARY) AS k FROM (SELECT CHAR(",
                   set->name);
    for (unsigned i = 0; i < form->size; i++)
        part_text_addf(sql, "%sp%u.b", i > 0 ? ", " : "", i);
    part_text_addf(sql, " USING %s) AS c FROM ", set->name);
    for (unsigned i = 0; i < form->size; i++) {
        part_text_addf(sql, "%s(SELECT h.n * 16 + l.n AS b FROM ", i > 0 ? " JOIN " : "");
        codes_write_digits(sql, "h");
        part_text_add(sql, " JOIN ");
        codes_write_digits(sql, "l");
        part_text_addf(sql, " HAVING b BETWEEN %u AND %u) AS p%u", form->bytes[i].first,
                       form->bytes[i].last, i);
    }
    part_text_add(sql, ") AS q WHERE CHAR_LENGTH(c) = 1) AS r");
}

/* ---- The answer ---- */

static uint32_t *codes_place(struct mydrv_codes *codes, const unsigned char *code, size_t size)
{
    switch (size) {
    case 1:
        return &codes->one[code[0]];
    case 2:
        return &codes->two[code[0] << 8 | code[1]];
    case 3:
        return &codes->three[code[1] << 8 | code[2]];
    default:
        return &codes->four[mydrv_codes_linear(code, 0x81)];
    }
}

/* The letter of a text of one; false where it is none, or beyond what the table holds. */
static bool codes_read_letter(const unsigned char *text, size_t size, uint32_t *ret_letter)
{
    uint32_t letter = text[0];
    if (size == 0 || size > 3 || (size == 1) != (letter < 0x80))
        return false;
    if (size > 1)
        letter &= size == 2 ? 0x1fu : 0x0fu;
    for (size_t i = 1; i < size; i++)
        letter = letter << 6 | (text[i] & 0x3fu);
    *ret_letter = letter;
    return true;
}

static void codes_add(struct mydrv_codes *codes, const unsigned char *code, size_t size,
                      uint32_t letter, bool comes_back)
{
    bool itself = size == 1 && code[0] < 0x80 && letter == code[0];
    if (!itself && (!comes_back || (size > 1 && letter < 0x80) || letter == CODES_REPLACEMENT ||
                    (letter & 0xf800) == 0xd800))
        return;
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | code[i];
    *codes_place(codes, code, size) = letter + 1;
    codes->back[letter] = number + 1;
}

static bool codes_fits(const struct codes_form *form, const unsigned char *code, size_t size)
{
    if (size != form->size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (code[i] < form->bytes[i].first || code[i] > form->bytes[i].last)
            return false;
    return true;
}

static void codes_take(struct mydrv_codes *codes, const struct codes_form *form, MYSQL_RES *rows)
{
    MYSQL_ROW row;
    while ((row = mysql_fetch_row(rows)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(rows);
        uint32_t letter = 0;
        if (lengths == NULL || row[0] == NULL || row[1] == NULL || row[2] == NULL ||
            !codes_fits(form, (const unsigned char *)row[0], lengths[0]) ||
            !codes_read_letter((const unsigned char *)row[1], lengths[1], &letter))
            continue;
        codes_add(codes, (const unsigned char *)row[0], lengths[0], letter, row[2][0] == '1');
    }
}

static ferry_status codes_run(struct mydrv_conn *conn, const struct mydrv_codes *codes,
                              const struct part_text *sql, MYSQL_RES **ret_rows,
                              struct ferry_error *err)
{
    enum mydrv_phase phase = conn->target ? MYDRV_LOADING : MYDRV_DESCRIBING;
    ferry_status status = sql->failed ? mydrv_fail_memory(err) : mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    PART_AUTO_STRING char *doing = NULL;
    if (asprintf(&doing, "learn the characters of %s", codes->set->name) < 0) {
        doing = NULL;
        return mydrv_fail_memory(err);
    }
    MYSQL_RES *rows = mydrv_query(conn, sql) ? mysql_store_result(conn->native) : NULL;
    if (rows == NULL || mysql_num_rows(rows) == 0) {
        mysql_free_result(rows);
        return mydrv_fail_conn(conn, phase, doing, err);
    }
    *ret_rows = rows;
    return FERRY_OK;
}

static ferry_status codes_ask(struct mydrv_conn *conn, struct mydrv_codes *codes,
                              const struct codes_form *form, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    codes_write_question(codes->set, form, &sql);
    ferry_status status = codes_run(conn, codes, &sql, &rows, err);
    if (status == FERRY_OK && mysql_num_fields(rows) == 3)
        codes_take(codes, form, rows);
    return status;
}

/* The question leaves warnings of what is no character, which a SELECT without a table would leave
 * in place: they would pass for its own. */
static ferry_status codes_clear_warnings(struct mydrv_conn *conn, const struct mydrv_codes *codes,
                                         struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    part_text_add(&sql, "SELECT 1 FROM (SELECT 1) AS t");
    return codes_run(conn, codes, &sql, &rows, err);
}

/* ---- One table for each set of a connection ---- */

static struct mydrv_codes *codes_make(const struct mydrv_charset *set)
{
    struct mydrv_codes *codes = calloc(1, sizeof *codes);
    if (codes == NULL)
        return NULL;
    codes->set = set;
    codes->back = calloc(CODES_BMP, sizeof *codes->back);
    if (set->most > 1)
        codes->two = calloc(CODES_BMP, sizeof *codes->two);
    if (set->most == 3)
        codes->three = calloc(CODES_BMP, sizeof *codes->three);
    if (set->most == 4)
        codes->four = calloc(MYDRV_CODES_LINEAR_BMP, sizeof *codes->four);
    if (codes->back == NULL || (set->most > 1 && codes->two == NULL) ||
        (set->most == 3 && codes->three == NULL) || (set->most == 4 && codes->four == NULL)) {
        mydrv_codes_free(codes);
        return NULL;
    }
    return codes;
}

static bool codes_has_form(const struct mydrv_charset *set, const struct codes_form *form)
{
    return form->only == NULL ? form->size <= set->most : strcmp(form->only, set->name) == 0;
}

ferry_status mydrv_codes_get(struct mydrv_conn *conn, const struct mydrv_charset *set,
                             const struct mydrv_codes **ret_codes, struct ferry_error *err)
{
    struct mydrv_codes *codes = conn->codes;
    while (codes != NULL && codes->set != set)
        codes = codes->next;
    if (codes != NULL) {
        *ret_codes = codes;
        return FERRY_OK;
    }
    codes = codes_make(set);
    if (codes == NULL)
        return mydrv_fail_memory(err);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof codes_forms / sizeof *codes_forms && status == FERRY_OK; i++)
        if (codes_has_form(set, &codes_forms[i]))
            status = codes_ask(conn, codes, &codes_forms[i], err);
    if (status == FERRY_OK)
        status = codes_clear_warnings(conn, codes, err);
    if (status != FERRY_OK) {
        mydrv_codes_free(codes);
        return status;
    }
    codes->ascii = true;
    for (uint32_t i = 0; i < 0x80; i++)
        codes->ascii = codes->ascii && codes->one[i] == i + 1;
    codes->next = conn->codes;
    conn->codes = codes;
    *ret_codes = codes;
    return FERRY_OK;
}

void mydrv_codes_free(struct mydrv_codes *codes)
{
    while (codes != NULL) {
        struct mydrv_codes *next = codes->next;
        free(codes->two);
        free(codes->three);
        free(codes->four);
        free(codes->back);
        free(codes);
        codes = next;
    }
}
