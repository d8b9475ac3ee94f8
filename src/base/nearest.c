/* Finds the known name that somebody probably meant, by edit distance. */

#include "base/nearest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Longer names are not typing errors of a key. */
#define LENGTH_LIMIT ((size_t)64)

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Insertions, deletions, replacements and swaps of neighbours; both at most LENGTH_LIMIT long. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LENGTH_LIMIT + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        previous[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replace = previous[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));
            current[j] = minimum(replace, minimum(previous[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                current[j] = minimum(current[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = previous;
        previous = current;
        current = spare;
    }
    return previous[b_length];
}

void ferry_nearest_offer(struct ferry_nearest *nearest, const char *name)
{
    size_t wanted_length = strlen(nearest->wanted);
    size_t name_length = strlen(name);
    if (wanted_length > LENGTH_LIMIT || name_length > LENGTH_LIMIT || wanted_length == 0)
        return;
    size_t allowed = wanted_length < 6 ? 2 : wanted_length / 3;
    size_t distance = edit_distance(nearest->wanted, wanted_length, name, name_length);
    if (distance > allowed || distance >= name_length)
        return;
    if (nearest->best == NULL || distance < nearest->distance) {
        nearest->best = name;
        nearest->distance = distance;
    }
}
