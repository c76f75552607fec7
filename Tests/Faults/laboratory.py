"""What the rows share: places to work in, and what is noted of a row."""

import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from journal import Journal, check
from load import Worker, parse_dump
from victims import Embedded, Server, check_all, dump


class Skipped(Exception):
    """A row that cannot be done here, and why."""


class Row:
    """A row of the table."""

    def __init__(self, fault, checks):
        self.fault, self.checks = fault, checks
        self.rounds = 0
        self.acknowledged = self.refused = self.unknown = 0
        self.losses = []
        # What LevelDB alone lost of the same fault.
        self.alone = None
        # What the promise allows to be lost, counted.
        self.allowed = None
        self.notes = []
        self.seconds = 0

    def add(self, journal):
        self.acknowledged += journal.counts["acknowledged"]
        self.refused += journal.counts["refused"]
        self.unknown += journal.counts["unknown"]


class Laboratory:
    """Scratch directories, a seed, and how much is to be done."""

    def __init__(self, scratch, seed, seconds=None):
        """`seconds` is how long new rounds may begin; without it all are done."""
        self.scratch, self.seed = scratch, seed
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.random = random.Random(seed)
        self.names = itertools.count()

    @property
    def is_limited(self):
        return self.deadline is not None

    @property
    def is_over(self):
        return self.is_limited and time.monotonic() > self.deadline

    def rounds(self, row, steps):
        """The steps, each a round of the row: all of them in their order; in limited time as many as fit, in any order."""
        steps = list(steps)
        if self.is_limited:
            self.random.shuffle(steps)
        for step in steps:
            row.rounds += 1
            yield step
            if self.is_over:
                return

    def directory(self, name):
        """A path below the scratch directory where nothing is yet."""
        path = os.path.join(self.scratch, "%s-%d" % (name, next(self.names)))
        return path

    def journal(self, row):
        return Journal(self.directory("journal") + ".jsonl")

    def workers(self, count=4, durability="buffered", **options):
        """`durability` may be a list, of which each worker has one."""
        seed = self.random.random()
        chosen = [durability] if isinstance(durability, str) else durability
        return [Worker(number, seed, chosen[number % len(chosen)], **options) for number in range(count)]

    def verify(self, row, journal, directory, power_cut=False, keeps=False):
        """Compares what is in a directory with the journal, and notes what is lost; `keeps` the files if anything is."""
        found = self.directory("found")
        if keeps:
            # As it is before anybody opens it, for whoever looks into it.
            shutil.copytree(directory, found)
        text, failure = dump(directory)
        if failure is not None:
            row.losses.append("it cannot be read: " + failure)
            return False
        losses, lost = check(journal, *parse_dump(text), power_cut=power_cut)
        row.losses += losses
        if keeps and not losses:
            remove(found)
        if power_cut:
            row.allowed = (row.allowed or 0) + lost
        if not losses:
            losses = check_all(directory)
            row.losses += losses
        return not losses


def numbers():
    return itertools.count(1)


def victim(kind):
    return {"embedded": Embedded, "server": Server}[kind]


def remove(*paths):
    for path in paths:
        for one in (path, path + ".stderr", path + ".trash"):
            if os.path.isdir(one) and not os.path.islink(one):
                shutil.rmtree(one, ignore_errors=True)
            elif os.path.lexists(one):
                os.remove(one)


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, **options)


def need_root():
    if os.geteuid() != 0:
        raise Skipped("needs root, to mount")


class Disk:
    """A file system of its own, mounted while the object is used."""

    def __init__(self, laboratory, kind, megabytes):
        need_root()
        self.kind, self.megabytes = kind, megabytes
        self.point = laboratory.directory("disk")
        self.image = self.point + ".img"

    def __enter__(self):
        os.mkdir(self.point)
        try:
            if self.kind == "ext4":
                with open(self.image, "wb") as image:
                    image.truncate(self.megabytes << 20)
                run("mkfs.ext4", "-q", "-F", self.image)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            words = getattr(error, "stderr", b"") or str(error).encode()
            raise Skipped("no %s can be mounted: %s" % (self.kind, words.decode(errors="replace").strip())) from error
        return self

    def mount(self):
        if self.kind == "ext4":
            run("mount", "-o", "loop", self.image, self.point)
        else:
            run("mount", "-t", "tmpfs", "-o", "size=%dm" % self.megabytes, "tmpfs", self.point)

    def unmount(self):
        for attempt in range(50):
            if subprocess.run(["umount", self.point], capture_output=True).returncode == 0:
                return
            time.sleep(0.1)
        run("umount", self.point)

    def __exit__(self, *_):
        if os.path.ismount(self.point):
            self.unmount()
        if os.path.exists(self.image):
            os.remove(self.image)
        os.rmdir(self.point)


def scratch_directory():
    return tempfile.mkdtemp(prefix="lvkv-faults-")


def say(text):
    print(text, file=sys.stderr, flush=True)
