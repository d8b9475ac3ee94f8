/* Text from outside, made fit for a terminal and for JSON: nothing in it can move a cursor, end a
 * string or be anything but UTF-8. */

#include "fuzz.h"

#include "base/escape.h"

static void check_terminal(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        unsigned char c = (unsigned char)text[at];
        size_t length = ferry_escape_utf8_length(text + at, size - at);
        MUST(length > 0);
        MUST(c >= ' ' && c != 0x7f);
        MUST(!(c == 0xc2 && (unsigned char)text[at + 1] < 0xa0)); /* C1 */
        at += length;
    }
}

static void check_json(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        unsigned char c = (unsigned char)text[at];
        size_t length = ferry_escape_utf8_length(text + at, size - at);
        MUST(length > 0 && c >= ' ' && c != '"');
        if (c == '\\') {
            MUST(at + 1 < size && strchr("\"\\/bfnrtu", text[at + 1]) != NULL);
            length = 2;
        }
        at += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t limit = (size_t)fuzz_byte(&data, &size) * 4;
    char *text = fuzz_text(data, size);
    struct ferry_strbuf shown = {0};
    ferry_escape_text(&shown, text, size, limit);
    MUST(!shown.failed);
    check_terminal(ferry_strbuf_text(&shown), shown.length);
    ferry_strbuf_done(&shown);
    struct ferry_strbuf json = {0};
    ferry_escape_json(&json, text, size);
    check_json(ferry_strbuf_text(&json), json.length);
    ferry_strbuf_done(&json);
    free(text);
    return 0;
}
