/* The character sets of MySQL and MariaDB: which one a collation's number means, and what is to be
 * known of each.
 */

#include "types/types.h"

#include <string.h>

#define CHARSET_RANGES 6

/* MariaDB's collations without padding have the numbers of the others plus this. */
#define CHARSET_NOPAD 1024

/* Numbers are the same on both servers.  Where new collations come in blocks (0900, uca1400), the
 * whole block counts.  Not partial: each of its 256 bytes is a character, and comes back. */
static const struct {
    struct mydrv_charset set;
    struct {
        unsigned short first, last;
    } numbers[CHARSET_RANGES]; /* up to one that is 0 */
} charsets[] = {
    {{"utf8mb4", MYDRV_CHARSET_UTF8, 1, 4, false},
     {{45, 46}, {224, 247}, {255, 511}, {608, 610}, {2304, 2559}}},
    {{"utf8mb3", MYDRV_CHARSET_UTF8, 1, 3, false},
     {{33, 33}, {76, 76}, {83, 83}, {192, 223}, {576, 578}, {2048, 2303}}},
    {{"latin1", MYDRV_CHARSET_LATIN1, 1, 1, false},
     {{5, 5}, {8, 8}, {15, 15}, {31, 31}, {47, 49}, {94, 94}}},
    {{"ascii", MYDRV_CHARSET_ASCII, 1, 1, false}, {{11, 11}, {65, 65}}},
    {{"armscii8", MYDRV_CHARSET_CODES, 1, 1, true}, {{32, 32}, {64, 64}}},
    {{"big5", MYDRV_CHARSET_CODES, 1, 2, true}, {{1, 1}, {84, 84}}},
    {{"cp1250", MYDRV_CHARSET_CODES, 1, 1, true},
     {{26, 26}, {34, 34}, {44, 44}, {66, 66}, {99, 99}}},
    {{"cp1251", MYDRV_CHARSET_CODES, 1, 1, true}, {{14, 14}, {23, 23}, {50, 52}}},
    {{"cp1256", MYDRV_CHARSET_CODES, 1, 1, true}, {{57, 57}, {67, 67}}},
    {{"cp1257", MYDRV_CHARSET_CODES, 1, 1, true}, {{29, 29}, {58, 59}}},
    {{"cp850", MYDRV_CHARSET_CODES, 1, 1, false}, {{4, 4}, {80, 80}}},
    {{"cp852", MYDRV_CHARSET_CODES, 1, 1, false}, {{40, 40}, {81, 81}}},
    {{"cp866", MYDRV_CHARSET_CODES, 1, 1, false}, {{36, 36}, {68, 68}}},
    {{"cp932", MYDRV_CHARSET_CODES, 1, 2, true}, {{95, 96}}},
    {{"dec8", MYDRV_CHARSET_CODES, 1, 1, true}, {{3, 3}, {69, 69}}},
    {{"eucjpms", MYDRV_CHARSET_CODES, 1, 3, true}, {{97, 98}}},
    {{"euckr", MYDRV_CHARSET_CODES, 1, 2, true}, {{19, 19}, {85, 85}}},
    {{"gb18030", MYDRV_CHARSET_CODES, 1, 4, true}, {{248, 250}}},
    {{"gb2312", MYDRV_CHARSET_CODES, 1, 2, true}, {{24, 24}, {86, 86}}},
    {{"gbk", MYDRV_CHARSET_CODES, 1, 2, true}, {{28, 28}, {87, 87}}},
    {{"geostd8", MYDRV_CHARSET_CODES, 1, 1, true}, {{92, 93}}},
    {{"greek", MYDRV_CHARSET_CODES, 1, 1, true}, {{25, 25}, {70, 70}}},
    {{"hebrew", MYDRV_CHARSET_CODES, 1, 1, true}, {{16, 16}, {71, 71}}},
    {{"hp8", MYDRV_CHARSET_CODES, 1, 1, true}, {{6, 6}, {72, 72}}},
    {{"keybcs2", MYDRV_CHARSET_CODES, 1, 1, false}, {{37, 37}, {73, 73}}},
    {{"koi8r", MYDRV_CHARSET_CODES, 1, 1, false}, {{7, 7}, {74, 74}}},
    {{"koi8u", MYDRV_CHARSET_CODES, 1, 1, false}, {{22, 22}, {75, 75}}},
    {{"latin2", MYDRV_CHARSET_CODES, 1, 1, false}, {{2, 2}, {9, 9}, {21, 21}, {27, 27}, {77, 77}}},
    {{"latin5", MYDRV_CHARSET_CODES, 1, 1, false}, {{30, 30}, {78, 78}}},
    {{"latin7", MYDRV_CHARSET_CODES, 1, 1, false}, {{20, 20}, {41, 42}, {79, 79}}},
    {{"macce", MYDRV_CHARSET_CODES, 1, 1, false}, {{38, 38}, {43, 43}}},
    {{"macroman", MYDRV_CHARSET_CODES, 1, 1, false}, {{39, 39}, {53, 53}}},
    {{"sjis", MYDRV_CHARSET_CODES, 1, 2, true}, {{13, 13}, {88, 88}}},
    {{"swe7", MYDRV_CHARSET_CODES, 1, 1, true}, {{10, 10}, {82, 82}}},
    {{"tis620", MYDRV_CHARSET_CODES, 1, 1, true}, {{18, 18}, {89, 89}}},
    {{"ucs2", MYDRV_CHARSET_UCS2, 2, 2, true},
     {{35, 35}, {90, 90}, {128, 159}, {640, 642}, {2560, 2815}}},
    {{"ujis", MYDRV_CHARSET_CODES, 1, 3, true}, {{12, 12}, {91, 91}}},
    {{"utf16", MYDRV_CHARSET_UTF16, 2, 4, false}, {{54, 55}, {101, 124}, {672, 674}, {2816, 3071}}},
    {{"utf16le", MYDRV_CHARSET_UTF16LE, 2, 4, false}, {{56, 56}, {62, 62}}},
    {{"utf32", MYDRV_CHARSET_UTF32, 4, 4, false}, {{60, 61}, {160, 183}, {736, 738}, {3072, 3327}}},
};

#define CHARSET_COUNT (sizeof charsets / sizeof *charsets)

const struct mydrv_charset *mydrv_charset_of(unsigned collation)
{
    unsigned number = collation >= CHARSET_NOPAD && collation < 2 * CHARSET_NOPAD
                          ? collation - CHARSET_NOPAD
                          : collation;
    for (size_t i = 0; i < CHARSET_COUNT; i++)
        for (size_t k = 0; k < CHARSET_RANGES && charsets[i].numbers[k].first > 0; k++)
            if (number >= charsets[i].numbers[k].first && number <= charsets[i].numbers[k].last)
                return &charsets[i].set;
    return NULL;
}

const struct mydrv_charset *mydrv_charset_named(const char *name)
{
    if (strcmp(name, "utf8") == 0) /* what MySQL 5.7 and older MariaDB call it */
        name = "utf8mb3";
    for (size_t i = 0; i < CHARSET_COUNT; i++)
        if (strcmp(charsets[i].set.name, name) == 0)
            return &charsets[i].set;
    return NULL;
}
