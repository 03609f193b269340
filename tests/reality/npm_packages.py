"""Packages of npm that the scripts compare us with, each pinned by the hash of its archive.

npm fetches them, with the registry, the proxy and the certificates that it is set up for, and does
nothing else: archives are unpacked here, and no script of a package runs. They stay in a cache, so
that only the first run after a build needs a network.
"""

import base64
import fcntl
import hashlib
import os
import re
import subprocess
import tarfile
import tempfile

from balancing_oracle import program, skip

PATIENCE = 60.0  # seconds until a fetch that does not end counts as no network

# Version and sha512 of the archive, as a lock file has it.
PACKAGES = {
    "@grpc/grpc-js": (
        "1.14.7",
        "W4W/fcBMGRVtG6dW2c7cw2mnpS3hvbBd+oQXjh2iYFTZDk1JJmcNqkM5KSaPubQpamlUUurrlb7G1s9NJeERmQ=="),
    "cockatiel": (
        "3.2.1",
        "gfrHV6ZPkquExvMh9IOkKsBzNDk6sDuZ6DdBGUBkvFnTCqCxzpuq48RySgP0AnaqQkw2zynOFj9yly6T1Q2G5Q=="),
    "kafkajs": (
        "2.2.4",
        "j/YeapB1vfPT2iOIUn/vxdyKEuhuY2PxMBvf5JWux6iSaukAccrMtXEY/Lb7OvavDhOWME589bpLrEdnVHjfjA=="),
    "opossum": (
        "9.0.0",
        "K76U0QkxOfUZamneQuzz+AP0fyfTJcCplZ2oZL93nxeupuJbN4s6uFNbmVCt4eWqqGqRnnowdFuBicJ1fLMVxw=="),
    "rate-limiter-flexible": (
        "11.4.0",
        "+RyuiXEG3odp5c9aZP83H8cld0L7swvz1FxlVzy/7N4zYo4i0GDy5tBhZlPFFOdXXwEilyBREKbVIKDq5bfjlw=="),
}

# What npm says when the package, not the way to it, is the trouble: no reason to skip a test.
WRONG = {"E404", "ETARGET", "EINTEGRITY"}


class Mismatch(RuntimeError):
    """The archive is not the one that was pinned."""


def digest(path):
    with open(path, "rb") as archive:
        return base64.b64encode(hashlib.sha512(archive.read()).digest()).decode()


def fetch(name, version, directory):
    """The path of the archive, in `directory`; without npm or a network the test is skipped."""
    command = [program("npm"), "pack", "%s@%s" % (name, version), "--ignore-scripts",
               "--pack-destination", directory, "--cache", os.path.join(directory, "npm"),
               "--fetch-retries", "0", "--fetch-timeout", "20000", "--no-update-notifier"]
    try:
        run = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except subprocess.TimeoutExpired:
        skip("npm could not fetch %s in %d s" % (name, PATIENCE))
    if run.returncode != 0:
        code = re.search(r"npm (?:ERR!|error) code (\w+)", run.stdout)
        if code and code.group(1) in WRONG:
            raise RuntimeError("npm could not fetch %s:\n%s" % (name, run.stdout))
        skip("npm could not fetch %s: %s" % (name, code.group(1) if code else "it did not say why"))
    archives = [file for file in os.listdir(directory) if file.endswith(".tgz")]
    if len(archives) != 1:
        raise RuntimeError("npm fetched %s for %s" % (archives, name))
    return os.path.join(directory, archives[0])


def archive_of(name, cache):
    """The path of the archive in the cache, where it comes to be at once and whole."""
    version, expected = PACKAGES[name]
    path = os.path.join(cache, "%s-%s.tgz" % (name.replace("@", "").replace("/", "-"), version))
    os.makedirs(cache, exist_ok=True)
    with open(path + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            with tempfile.TemporaryDirectory(dir=cache) as directory:
                fetched = fetch(name, version, directory)
                check(name, fetched, expected)
                os.replace(fetched, path)
    check(name, path, expected)
    return path


def check(name, path, expected):
    found = digest(path)
    if found != expected:
        raise Mismatch("%s: sha512 of %s is %s, not %s" % (name, path, found, expected))


def unpack(path, directory):
    """Plain files alone, and none outside of `directory`; the first folder of each is dropped."""
    with tarfile.open(path) as archive:
        for entry in archive:
            parts = entry.name.split("/")[1:]
            if not entry.isfile() or not parts or any(part in ("", ".", "..") for part in parts):
                continue
            target = os.path.join(directory, *parts)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(archive.extractfile(entry).read())


def install(names, cache, directory):
    """Unpacks the packages into `directory`/node_modules, which it returns."""
    modules = os.path.join(directory, "node_modules")
    for name in names:
        unpack(archive_of(name, cache), os.path.join(modules, *name.split("/")))
    return modules
