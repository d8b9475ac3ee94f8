/* JSON, written piece by piece: commas, quotes and escapes are done here. */

#ifndef FERRY_JSON_H
#define FERRY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/* Start as {0}.  text.failed tells whether memory, or the limit of such texts, did not do. */
struct ferry_json {
    struct ferry_strbuf text;
    bool follows; /* something stands before, so that a comma must come between */
};

void ferry_json_done(struct ferry_json *json);
#define FERRY_AUTO_JSON __attribute__((cleanup(ferry_json_done)))

/* Each piece has a name within an object, and none (NULL) within a list.  Names are ours, and need
 * no escapes. */
void ferry_json_begin_object(struct ferry_json *json, const char *name);
void ferry_json_end_object(struct ferry_json *json);
void ferry_json_begin_list(struct ferry_json *json, const char *name);
void ferry_json_end_list(struct ferry_json *json);

/* What has no value is null: a text that is NULL.  Malformed UTF-8 becomes U+FFFD. */
void ferry_json_add_text(struct ferry_json *json, const char *name, const char *value);
void ferry_json_add_null(struct ferry_json *json, const char *name);
void ferry_json_add_bool(struct ferry_json *json, const char *name, bool value);
void ferry_json_add_int(struct ferry_json *json, const char *name, int64_t value);
void ferry_json_add_count(struct ferry_json *json, const char *name, uint64_t value);
/* Milliseconds, written as seconds. */
void ferry_json_add_seconds(struct ferry_json *json, const char *name, int64_t ms);
/* A list of texts. */
void ferry_json_add_texts(struct ferry_json *json, const char *name, const char *const *values,
                          size_t count);

#endif
