/* The configuration that `dbferry init` writes. */

#ifndef FERRY_STARTER_H
#define FERRY_STARTER_H

extern const char ferry_starter_text[];

#endif
