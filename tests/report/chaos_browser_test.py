"""Runs a chaos experiment, a search and a map of metastability, and opens what they write in
headless Chromium: no word on the console, nothing asked of a network, both themes, a narrow window,
and in the tables and charts the numbers of the JSON beside them. Leaves pictures in the directory.

usage: chaos_browser_test.py CHROMIUM HIGHWATER DIRECTORY
"""

import concurrent.futures
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys

from browser import DARK, Browser, Page

chromium, program, directory = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
browser = Browser(chromium)

HOSTILE = "<img src=x onerror=alert(1)> & \"quotes\""
SCENARIO = {
    "highwater": 1, "name": "small", "description": HOSTILE,
    "run": {"duration": "90s", "replications": 1},
    "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "50/s"},
                  "calls": {"to": "api", "timeout": "500ms", "retry": {"attempts": 3}}},
        "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "25ms"}},
    },
    "objectives": ["users.availability >= 99%", "users.latency.p99 < 400ms"],
}
EXPERIMENT = {
    "title": "one dies " + HOSTILE, "description": "one of two dies",
    "extensions": [{"name": "highwater", "scenario": "scenario.json", "seeds": 4,
                    "begin": "30s", "settle": "30s"}],
    "steady-state-hypothesis": {"title": "answered " + HOSTILE, "probes": [
        {"type": "probe", "name": "p99 " + HOSTILE, "tolerance": [0, 400],
         "provider": {"type": "simulation", "metric": "users.latency.p99", "window": "10s"}},
        {"type": "probe", "name": "answered", "tolerance": True,
         "provider": {"type": "simulation", "objective": "users.availability >= 99%"}}]},
    "method": [{"type": "action", "name": "both die", "pauses": {"after": 10},
                "provider": {"type": "simulation", "fault": {"kill": "api"}}}],
    "rollbacks": [{"type": "action", "name": "back",
                   "provider": {"type": "simulation", "revert": "all"}}],
}
MODES = {
    "experiment": ("chaos.json", ["experiment.json"]),
    "search": ("search.json", ["scenario.json", "--search", "--budget", "40", "--seeds", "2"]),
    "metastable": ("metastable.json", ["scenario.json", "--metastable", "--seeds", "2"]),
}


def write(mode):
    shutil.rmtree(directory / mode, ignore_errors=True)
    done = subprocess.run([program, "chaos", *MODES[mode][1], "--out", mode], cwd=directory,
                          capture_output=True, text=True, timeout=200)
    assert done.returncode == 99, done
    return json.loads((directory / mode / MODES[mode][0]).read_text())


# What a script in a copy without the policy says of the page.
MEASURE = """<script>
const texts = [...document.querySelectorAll(".plot text")].map(t => t.getBoundingClientRect());
const box = e => { const b = e.getBBox(); return [b.x, b.y, b.width, b.height]; };
document.body.dataset.measured = JSON.stringify({
  window: innerWidth, page: document.documentElement.scrollWidth,
  color: getComputedStyle(document.body).backgroundColor,
  text: getComputedStyle(document.body).color,
  smallest: Math.min(...texts.map(b => b.height)),
  tables: [...document.querySelectorAll("table")].map(t => [...t.rows].map(
    r => [...r.cells].map(c => c.innerText.trim()))),
  facts: [...document.querySelectorAll(".facts > div")].map(d => d.innerText.trim()),
  big: [...document.querySelectorAll(".big")].map(d => d.innerText.trim()),
  lines: [...document.querySelectorAll(".plot polyline")].map(
    p => [p.getAttribute("class"), p.points.length]),
  spans: [...document.querySelectorAll(".plot .on")].map(box),
  alone: [...document.querySelectorAll(".plot .alone")].map(box),
  after: [...document.querySelectorAll(".plot .after")].map(box),
  values: [...document.querySelectorAll(".plot .value")].map(t => t.textContent),
});
</script>"""


