# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium that a test drives: over a pair of pipes, in the words of its DevTools
protocol, of which a handful suffice."""

import base64
import json
import os
import select
import signal
import subprocess
import time

from stacks import PATIENCE

LONG = 3 * PATIENCE  # a browser on a busy machine
OPTIONS = (
    "--no-sandbox", "--no-proxy-server", "--disable-gpu", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One page. `home`: an empty folder for all that it writes; downloads go to home/downloads."""

    def __init__(self, home):
        self.home = home
        self.downloads = home / "downloads"
        self.downloads.mkdir()
        to_browser, self.to = os.pipe()
        self.come, from_browser = os.pipe()
        # Its numbers for the two are 3 and 4.
        script = f"exec chromium-headless-shell \"$@\" 3<&{to_browser} 4>&{from_browser}"
        self.process = subprocess.Popen(
            ["bash", "-c", script, "-", *OPTIONS, f"--user-data-dir={home}/profile", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(home / "stderr").open("wb"),
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home)},
            pass_fds=(to_browser, from_browser),
            start_new_session=True,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        self._open_page()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.come)

    def _open_page(self):
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in pages if each["type"] == "page")
        self.call(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(self.downloads),
            eventsEnabled=True,
        )
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Log.enable")

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self.come], [], [], left)[0]:
                raise AssertionError(f"Chromium says nothing more: {self.events[-5:]}")
            data = os.read(self.come, 1 << 20)
            said = (self.home / "stderr").read_text()[-1000:]
            assert data, f"Chromium has ended: {said}"
            self.buffer += data
        text, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(text)

    def call(self, method, **parameters):
        """The result of a method."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + LONG
        while True:
            answer = self._message(deadline)
            if answer.get("id") != self.number:
                self.events.append(answer)
                continue
            assert "error" not in answer, (method, answer["error"])
            return answer["result"]

    def wait(self, method, is_it=lambda parameters: True):
        """The parameters of the next such event; what came before it is forgotten."""
        deadline = time.monotonic() + LONG
        while True:
            event = self.events.pop(0) if self.events else self._message(deadline)
            if event.get("method") == method and is_it(event["params"]):
                return event["params"]

    def open(self, url):
        self.events.clear()
        result = self.call("Page.navigate", url=url)
        assert "errorText" not in result, result
        self.wait("Page.loadEventFired")

    def evaluate(self, expression):
        """The value of a line of JavaScript in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def show(self, width, height=800, scheme="light"):
        """What it looks like on a screen of that size: a PNG."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def click(self, selector):
        """A mouse's click on the middle of the element."""
        box = self.evaluate(
            f"(e => {{ e.scrollIntoView(); let r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2] }})"
            f"(document.querySelector({json.dumps(selector)}))"
        )
        self.events.clear()
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=box[0],
                y=box[1],
                button="left",
                clickCount=1,
            )

    def download(self, selector):
        """Clicks, and returns what was saved then: its name and its bytes."""
        self.click(selector)
        name = self.wait("Browser.downloadWillBegin")["suggestedFilename"]
        state = self.wait("Browser.downloadProgress", lambda p: p["state"] != "inProgress")["state"]
        assert state == "completed", state
        return name, (self.downloads / name).read_bytes()
