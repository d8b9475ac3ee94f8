"""Every collation of utf8mb4 of one server, carried to the other: texts that differ at the source must
not be the same in the copy, where a key would refuse them, unless the plan says so.

    tests/types/run collations.py

Both servers are asked which of some letters are the same under the collation, and under the one that
the plan chooses.
"""

import sys

from stores import Failed, File, Tap, dbferry, plan_lines, servers, write_config

WORDS = """a A á å Å aa AA ä Ä ae æ Æ i I ı İ í y Y ü Ü ű v V w W o O ö Ö oe ø Ø ő õ n N ñ Ñ ß ss SS d D đ
Đ ð th þ Þ c C č ç ch Ch cs s S š ş ș ts t ţ ț l ł ll lj ǉ и й И е ё г ґ і ї あ ア ぁ が か 中 国 😀 😁 e é ê u
ư ơ z ž ģ g ğ k ķ j q Q ŵ ĉ ŭ dž ǆ ny sz gy dz""".split() + ["a ", "A ", "", "\u00a0"]

# What no collation of the other server is like.
ALONE = {"mariadb": {"general_nopad_ci", "unicode_nopad_ci", "unicode_520_nopad_ci", "myanmar_ci",
                     "thai_520_w2", "croatian_mysql561_ci"} |
         {f"uca1400_{language}_{pad}{end}" for language in ("persian", "sinhala")
          for pad in ("", "nopad_") for end in ("ai_ci", "ai_cs", "as_ci", "as_cs")},
         "mysql": set()}

LISTS = {"mariadb": "SELECT FULL_COLLATION_NAME FROM "
                    "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY WHERE "
                    "CHARACTER_SET_NAME = 'utf8mb4' AND FULL_COLLATION_NAME IS NOT NULL ORDER BY 1",
         "mysql": "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE "
                  "CHARACTER_SET_NAME = 'utf8mb4' ORDER BY 1"}


def prepare(server):
    words = ",".join(f"({i}, _utf8mb4 x'{word.encode().hex()}')" for i, word in enumerate(WORDS))
    server.run("DROP DATABASE IF EXISTS types; CREATE DATABASE types; USE types; "
               "CREATE TABLE words (n INT PRIMARY KEY, w VARCHAR(9)) CHARACTER SET utf8mb4; "
               f"INSERT INTO words VALUES {words};")


def same(server, collations):
    """For each collation the pairs of words that are the same."""
    found = {collation: set() for collation in collations}
    text = "".join(
        f"SELECT '{c}', a.n, b.n FROM words a JOIN words b ON a.n < b.n AND "
        f"a.w COLLATE {c} = b.w COLLATE {c};" for c in found)
    for collation, first, second in server.rows(text, "types"):
        found[collation].add((int(first), int(second)))
    return found


def planned(source, target, collations):
    """For each of them what the plan makes of it: collation and note."""
    columns = ", ".join(f"c{i} VARCHAR(9) COLLATE {c}" for i, c in enumerate(collations))
    source.run(f"DROP TABLE IF EXISTS many; CREATE TABLE many (id INT PRIMARY KEY, {columns}) "
               "CHARACTER SET utf8mb4", "types")
    status, output = dbferry("plan", write_config(
        source.connection("types"), target.connection("types"),
        'table = "many"; target_table = "made";'))
    if status != 0:
        raise Failed(f"status {status}: {output}")
    lines = plan_lines(output)
    return {c: (lines[f"c{i}"]["target type"].split(" COLLATE ")[1].split()[0],
                lines[f"c{i}"].get("note", "")) for i, c in enumerate(collations)}


def check(source, target):
    collations = [row[0] for row in source.rows(LISTS[source.name])]
    plan = {}
    for start in range(0, len(collations), 200):
        plan.update(planned(source, target, collations[start:start + 200]))
    at_source = same(source, collations)
    at_target = same(target, {made for made, _ in plan.values()})
    for collation, (made, note) in plan.items():
        coarser = at_target[made] - at_source[collation]
        if coarser and "are the same here" not in note:
            raise Failed(f"{collation} becomes {made} ({note or 'no note'}), to which are the same: "
                         + ", ".join(f"{WORDS[a]!r} {WORDS[b]!r}" for a, b in sorted(coarser)))
        finer = at_source[collation] - at_target[made]
        spaces = {(a, b) for a, b in finer if WORDS[a].endswith(" ") or WORDS[b].endswith(" ")}
        if len(finer) > 20 and "difference here" not in note and finer != spaces and \
                "nothing like" not in note:
            raise Failed(f"{collation} becomes {made} without a note, and so many differ: "
                         f"{len(finer)}")
    alone = {c.removeprefix("utf8mb4_") for c, (_, note) in plan.items() if "nothing like" in note}
    if alone != ALONE[source.name]:
        raise Failed(f"without a counterpart: {sorted(alone ^ ALONE[source.name])}")


def check_no_false_case(source):
    """To NOCASE of SQLite I and i are the same, so that no column may get it to which they differ."""
    collations = [row[0] for row in source.rows(LISTS[source.name])]
    known = same(source, collations)
    letters = tuple(sorted((WORDS.index("i"), WORDS.index("I"))))
    columns = ", ".join(f"c{i} VARCHAR(9) COLLATE {c}" for i, c in enumerate(collations))
    source.run(f"DROP TABLE IF EXISTS many; CREATE TABLE many (id INT PRIMARY KEY, {columns}) "
               "CHARACTER SET utf8mb4", "types")
    file = File("collations.db")
    file.remove()
    status, output = dbferry("plan", write_config(
        source.connection("types"), file.connection(), 'table = "many";'))
    if status != 0:
        raise Failed(f"status {status}: {output}")
    lines = plan_lines(output)
    for i, collation in enumerate(collations):
        if "NOCASE" in lines[f"c{i}"]["target type"] and letters not in known[collation]:
            raise Failed(f"{collation} becomes NOCASE, and to it I is no i")


def main():
    tap = Tap()
    here, missing = servers()
    for server in here:
        prepare(server)
    for source in here:
        tap.check(f"{source.name}: no collation becomes NOCASE wrongly", check_no_false_case, source)
        for target in here:
            if source is not target:
                tap.check(f"{source.name} to {target.name}: nothing becomes the same", check,
                          source, target)
    for name in missing:
        tap.skip(f"{name}: collations", "the server is not there")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
