/* Bytes of tests, written as digits. */

#ifndef FERRY_UNIT_PGSQL_HEX_H
#define FERRY_UNIT_PGSQL_HEX_H

#include <stdlib.h>
#include <string.h>

/* A block of just these bytes, to be freed; spaces are passed over. */
static inline unsigned char *hex_read(const char *text, size_t *ret_size)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *bytes = malloc(strlen(text) / 2 + 1);
    size_t count = 0;
    unsigned byte = 0;
    for (const char *c = text; *c != '\0'; c++) {
        const char *digit = *c == ' ' ? NULL : strchr(digits, *c);
        if (digit == NULL)
            continue;
        byte = byte << 4 | (unsigned)(digit - digits);
        if (count++ % 2 == 1)
            bytes[count / 2 - 1] = (unsigned char)byte;
    }
    *ret_size = count / 2;
    unsigned char *exact = malloc(count / 2 + (count < 2));
    memcpy(exact, bytes, count / 2);
    free(bytes);
    return exact;
}

#endif /* FERRY_UNIT_PGSQL_HEX_H */
