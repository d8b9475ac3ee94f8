/* FNV-1a, by the parameters of its authors for 64 bits. */

#include "dbferry/driver.h"

uint64_t ferry_hash_bytes(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ at[i]) * UINT64_C(0x100000001b3);
    return seed;
}

uint64_t ferry_hash_name(uint64_t seed, const char *name)
{
    for (; *name != '\0'; name++)
        seed = ferry_hash_bytes(seed, name, 1);
    return ferry_hash_bytes(seed, "\377", 1); /* no byte of a name in UTF-8 */
}
