"""Looks at pages of `dbferry report` in a browser, at both ends of its widths and in both themes.

look_at_page.py FOLDER PAGE...: for each NAME.html, what is wrong with it goes to FOLDER/NAME.wrong, a
line each, and what its tables say to FOLDER/NAME.rows, with | between the cells.  With PICTURES in the
environment, what was seen goes to that folder.
"""

import base64
import os
import sys

from browser import Browser

WIDTHS = 360, 1920
THEMES = "light", "dark"

# What a reader would notice: the width, and what a screen reader needs.
PROBLEMS = r"""(() => {
    const wrong = [], all = selector => [...document.querySelectorAll(selector)];
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth)
        wrong.push(`it is ${root.scrollWidth} pixels wide in a window of ${innerWidth}`);
    for (const text of all('svg.chart text')) {
        const box = text.getBoundingClientRect();
        if (box.width > 0 && (box.left < -0.5 || box.right > innerWidth + 0.5))
            wrong.push(`a label leaves the window: ${text.textContent}`);
        const column = text.closest('figure').getBoundingClientRect();
        if (box.width > 0 && (box.left < column.left - 1 || box.right > column.right + 1))
            wrong.push(`a label leaves its chart: ${text.textContent}`);
    }
    for (const chart of all('svg.chart')) {
        const labels = [...chart.querySelectorAll('text:not(.scale)')].map(
            text => text.getBoundingClientRect()).sort((a, b) => a.left - b.left);
        for (let i = 1; i < labels.length; i++)
            if (labels[i].left < labels[i - 1].right + 2)
                wrong.push(`two labels meet in ${chart.getAttribute('aria-labelledby')}`);
    }
    const ids = all('[id]').map(element => element.id);
    if (new Set(ids).size !== ids.length)
        wrong.push('an id comes twice');
    for (const attribute of ['aria-labelledby', 'aria-describedby'])
        for (const element of all(`[${attribute}]`))
            if (!document.getElementById(element.getAttribute(attribute))?.textContent.trim())
                wrong.push(`${attribute}="${element.getAttribute(attribute)}" names nothing`);
    for (const link of all('a[href]'))
        if (!document.getElementById(link.getAttribute('href').slice(1)))
            wrong.push(`a link leads nowhere: ${link.getAttribute('href')}`);
    let level = 0;
    for (const heading of all('h1,h2,h3,h4,h5,h6')) {
        const next = Number(heading.tagName[1]);
        if (next > level + 1)
            wrong.push(`a heading is left out before: ${heading.textContent}`);
        level = next;
    }
    for (const picture of all('svg[role=img]'))
        if (!picture.querySelector(':scope > title')?.textContent.trim())
            wrong.push('a picture has no title');
    for (const element of all('script,img,iframe,object,link,form,[style],[onload],[onerror]'))
        wrong.push(`it has a ${element.tagName}`);
    for (const box of all('.scroll'))
        if (box.tabIndex !== 0 || !box.getAttribute('aria-label'))
            wrong.push('what scrolls cannot be reached by keys');
    return wrong;
})()"""

# A line for each run, as it stands in the tables.
ROWS = r"""[...document.querySelectorAll('section.job')].flatMap(job =>
    [...job.querySelectorAll('table.runs tbody tr')].map(row => [
        job.querySelector('h2').textContent, row.querySelector('time')?.dateTime ?? '',
        ...[...row.cells].slice(1).map(cell => cell.textContent)].join('|')))"""


def told(events, path):
    """What the browser complains of, and each request that is not for the page itself."""
    own = "file://" + os.path.abspath(path)
    for event in events:
        method, what = event["method"], event["params"]
        if method == "Log.entryAdded":
            yield "the browser says: " + what["entry"]["text"]
        elif method == "Runtime.consoleAPICalled":
            yield "the page says: " + str(what["args"])
        elif method == "Runtime.exceptionThrown":
            yield "the page throws: " + what["exceptionDetails"]["text"]
        elif method == "Network.requestWillBeSent" and what["request"]["url"] != own:
            yield "it asks for " + what["request"]["url"]


def look_at(browser, path, folder, pictures):
    name = os.path.splitext(os.path.basename(path))[0]
    wrong = []
    for width in WIDTHS:
        for theme in THEMES:
            browser.look(width, 1000, theme)
            if width == WIDTHS[0] and theme == THEMES[0]:
                browser.open(path)
            wrong += browser.evaluate(PROBLEMS)
            if pictures:
                with open(f"{pictures}/{name}-{width}-{theme}.png", "wb") as file:
                    file.write(base64.b64decode(browser.picture()))
    with open(f"{folder}/{name}.rows", "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in browser.evaluate(ROWS))
    wrong += told(browser.take_events(), path)
    with open(f"{folder}/{name}.wrong", "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in dict.fromkeys(wrong))


def main(folder, *pages):
    browser = Browser(folder)
    try:
        for page in pages:
            look_at(browser, page, folder, os.environ.get("PICTURES"))
    finally:
        browser.close()


main(*sys.argv[1:])
