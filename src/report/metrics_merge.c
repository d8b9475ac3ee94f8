/* One text of metrics of two: lines that are there, and those of a run.
 *
 * Of what stands in the file only lines are taken that this program could have written, letter by
 * letter: whoever else may write there must not be able to spoil what Prometheus reads, which
 * drops all of a file for one line.  No line comes twice for the same reason.
 */

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/units.h"
#include "report/metric.h"

struct line {
    size_t metric;      /* its row of the table */
    const char *labels; /* all between the braces */
    const char *value;
    bool is_own; /* of the run that has ended now */
};

struct lines {
    struct line *list;
    size_t count, room;
};

/* Names as the file spells them. */
struct names {
    char **list; /* sorted */
    size_t count;
    size_t last; /* the one that was found last: lines are sorted too, as a rule */
};

struct merge {
    bool succeeded;
    struct lines lines;
    struct ferry_strbuf config; /* how labels begin of jobs of its configuration, up to the name */
    struct ferry_strbuf job;    /* its own name and what is behind it */
    struct ferry_strbuf now;    /* the moment at which the run ended */
    struct names known;         /* all jobs of its configuration */
};

/* ---- A line ---- */

/* A label's value up to its quote, in the one spelling that ferry_metric_escape() has; NULL: it is
 * none. */
static char *find_quote(char *at)
{
    while (*at != '\0' && *at != '"') {
        size_t length = ferry_escape_utf8_length(at, strnlen(at, 4));
        if (length == 0)
            return NULL;
        if (*at == '\\') {
            if (at[1] != '\\' && at[1] != '"' && at[1] != 'n')
                return NULL;
            length = 2;
        }
        at += length;
    }
    return *at == '"' ? at : NULL;
}

/* NAME="VALUE", and what comes behind it; NULL: it is another one. */
static char *skip_label(char *at, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(at, name, length) != 0 || at[length] != '=' || at[length + 1] != '"')
        return NULL;
    char *quote = find_quote(at + length + 2);
    return quote == NULL ? NULL : quote + 1;
}

/* The labels of the metric, each once and in order; the brace behind them. */
static char *skip_labels(char *at, const struct ferry_metric *metric)
{
    for (size_t i = 0; i < FERRY_METRIC_LABELS && metric->labels[i] != NULL; i++) {
        if (i > 0 && *at++ != ',')
            return NULL;
        at = skip_label(at, metric->labels[i]);
        if (at == NULL)
            return NULL;
    }
    return *at == '}' ? at : NULL;
}

/* 12 or 12.345 */
static bool is_value(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    size_t part = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;
    return whole > 0 && whole < 20 && part != 1 && part < 20 && text[whole + part] == '\0';
}

static bool find_metric(const char *name, size_t length, size_t *ret_metric)
{
    for (size_t i = 0; i < ferry_metric_count; i++)
        if (strncmp(ferry_metrics[i].name, name, length) == 0 &&
            ferry_metrics[i].name[length] == '\0') {
            *ret_metric = i;
            return true;
        }
    return false;
}

/* Puts ends into the text, where its parts end.  False: no line of ours. */
static bool parse_line(char *text, struct line *ret_line)
{
    size_t metric = 0;
    char *brace = strchr(text, '{');
    if (brace == NULL || !find_metric(text, (size_t)(brace - text), &metric))
        return false;
    char *end = skip_labels(brace + 1, &ferry_metrics[metric]);
    if (end == NULL || end[1] != ' ' || !is_value(end + 2))
        return false;
    *end = '\0';
    *ret_line = (struct line){.metric = metric, .labels = brace + 1, .value = end + 2};
    return true;
}

/* ---- Whose it is ---- */

static void names_done(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* False: out of memory. */
static bool take_names(struct names *names, const struct ferry_metrics_run *run)
{
    names->list = calloc(run->job_count + 1, sizeof *names->list);
    if (names->list == NULL)
        return false;
    for (size_t i = 0; i < run->job_count; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf name = {0};
        ferry_metric_escape(&name, run->jobs[i]);
        names->list[i] = name.failed ? NULL : strdup(ferry_strbuf_text(&name));
        if (names->list[i] == NULL)
            return false;
        names->count++;
    }
    qsort(names->list, names->count, sizeof *names->list, compare_names);
    return true;
}

/* Of the job or one of its tables, as people and timers name it; `label` is what begins there. */
static bool is_known(struct names *names, const char *label)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t at = (names->last + i) % names->count;
        size_t length = strlen(names->list[at]);
        if (strncmp(label, names->list[at], length) == 0 &&
            (label[length] == '"' || label[length] == '/')) {
            names->last = at;
            return true;
        }
    }
    return false;
}

