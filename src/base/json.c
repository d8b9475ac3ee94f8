/* Each piece asks whether another one stands before it, and opens as its name wants it. */

#include "base/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/escape.h"

void ferry_json_done(struct ferry_json *json)
{
    ferry_strbuf_done(&json->text);
    *json = (struct ferry_json){0};
}

/* Up to where its value begins. */
static void begin(struct ferry_json *json, const char *name)
{
    if (json->follows)
        ferry_strbuf_add(&json->text, ",");
    if (name != NULL)
        ferry_strbuf_addf(&json->text, "\"%s\":", name);
    json->follows = true;
}

static void open_bracket(struct ferry_json *json, const char *name, const char *bracket)
{
    begin(json, name);
    ferry_strbuf_add(&json->text, bracket);
    json->follows = false;
}

static void close_bracket(struct ferry_json *json, const char *bracket)
{
    ferry_strbuf_add(&json->text, bracket);
    json->follows = true;
}

void ferry_json_begin_object(struct ferry_json *json, const char *name)
{
    open_bracket(json, name, "{");
}

void ferry_json_end_object(struct ferry_json *json)
{
    close_bracket(json, "}");
}

void ferry_json_begin_list(struct ferry_json *json, const char *name)
{
    open_bracket(json, name, "[");
}

void ferry_json_end_list(struct ferry_json *json)
{
    close_bracket(json, "]");
}

void ferry_json_add_null(struct ferry_json *json, const char *name)
{
    begin(json, name);
    ferry_strbuf_add(&json->text, "null");
}

void ferry_json_add_text(struct ferry_json *json, const char *name, const char *value)
{
    if (value == NULL) {
        ferry_json_add_null(json, name);
        return;
    }
    begin(json, name);
    ferry_strbuf_add(&json->text, "\"");
    ferry_escape_json(&json->text, value, strlen(value));
    ferry_strbuf_add(&json->text, "\"");
}

void ferry_json_add_bool(struct ferry_json *json, const char *name, bool value)
{
    begin(json, name);
    ferry_strbuf_add(&json->text, value ? "true" : "false");
}

void ferry_json_add_int(struct ferry_json *json, const char *name, int64_t value)
{
    begin(json, name);
    ferry_strbuf_addf(&json->text, "%" PRId64, value);
}

void ferry_json_add_count(struct ferry_json *json, const char *name, uint64_t value)
{
    begin(json, name);
    ferry_strbuf_addf(&json->text, "%" PRIu64, value);
}

void ferry_json_add_seconds(struct ferry_json *json, const char *name, int64_t ms)
{
    begin(json, name);
    ferry_strbuf_addf(&json->text, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
}

void ferry_json_add_texts(struct ferry_json *json, const char *name, const char *const *values,
                          size_t count)
{
    ferry_json_begin_list(json, name);
    for (size_t i = 0; i < count; i++)
        ferry_json_add_text(json, NULL, values[i]);
    ferry_json_end_list(json);
}
