/* Who else can write where a load is going to write. */

#include "file.h"

#include <sys/stat.h>

#include <unistd.h>

/* The users who are no others: root, who can do all, and this one. */
static bool rights_user_is_known(uid_t user)
{
    return user == 0 || user == geteuid();
}

/* The groups that are meant to write: that of the key `group`, root's and this user's own. */
static bool rights_group_is_known(const struct sqldrv_conn *conn, gid_t group)
{
    return group == 0 || group == getegid() || (conn->file.group_set && group == conn->file.group);
}

/* NULL, or who.  In a folder with the sticky bit, others can make files and not exchange ours. */
static const char *rights_who(const struct sqldrv_conn *conn, const struct stat *about,
                              mode_t meant)
{
    mode_t mode = about->st_mode & ~meant;
    bool sticky = S_ISDIR(about->st_mode) && (about->st_mode & S_ISVTX) != 0;
    if ((mode & 0002) != 0 && !sticky) {
        return "every user of this machine";
    }
    if (!rights_user_is_known(about->st_uid)) {
        return "the user that it belongs to";
    }
    return (mode & 0020) != 0 && !sticky && !rights_group_is_known(conn, about->st_gid)
               ? "the group that it belongs to"
               : NULL;
}

void sqldrv_rights_tell(struct sqldrv_conn *conn, const struct stat *folder,
                        const struct stat *file)
{
    mode_t meant = conn->file.mode_set ? conn->file.mode : 0;
    const char *who = rights_who(conn, folder, 0);
    if (conn->told) {
        return;
    }
    if (who != NULL) {
        ferry_log(FERRY_LOG_WARNING,
                  "'%s': %s (uid %ld, gid %ld, mode %04o) can write to its folder, and could "
                  "exchange the database or its journal; see RIGHTS in dbferry-sqlite(7)",
                  conn->path, who, (long)folder->st_uid, (long)folder->st_gid,
                  (unsigned)(folder->st_mode & 07777));
    } else if (file != NULL && (who = rights_who(conn, file, meant)) != NULL) {
        ferry_log(FERRY_LOG_WARNING,
                  "'%s': %s (uid %ld, gid %ld, mode %04o) can write to it, and so decide what it "
                  "holds; see RIGHTS in dbferry-sqlite(7)",
                  conn->path, who, (long)file->st_uid, (long)file->st_gid,
                  (unsigned)(file->st_mode & 07777));
    }
    conn->told = who != NULL;
}
