/* The words come from the tables: a type says what it expects, a group which keys it has. */

#include "driver/option_fail.h"

#include <inttypes.h>

#include "base/nearest.h"
#include "base/strbuf.h"
#include "driver/option_type.h"

/* More of them are no help on one line. */
#define LISTED_KEYS 12

ferry_status ferry_origin_fail(const struct ferry_origin *origin, struct ferry_error *error,
                               const char *format, ...)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf prefix = {0};
    if (origin->file != NULL && origin->line > 0)
        ferry_strbuf_addf(&prefix, "%s:%u: ", origin->file, origin->line);
    else if (origin->file != NULL)
        ferry_strbuf_addf(&prefix, "%s: ", origin->file);
    va_list arguments;
    va_start(arguments, format);
    ferry_status status =
        ferry_fail_prefixed(error, origin->status, ferry_strbuf_text(&prefix), format, arguments);
    va_end(arguments);
    return status;
}

ferry_status ferry_config_fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the configuration");
}

/* What one group of the list looks like: { columns = ["..."]; ... } */
static void add_shape(struct ferry_strbuf *text, const struct ferry_option_group *group)
{
    size_t shown = 0;
    ferry_strbuf_add(text, "{ ");
    for (size_t i = 0; i < group->option_count; i++) {
        const struct ferry_option *option = &group->options[i];
        uint32_t flags = option->flags & (FERRY_OPTION_REQUIRED | FERRY_OPTION_ASKS_PARENT);
        if (flags != FERRY_OPTION_REQUIRED) /* what the parent says need not stand here */
            continue;
        ferry_strbuf_addf(text, "%s = %s; ", option->name,
                          ferry_option_type(option->type)->example);
        shown++;
    }
    ferry_strbuf_add(text, shown < group->option_count ? "... }" : "}");
}

ferry_status ferry_config_fail_type(const struct ferry_config *config,
                                    const struct ferry_option *option,
                                    const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf expected = {0};
    if (option->type == FERRY_OPTION_CHOICE)
        ferry_strbuf_addf(&expected, "one of %s", option->choices);
    else
        ferry_strbuf_add(&expected, ferry_option_type(option->type)->expected);
    if (option->type == FERRY_OPTION_INT && (option->min != 0 || option->max != 0))
        ferry_strbuf_addf(&expected, " from %" PRId64 " to %" PRId64, option->min, option->max);
    if (option->type == FERRY_OPTION_GROUPS) {
        ferry_strbuf_add(&expected, ": ( ");
        add_shape(&expected, option->group);
        ferry_strbuf_add(&expected, " )");
    }
    return ferry_origin_fail(origin, error, "'%s' of %s must be %s", option->name, config->title,
                             ferry_strbuf_text(&expected));
}

ferry_status ferry_config_fail_entry(const struct ferry_config *config, const char *key, size_t i,
                                     const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf expected = {0};
    const struct ferry_option *option = ferry_config_find(config, key);
    if (option->type == FERRY_OPTION_GROUPS) {
        ferry_strbuf_add(&expected, "a group ");
        add_shape(&expected, option->group);
    } else {
        ferry_strbuf_add(&expected, "a string in quotes");
    }
    return ferry_origin_fail(origin, error, "entry %zu of '%s' of %s must be %s", i + 1, key,
                             config->title, ferry_strbuf_text(&expected));
}

ferry_status ferry_config_fail_range(const struct ferry_config *config,
                                     const struct ferry_option *option,
                                     const struct ferry_origin *origin, struct ferry_error *error)
{
    return ferry_origin_fail(origin, error,
                             "'%s' of %s is out of range: %" PRId64 " to %" PRId64 "%s",
                             option->name, config->title, option->min, option->max,
                             option->type == FERRY_OPTION_DURATION ? " ms"
                             : option->type == FERRY_OPTION_SIZE   ? " bytes"
                                                                   : "");
}

/* Where to look, or, of a short table, the keys themselves. */
static void add_advice(struct ferry_strbuf *text, const struct ferry_config *config)
{
    if (config->count > LISTED_KEYS) {
        ferry_strbuf_add(text, "see dbferry.conf(5) and \"dbferry drivers NAME\" for the keys "
                               "there are");
        return;
    }
    const char *before = "there are ";
    for (size_t i = 0; i < config->count; i++) {
        if ((config->options[i].flags & FERRY_OPTION_LATER) != 0)
            continue;
        ferry_strbuf_addf(text, "%s%s", before, config->options[i].name);
        before = ", ";
    }
}

ferry_status ferry_config_fail_unknown(const struct ferry_config *config, const char *key,
                                       const struct ferry_origin *origin, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf advice = {0};
    struct ferry_nearest nearest = {.wanted = key};
    for (size_t i = 0; i < config->count; i++)
        if ((config->options[i].flags & FERRY_OPTION_LATER) == 0)
            ferry_nearest_offer(&nearest, config->options[i].name);
    if (nearest.best != NULL)
        ferry_strbuf_addf(&advice, "did you mean '%s'?", nearest.best);
    else
        add_advice(&advice, config);
    return ferry_origin_fail(origin, error, "unknown key '%s' in %s; %s", key, config->title,
                             ferry_strbuf_text(&advice));
}
