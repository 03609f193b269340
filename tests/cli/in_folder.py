"""What tests of the program share: a folder of one's own to run it in."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["HIGHWATER"]


class InTemporaryFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, content, name="scenario.json"):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return name

    def run_program(self, *words, timeout=60, stdin=None, text=True, **environment):
        """`stdin`: what it reads from standard input; nothing by default."""
        kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        return subprocess.run([PROGRAM, *map(str, words)], cwd=self.folder, timeout=timeout,
                              input=stdin if stdin is not None else ("" if text else b""),
                              capture_output=True, text=text, env={**kept, **environment})

    def files(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))
