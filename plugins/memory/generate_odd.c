/* Made-up values of the types that few databases have. */

#include "generate.h"

#include <float.h>
#include <inttypes.h>
#include <string.h>

bool memory_make_bit(struct memory_place *place)
{
    uint32_t bits = place->column->bits;
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    place->cell->v.u = place->row == ROW_GREATEST ? mask
                       : place->row == ROW_LEAST || place->row == ROW_ZERO
                           ? 0
                           : memory_dice_throw(&place->dice) & mask;
    return true;
}

bool memory_make_json(struct memory_place *place)
{
    if (place->row == ROW_LEAST)
        return memory_put_text(place, "null");
    if (place->row == ROW_GREATEST)
        return memory_put_text(place,
                               "{\"k\": [1, -2.5, \"\xC3\xA9\xF0\x9F\x98\x80\", null, true]}");
    if (place->row == ROW_ZERO)
        return memory_put_text(place, "\"\"");
    return memory_put_format(place, "{\"n\": %" PRIu64 "}", memory_dice_throw(&place->dice) >> 32);
}

/* Member `wanted` (from 0; past the end: the last) without its quotes, behind what is in the cell
 * already; how many members there are. */
static size_t put_member(struct memory_place *place, const char *members, char *text, size_t wanted)
{
    size_t count = 0, start = place->cell->len;
    for (const char *at = members; *at == '\''; at += *at == ',') {
        if (count <= wanted)
            place->cell->len = (uint32_t)start;
        for (at++; *at != '\'' || at[1] == '\''; at++) {
            at += *at == '\'';
            if (count <= wanted)
                text[place->cell->len++] = *at;
        }
        at++;
        count++;
    }
    return count;
}

bool memory_make_members(struct memory_place *place, bool is_set)
{
    const char *members = place->column->members == NULL ? "" : place->column->members;
    char *text = memory_room_take(place->room, strlen(members) + 1);
    if (text == NULL)
        return false;
    place->cell->v.p = text;
    size_t count = put_member(place, members, text, 0);
    if (place->row == ROW_LEAST || place->row == ROW_ZERO || count == 0) {
        place->cell->len = is_set ? 0 : place->cell->len; /* the first member, or none of a set */
        return true;
    }
    place->cell->len = 0;
    if (!is_set) {
        size_t member =
            place->row == ROW_GREATEST ? count - 1 : memory_dice_below(&place->dice, count);
        (void)put_member(place, members, text, member);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (place->row != ROW_GREATEST && memory_dice_below(&place->dice, 2) == 0)
            continue;
        if (place->cell->len > 0)
            text[place->cell->len++] = ',';
        (void)put_member(place, members, text, i);
    }
    return true;
}

bool memory_make_uuid(struct memory_place *place)
{
    uint64_t high = memory_dice_throw(&place->dice), low = memory_dice_throw(&place->dice);
    if (place->row == ROW_LEAST || place->row == ROW_ZERO)
        high = low = 0;
    else if (place->row == ROW_GREATEST)
        high = low = UINT64_MAX;
    return memory_put_format(
        place, "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, high >> 32,
        high >> 16 & 0xFFFF, high & 0xFFFF, low >> 48, low & UINT64_C(0xFFFFFFFFFFFF));
}

bool memory_make_address(struct memory_place *place, bool six)
{
    uint64_t bits = memory_dice_throw(&place->dice);
    if (place->row == ROW_LEAST || place->row == ROW_ZERO)
        return memory_put_text(place, six ? "::" : "0.0.0.0");
    if (place->row == ROW_GREATEST)
        return memory_put_text(place,
                               six ? "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "255.255.255.255");
    if (six)
        return memory_put_format(place, "2001:db8::%" PRIx64, (bits & 0xFFFF) | 1);
    return memory_put_format(place, "192.0.2.%" PRIu64, bits & 0xFF);
}

static char *put_little_endian(char *at, const void *value, size_t size)
{
    memcpy(at, value, size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < size / 2; i++) {
        char byte = at[i];
        at[i] = at[size - 1 - i];
        at[size - 1 - i] = byte;
    }
#endif
    return at + size;
}

/* SRID, then WKB: byte order, type, points. */
bool memory_make_geometry(struct memory_place *place)
{
    const struct ferry_column *column = place->column;
    bool line = column->subtype != NULL ? strcmp(column->subtype, "linestring") == 0
                                        : (place->row & 1) != 0;
    uint32_t type = line ? 2 : 1, points = line ? 2 : 1;
    char *start = memory_room_take(place->room, 4 + 1 + 4 + 4 + 32), *at = start;
    if (start == NULL)
        return false;
    at = put_little_endian(at, &column->srid, sizeof column->srid);
    *at++ = 1;
    at = put_little_endian(at, &type, sizeof type);
    if (line)
        at = put_little_endian(at, &points, sizeof points);
    for (uint32_t i = 0; i < 2 * points; i++) {
        double value = (double)memory_dice_below(&place->dice, 180000) / 1000 - 90;
        at = put_little_endian(at, &value, sizeof value);
    }
    place->cell->v.p = start;
    place->cell->len = (uint32_t)(at - start);
    return true;
}

bool memory_make_vector(struct memory_place *place)
{
    uint64_t dimensions = place->column->length == 0 ? 3 : place->column->length;
    char *start = memory_room_take(place->room, dimensions * sizeof(float)), *at = start;
    if (start == NULL)
        return false;
    for (uint64_t i = 0; i < dimensions; i++) {
        float value = (float)memory_dice_below(&place->dice, 1000000) / 1000 - 500;
        value = place->row == ROW_LEAST      ? -FLT_MAX
                : place->row == ROW_GREATEST ? FLT_MAX
                : place->row == ROW_ZERO     ? 0
                                             : value;
        at = put_little_endian(at, &value, sizeof value);
    }
    place->cell->v.p = start;
    place->cell->len = (uint32_t)(at - start);
    return true;
}
