"""photograph.py PAGE NAME: the top of a page in a browser, as NAME-light.png and NAME-dark.png."""

import base64
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/functional"))
from browser import Browser  # noqa: E402

WIDTH, HEIGHT = 1180, 940


def main(page, name):
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        try:
            browser.look(WIDTH, HEIGHT, "light")
            browser.open(page)
            for theme in "light", "dark":
                browser.look(WIDTH, HEIGHT, theme)
                picture = browser.call("Page.captureScreenshot", format="png")["data"]
                with open(f"{name}-{theme}.png", "wb") as file:
                    file.write(base64.b64decode(picture))
        finally:
            browser.close()


main(*sys.argv[1:])
