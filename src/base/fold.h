/* Names that differ in nothing but their case. */

#ifndef FERRY_FOLD_H
#define FERRY_FOLD_H

#include "dbferry/driver.h" /* ferry_fold_compare */

#endif
