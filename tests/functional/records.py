"""What --json has printed, held against the schema, or taken apart.

    records.py check SCHEMA FILE.CODE...    each line of the files is a record as the schema has it, with no other
                                            field, and only the last one ends, with the code that the name ends with
    records.py show TYPE FIELD...           of standard input, the fields of each record of that type, with |
                                            between them (last.rows); of a list, each member is a line (columns.name)
    records.py types                        the types of the records, in their order
"""

import copy
import json
import sys


def no_twins(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a name comes twice: {names}"
    return dict(pairs)


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def read_records(file=sys.stdin.buffer):
    text = file.read().decode("utf-8")
    assert text.endswith("\n"), f"the last line has no end: {text[-80:]!r}"
    return [json.loads(line, object_pairs_hook=no_twins, parse_constant=no_constant)
            for line in text[:-1].split("\n")]


def close(schema):
    """The same schema for the records of this version alone: every field is listed."""
    if isinstance(schema, list):
        return [close(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: close(part) for name, part in schema.items()}
    if closed.get("type") == "object" and "required" in closed and "allOf" not in closed:
        closed["additionalProperties"] = False
    return closed


def close_records(schema):
    parts = schema["$defs"]
    for name, part in parts.items():
        if name.endswith("_record"):
            of = part | parts[part["$ref"].rpartition("/")[2]] if "$ref" in part else dict(part)
            of.pop("$ref", None)
            parts[name] = of | {"properties": of["properties"] | {"version": {}, "type": {}}}
    return close(schema)


def load_schema(path):
    from jsonschema import Draft202012Validator

    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema), Draft202012Validator(close_records(copy.deepcopy(schema)))


def check_one(validators, path):
    with open(path, "rb") as file:
        records = read_records(file)
    for record in records:
        for validator in validators:
            for flaw in validator.iter_errors(record):
                sys.exit(f"{path}: {record}: {'/'.join(map(str, flaw.absolute_path))}: {flaw.message}")
    ends = [record for record in records if record["type"] == "end"]
    assert len(ends) == 1 and records[-1] is ends[0], f"{path}: the last record is the only one that ends"
    code = int(path.rpartition(".")[2])
    assert ends[0]["exit_code"] == code, f"{ends[0]} does not end with {code}"


def check(schema, *paths):
    validators = load_schema(schema)
    for path in paths:
        check_one(validators, path)


def values(record, field):
    """Of a field as "columns.name", one for each member of the list; or one alone, as of "last.rows"."""
    first, _, rest = field.partition(".")
    value = record[first]
    if not rest or value is None:
        return [value]
    return [part for member in (value if isinstance(value, list) else [value])
            for part in values(member, rest)]


def spell(value):
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def show(kind, *fields):
    for record in read_records():
        if record["type"] == kind:
            for row in zip(*(values(record, field) for field in fields)):
                print("|".join(map(spell, row)))


def types():
    print(" ".join(record["type"] for record in read_records()))


{"check": check, "show": show, "types": types}[sys.argv[1]](*sys.argv[2:])
