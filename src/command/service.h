/* What `systemctl status` shows of a run: the text of STATUS=. */

#ifndef FERRY_SERVICE_H
#define FERRY_SERVICE_H

/* From now on the service manager is told how runs get on, if it listens (base/notify). */
void ferry_service_show(void);
/* What came of a job, or of all; what is told last stays. */
void ferry_service_tell(const char *job, const char *text);

#endif
