/* A line of parts, of which a narrow terminal leaves out those that are worth least. */

#ifndef FERRY_FITTED_LINE_H
#define FERRY_FITTED_LINE_H

#include <stdbool.h>

#include "base/strbuf.h"

#define FERRY_FITTED_PARTS 10

/* Start as {0}. */
struct ferry_fitted_line {
    struct {
        struct ferry_strbuf text; /* empty: left out */
        unsigned worth;           /* the highest stays longest */
    } parts[FERRY_FITTED_PARTS];
    size_t count;
};

/* The next part, to be written to; belongs to the line. */
struct ferry_strbuf *ferry_fitted_line_part(struct ferry_fitted_line *line, unsigned worth);
/* Appends those that fit into so many columns, in their order; at least the one that is worth most,
 * also where it does not fit. */
void ferry_fitted_line_write(const struct ferry_fitted_line *line, size_t columns,
                             struct ferry_strbuf *text);
void ferry_fitted_line_done(struct ferry_fitted_line *line);

#define FERRY_AUTO_FITTED_LINE __attribute__((cleanup(ferry_fitted_line_done)))

#endif
