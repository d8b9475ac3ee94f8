/* What a server says before the login is done, put together from the pieces in which it comes, as
 * far as it has to be understood here and not only by the client library. */

#include "connect/connect.h"

#include <string.h>

#define PACKET_HEAD 4
#define PACKET_PROTOCOL 10 /* how every greeting of our time begins */
#define PACKET_SWITCH 0xFE /* to another login method */
#define GREETING_ID_AND_SALT (4 + 8 + 1)
#define GREETING_SALT_LENGTH 7 /* behind these: flags, language, status, flags */
#define GREETING_MORE_SALT 18  /* the same, and what is reserved */
#define GREETING_LEAST_SALT 13

size_t mydrv_packet_take(struct mydrv_packet *packet, const unsigned char *bytes, size_t length)
{
    size_t used = 0;
    if (packet->whole)
        *packet = (struct mydrv_packet){.number = packet->number + 1};
    while (used < length && packet->head_size < PACKET_HEAD)
        packet->head[packet->head_size++] = bytes[used++];
    if (packet->head_size < PACKET_HEAD)
        return used;
    size_t size =
        (size_t)packet->head[0] | (size_t)packet->head[1] << 8 | (size_t)packet->head[2] << 16;
    size_t more = size - packet->size < length - used ? size - packet->size : length - used;
    size_t room = sizeof packet->start - packet->kept;
    size_t kept = more < room ? more : room;
    memcpy(packet->start + packet->kept, bytes + used, kept);
    packet->kept += kept;
    packet->size += more;
    packet->whole = packet->size == size;
    return used + more;
}

/* The text that begins at `at`, up to its NUL or the end. */
static void packet_copy_name(const struct mydrv_packet *packet, size_t at,
                             char name[MYDRV_METHOD_ROOM])
{
    size_t length = 0;
    for (; at < packet->kept && packet->start[at] != '\0' && length < MYDRV_METHOD_ROOM - 1; at++) {
        unsigned char c = packet->start[at];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     c == '_' || c == '-' || c == '.';
        name[length++] = (char)(plain ? c : (unsigned char)'?'); /* no method's name */
    }
    name[length] = '\0';
}

static bool packet_find_greeting_method(const struct mydrv_packet *packet,
                                        char name[MYDRV_METHOD_ROOM])
{
    const unsigned char *end = memchr(packet->start, '\0', packet->kept);
    if (packet->kept == 0 || packet->start[0] != PACKET_PROTOCOL || end == NULL)
        return false;
    size_t flags = (size_t)(end - packet->start) + 1 + GREETING_ID_AND_SALT;
    size_t more = flags + GREETING_MORE_SALT;
    if (more >= packet->kept)
        return false;
    size_t salt = packet->start[flags + GREETING_SALT_LENGTH];
    salt = salt > 8 + GREETING_LEAST_SALT ? salt - 8 : GREETING_LEAST_SALT;
    if (more + salt >= packet->kept)
        return false;
    packet_copy_name(packet, more + salt, name);
    return true;
}

bool mydrv_packet_find_method(const struct mydrv_packet *packet, char name[MYDRV_METHOD_ROOM])
{
    if (packet->number == 0)
        return packet_find_greeting_method(packet, name);
    if (packet->kept == 0 || packet->start[0] != PACKET_SWITCH)
        return false;
    if (packet->size == 1) { /* as servers before 4.1 did */
        memcpy(name, "mysql_old_password", sizeof "mysql_old_password");
        return true;
    }
    packet_copy_name(packet, 1, name);
    return true;
}
