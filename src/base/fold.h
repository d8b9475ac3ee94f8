/* Names that differ in nothing but their case. */

#ifndef FERRY_FOLD_H
#define FERRY_FOLD_H

/* Less than, equal to or greater than 0, as names of UTF-8 stand to each other where case counts in
 * no alphabet: for a MySQL server that folds the names of tables, Ä and ä are one.  A byte that
 * begins no character stands for itself. */
int ferry_fold_compare(const char *one, const char *other);

#endif
