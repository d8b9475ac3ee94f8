/* What encoding the values of one column needs, made of its type in the target. */

#include "write/rows.h"

#include <string.h>

static int form_compare_members(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool form_list_members(struct mydrv_form *form)
{
    PART_AUTO_TEXT struct part_text member = {0};
    const char *list = form->type.members;
    const char *end = list + form->type.members_size;
    while (mydrv_member_next(&list, end, true, &member)) {
        char **members = reallocarray(form->members, form->member_count + 1, sizeof *members);
        if (members == NULL)
            return false;
        form->members = members;
        members[form->member_count] = strdup(member.data);
        if (members[form->member_count++] == NULL)
            return false;
    }
    if (form->type.kind == MYDRV_KIND_ENUM && form->members != NULL) /* a SET's order matters */
        qsort(form->members, form->member_count, sizeof *form->members, form_compare_members);
    return !member.failed;
}

ferry_status mydrv_form_make(struct mydrv_form *form, const struct ferry_column *source,
                             const char *native, struct ferry_error *err)
{
    *form = (struct mydrv_form){.source = source, .native = strdup(native)};
    if (form->native == NULL)
        return mydrv_fail_memory(err);
    if (!mydrv_type_parse(form->native, &form->type))
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column '%s' has type %s in the target, which dbferry does not know; "
                          "drop the column or the table",
                          source->name, native);
    form->not_null = (source->flags & FERRY_COLUMN_NOT_NULL) != 0;
    if (form->type.members != NULL && !form_list_members(form))
        return mydrv_fail_memory(err);
    return FERRY_OK;
}

void mydrv_form_clear(struct mydrv_form *form)
{
    for (size_t i = 0; i < form->member_count; i++)
        free(form->members[i]);
    free(form->members);
    free(form->native);
    if (form->encoded != NULL)
        part_text_clear(form->encoded);
    free(form->encoded);
    *form = (struct mydrv_form){0};
}
