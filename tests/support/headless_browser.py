"""A browser without a window that looks at pages as readers do: from a folder, in the dark, on a phone, on paper."""

from __future__ import annotations

import base64
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil

PROGRAMS = ("chromium", "chromedriver")
SIZE = (1280, 800)
# Nothing is fetched, asked or reported; letters are drawn alike on every machine.
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # which root, as whom CI runs, cannot have; pages are of the tests' own making
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--hide-scrollbars",
    "--lang=en",
)
_LEFT_TO_END_S = 10.0
_LONGEST_SCRIPT_S = 120.0
_WITHOUT_MARKS = {"exclude": [["svg.plot g"], ["svg.marks"], ["svg.plot .cell"]]}
_ITSELF = ("data:", "blob:", "about:", "chrome:")


def why_no_browser() -> str:
    """Return what is missing to look at pages; "" if nothing is."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"{' and '.join(missing)} not found (Debian: chromium, chromium-driver)"
    try:
        import axe_core_python
        import selenium
    except ImportError as error:
        return f"{error.name} is not installed (optbench[test])"
    del axe_core_python, selenium
    return ""


@contextmanager
def started_browser(profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it and its driver, whatever happens."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = str(shutil.which(PROGRAMS[0]))
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = ChromeService(executable_path=str(shutil.which(PROGRAMS[1])))
    driver = Chrome(options=options, service=service)
    driver.set_script_timeout(_LONGEST_SCRIPT_S)
    programs = [psutil.Process(driver.capabilities["goog:processID"]), psutil.Process(service.process.pid)]
    try:
        yield Browser(driver)
    finally:
        driver.quit()
        for left in psutil.wait_procs(programs, timeout=_LEFT_TO_END_S)[1]:
            left.kill()


class Browser:
    """One window, which shows one page at a time."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(
        self,
        page: Path,
        *,
        width: int = SIZE[0],
        height: int = SIZE[1],
        scheme: Literal["light", "dark"] = "light",
        scripts: bool = True,
        fragment: str = "",
    ) -> None:
        """Show a file as it is opened from a folder; what was noted of pages before is forgotten."""
        self.tell("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.tell("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.resize(width, height)
        self.driver.get("about:blank")
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get(page.resolve().as_uri() + fragment)

    def resize(self, width: int, height: int = SIZE[1]) -> None:
        """Give the page so many pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.tell("Emulation.setDeviceMetricsOverride", **size)

    def tell(self, command: str, **arguments: Any) -> Any:
        """Give a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a function body gives; works on pages whose own scripts are off, too."""
        return self.driver.execute_script(script, *arguments)

    def speak(self, language: str) -> None:
        """Switch the page to a language in place."""
        self.run("document.querySelector(`button[data-language=${arguments[0]}]`).click()", language)

    def all(self, selector: str) -> list[Any]:
        """Return the elements of a CSS selector."""
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        """Return the only element of a CSS selector."""
        (element,) = self.all(selector)
        return element

    def text(self, selector: str = "body") -> str:
        """Return what can be read in an element, without what is folded away or of another language."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def unfold(self) -> None:
        """Open all that is folded."""
        self.run("for (const one of document.querySelectorAll('details')) one.open = true")

    def complaints(self) -> list[str]:
        """Return what the console has been told since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "DEBUG"]

    def requests(self) -> list[str]:
        """Return the addresses asked for since the page was opened, other than those of files that were opened."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        asked = [one["request"]["url"] for one in sent if one.get("type") != "Document"]
        return [address for address in asked if not address.startswith(_ITSELF)]

    def width_beyond(self) -> int:
        """Return the pixels by which the page is wider than its window."""
        return int(self.run("const e = document.documentElement; return e.scrollWidth - e.clientWidth"))

    def axe(self) -> list[Mapping[str, Any]]:
        """Return what axe-core finds serious or critical; thousands of marks within drawings are passed over."""
        from axe_core_python.selenium import Axe

        found = Axe().run(self.driver, _WITHOUT_MARKS, {"resultTypes": ["violations"]})["violations"]
        return [one for one in found if one["impact"] in {"serious", "critical"}]

    def pdf(self) -> bytes:
        """Return the page as it is printed on A4."""
        inches = {"paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self.tell("Page.printToPDF", printBackground=False, **inches)["data"])

    def print_media(self) -> None:
        """Show the page as it would stand on paper."""
        self.tell("Emulation.setEmulatedMedia", media="print")

    def picture(self, *, whole: bool = False) -> bytes:
        """Return what is in the window, or the whole page, as PNG."""
        taken = self.tell("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **self._clip(whole))
        return base64.b64decode(taken["data"])

    def keys(self, *keys: str) -> None:
        """Press keys where the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def hover(self, element: Any) -> None:
        """Bring the element into sight and the pointer over its middle."""
        from selenium.webdriver import ActionChains

        self.run("arguments[0].scrollIntoView({block: 'center', inline: 'center'})", element)
        ActionChains(self.driver, duration=0).move_to_element(element).perform()

    def saved(self, selector: str, path: Path) -> bytes:
        """Press what saves a file of that name, and return the file."""
        self.tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(path.parent))
        self.run("document.querySelector(arguments[0]).click()", selector)
        deadline = time.monotonic() + _LEFT_TO_END_S
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return path.read_bytes()

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        return {"clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}


def described(found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line per place that axe-core found something at."""
    return [
        f"{one['id']}: {node['html'][:120]}: {node.get('failureSummary', '')[:200]}"
        for one in found
        for node in one["nodes"][:3]
    ]
