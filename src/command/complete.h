/* What may come next on a command line that is being typed. */

#ifndef FERRY_COMPLETE_H
#define FERRY_COMPLETE_H

#include "command/cli.h"
#include "command/offer.h"

/* Offers for the last of the words behind the program's name; the others are whole.  Reads the
 * configuration that they name, or the usual one, and what drivers are installed; opens no
 * connection.  What cannot be found out is not offered. */
void ferry_complete(char **words, size_t count, struct ferry_offers *offers);

/* Of -o, behind the lead: source.KEY=VALUE and so on.  `arguments`: what stands on the line so
 * far. */
void ferry_complete_setting(const struct ferry_arguments *arguments, struct ferry_offers *offers);

/* Calls `action` for each installed driver that can be loaded, whose name begins with `start`. */
struct ferry_driver_handle;
typedef void ferry_driver_action(struct ferry_driver_handle *driver, void *data);
void ferry_complete_each_driver(const char *start, ferry_driver_action *action, void *data);

#endif
