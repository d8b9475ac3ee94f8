/* National collations, and the counterpart that the other server has for each.
 *
 * MySQL and MariaDB have their newer collations (0900, uca1400) under other names, of the same
 * languages.  What has no counterpart is compared byte by byte in the copy: then no key is refused
 * that the source has, and the plan says so.
 */

#include "types/native.h"

#include <string.h>

/* One language under both servers' names, NULL where there is none; and letters that only the
 * target takes for the same, without regard to accents: the servers' tables are of two ages. */
static const struct collation_language {
    const char *mysql, *mariadb;
    const char *same_on_mysql, *same_on_mariadb;
} collation_languages[] = {
    {"", "", NULL, NULL}, /* of no language */
    {"cs", "czech", NULL, NULL},
    {"da", "danish", "th and þ", NULL},
    {"de_pb", "german2", NULL, NULL},
    {"eo", "esperanto", NULL, NULL},
    {"es", "spanish", NULL, NULL},
    {"es_trad", "spanish2", NULL, NULL},
    {"et", "estonian", NULL, NULL},
    {"hr", "croatian", NULL, NULL},
    {"hu", "hungarian", NULL, "dz and dž"},
    {"is", "icelandic", NULL, NULL},
    {"la", "roman", "u and ü, v and ü", NULL},
    {"lt", "lithuanian", NULL, "c and ch"},
    {"lv", "latvian", "i and y", NULL},
    {"pl", "polish", NULL, NULL},
    {"ro", "romanian", "ş and ș, ţ and ț", NULL},
    {"sk", "slovak", NULL, NULL},
    {"sl", "slovenian", NULL, "d and đ"},
    {"sv", "swedish", "ő and ö, th and þ", "ő and o, ű and u"},
    {"tr", "turkish", NULL, NULL},
    {"vi", "vietnamese", NULL, NULL},
    /* MySQL's alone, which have the same letters: */
    {"nb", "danish", NULL, NULL},
    {"nn", "danish", NULL, NULL},
    {"bs", "croatian", NULL, NULL},
    {"sr_latn", "croatian", NULL, NULL},
    {"gl", "spanish", NULL, NULL},
    /* Those that only sort otherwise: */
    {"bg", "", NULL, NULL},
    {"mn_cyrl", "", NULL, NULL},
    {"ru", "", NULL, NULL},
    {"zh", "", NULL, NULL},
    {"ja", "", NULL, NULL},
};

/* What a name says. */
struct collation {
    const struct collation_language *language;
    bool of_mysql;
    bool no_pad;
    bool accents, letter_case; /* they make a difference */
};

static const struct collation_language *collation_find(const char *name, size_t length,
                                                       bool of_mysql)
{
    for (size_t i = 0; i < sizeof collation_languages / sizeof *collation_languages; i++) {
        const struct collation_language *language = &collation_languages[i];
        const char *known = of_mysql ? language->mysql : language->mariadb;
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return language;
    }
    return NULL;
}

/* The rest of a name: "ai_ci", "as_cs", ...; what may stand behind it only orders texts. */
static bool collation_parse_end(const char *end, struct collation *ret)
{
    if (strncmp(end, "ai_", 3) != 0 && strncmp(end, "as_", 3) != 0)
        return false;
    if (strncmp(end + 3, "ci", 2) != 0 && strncmp(end + 3, "cs", 2) != 0)
        return false;
    ret->accents = end[1] == 's';
    ret->letter_case = end[4] == 's';
    return end[5] == '\0' || strcmp(end + 5, "_ks") == 0;
}

/* utf8mb4_[LANGUAGE_]0900_END */
static bool collation_parse_mysql(const char *name, struct collation *ret)
{
    static const char family[] = "0900_";
    const char *at = strstr(name, family);
    if (at == NULL || (at > name && at[-1] != '_'))
        return false;
    size_t length = at == name ? 0 : (size_t)(at - name - 1);
    ret->of_mysql = true;
    ret->no_pad = true;
    ret->language = collation_find(name, length, true);
    return ret->language != NULL && collation_parse_end(at + sizeof family - 1, ret);
}

