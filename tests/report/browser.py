"""Visits pages in headless Chromium, for the tests of reports."""

import html.parser
import re
import subprocess
import tempfile

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--enable-logging=stderr", "--virtual-time-budget=3000",
]
DARK = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]


class Browser:
    def __init__(self, chromium):
        self.chromium = chromium

    def visit(self, page, *flags):
        """Standard output of one visit; fails on any message of the page's console."""
        with tempfile.TemporaryDirectory() as profile:
            done = subprocess.run(
                [self.chromium, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
                capture_output=True, text=True, errors="replace", timeout=120)
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        assert not console, f"{page}: {console}"
        return done.stdout

    def picture(self, page, target, width, height, *flags):
        target.unlink(missing_ok=True)
        self.visit(page, f"--window-size={width},{height}", f"--screenshot={target}", *flags)
        assert target.stat().st_size > 20_000, f"{target} is nearly empty"

    def pages_of_paper(self, page, target):
        target.unlink(missing_ok=True)
        self.visit(page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
        return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))

    def notices_what_is_not_allowed(self, page, injected):
        """The page's policy stops what was not built in, and visit() would notice."""
        page.parent.mkdir(exist_ok=True)
        text = page.read_text()
        page.write_text(text.replace("<main>", "<main>" + injected, 1))
        try:
            self.visit(page, "--dump-dom")
        except AssertionError as refused:
            assert "Content Security Policy" in str(refused), refused
            return
        raise AssertionError(f"{injected} was let through, or its refusal went unnoticed")


class Page(html.parser.HTMLParser):
    """Counts what matters in the DOM as it stands after the scripts ran."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.ready, self.handlers, self.addresses = {}, False, [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements[tag] = self.elements.get(tag, 0) + 1
        names = dict(attributes)
        self.ready |= tag == "html" and names.get("data-ready") == "1"
        self.handlers += [name for name in names if name.startswith("on")]
        self.addresses += [value for name, value in attributes
                           if name in ("src", "href", "srcset", "action", "data", "poster")]