def measured(mode, width, *flags):
    copy = directory / mode / f"measured-{width}-{len(flags)}.html"
    text = (directory / mode / "report.html").read_text()
    text, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert policies == 1
    copy.write_text(text.replace("</main>", "</main>" + MEASURE, 1))
    dom = browser.visit(copy, "--dump-dom", f"--window-size={width},1000", *flags)
    return json.loads(html.unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))


def brightness(color):
    return sum(map(int, re.findall(r"\d+", color)[:3])) / 3


def number(text):
    """The number at the beginning of a text, in the unit of the JSON: ms become s, % a share."""
    value, unit = re.match(r"(-?[\d.,]+)\s*(\S*)", text).groups()
    scale = {"ms": 1e-3, "µs": 1e-6, "min": 60, "%": 0.01, "k": 1e3, "k/s": 1e3, "M": 1e6}
    return float(value.replace(",", "")) * scale.get(unit, 1)


def near(text, value, what):
    assert abs(number(text) - value) <= 0.006 * abs(value) + 1e-9, (what, text, value)


def cell_of(row):
    return [cell.split("\n")[0] for cell in row]


def check_experiment(document, seen):
    assert document["verdict"] == "deviates" and seen["big"] == ["✗ deviates"], seen["big"]
    checks, reach = seen["tables"]
    assert len(checks) == 1 + len(document["checks"])
    for check, row in zip(document["checks"], checks[1:]):
        assert row[0] == check["name"] and row[1] == check.get("asked_for", ""), (check, row)
        assert row[4] == f"{check['missed']} of {check['looks']} looks", (check, row)
        for column, key in ((2, "before"), (3, "after")):
            value = check[key]["value"]
            if value is None:
                assert row[column] == "–", row
            else:
                near(row[column], value / 1e3, check["name"])
    (fault,) = document["faults"]
    facts = dict(fact.split("\n", 1) for fact in seen["facts"])
    near(facts["objectives missed after"], fault["time_to_detect_s"]["value"], "detect")
    near(facts["met again after its end"], fault["time_to_recover_s"]["value"], "recover")
    near(facts["requests lost"], fault["requests_lost"]["value"], "lost")
    near(facts["peak p99 of users"], fault["peak_p99_ms"]["value"] / 1e3, "peak")
    assert len(reach) == 1 + len(fault["blast_radius"]) >= 2
    for reached, row in zip(fault["blast_radius"], reach[1:]):
        row = cell_of(row)
        assert row[:2] == [reached["component"], reached["metric"]], (reached, row)
        scale = 1e-3 if reached["unit"] == "ms" else 1
        near(row[2], reached["normally"] * scale, reached)
        near(row[3], reached["then"] * scale, reached)
        near(row[4], reached["change"]["value"] * scale, reached)
    # Three charts of one client, each with what is seen and what is usual, a point every second.
    seconds = int(document["simulated_s"])
    for name in ("seen", "usual"):
        points = [count for kind, count in seen["lines"] if kind == name]
        assert points.count(seconds) >= 2, (name, seconds, points)
    # The fault stands where it was: a tenth of the width is a tenth of the time.
    assert len(seen["spans"]) == 3
    wide = 1180 - 64 - 16
    for x, _, width, _ in seen["spans"]:
        assert abs((x - 64) / wide * seconds - fault["begin_s"]["value"]) < 0.5, seen["spans"]
        assert abs(width / wide * seconds - fault["lasted_s"]["value"]) < 0.5, seen["spans"]


