/* What is offered for a word that is being typed, as `dbferry complete` prints it for a shell. */

#ifndef FERRY_OFFER_H
#define FERRY_OFFER_H

#include "base/strbuf.h"

/* Begin with the word and an empty text. */
struct ferry_offers {
    const char *word;         /* what is typed of it so far */
    struct ferry_strbuf lead; /* how the word begins, whatever is offered; often empty */
    struct ferry_strbuf text; /* what is printed */
};

/* The lead becomes the first `size` bytes of the word. */
void ferry_offers_lead(struct ferry_offers *offers, size_t size);
/* What stands behind the lead. */
const char *ferry_offers_rest(const struct ferry_offers *offers);

/* A word behind the lead, if what is typed begins like it; once only.  One with characters that
 * a terminal or a line cannot show is left out.  `description` may be NULL. */
void ferry_offer(struct ferry_offers *offers, const char *candidate, const char *description);
/* Each of "a|b|c". */
void ferry_offer_choices(struct ferry_offers *offers, const char *choices);
/* The shell's own files, or folders, behind the lead. */
void ferry_offer_files(struct ferry_offers *offers);
void ferry_offer_folders(struct ferry_offers *offers);

void ferry_offers_done(struct ferry_offers *offers);

#endif
