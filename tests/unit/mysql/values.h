/* Cells of one value, and what is sent for it, as initializers. */

#ifndef FERRY_UNIT_MYSQL_VALUES_H
#define FERRY_UNIT_MYSQL_VALUES_H

#define TEXT(literal)                                                                              \
    {                                                                                              \
        .v.p = (literal), .len = sizeof(literal) - 1                                               \
    }
#define INTEGER(value)                                                                             \
    {                                                                                              \
        .v.i = (value)                                                                             \
    }
#define COUNTED(value)                                                                             \
    {                                                                                              \
        .v.u = (value)                                                                             \
    }
#define REAL(value)                                                                                \
    {                                                                                              \
        .v.f = (value)                                                                             \
    }
#define SENT(literal) (literal), sizeof(literal) - 1

#endif
