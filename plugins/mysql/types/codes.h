/* The inside of struct mydrv_codes, which codes.c fills and translate.c uses. */

#ifndef DBFERRY_MYSQL_CODES_H
#define DBFERRY_MYSQL_CODES_H

#include "types/types.h"

struct mydrv_codes {
    struct mydrv_codes *next; /* of the connection */
    const struct mydrv_charset *set;
    bool ascii; /* bytes below 0x80 are ASCII */
    /* The letter of each code, plus 1; 0: none. */
    uint32_t one[256];
    uint32_t *two;   /* by both bytes; NULL as below: the set has no such codes */
    uint32_t *three; /* of those that begin with 0x8F: by the other two */
    uint32_t *four;  /* gb18030's, of the letters up to U+FFFF: by mydrv_codes_linear() */
    uint32_t *back;  /* the code of each letter up to U+FFFF, plus 1 */
};

#define MYDRV_CODES_LINEAR_BMP ((size_t)4 * 12600)

/* The number of a gb18030 code of four bytes, whose first is `first` or more. */
static inline uint32_t mydrv_codes_linear(const unsigned char *code, unsigned first)
{
    return (((code[0] - first) * 10 + (code[1] - 0x30u)) * 126 + (code[2] - 0x81u)) * 10 +
           (code[3] - 0x30u);
}

#endif
