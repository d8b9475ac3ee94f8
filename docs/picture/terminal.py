"""terminal.py COLUMNS <TEXT >SVG: what was seen on a terminal, as letters that stay sharp at any size.

A line that begins with "$ " was typed.  Of a line that was drawn anew, as progress is, the last state
is what stays.
"""

import re
import sys
from xml.sax.saxutils import escape

LETTER, LINE, MARGIN = 7.8, 19, 18  # pixels; 13 of them are a letter's height
STYLE = """text{font:13px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d5dae1}
.typed{fill:#ffffff;font-weight:bold}"""


def last_state(line):
    pieces = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", piece) for piece in line.rstrip("\r").split("\r")]
    return next((piece for piece in reversed(pieces) if piece.strip()), "").rstrip()


def main(columns):
    lines = []
    for line in map(last_state, sys.stdin.read().split("\n")):
        if line.startswith("$ ") and lines:
            lines.append("")
        lines += [line[at:at + columns] for at in range(0, len(line), columns)]
    width = round(2 * MARGIN + LETTER * max(map(len, lines)))
    height = 2 * MARGIN + LINE * len(lines)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
          f'height="{height}" role="img">\n<title>dbferry on a terminal</title>\n<style>{STYLE}</style>\n'
          f'<rect width="{width}" height="{height}" rx="10" fill="#171c24"/>')
    for number, line in enumerate(lines):
        if line:
            print(f'<text class="{"typed" if line.startswith("$ ") else "seen"}" x="{MARGIN}" y="{MARGIN + LINE * number + 13}" '
                  f'textLength="{LETTER * len(line):.1f}" xml:space="preserve">{escape(line)}</text>')
    print("</svg>")


main(int(sys.argv[1]))
