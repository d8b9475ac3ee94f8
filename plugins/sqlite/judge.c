/* Is a file beside the database what its name says?  Only then it is SQLite's to write and remove.
 */

#include "guard.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JUDGE_GROUPS 256
#define JUDGE_NAME_BUFFER 4096
#define JUDGE_SUPER_MAX 65536 /* a super-journal is a list of names */

/* How each begins; a file of zeros is one that was emptied, or that a loss of power has left. */
static const unsigned char judge_journal[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
static const unsigned char judge_wal_little[] = {0x37, 0x7f, 0x06, 0x82};
static const unsigned char judge_wal_big[] = {0x37, 0x7f, 0x06, 0x83};
static const uint32_t judge_shm = 3007000; /* in the machine's own order of bytes */
static const unsigned char judge_zeros[8];

static bool judge_begins(int fd, const void *bytes, size_t size)
{
    unsigned char found[sizeof judge_zeros];
    return size <= sizeof found && pread(fd, found, size, 0) == (ssize_t)size &&
           memcmp(found, bytes, size) == 0;
}

static bool judge_content(size_t which, int fd, off_t size)
{
    if (size == 0) {
        return true;
    }
    switch (which) {
    case SQLDRV_FILE_JOURNAL:
        return judge_begins(fd, judge_journal, sizeof judge_journal) ||
               judge_begins(fd, judge_zeros, sizeof judge_journal);
    case SQLDRV_FILE_WAL:
        return judge_begins(fd, judge_wal_little, sizeof judge_wal_little) ||
               judge_begins(fd, judge_wal_big, sizeof judge_wal_big) ||
               judge_begins(fd, judge_zeros, sizeof judge_wal_big);
    case SQLDRV_FILE_SHM: /* SQLite cuts it to 3 bytes before it makes it anew */
        return judge_begins(fd, &judge_shm, sizeof judge_shm) ||
               judge_begins(fd, judge_zeros, size < 4 ? (size_t)size : 4);
    default:
        return false;
    }
}

/* ---- Whose it is ---- */

static bool judge_in_group(uid_t user, gid_t group)
{
    char buffer[JUDGE_NAME_BUFFER];
    gid_t groups[JUDGE_GROUPS];
    int count = JUDGE_GROUPS;
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL ||
        getgrouplist(found->pw_name, found->pw_gid, groups, &count) < 0) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (groups[i] == group) {
            return true;
        }
    }
    return false;
}

/* Whoever may write the database may leave a journal of it, and nobody else. */
static bool judge_owner(const struct sqldrv_guard *guard, uid_t owner)
{
    struct stat database;
    if (owner == 0 || owner == geteuid()) {
        return true;
    }
    return fstatat(guard->folder, guard->names[SQLDRV_FILE_DATABASE], &database,
                   AT_SYMLINK_NOFOLLOW) == 0 &&
           (owner == database.st_uid || (database.st_mode & 0002) != 0 ||
            ((database.st_mode & 0020) != 0 && judge_in_group(owner, database.st_gid)));
}

/* ---- Super-journals ---- */

/* SQLite calls them DATABASE-mj, six digits, 9, two digits; they list the journals of all databases
 * of a transaction. */
static bool judge_super_name(const char *path)
{
    static const char pattern[] = "-mjXXXXXX9XX";
    size_t length = strlen(path);
    size_t size = sizeof pattern - 1;
    if (length <= size || path[0] != '/') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)path[length - size + i];
        if (pattern[i] == 'X' ? !isxdigit(c) : c != (unsigned char)pattern[i]) {
            return false;
        }
    }
    return true;
}

static bool judge_super_lists(const struct sqldrv_guard *guard, const char *text, size_t size)
{
    size_t length = strlen(guard->path);
    for (const char *at = text; at < text + size; at += strlen(at) + 1) {
        if (strncmp(at, guard->path, length) == 0 && strcmp(at + length, "-journal") == 0) {
            return true;
        }
    }
    return false;
}

const char *sqldrv_judge_super(const struct sqldrv_guard *guard, const char *path)
{
    struct stat found;
    if (!judge_super_name(path)) {
        return "names a super-journal that SQLite would not have called so; if you do not know who "
               "made it, move it away";
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return NULL;
    }
    char *text = calloc(1, JUDGE_SUPER_MAX + 1);
    ssize_t size = -1;
    if (fd >= 0 && text != NULL && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) &&
        found.st_nlink == 1) {
        size = pread(fd, text, JUDGE_SUPER_MAX, 0);
    }
    bool lists = size > 0 && judge_super_lists(guard, text, (size_t)size);
    free(text);
    if (fd >= 0) {
        (void)close(fd);
    }
    return lists ? NULL
                 : "names a super-journal that does not list it; if you do not know who made it, "
                   "move it away";
}

static uint32_t judge_number(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A journal of a transaction on several databases ends with the name of their super-journal, its
 * length, a checksum and the bytes with which a journal begins. */
static const char *judge_super_of(const struct sqldrv_guard *guard, int fd, off_t size)
{
    unsigned char end[16];
    char name[4096];
    if (size < (off_t)sizeof end ||
        pread(fd, end, sizeof end, size - (off_t)sizeof end) != (ssize_t)sizeof end ||
        memcmp(end + 8, judge_journal, sizeof judge_journal) != 0) {
        return NULL;
    }
    uint32_t length = judge_number(end);
    if (length == 0 || (off_t)length > size - (off_t)sizeof end) {
        return NULL; /* as SQLite: it names none */
    }
    if (length >= sizeof name ||
        pread(fd, name, length, size - (off_t)sizeof end - (off_t)length) != (ssize_t)length) {
        return "names a super-journal of an impossible name";
    }
    name[length] = '\0';
    return name[0] == '\0' ? NULL : sqldrv_judge_super(guard, name);
}

/* ---- The whole of it ---- */

const char *sqldrv_judge_file(const struct sqldrv_guard *guard, size_t which, int fd,
                              const struct stat *found)
{
    if (!S_ISREG(found->st_mode)) {
        return "is not a file; move it away";
    }
    if (found->st_nlink > 1) {
        return "has other names (hard links), and would be changed under them too; remove them";
    }
    if (!judge_owner(guard, found->st_uid)) {
        return "belongs to a user who may not write the database; give it the owner of the "
               "database, "
               "or find out who has put it there, and move it away";
    }
    if (!judge_content(which, fd, found->st_size)) {
        return "is not what SQLite keeps under that name; move it away";
    }
    return which == SQLDRV_FILE_JOURNAL ? judge_super_of(guard, fd, found->st_size) : NULL;
}

const char *sqldrv_judge_orphan(size_t which, int fd, const struct stat *found)
{
    bool holds = which == SQLDRV_FILE_JOURNAL || which == SQLDRV_FILE_WAL;
    if (!holds || found->st_size == 0 || judge_begins(fd, judge_zeros, sizeof judge_zeros)) {
        return NULL;
    }
    return "is there without its database, and may hold rows of it; move it back beside the "
           "database that it belongs to, or away";
}
