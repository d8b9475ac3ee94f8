/* Who reads a file in WAL mode: a reader holds a lock on one of five bytes of the -shm file, and
 * the kernel tells of all locks in /proc/locks.
 *
 * The bytes are those of SQLite's unix VFS (WAL_READ_LOCK(0) to (4) in its wal.c).  They are not
 * asked for by fcntl(): that takes a descriptor of the file, and closing it would drop the locks
 * that SQLite holds there for this very process.
 */

#include "file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define READERS_FIRST 123
#define READERS_LAST 127
#define READERS_WORD 24 /* more than the digits of a number */

void sqldrv_readers_done(struct sqldrv_readers *readers)
{
    free(readers->list);
    *readers = (struct sqldrv_readers){0};
}

static bool readers_have(const struct sqldrv_readers *readers, pid_t pid)
{
    for (size_t i = 0; i < readers->count; i++) {
        if (readers->list[i] == pid) {
            return true;
        }
    }
    return false;
}

/* A reader less, in a report for a person, where there is no memory. */
static void readers_add(struct sqldrv_readers *readers, pid_t pid)
{
    if (pid <= 0 || pid == getpid() || readers_have(readers, pid)) {
        return;
    }
    pid_t *list = reallocarray(readers->list, readers->count + 1, sizeof *list);
    if (list != NULL) {
        readers->list = list;
        list[readers->count++] = pid;
    }
}

/* A byte's number; "EOF" is the last that there could be. */
static uint64_t readers_byte(const char *word)
{
    return strcmp(word, "EOF") == 0 ? UINT64_MAX : strtoumax(word, NULL, 10);
}

/* "7: POSIX  ADVISORY  READ 4711 fe:00:1234 124 124"; a lock that somebody waits for has an arrow
 * in front of its kind, and is no such line. */
static void readers_take_line(const char *line, const char *file, struct sqldrv_readers *readers)
{
    char pid[READERS_WORD + 1];
    char place[2 * READERS_WORD + 1];
    char first[READERS_WORD + 1];
    char last[READERS_WORD + 1];
    if (sscanf(line, "%*s %*s ADVISORY %*s %24s %48s %24s %24s", pid, place, first, last) == 4 &&
        strcmp(place, file) == 0 && readers_byte(first) <= READERS_LAST &&
        readers_byte(last) >= READERS_FIRST) {
        readers_add(readers, (pid_t)strtoumax(pid, NULL, 10));
    }
}

bool sqldrv_readers_find(const struct stat *shm, struct sqldrv_readers *ret_readers)
{
    FILE *locks = fopen("/proc/locks", "re");
    char *line = NULL;
    size_t room = 0;
    char file[2 * READERS_WORD + 1]; /* as the list has it */
    if (locks == NULL) {
        return false;
    }
    (void)snprintf(file, sizeof file, "%02x:%02x:%ju", major(shm->st_dev), minor(shm->st_dev),
                   (uintmax_t)shm->st_ino);
    while (getline(&line, &room, locks) > 0) {
        readers_take_line(line, file, ret_readers);
    }
    free(line);
    (void)fclose(locks);
    return true;
}

void sqldrv_readers_keep(struct sqldrv_readers *readers, const struct sqldrv_readers *others)
{
    size_t kept = 0;
    for (size_t i = 0; i < readers->count; i++) {
        if (readers_have(others, readers->list[i])) {
            readers->list[kept++] = readers->list[i];
        }
    }
    readers->count = kept;
}
