/* Where dbferry keeps what it knows of its runs. */

#ifndef FERRY_STATE_DIR_H
#define FERRY_STATE_DIR_H

/* The folder: `configured` where that is set; else systemd's $STATE_DIRECTORY,
 * $XDG_STATE_HOME/dbferry, for root the service's /var/lib/dbferry where that is there, or
 * ~/.local/state/dbferry.  NULL: none can be told, or out of memory.  The caller frees. */
char *ferry_state_dir_find(const char *configured);

#endif
