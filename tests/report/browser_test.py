"""Opens the sample reports in headless Chromium: the script must run to its end without a word on
the console, on hostile names too, and draw what the numbers say. Leaves pictures in the directory.

usage: browser_test.py CHROMIUM WRITE_REPORT_SAMPLES DIRECTORY
"""

import concurrent.futures
import pathlib
import subprocess
import sys

from browser import DARK, Browser, Page

chromium, writer, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
browser = Browser(chromium)


def check(name, charts):
    page = directory / name / "report.html"
    dom = browser.visit(page, "--dump-dom")
    seen = Page(dom)
    assert seen.ready, f"{name}: the script did not reach its end"
    assert not seen.handlers, f"{name}: {seen.handlers}"
    assert seen.elements.get("img", 0) == 0, f"{name}: markup of the scenario became an element"
    assert dom.count('class="dygraph-axis-label dygraph-axis-label-y"') >= 2 * charts, name
    # Two canvases for each line chart, one for each heat map.
    canvases = 2 * charts + (2 if charts else 0)
    assert seen.elements.get("canvas", 0) == canvases, (name, seen.elements)


def check_canary():
    page = directory / "canary" / "report.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text((directory / "sample" / "report.html").read_text())
    browser.notices_what_is_not_allowed(page, "<script>document.title = 'owned'</script>")


def picture(name, file, width, height, *flags):
    browser.picture(directory / name / "report.html", directory / file, width, height, *flags)


def paper():
    pages = browser.pages_of_paper(directory / "sample" / "report.html", directory / "sample.pdf")
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
