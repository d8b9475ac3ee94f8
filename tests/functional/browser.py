"""A headless Chromium, driven through the pipe of its devtools protocol: nothing listens anywhere."""

import json
import os
import select
import subprocess
import time

LIMIT = 120  # seconds for one answer, on the slowest machine

FLAGS = [
    "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync", "--mute-audio",
    "--force-color-profile=srgb", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
]


class Browser:
    """One process with one page.  `events` are what the page has told since they were last taken."""

    def __init__(self, folder):
        to_read, write_end = os.pipe()
        read_end, to_write = os.pipe()

        def take_pipes():  # Chromium wants them as 3 and 4, which may be in use; so by way of others
            ends = os.dup(read_end), os.dup(write_end)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.log = open(os.path.join(folder, "chromium.log"), "wb")
        self.process = subprocess.Popen(
            ["chromium", *FLAGS, "--user-data-dir=" + os.path.join(folder, "profile"), "about:blank"],
            preexec_fn=take_pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log)
        os.close(read_end)
        os.close(write_end)
        self.reading, self.writing = to_read, to_write
        self.rest = b""
        self.number = 0
        self.events = []
        self.session = None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"],
                                 flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Log", "Network":
            self.call(domain + ".enable")

    def _message(self):
        last = time.monotonic() + LIMIT
        while b"\0" not in self.rest:
            if not select.select([self.reading], [], [], max(0, last - time.monotonic()))[0]:
                raise TimeoutError("no word from Chromium in two minutes")
            piece = os.read(self.reading, 1 << 20)
            if not piece:
                raise EOFError("Chromium has ended; its log is " + self.log.name)
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        """The result of a command; events that come before it are kept."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.writing, json.dumps(request).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def look(self, width, height, theme):
        """From now on the page is seen so: theme is light or dark."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": theme}])

    def open(self, path):
        """Returns when the page and all of it are loaded."""
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not any(e["method"] == "Page.loadEventFired" for e in self.events):
            message = self._message()
            if "method" in message:
                self.events.append(message)

    def take_events(self):
        """What has come since the last time, and what the browser still has to tell."""
        self.evaluate("0")
        events, self.events = self.events, []
        return events

    def evaluate(self, expression):
        """The value of an expression of JavaScript, which the page's own policy does not hold up."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def picture(self):
        """A PNG of all of the page, in base64."""
        return self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(30)
        except (EOFError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.log.close()
