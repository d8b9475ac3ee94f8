/* What a commit came to whose answer was lost. */

#include "write/target.h"

#include <string.h>

/* Rows and record are one transaction, so the record tells. */
static uint32_t outcome_ask_record(const struct mydrv_load *load)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COUNT(*) FROM _dbferry_sync WHERE target_table = ");
    mydrv_text_add_quoted(&sql, load->layout->table, strlen(load->layout->table));
    part_text_add(&sql, " AND run_id = ");
    mydrv_text_add_quoted(&sql, load->unit->spec->run_id, strlen(load->unit->spec->run_id));
    int found = mydrv_try_number(load->unit->conn, &sql);
    return found < 0 ? FERRY_OUTCOME_UNKNOWN : found > 0 ? FERRY_OUTCOME_NEW : FERRY_OUTCOME_OLD;
}

static int outcome_ask_table(const struct mydrv_load *load, const char *table, const char *comment)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, "SELECT COUNT(*) FROM information_schema.TABLES WHERE "
                        "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ");
    mydrv_text_add_quoted(&sql, table, strlen(table));
    part_text_add(&sql, " AND LOCATE(");
    mydrv_text_add_quoted(&sql, comment, strlen(comment));
    part_text_add(&sql, ", TABLE_COMMENT) > 0");
    return mydrv_try_number(load->unit->conn, &sql);
}

/* RENAME TABLE takes the stage's name away, so one of two things is there: the table with the mark
 * of this run, or the stage.  Neither is seen where a comment had no room for the mark, or where
 * somebody has taken rights away meanwhile. */
static uint32_t outcome_ask_tables(const struct mydrv_load *load)
{
    if (outcome_ask_table(load, load->layout->table, load->unit->spec->run_id) == 1)
        return FERRY_OUTCOME_NEW;
    return outcome_ask_table(load, load->stage.name, "") == 1 ? FERRY_OUTCOME_OLD
                                                              : FERRY_OUTCOME_UNKNOWN;
}

uint32_t mydrv_outcome_find(struct mydrv_unit *unit)
{
    if (!mydrv_second_take_over(unit))
        return FERRY_OUTCOME_UNKNOWN;
    uint32_t outcome = FERRY_OUTCOME_UNKNOWN;
    if (unit->in_place)
        return outcome_ask_record(unit->loads[0]);
    for (size_t i = 0; i < unit->load_count && outcome == FERRY_OUTCOME_UNKNOWN; i++)
        outcome =
            outcome_ask_tables(unit->loads[i]); /* all change in one step: any of them tells */
    return outcome;
}
