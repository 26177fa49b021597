"""Headless Chromium, driven through the pipe of its DevTools protocol."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("google-chrome")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--remote-debugging-pipe")


@contextlib.contextmanager
def browser() -> Iterator["Tab"]:
    """A tab of a fresh browser, closed at the end of the block."""
    read, its_write = os.pipe()
    its_read, write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        # The protocol is spoken on the file descriptors 3 and 4.
        words = ["bash", "-c", f'exec "$0" "$@" 3<&{its_read} 4>&{its_write}', PROGRAM, *_FLAGS]
        process = subprocess.Popen(
            [*map(str, words), f"--user-data-dir={profile}"], pass_fds=(its_read, its_write), stderr=subprocess.DEVNULL
        )
        os.close(its_read)
        os.close(its_write)
        with os.fdopen(read, "rb") as answers, os.fdopen(write, "wb") as commands, process:
            yield Tab(answers, commands)
            process.terminate()


class Tab:
    """A tab, and what happened in it: `events` are the protocol's since the last page was opened."""

    def __init__(self, answers: Any, commands: Any):
        self._answers, self._commands, self._number, self._session = answers, commands, 0, None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the protocol and wait for its result."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        self._commands.write(json.dumps(command).encode() + b"\0")
        self._commands.flush()
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, page: Path, width: int, media: str = "", **features: str) -> None:
        """Load a page.

        Args:
            page: its file.
            width: of the screen in CSS pixels; a narrow one is a telephone's.
            media: "screen" or "print"; by default what the browser is asked for.
            features: of the media, such as prefers_color_scheme="dark".
        """
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", media=media, features=wanted)
        self.call("Page.navigate", url=page.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is in the page."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def requests(self) -> list[str]:
        """The addresses that the page has asked for."""
        return [
            event["params"]["request"]["url"] for event in self.events if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """Errors and warnings on the console, and exceptions."""
        methods = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
        return [json.dumps(event["params"]) for event in self.events if event["method"] in methods]

    def _next(self) -> dict[str, Any]:
        """The next message of the browser."""
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has gone away")
            message += byte
        return json.loads(message)