def check_search(document, seen):
    assert seen["big"] == ["✗ it breaks"], seen["big"]
    breaks = seen["tables"][0]
    assert len(breaks) == 1 + len(document["breaks"]) >= 2
    for found, row in zip(document["breaks"], breaks[1:]):
        assert row[0].startswith(found["what"]) and found["experiment"] in row[0], row
        assert row[1] == ", ".join(found["objectives"]), row
        assert row[2] == f"{found['missed']} of {found['runs']}", row
        assert (directory / "search" / found["experiment"]).exists()
    harmless = sorted((trial["strain"] for trial in
                       document["singles"] + document["moments"] + document["pairs"]
                       if not trial["broke"]), reverse=True)
    if harmless:
        rows = seen["tables"][1][1:]
        assert len(rows) == min(8, len(harmless))
        for strain, row in zip(harmless, rows):
            near(row[1], strain, "strain")


def check_metastable(document, seen):
    assert document["metastable"] and seen["big"] == ["✗ metastable"], seen["big"]
    levels = document["levels"]
    assert len(seen["alone"]) == len(seen["after"]) == len(levels)
    shown = iter(seen["values"])
    for level, alone, after in zip(levels, seen["alone"], seen["after"]):
        for bar, key in ((alone, "goodput"), (after, "goodput_after")):
            value = level[key]["value"]
            assert abs(bar[3] / (260 - 44 - 24) - min(1, value)) < 0.005, (level, bar)
            near(next(shown), value, level)
    (table,) = seen["tables"]
    cells = [cell for row in table[1:] for cell in row[1:]]
    assert len(cells) == len(document["triggers"])
    for trigger, cell in zip(document["triggers"], cells):
        if trigger["collapsed"]:
            assert cell == f"✗ {trigger['collapsed']} of {trigger['runs']}", (trigger, cell)
        elif trigger["draining"]:
            assert cell == "not yet", (trigger, cell)
        elif trigger["recover_s"]["value"] == 0:
            assert cell == "at once", (trigger, cell)
        else:
            near(cell, trigger["recover_s"]["value"], trigger)


def check(mode, document):
    page = directory / mode / "report.html"
    dom = browser.visit(page, "--dump-dom")
    shown = Page(dom)
    assert not shown.handlers and not shown.addresses, (mode, shown.handlers, shown.addresses)
    assert "script" not in shown.elements and "img" not in shown.elements, shown.elements
    assert "url(" not in dom and "@import" not in dom, mode
    light, dark, narrow = measured(mode, 1280), measured(mode, 1280, *DARK), measured(mode, 420)
    assert brightness(light["color"]) > 200 > 100 > brightness(light["text"]), light["color"]
    assert brightness(dark["color"]) < 60 < 150 < brightness(dark["text"]), dark["color"]
    for seen in (light, narrow):
        assert seen["page"] <= seen["window"], (mode, seen["page"], seen["window"])
        if seen["smallest"] is not None:
            assert seen["smallest"] > 9, (mode, seen["smallest"])
    {"experiment": check_experiment, "search": check_search,
     "metastable": check_metastable}[mode](document, light)
    assert narrow["tables"] == light["tables"]


def canary(mode):
    """A request to a network would be noticed."""
    page = directory / mode / "canary.html"
    page.write_text((directory / mode / "report.html").read_text())
    browser.notices_what_is_not_allowed(page, '<img src="http://localhost:9/x.png">')


def pictures(mode):
    page = directory / mode / "report.html"
    for width in (1280, 420):
        browser.picture(page, directory / f"{mode}-{width}-light.png", width, 1600)
        browser.picture(page, directory / f"{mode}-{width}-dark.png", width, 1600, *DARK)


directory.mkdir(parents=True, exist_ok=True)
(directory / "scenario.json").write_text(json.dumps(SCENARIO))
(directory / "experiment.json").write_text(json.dumps(EXPERIMENT))
documents = {mode: write(mode) for mode in MODES}
jobs = [lambda mode=mode: check(mode, documents[mode]) for mode in MODES]
jobs += [lambda mode=mode: pictures(mode) for mode in MODES]
jobs += [lambda: canary("experiment")]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for finished in [pool.submit(job) for job in jobs]:
        finished.result()
print(f"{len(jobs)} jobs without a message; pictures in {directory}")
