"""The small changes that can be made to a C file: an operator, a constant, a branch or a call each.

They are found by tokens, without a parser: what makes no sense to the compiler is found out by it, and
what makes no difference by its output.  Comments, strings and the preprocessor's lines stay as they are,
and so does the number of lines.
"""

import re

TOKEN = re.compile(r"""
    (?P<blank>   \s+ | /\*.*?\*/ | //[^\n]* | \#(?:[^\n\\]|\\.)* )
  | (?P<string>  (?:u8|[uUL])?"(?:[^"\\\n]|\\.)*" )
  | (?P<char>    [uUL]?'(?:[^'\\\n]|\\.)*' )
  | (?P<number>  \.?\d(?:[eEpP][+-]|[\w.])* )
  | (?P<name>    [A-Za-z_]\w* )
  | (?P<sign>    <<=|>>=|\.\.\.|->|\+\+|--|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||. )
""", re.VERBOSE | re.DOTALL)

# What else could stand in the place of an operator between two operands.
OTHERS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"],
    "&": ["|"], "|": ["&"], "^": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "%=": ["*="],
    "&=": ["|="], "|=": ["&="], "^=": ["&="], "<<=": [">>="], ">>=": ["<<="],
    # the other one; without what is on its right; without what is on its left
    "&&": ["||", "&& 1 |", "| 1 &&"], "||": ["&&", "|| 0 &&", "&& 0 ||"],
    "?": ["|| 1 ?", "&& 0 ?"],
}
STEPS = {"++": "--", "--": "++"}
ENDS_NO_OPERAND = {"return", "case", "else", "do", "goto", "sizeof"}
TYPES = {"char", "int", "long", "short", "void", "const", "unsigned", "signed", "double", "float", "bool"}
# What begins no statement that could be left out.
KEEPS = {"return", "if", "else", "for", "while", "do", "switch", "case", "default", "struct", "union", "enum",
         "static", "typedef", "extern", "register", "{"} | TYPES
NOTHING = {"0", "NULL", "FERRY_OK", "true", "false"}


class Token:
    def __init__(self, match):
        self.kind, self.text = match.lastgroup, match.group()
        self.start, self.end = match.span()
        self.partner = None  # of a bracket, as an index
        self.within = ""     # the function or the table that it is a part of
        self.around = ""     # the innermost bracket that is open there


class Change:
    """Some places of a text, (start, end, new), and the lines that they change, before and after."""

    def __init__(self, text, within, edits):
        self.within, self.edits = within, edits
        first = text.rfind("\n", 0, edits[0][0]) + 1
        last = text.find("\n", edits[-1][1])
        self.line = text.count("\n", 0, edits[0][0]) + 1
        self.old = " ".join(text[first:last].split())
        self.new = " ".join(self.apply(text)[first:last - len(text) or None].split())

    def apply(self, text):
        for start, end, new in reversed(self.edits):
            lost = text.count("\n", start, end) - new.count("\n")
            text = text[:start] + new + "\n" * lost + text[end:]
        return text


def read_tokens(text):
    """The tokens without the blanks; brackets know their partners, all know what they are in."""
    tokens = [Token(match) for match in TOKEN.finditer(text) if match.lastgroup != "blank"]
    open_brackets, within = [], ""
    for i, token in enumerate(tokens):
        follows = tokens[i + 1].text if i + 1 < len(tokens) else ""
        if not open_brackets:
            if token.kind == "name" and follows in ("(", "[", "="):
                within = token.text
            elif token.text == ";":
                within = ""
        token.within = within
        token.around = tokens[open_brackets[-1]].text if open_brackets else ""
        if token.kind == "sign" and token.text in "([{":
            open_brackets.append(i)
        elif token.kind == "sign" and token.text in ")]}" and open_brackets:
            token.partner = open_brackets.pop()
            tokens[token.partner].partner = i
            if token.text == "}" and not open_brackets and follows != ";":
                within = ""
    return tokens


def is_operand(token):
    """Whether an operator that follows stands between two operands."""
    if token.kind == "name":
        return token.text not in ENDS_NO_OPERAND
    return token.kind != "sign" or token.text in ")]"


def is_pointer(tokens, i):
    """Whether this asterisk is a part of a type, as far as can be seen."""
    before, after = tokens[i - 1].text, tokens[i + 1].text
    return (before in TYPES or before.endswith("_t") or tokens[i - 2].text in ("struct", "union", "enum")
            or after in (")", "*", ",", "const"))


