"""Opens the sample reports in headless Chromium: the script must run to its end without a word on
the console, on hostile names too, and draw what the numbers say. Leaves pictures in the directory.

usage: browser_test.py CHROMIUM WRITE_REPORT_SAMPLES DIRECTORY
"""

import concurrent.futures
import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile

chromium, writer, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--enable-logging=stderr", "--virtual-time-budget=3000",
]
DARK = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]


def browse(page, *flags):
    """Standard output of one visit; fails on any message of the page's console."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [chromium, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
            capture_output=True, text=True, errors="replace", timeout=120)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert not console, f"{page}: {console}"
    return done.stdout


class Page(html.parser.HTMLParser):
    """Counts what matters in the DOM as it stands after the scripts ran."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.ready, self.handlers = {}, False, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements[tag] = self.elements.get(tag, 0) + 1
        names = dict(attributes)
        self.ready |= tag == "html" and names.get("data-ready") == "1"
        self.handlers += [name for name in names if name.startswith("on")]


def check(name, charts):
    page = directory / name / "report.html"
    dom = browse(page, "--dump-dom")
    seen = Page(dom)
    assert seen.ready, f"{name}: the script did not reach its end"
    assert not seen.handlers, f"{name}: {seen.handlers}"
    assert seen.elements.get("img", 0) == 0, f"{name}: markup of the scenario became an element"
    assert dom.count('class="dygraph-axis-label dygraph-axis-label-y"') >= 2 * charts, name
    # Two canvases for each line chart, one for each heat map.
    canvases = 2 * charts + (2 if charts else 0)
    assert seen.elements.get("canvas", 0) == canvases, (name, seen.elements)


def check_canary():
    """The page's policy stops a script that was not built in; this test would notice one."""
    page = directory / "canary" / "report.html"
    page.parent.mkdir(exist_ok=True)
    text = (directory / "sample" / "report.html").read_text()
    page.write_text(text.replace("<main>", "<main><script>document.title = 'owned'</script>", 1))
    try:
        browse(page, "--dump-dom")
    except AssertionError as refused:
        assert "Content Security Policy" in str(refused), refused
        return
    raise AssertionError("a foreign script ran, or its refusal went unnoticed")


def picture(name, file, width, height, *flags):
    target = directory / file
    target.unlink(missing_ok=True)
    size = f"--window-size={width},{height}"
    browse(directory / name / "report.html", size, f"--screenshot={target}", *flags)
    assert target.stat().st_size > 20_000, f"{target} is nearly empty"


def paper():
    target = directory / "sample.pdf"
    target.unlink(missing_ok=True)
    page = directory / "sample" / "report.html"
    browse(page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
    pages = len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))
    assert 2 <= pages <= 5, f"{pages} pages"


subprocess.run([writer, str(directory)], check=True)
jobs = [
    lambda: check("sample", charts=4),
    lambda: check("replay", charts=4),
    lambda: check("hostile", charts=4),
    lambda: check("empty", charts=0),
    check_canary,
    lambda: picture("sample", "light.png", 1320, 2400),
    lambda: picture("sample", "dark.png", 1320, 2400, *DARK),
    lambda: picture("sample", "phone.png", 420, 3600),
    lambda: picture("replay", "replay.png", 1320, 2400),
    lambda: picture("hostile", "hostile.png", 1320, 2600),
    paper,
]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for finished in [pool.submit(job) for job in jobs]:
        finished.result()
print(f"{len(jobs)} visits without a message; pictures in {directory}")
