"""The time that a server under virtual_clock.cpp sees."""


class Clock:
    """The milliseconds that the server sees, in a file that it maps."""

    def __init__(self, path):
        self.file = open(path, "w+b", buffering=0)
        self.file.write(bytes(4096))
        self.milliseconds = 0

    def advance(self, milliseconds):
        self.milliseconds += milliseconds
        self.file.seek(0)
        self.file.write(self.milliseconds.to_bytes(8, "little"))

    def now(self):
        return self.milliseconds * 1_000_000
