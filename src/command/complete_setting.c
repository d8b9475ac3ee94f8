/* source.KEY=VALUE of -o: the keys of the driver that the operands name, and those of a job. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command/complete.h"
#include "config/job.h"
#include "config/url.h"
#include "driver/connection_keys.h"

/* Keys of one table. */
struct keys {
    const struct ferry_option *options;
    size_t count;
    uint32_t useless; /* FERRY_OPTION_ flags of those that have no effect here */
};

/* What `copy` takes from its operands, and what it refuses. */
static const char *const not_of_copy[] = {
    "driver",        "name",           "source",         "target",           "fallback_source",
    "fallback_view", "fallback_table", "fallback_query", "max_fallback_age",
};

static bool is_of_copy(const struct ferry_option *option)
{
    for (size_t i = 0; i < sizeof not_of_copy / sizeof not_of_copy[0]; i++)
        if (strcmp(option->name, not_of_copy[i]) == 0)
            return false;
    return option->type != FERRY_OPTION_SECRET && (option->flags & FERRY_OPTION_LATER) == 0;
}

/* What stands behind the name of a key; NULL: it cannot be set by -o. */
static const char *sign_behind(const struct ferry_option *option)
{
    if (option->type == FERRY_OPTION_PAIRS)
        return ".";
    if (option->type == FERRY_OPTION_GROUPS)
        return ferry_option_naming(option) == NULL ? NULL : ".";
    return "=";
}

static const struct ferry_option *find_key(const struct keys *keys, const char *name, size_t length)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strlen(keys->options[i].name) == length &&
            strncmp(keys->options[i].name, name, length) == 0)
            return &keys->options[i];
    return NULL;
}

static void offer_keys(const struct keys *keys, struct ferry_offers *offers)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct ferry_option *option = &keys->options[i];
        FERRY_AUTO_STRBUF struct ferry_strbuf word = {0};
        const char *sign = sign_behind(option);
        if (sign == NULL || !is_of_copy(option) || (option->flags & keys->useless) != 0)
            continue;
        ferry_strbuf_addf(&word, "%s%s", option->name, sign);
        if (!word.failed)
            ferry_offer(offers, ferry_strbuf_text(&word), option->help);
    }
}

static void offer_value(const struct ferry_option *option, struct ferry_offers *offers)
{
    if (option->type == FERRY_OPTION_CHOICE)
        ferry_offer_choices(offers, option->choices);
    else if (option->type == FERRY_OPTION_BOOL)
        ferry_offer_choices(offers, "true|false");
    else if (option->type == FERRY_OPTION_PATH)
        ferry_offer_files(offers);
}

/* Of "LIST.NAME.KEY" the table of KEY, and the lead goes to it: the name may hold dots, a key none.
 * False: no key can come here. */
static bool step_into_group(struct keys *keys, struct ferry_offers *offers)
{
    const char *rest = ferry_offers_rest(offers);
    size_t length = strcspn(rest, "=");
    const char *first = memchr(rest, '.', length);
    if (first == NULL)
        return true;
    const char *last = memrchr(rest, '.', length);
    const struct ferry_option *list = find_key(keys, rest, (size_t)(first - rest));
    if (list == NULL || list->type != FERRY_OPTION_GROUPS || last == first ||
        ferry_option_naming(list) == NULL)
        return false;
    ferry_offers_lead(offers, (size_t)(last + 1 - offers->word));
    *keys = (struct keys){.options = list->group->options, .count = list->group->option_count};
    return true;
}

/* The lead is "source.", and keys or a value may follow. */
static void complete_key(const struct keys *known, struct ferry_offers *offers)
{
    struct keys keys = *known;
    size_t scope = offers->lead.length;
    if (step_into_group(&keys, offers)) {
        const char *rest = ferry_offers_rest(offers);
        size_t length = strcspn(rest, "=");
        const struct ferry_option *option = find_key(&keys, rest, length);
        if (rest[length] == '\0')
            offer_keys(&keys, offers);
        else if (option != NULL && is_of_copy(option)) {
            ferry_offers_lead(offers, (size_t)(rest + length + 1 - offers->word));
            offer_value(option, offers);
        }
    }
    ferry_offers_lead(offers, scope); /* another driver may have keys, too */
}

/* ---- The keys of a connection ---- */

struct side {
    const char *scope;
    size_t operand;
    uint32_t useless;
    struct ferry_offers *offers;
};

static void complete_driver(struct ferry_driver_handle *driver, void *data)
{
    const struct side *side = data;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    struct ferry_config *config = ferry_config_new("connection", side->scope);
    if (config != NULL && ferry_connection_keys_add(config, driver, &ignored) == FERRY_OK) {
        const struct keys keys = {
            .options = config->options, .count = config->count, .useless = side->useless};
        complete_key(&keys, side->offers);
    }
    ferry_config_free(config);
}

/* Of the operand's driver; of any, as long as it is not typed.  A connection of the configuration
 * has its keys there. */
static void complete_side(struct side *side, const struct ferry_arguments *arguments)
{
    struct ferry_driver_handle *driver;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    if (arguments->operand_count <= side->operand) {
        ferry_complete_each_driver("", complete_driver, side);
        return;
    }
    const char *operand = arguments->operands[side->operand];
    FERRY_AUTO_FREE char *name = ferry_url_is_one(operand) ? ferry_url_driver(operand) : NULL;
    if (name != NULL && ferry_driver_get(name, &driver, &ignored) == FERRY_OK)
        complete_driver(driver, side);
}

static void offer_scopes(struct ferry_offers *offers)
{
    ferry_offer(offers, "source.", "keys of the source");
    ferry_offer(offers, "target.", "keys of the target");
    ferry_offer(offers, "job.", "keys of the job");
}

void ferry_complete_setting(const struct ferry_arguments *arguments, struct ferry_offers *offers)
{
    struct side sides[] = {
        {.scope = "source.", .operand = 0, .useless = FERRY_OPTION_TARGET_ONLY, .offers = offers},
        {.scope = "target.", .operand = 1, .useless = FERRY_OPTION_SOURCE_ONLY, .offers = offers},
    };
    const struct keys of_job = {.options = ferry_job_options, .count = ferry_job_option_count};
    const char *rest = ferry_offers_rest(offers);
    const char *dot = strchr(rest, '.');
    if (dot == NULL) {
        offer_scopes(offers);
        return;
    }
    FERRY_AUTO_FREE char *scope = strndup(rest, (size_t)(dot + 1 - rest));
    if (scope == NULL)
        return;
    ferry_offers_lead(offers, (size_t)(dot + 1 - offers->word));
    if (strcmp(scope, "job.") == 0)
        complete_key(&of_job, offers);
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        if (strcmp(scope, sides[i].scope) == 0)
            complete_side(&sides[i], arguments);
}
