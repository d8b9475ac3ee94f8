/* A terminal hands over whole lines; while it waits for one, a signal may come. */

#include "command/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/signals.h"
#include "base/strbuf.h"
#include "base/units.h"

#define WAIT_STEP_MS 100 /* how long a signal may go unnoticed */
#define ANSWER_LIMIT ((size_t)4096)
#define SHOWN_MOST 40 /* of a list */
#define TEXT_SHOWN ((size_t)2000)
#define BLANKS " \t\r\n"

bool ferry_ask_is_possible(void)
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

void ferry_ask_tell(const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    ferry_escape_text(&line, text, strlen(text), TEXT_SHOWN);
    (void)fprintf(stderr, "%s\n", ferry_strbuf_text(&line));
}

void ferry_ask_tell_error(struct ferry_error *error)
{
    ferry_ask_tell(error->message);
    ferry_error_clear(error);
}

static ferry_status stopped(struct ferry_error *error)
{
    (void)fputc('\n', stderr);
    if (ferry_signal_caught() != 0)
        return ferry_fail(error, FERRY_ERR_CANCELLED, "stopped; nothing is written");
    return ferry_fail(error, FERRY_ERR_USAGE, "no answer is left to read; nothing is written");
}

static ferry_status read_line(struct ferry_strbuf *line, struct ferry_error *error)
{
    char part[512];
    while (line->length == 0 || line->data[line->length - 1] != '\n') {
        struct pollfd waiting = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&waiting, 1, WAIT_STEP_MS);
        if (ferry_signal_caught() != 0)
            return stopped(error);
        if (ready <= 0)
            continue;
        ssize_t size = read(STDIN_FILENO, part, sizeof part);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return stopped(error);
        ferry_strbuf_append(line, part, (size_t)size);
        if (line->failed || line->length > ANSWER_LIMIT)
            return ferry_fail(error, FERRY_ERR_USAGE, "an answer is longer than %zu bytes",
                              ANSWER_LIMIT);
    }
    return FERRY_OK;
}

static void show_question(const char *question, const char *preset)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_escape_text(&text, question, strlen(question), TEXT_SHOWN);
    if (preset != NULL && preset[0] != '\0') {
        ferry_strbuf_add(&text, " [");
        ferry_escape_text(&text, preset, strlen(preset), TEXT_SHOWN);
        ferry_strbuf_add(&text, "]");
    }
    (void)fprintf(stderr, "%s: ", ferry_strbuf_text(&text));
    (void)fflush(stderr);
}

ferry_status ferry_ask(const char *question, const char *preset, char **ret_answer,
                       struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    show_question(question, preset);
    ferry_status status = read_line(&line, error);
    if (status != FERRY_OK)
        return status;
    const char *start = ferry_strbuf_text(&line);
    start += strspn(start, BLANKS);
    size_t length = strlen(start);
    while (length > 0 && strchr(BLANKS, start[length - 1]) != NULL)
        length--;
    char *answer = length > 0 || preset == NULL ? strndup(start, length) : strdup(preset);
    if (answer == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for an answer");
    *ret_answer = answer;
    return FERRY_OK;
}

/* ---- One of a list ---- */

static void show_choices(const struct ferry_choice *list, size_t count)
{
    for (size_t i = 0; i < count && i < SHOWN_MOST; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
        ferry_strbuf_addf(&line, "%4zu  %s", i + 1, list[i].name);
        if (list[i].note != NULL)
            ferry_strbuf_addf(&line, "  (%s)", list[i].note);
        ferry_ask_tell(ferry_strbuf_text(&line));
    }
    if (count > SHOWN_MOST)
        (void)fprintf(stderr, "      and %zu more, by their names\n", count - SHOWN_MOST);
}

/* The name that is meant: one of the list, or the one that has this number; else NULL. */
static const char *find_choice(const struct ferry_choice *list, size_t count, const char *answer)
{
    int64_t number;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, answer) == 0)
            return list[i].name;
    if (ferry_units_parse_int(answer, &number) && number >= 1 && (uint64_t)number <= count)
        return list[number - 1].name;
    return NULL;
}

ferry_status ferry_ask_choice(const char *question, const struct ferry_choice *list, size_t count,
                              bool is_open, const char *preset, char **ret_answer,
                              struct ferry_error *error)
{
    show_choices(list, count);
    for (;;) {
        FERRY_AUTO_FREE char *answer = NULL;
        ferry_status status = ferry_ask(question, preset, &answer, error);
        if (status != FERRY_OK)
            return status;
        const char *name = find_choice(list, count, answer);
        if (name == NULL && is_open && answer[0] != '\0')
            name = answer;
        if (name == NULL) {
            ferry_ask_tell(is_open ? "  Type a name." : "  Type a number or a name of the list.");
            continue;
        }
        char *copy = strdup(name);
        if (copy == NULL)
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for an answer");
        *ret_answer = copy;
        return FERRY_OK;
    }
}
