/* The words come from the tables: a type says what it expects, a group which keys it has. */

#include "driver/option_fail.h"

#include <inttypes.h>

#include "base/nearest.h"
#include "base/strbuf.h"
#include "driver/option_type.h"

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
    return ferry_origin_fail(origin, error, "'%s' of %s '%s' must be %s", option->name,
                             config->kind, config->name, ferry_strbuf_text(&expected));
}

ferry_status ferry_config_fail_range(const struct ferry_config *config,
                                     const struct ferry_option *option,
                                     const struct ferry_origin *origin, struct ferry_error *error)
{
    return ferry_origin_fail(origin, error,
                             "'%s' of %s '%s' is out of range: %" PRId64 " to %" PRId64 "%s",
                             option->name, config->kind, config->name, option->min, option->max,
                             option->type == FERRY_OPTION_DURATION ? " ms"
                             : option->type == FERRY_OPTION_SIZE   ? " bytes"
                                                                   : "");
}

ferry_status ferry_config_fail_unknown(const struct ferry_config *config, const char *key,
                                       const struct ferry_origin *origin, struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = key};
    for (size_t i = 0; i < config->count; i++)
        if ((config->options[i].flags & FERRY_OPTION_LATER) == 0)
            ferry_nearest_offer(&nearest, config->options[i].name);
    if (nearest.best != NULL)
        return ferry_origin_fail(origin, error, "unknown key '%s' in %s '%s'; did you mean '%s'?",
                                 key, config->kind, config->name, nearest.best);
    return ferry_origin_fail(origin, error,
                             "unknown key '%s' in %s '%s'; see dbferry.conf(5) and "
                             "\"dbferry drivers NAME\" for the keys there are",
                             key, config->kind, config->name);
}
