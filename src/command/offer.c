/* A first line says what follows: "words", one to a line, with what it means behind a tab; or
 * "files LEAD", "folders LEAD", which the shell finds itself. */

#include "command/offer.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"

#define WORDS "words\n"
#define DESCRIPTION_LIMIT 200

void ferry_offers_lead(struct ferry_offers *offers, size_t size)
{
    ferry_strbuf_reset(&offers->lead);
    ferry_strbuf_append(&offers->lead, offers->word, size);
}

const char *ferry_offers_rest(const struct ferry_offers *offers)
{
    return offers->word + offers->lead.length;
}

/* Whether a line can hold it, and a terminal show it, as it is. */
static bool is_plain(const char *text)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf escaped = {0};
    ferry_escape_text(&escaped, text, strlen(text), SIZE_MAX);
    return !escaped.failed && strcmp(ferry_strbuf_text(&escaped), text) == 0;
}

/* The shell is asked for paths, and nothing can stand beside them. */
static bool are_paths(const struct ferry_offers *offers)
{
    return offers->text.length > 0 &&
           strncmp(ferry_strbuf_text(&offers->text), WORDS, strlen(WORDS)) != 0;
}

/* `word` begins with a line end. */
static bool is_there(const struct ferry_offers *offers, const struct ferry_strbuf *word)
{
    const char *at = ferry_strbuf_text(&offers->text);
    while ((at = strstr(at, ferry_strbuf_text(word))) != NULL) {
        at += word->length;
        if (*at == '\t' || *at == '\n')
            return true;
    }
    return false;
}

void ferry_offer(struct ferry_offers *offers, const char *candidate, const char *description)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf line = {0};
    const char *rest = ferry_offers_rest(offers);
    ferry_strbuf_addf(&line, "\n%s%s", ferry_strbuf_text(&offers->lead), candidate);
    if (strncmp(candidate, rest, strlen(rest)) != 0 || !is_plain(candidate) || line.failed ||
        are_paths(offers) || is_there(offers, &line))
        return;
    if (offers->text.length == 0)
        ferry_strbuf_add(&offers->text, WORDS);
    if (description != NULL) {
        ferry_strbuf_add(&line, "\t");
        ferry_escape_text(&line, description, strlen(description), DESCRIPTION_LIMIT);
    }
    ferry_strbuf_addf(&offers->text, "%s\n", ferry_strbuf_text(&line) + 1);
}

void ferry_offer_choices(struct ferry_offers *offers, const char *choices)
{
    for (const char *at = choices; *at != '\0';) {
        FERRY_AUTO_STRBUF struct ferry_strbuf choice = {0};
        size_t length = strcspn(at, "|");
        ferry_strbuf_append(&choice, at, length);
        ferry_offer(offers, ferry_strbuf_text(&choice), NULL);
        at += length;
        at += *at == '|';
    }
}

static void offer_paths(struct ferry_offers *offers, const char *kind)
{
    ferry_strbuf_reset(&offers->text);
    ferry_strbuf_addf(&offers->text, "%s %s\n", kind, ferry_strbuf_text(&offers->lead));
}

void ferry_offer_files(struct ferry_offers *offers)
{
    offer_paths(offers, "files");
}

void ferry_offer_folders(struct ferry_offers *offers)
{
    offer_paths(offers, "folders");
}

void ferry_offers_done(struct ferry_offers *offers)
{
    ferry_strbuf_done(&offers->lead);
    ferry_strbuf_done(&offers->text);
}
