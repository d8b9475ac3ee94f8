/* Copies in an array that grows, and the sentence that they make together. */

#include "driver/notes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

/* A list in a message ends after so many entries. */
#define NAMED_LIMIT ((size_t)12)

ferry_status ferry_note(struct ferry_notes *notes, struct ferry_error *err, const char *format, ...)
{
    va_list arguments;
    char *note = NULL;
    va_start(arguments, format);
    int length = vasprintf(&note, format, arguments);
    va_end(arguments);
    char **list = length < 0 ? NULL : reallocarray(notes->list, notes->count + 1, sizeof *list);
    if (list == NULL) {
        if (length >= 0)
            free(note);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory for a note");
    }
    notes->list = list;
    list[notes->count++] = note;
    return FERRY_OK;
}

void ferry_notes_done(struct ferry_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->list[i]);
    free(notes->list);
    *notes = (struct ferry_notes){0};
}

void ferry_notes_add_list(const struct ferry_notes *notes, struct ferry_strbuf *text)
{
    for (size_t i = 0; i < notes->count && i < NAMED_LIMIT; i++)
        ferry_strbuf_addf(text, "%s%s", i > 0 ? ", " : "", notes->list[i]);
    if (notes->count > NAMED_LIMIT)
        ferry_strbuf_addf(text, " and %zu more", notes->count - NAMED_LIMIT);
}