/* CHARSET_uca1400_[LANGUAGE_][nopad_]END */
static bool collation_parse_mariadb(const char *name, struct collation *ret)
{
    static const char family[] = "uca1400_";
    static const char no_pad[] = "nopad_";
    if (strncmp(name, family, sizeof family - 1) != 0)
        return false;
    name += sizeof family - 1;
    const char *end = strlen(name) < 5 ? name : name + strlen(name) - 5;
    size_t length = (size_t)(end - name);
    if (length >= sizeof no_pad - 1 &&
        memcmp(end - (sizeof no_pad - 1), no_pad, sizeof no_pad - 1) == 0) {
        ret->no_pad = true;
        length -= sizeof no_pad - 1;
    }
    ret->language = collation_find(name, length == 0 ? 0 : length - 1, false);
    return ret->language != NULL && collation_parse_end(end, ret);
}

static void collation_note(struct part_text *note, const char *sentence)
{
    part_text_addf(note, "%s%s", note->length > 0 ? "; " : "", sentence);
}

static void collation_note_letters(struct part_text *note, const char *letters)
{
    if (letters != NULL)
        part_text_addf(note, "%s%s are the same here, which a key may refuse",
                       note->length > 0 ? "; " : "", letters);
}

/* MySQL has one collation without accents and case, and one with both; only of no language one with
 * accents alone.  A difference more never lets a key fail. */
static void collation_write_mysql(const struct collation *from, struct part_text *name,
                                  struct part_text *note)
{
    bool of_language = from->language->mysql[0] != '\0';
    bool plain = !from->accents && !from->letter_case;
    bool accents_only = from->accents && !from->letter_case && !of_language;
    part_text_addf(name, "utf8mb4_%s%s0900_%s", from->language->mysql, of_language ? "_" : "",
                   plain          ? "ai_ci"
                   : accents_only ? "as_ci"
                                  : "as_cs");
    if (!plain && !accents_only && !from->letter_case)
        collation_note(note, "case makes a difference here");
    if (!plain && !from->accents)
        collation_note(note, "accents make a difference here");
    if (!from->no_pad)
        collation_note(note, "trailing spaces make a difference here");
    if (plain || strcmp(from->language->mysql, "ro") == 0)
        collation_note_letters(note, from->language->same_on_mysql);
}

static void collation_write_mariadb(const struct collation *from, struct part_text *name,
                                    struct part_text *note)
{
    const char *language = from->language->mariadb;
    part_text_addf(name, "utf8mb4_uca1400%s%s%s_%s_%s", language[0] != '\0' ? "_" : "", language,
                   from->no_pad ? "_nopad" : "", from->accents ? "as" : "ai",
                   from->letter_case ? "cs" : "ci");
    if (language[0] == '\0' && from->language->mysql[0] != '\0')
        collation_note(note, "texts are sorted otherwise here");
    if (!from->accents)
        collation_note_letters(note, from->language->same_on_mariadb);
}

bool mydrv_collation_translate(const char *charset, const char *collation, bool to_mariadb,
                               struct part_text *name, struct part_text *note)
{
    struct collation from = {0};
    size_t length = strlen(charset);
    if (strncmp(collation, charset, length) != 0 || collation[length] != '_')
        return false;
    collation += length + 1;
    if (!collation_parse_mysql(collation, &from)) {
        from = (struct collation){0};
        if (!collation_parse_mariadb(collation, &from))
            return false;
    }
    if (from.of_mysql == !to_mariadb) /* an older server of the same kind, which lacks it */
        return false;
    if (to_mariadb)
        collation_write_mariadb(&from, name, note);
    else
        collation_write_mysql(&from, name, note);
    return true;
}

/* General, Unicode and binary collations of any age are compared as the column's flags say. */
bool mydrv_collation_is_national(const char *charset, const char *collation)
{
    static const char *const common[] = {"ai",   "as",      "bin", "ci",     "cs",
                                         "0900", "uca1400", "520", "unicode"};
    size_t length = strlen(charset);
    if (strncmp(collation, charset, length) != 0)
        return strcmp(collation, "binary") != 0;
    static const char older[] = "_unicode"; /* to which other letters are the same */
    if (strncmp(collation + length, older, sizeof older - 1) == 0 &&
        strstr(collation, "_nopad_") != NULL)
        return true;
    for (collation += length; *collation == '_';) {
        size_t part = strcspn(++collation, "_");
        bool known = part == 5 && memcmp(collation, "nopad", 5) == 0;
        for (size_t i = 0; i < sizeof common / sizeof *common && !known; i++)
            known = strlen(common[i]) == part && memcmp(common[i], collation, part) == 0;
        if (!known)
            return true;
        collation += part;
    }
    return false;
}