def number_changes(text):
    """One more and one less."""
    match = re.fullmatch(r"(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)([uUlLzZ]*)", text)
    if match is None:
        return [f"({text} + 1)"]
    digits, suffix = match.groups()
    value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
    return [f"{other}{suffix}" for other in (value + 1, value - 1) if other >= 0]


def operator_edits(tokens, i):
    token, before = tokens[i], tokens[i - 1]
    place = token.start, token.end
    if token.text in STEPS:
        yield [(*place, STEPS[token.text])]
    elif token.text == "!" or (token.text in "-~" and not is_operand(before)):
        yield [(*place, "")]
    elif token.text in OTHERS and is_operand(before) and not (token.text == "*" and is_pointer(tokens, i)):
        for other in OTHERS[token.text]:
            yield [(*place, other)]


def condition_edits(tokens, i):
    """A condition that is asked and never holds, or always."""
    opened = tokens[i + 1]
    closed = tokens[opened.partner]
    for answer in ["&& 0"] + ["|| 1"] * (tokens[i].text == "if"):
        yield [(opened.end, opened.end, "("), (closed.start, closed.start, f") {answer}")]


def begins_statement(tokens, i):
    """Whether a statement begins here: not an element of a table, nor a part of `for (...)`."""
    before = tokens[i - 1]
    if tokens[i].around != "{":
        return False
    if before.text in ("{", "}", ";", "else", "do"):
        return True
    if before.text == ")":
        return tokens[before.partner - 1].text in ("if", "for", "while", "switch")
    return before.text == ":" and tokens[i - 2].text != "?"


def end_of_statement(tokens, i):
    """The index of its semicolon; None where something else ends first."""
    choices = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "sign" and token.text in ";})]:":
            if token.text == ";":
                return i
            if token.text != ":" or choices == 0:
                return None
            choices -= 1
        choices += token.text == "?"
        if token.text == "{" and tokens[i - 1].text not in (")", "="):
            return None
        i = (token.partner if token.text in ("(", "[", "{") and token.partner else i) + 1
    return None


def statement_edits(tokens, i):
    token = tokens[i]
    end = end_of_statement(tokens, i)
    if end is None:
        return
    if token.text == "return" and end > i + 1:
        if end > i + 2 or tokens[i + 1].text not in NOTHING:
            yield [(tokens[i + 1].start, tokens[i + 1].start, "(("),
                   (tokens[end].start, tokens[end].start, "), 0)")]
    elif end > i and token.text not in KEEPS and not (token.kind == tokens[i + 1].kind == "name"):
        yield [(token.start, tokens[end].start, "")]


def is_row(tokens, i):
    """Whether this brace is an element of a table, or of a struct in one."""
    closed = tokens[i].partner
    if closed is None or closed + 1 == len(tokens) or tokens[closed + 1].text not in (",", "}"):
        return False
    return tokens[i - 1].text in ("{", ",") or (tokens[i - 1].text == "=" and tokens[i - 2].text == "]")


def row_edits(tokens, i):
    end = tokens[tokens[i].partner].end
    if tokens[tokens[i].partner + 1].text == ",":
        end = tokens[tokens[i].partner + 1].end
    first = i
    if tokens[i - 1].text == "=":
        first = tokens[i - 2].partner
    yield [(tokens[first].start, end, "")]


def token_edits(tokens, i):
    token = tokens[i]
    if token.kind == "number":
        for other in number_changes(token.text):
            yield [(token.start, token.end, other)]
    elif token.kind == "char":
        yield [(token.start, token.end, f"({token.text} + 1)")]
    elif token.text in ("true", "false"):
        yield [(token.start, token.end, "false" if token.text == "true" else "true")]
    elif token.text in ("if", "while") and tokens[i + 1].text == "(":
        yield from condition_edits(tokens, i)
    elif token.text == "case":
        end = next(j for j in range(i, len(tokens)) if tokens[j].text == ":")
        yield [(token.start, tokens[end].end, "")]
    elif token.text == "{" and is_row(tokens, i):
        yield from row_edits(tokens, i)
    elif token.kind == "sign":
        yield from operator_edits(tokens, i)
    if begins_statement(tokens, i):
        yield from statement_edits(tokens, i)


def find_changes(text):
    """All changes of a file, from its first line to its last."""
    tokens = read_tokens(text)
    return [Change(text, tokens[i].within, edits)
            for i in range(2, len(tokens) - 2) if tokens[i].within
            for edits in token_edits(tokens, i)]
