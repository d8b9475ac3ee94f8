/* What the files share that make up values: a place to put one, and dice. */

#ifndef FERRY_MEMORY_GENERATE_H
#define FERRY_MEMORY_GENERATE_H

#include "memory.h"

/* The first rows try the limits. */
enum { ROW_LEAST = 0, ROW_GREATEST = 1, ROW_ZERO = 2 };

/* One cell's random numbers (splitmix64), so that a row needs no row before it. */
struct memory_dice {
    uint64_t state;
};

uint64_t memory_dice_throw(struct memory_dice *dice);
uint64_t memory_dice_below(struct memory_dice *dice, uint64_t limit);

/* Where a cell is being made. */
struct memory_place {
    const struct ferry_column *column;
    struct memory_room *room;
    struct ferry_cell *cell;
    uint64_t row;
    struct memory_dice dice;
};

/* NULL if out of memory. */
char *memory_room_take(struct memory_room *room, size_t size);
/* Each returns false if out of memory. */
bool memory_put_text(struct memory_place *place, const char *text);
bool memory_put_format(struct memory_place *place, const char *format, ...) FERRY_PRINTF(2, 3);

/* ---- generate_odd.c ---- */

bool memory_make_bit(struct memory_place *place);
bool memory_make_json(struct memory_place *place);
bool memory_make_members(struct memory_place *place, bool is_set);
bool memory_make_uuid(struct memory_place *place);
bool memory_make_address(struct memory_place *place, bool six);
bool memory_make_geometry(struct memory_place *place);
bool memory_make_vector(struct memory_place *place);

#endif
