"""A real Chromium, driven by the WebDriver protocol, where there is one."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.flows.screenshot import FLAGS
from tests.flows.served import free_port, wait_for

SHOWN_SECONDS = 600
ENTER = "\ue007"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def is_here() -> bool:
    """Whether this machine has a browser and its driver."""
    return bool(shutil.which("chromedriver") and shutil.which("chromium"))


class Browser:
    """One window of a fresh profile."""

    def __init__(self, session: httpx.Client, path: str) -> None:
        self.session, self.path = session, path

    def _post(self, command: str, body: Any) -> Any:
        answer = self.session.post(f"{self.path}/{command}", json=body)
        return answer.raise_for_status().json()["value"]

    def go(self, url: str) -> None:
        self._post("url", {"url": url})

    def run(self, script: str) -> Any:
        """What the statements of JavaScript return."""
        return self._post("execute/sync", {"script": script, "args": []})

    def type_into(self, selector: str, text: str) -> None:
        found = self._post("element", {"using": "css selector", "value": selector})
        self._post(f"element/{found[_ELEMENT]}/value", {"text": text})

    def shows(self, is_there: Callable[[str], Any]) -> str:
        """The HTML of the page once it is as wanted, at the latest after ten minutes."""
        deadline = time.monotonic() + SHOWN_SECONDS
        while not is_there(page := self.run("return document.documentElement.outerHTML")):
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
        return str(page)

    def picture(self, target: Path, width: int, height: int) -> None:
        self._post("window/rect", {"width": width, "height": height})
        picture = self.session.get(f"{self.path}/screenshot").raise_for_status().json()["value"]
        target.write_bytes(base64.b64decode(picture))


def _begun(session: httpx.Client, wanted: Any) -> str:
    """The id of a window; KeyError when the driver gave up on a browser that was too slow."""
    made = session.post("/session", json={"capabilities": wanted}).json()
    return str(made["value"]["sessionId"])


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    port = free_port()
    driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
    flags = [flag for flag in FLAGS if not flag.startswith("--virtual-time")]
    wanted = {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as session:
            path = f"/session/{wait_for(lambda: _begun(session, wanted))}"
            try:
                yield Browser(session, path)
            finally:
                session.delete(path)  # else the browser outlives its driver
    finally:
        driver.terminate()
        driver.wait()
