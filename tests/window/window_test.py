#!/usr/bin/env python3
"""The viewer in a real window, on a display without a screen: xdotool moves the mouse to widgets by
their names, clicks and types, as a person would.

Usage: window_test.py PROGRAM Xvfb xdotool. Without either of the latter it is skipped: status 77.
"""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import x11_neighbour

SKIPPED = 77
PATIENCE_S = 60
WIDTH, HEIGHT = 1280, 800
SCENARIO = {
    "highwater": 1,
    "name": "small",
    "run": {"duration": "60s", "warmup": "10s"},
    "components": {
        "users": {"kind": "client", "arrivals": {"poisson": "100/s"}, "calls": "api"},
        "api": {"kind": "service", "replicas": 2, "service_time": {"exponential": "10ms"}},
    },
}


def wait_for(what, done):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        result = done()
        if result:
            return result
        time.sleep(0.1)
    raise TimeoutError(f"waited in vain for {what}")


class Display:
    """Xvfb with a number that was free."""

    def __init__(self, xvfb):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            [xvfb, "-displayfd", str(writer), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
            pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as number:
            self.name = ":" + number.readline().strip()

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)


class Desk:
    """A folder, a display, the viewer on it, and somebody with a mouse."""

    def __init__(self, program, xdotool, display, folder):
        self.program, self.xdotool, self.folder = program, xdotool, folder
        self.environment = {**os.environ, "DISPLAY": display.name, "LIBGL_ALWAYS_SOFTWARE": "1",
                            "XDG_STATE_HOME": str(folder / "state")}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.size = ["--size", f"{WIDTH}x{HEIGHT}"]
        self.beat_s = 0.3  # many frames, however slow the machine is

    def places(self, script):
        """Where widgets are once the script is over, from the processor's own drawing."""
        (self.folder / "places.script").write_text("until state paused\nwait 5\n" + script)
        began = time.monotonic()
        subprocess.run([self.program, "view", "small.json", "--headless", "--script",
                        "places.script", "--widgets", "places.tsv", *self.size],
                       cwd=self.folder, check=True, timeout=PATIENCE_S)
        self.beat_s = max(self.beat_s, 0.3 * (time.monotonic() - began))
        return read_widgets(self.folder / "places.tsv")[0]

    def open(self):
        self.viewer = subprocess.Popen(
            [self.program, "view", "small.json", "--widgets", "end.tsv", *self.size],
            cwd=self.folder, env=self.environment)
        self.window = wait_for("the window", self.find_window)
        self.do("windowfocus", self.window)
        time.sleep(2 * self.beat_s)

    def do(self, *words):
        return subprocess.run([self.xdotool, *map(str, words)], env=self.environment,
                              capture_output=True, text=True, check=False).stdout

    def find_window(self):
        assert self.viewer.poll() is None, "the viewer has ended"
        found = self.do("search", "--onlyvisible", "--name", "^Highwater").split()
        return found[0] if found else None

    def title(self):
        return self.do("getwindowname", self.window).strip()

    def move(self, place):
        x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
        self.do("mousemove", "--window", self.window, round(x), round(y))
        time.sleep(self.beat_s)

    def button(self, direction, number=1):
        self.do("mouse" + direction, number)
        time.sleep(self.beat_s)

    def click(self, place, number=1):
        self.move(place)
        self.button("down", number)
        self.button("up", number)

    def drag(self, place, other):
        self.move(place)
        self.button("down")
        for share in (0.1, 0.5, 1):
            self.move([a + share * (b - a) for a, b in zip(place, other)])
        self.button("up")

    def key(self, name):
        self.do("key", name)
        time.sleep(self.beat_s)


def read_widgets(path):
    rects, values = {}, {}
    for line in path.read_text().splitlines():
        name, *rest = line.split("\t")
        if len(rest) == 4:
            rects[name] = [float(each) for each in rest]
        else:
            values[name] = rest[0]
    return rects, values


def png_size(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


def look_and_break(desk, folder):
    """A step, a fault by the menu, a run to its end, a picture."""
    first = desk.places("")
    menu = desk.places("right-click node:api\nwait 4\n")
    dialog = desk.places("right-click node:api\nwait 4\nclick fault:kill\nwait 4\n")
    desk.open()
    wait_for("the title", lambda: desk.title() == "Highwater: small")
    desk.click(first["step second"])
    desk.click(first["node:api"], 3)
    desk.click(menu["fault:kill"])
    desk.click(dialog["inject"])
    desk.click(first["play"])
    desk.key("t")
    desk.key("F12")
    picture = folder / "highwater-1.png"
    wait_for("the picture", picture.exists)
    assert png_size(picture) == (WIDTH, HEIGHT), png_size(picture)
    time.sleep(2 * desk.beat_s)
    desk.key("ctrl+q")
    assert desk.viewer.wait(PATIENCE_S) == 0
    values = read_widgets(folder / "end.tsv")[1]
    print(values)
    assert values["open"] == "small"
    assert values["acts"] == "1", values["acts"]
    assert values["theme"] == "light", values["theme"]
    assert values["state"] == "finished", values["state"]
    assert values["clock"] == "1:00.000", values["clock"]


def drop_edit_and_close(desk, folder, display):
    """A file is dropped into the window, edited, and not lost when the window is asked to close."""
    other = folder / "other.json"
    other.write_text(json.dumps({**SCENARIO, "name": "other"}, indent=1))
    edit = "key e\nuntil editing yes\nuntil checked right\nwait 20\n"
    palette = desk.places(edit)
    asks = desk.places(edit + "drag-to palette:cache canvas\nwait 2\nkey ctrl+q\nwait 2\n")
    desk.open()
    neighbour = x11_neighbour.Neighbour(display.name)
    assert neighbour.drop(int(desk.window), other, WIDTH // 2, HEIGHT // 2, PATIENCE_S)
    wait_for("the dropped file", lambda: desk.title() == "Highwater: other")
    desk.key("e")
    time.sleep(2 * desk.beat_s)
    desk.drag(palette["palette:cache"], palette["canvas"])
    wait_for("the change", lambda: desk.title().endswith("*"))
    neighbour.ask_to_close(int(desk.window))
    time.sleep(2 * desk.beat_s)
    assert desk.viewer.poll() is None, "it has ended with changes that were not saved"
    desk.click(asks["stay"])
    neighbour.ask_to_close(int(desk.window))
    time.sleep(2 * desk.beat_s)
    desk.click(asks["save and go on"])
    assert desk.viewer.wait(PATIENCE_S) == 0
    neighbour.close()
    saved = json.loads(other.read_text())
    assert [each["kind"] for each in saved["components"].values()] == \
        ["client", "service", "cache"], saved


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    xvfb, xdotool = (shutil.which(word) for word in sys.argv[2:4])
    if not xvfb or not xdotool:
        print("Xvfb or xdotool is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "small.json").write_text(json.dumps(SCENARIO, indent=1))
        display = Display(xvfb)
        try:
            desk = Desk(program, xdotool, display, folder)
            look_and_break(desk, folder)
            drop_edit_and_close(desk, folder, display)
        finally:
            if getattr(desk, "viewer", None) and desk.viewer.poll() is None:
                desk.viewer.kill()
            display.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
