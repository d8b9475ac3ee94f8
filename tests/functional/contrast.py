"""contrast.py PAGE: the least contrast of what its style has (WCAG 2.2, 1.4.3 and 1.4.11), by theme.

Colours that text has are held to 4.5 on both grounds, and those that only lines have to 3; a line for
each that has less.
"""

import re
import sys

TEXTS = ("text", "soft", "link", "well", "failed", "fallback", "late")
SHAPES = ("axis", "bar", "inserted", "updated", "deleted")
GROUNDS = ("ground", "card")


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def main(path):
    with open(path, encoding="utf-8") as file:
        style = re.search(r"<style>(.*?)</style>", file.read(), re.S).group(1)
    sets = re.findall(r":root\{(.*?)\}", style, re.S)
    assert len(sets) == 2, "a light and a dark set of colours"
    for theme, body in zip(("light", "dark"), sets):
        colours = dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})\b", body))
        for names, least in (TEXTS, 4.5), (SHAPES, 3):
            for name in names:
                for ground in GROUNDS:
                    found = contrast(colours[name], colours[ground])
                    if found < least:
                        print(f"{theme}: {name} on {ground}: {found:.2f}, less than {least}")


main(*sys.argv[1:])