/* Whether a line of the file stays. */
static bool is_kept(struct merge *merge, const struct line *line)
{
    const struct ferry_metric *metric = &ferry_metrics[line->metric];
    const char *label = line->labels + merge->config.length;
    if (!ferry_metric_is_of_job(metric))
        return false;
    if (strncmp(line->labels, merge->config.data, merge->config.length) != 0)
        return true;
    if (strncmp(label, merge->job.data, merge->job.length) == 0)
        return metric->of_success && !merge->succeeded;
    return is_known(&merge->known, label);
}

/* ---- All lines ---- */

static bool add_line(struct lines *lines, const struct line *line)
{
    if (lines->count == lines->room) {
        size_t room = lines->room * 2 + 64;
        struct line *list = reallocarray(lines->list, room, sizeof *list);
        if (list == NULL)
            return false;
        lines->list = list;
        lines->room = room;
    }
    lines->list[lines->count++] = *line;
    return true;
}

/* Of two moments in seconds, as they are written here. */
static bool is_later(const char *a, const char *b)
{
    size_t digits_a = strcspn(a, "."), digits_b = strcspn(b, ".");
    return digits_a != digits_b ? digits_a > digits_b : strcmp(a, b) > 0;
}

/* A line of the file.  A success that lies ahead, since the clock was set back, is as of now: who
 * waits for it to grow old would wait for that moment first. */
static bool take_line(struct merge *merge, struct line *line)
{
    if (!is_kept(merge, line))
        return true;
    if (ferry_metric_is_last_success(&ferry_metrics[line->metric]) &&
        is_later(line->value, ferry_strbuf_text(&merge->now)))
        line->value = ferry_strbuf_text(&merge->now);
    return add_line(&merge->lines, line);
}

/* All lines of a text, which is used up: those of the file, or of the run.  False: out of memory.
 */
static bool take_lines(struct merge *merge, char *text, bool is_own)
{
    for (char *next; text != NULL; text = next) {
        struct line line;
        next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        if (!parse_line(text, &line))
            continue;
        line.is_own = is_own;
        if (!(is_own ? add_line(&merge->lines, &line) : take_line(merge, &line)))
            return false;
    }
    return true;
}

/* By metric and labels; of two with the same, the run's comes first. */
static int compare_lines(const void *a, const void *b)
{
    const struct line *first = a, *second = b;
    if (first->metric != second->metric)
        return first->metric < second->metric ? -1 : 1;
    int order = strcmp(first->labels, second->labels);
    return order != 0 ? order : (int)second->is_own - (int)first->is_own;
}

static void print_line(struct ferry_strbuf *text, const struct line *line)
{
    const char *const parts[] = {
        ferry_metrics[line->metric].name, "{", line->labels, "} ", line->value, "\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ferry_strbuf_add(text, parts[i]);
}

/* Each metric under one HELP and TYPE. */
static void print_lines(struct ferry_strbuf *text, const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct line *line = &lines->list[i];
        const struct line *before = i == 0 ? NULL : line - 1;
        const struct ferry_metric *metric = &ferry_metrics[line->metric];
        if (before == NULL || before->metric != line->metric)
            ferry_strbuf_addf(text, "# HELP %s %s\n# TYPE %s gauge\n", metric->name, metric->help,
                              metric->name);
        else if (strcmp(before->labels, line->labels) == 0)
            continue;
        print_line(text, line);
    }
}

static void merge_done(struct merge *merge)
{
    free(merge->lines.list);
    ferry_strbuf_done(&merge->config);
    ferry_strbuf_done(&merge->job);
    ferry_strbuf_done(&merge->now);
    names_done(&merge->known);
}

/* What lines are compared with.  False: out of memory. */
static bool begin(struct merge *merge, const struct ferry_metrics_run *run)
{
    merge->succeeded = ferry_run_state_is_success(run->report->state);
    ferry_strbuf_add(&merge->config, FERRY_METRIC_CONFIG "=\"");
    ferry_metric_escape(&merge->config, run->config);
    ferry_strbuf_add(&merge->config, "\"," FERRY_METRIC_JOB "=\"");
    ferry_metric_escape(&merge->job, run->report->job);
    ferry_strbuf_add(&merge->job, "\"");
    ferry_metric_add_seconds(&merge->now, run->report->ended_ms);
    return !merge->config.failed && !merge->job.failed && !merge->now.failed &&
           take_names(&merge->known, run);
}

bool ferry_metrics_merge(struct ferry_strbuf *text, char *old, const struct ferry_metrics_run *run)
{
    __attribute__((cleanup(merge_done))) struct merge merge = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf own = {0};
    ferry_metrics_add_lines(&own, run);
    if (own.failed || !begin(&merge, run) || !take_lines(&merge, own.data, true) ||
        !take_lines(&merge, old, false))
        return false;
    qsort(merge.lines.list, merge.lines.count, sizeof *merge.lines.list, compare_lines);
    print_lines(text, &merge.lines);
    return !text->failed;
}
