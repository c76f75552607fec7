"""The packages of a Debian release as the sides of a comparison take them."""

import collections
import gzip
import json
import shutil

COLUMNS = ["section", "name", "version", "architecture", "priority", "installed_size", "maintainer", "description",
           "depends"]
ABSENT = b"\xff\xff\xff\xff"


def sized(data):
    return len(data).to_bytes(4, "little") + data


def text_part(part):
    """A part of a key in the encoding `text`."""
    return str(part).replace(";", ";1").replace(":", ";0").encode()


def element(text):
    """A string as an element of a tuple."""
    return b"\x02" + text.encode().replace(b"\0", b"\0\xff") + b"\0"


def index_entries(package):
    """The entries of the indexes that the benchmark declares: byName, unique, and byMaintainer, with the version."""
    key = element(package["section"]) + element(package["name"])
    version = package["version"].encode().replace(b"\0", b"\0\xff")
    return [(b"\xff\x69\x15\x01" + element(package["name"]), key),
            (b"\xff\x69\x15\x02" + element(package["maintainer"]) + key, b"\x01" + version + b"\0")]


class Files:
    """The files of packages, made in a directory:

    lines: one JSON object a line, as they come.
    parsed: the keys and values that they become, for a loader that need not parse.
    indexed: the same with the entries of two indexes.
    columns: their columns, one after another.
    """

    def __init__(self, source, template, limit, directory):
        self.lines, self.parsed, self.indexed, self.columns = (
            directory / name for name in ["packages.jsonl", "packages.bin", "indexed.bin", "columns.bin"])
        parts = [segment[1:-1] for segment in template if segment.startswith("{") and segment != "{field}"]
        self.count = 0
        with gzip.open(source) as packages, open(self.lines, "wb") as lines, open(self.parsed, "wb") as parsed, \
                open(self.indexed, "wb") as indexed, open(self.columns, "wb") as columns:
            for line in packages:
                if self.count == limit:
                    break
                self.count += 1
                lines.write(line)
                package = json.loads(line)
                stem = b"".join((text_part(package[s[1:-1]]) if s.startswith("{") else s.encode()) + b":"
                                for s in template[:-1])
                fields = [(stem + name.encode(), str(value).encode())
                          for name, value in package.items() if name not in parts]
                for file, entries in ((parsed, fields), (indexed, fields + index_entries(package))):
                    file.write(len(entries).to_bytes(4, "little"))
                    for key, value in entries:
                        file.write(sized(key) + sized(value))
                for name in COLUMNS:
                    columns.write(sized(str(package[name]).encode()) if name in package else ABSENT)


# What the sides do; the cache in bytes where it is not that of all works. A work that changes the database has a
# new copy of it each time, one that makes it a new directory, and a warm one is done once before it is measured.
Work = collections.namedtuple("Work", "name batch cache makes changes warm", defaults=[1, None, False, False, False])
MEMORY = 64 << 20
WORKS = {
    "insert": Work("insert", makes=True),
    "insert1000": Work("insert", batch=1000, makes=True),
    "lookup": Work("lookup"),
    "range": Work("range"),
    "cover": Work("cover"),
    "cover-one": Work("cover-one"),
    "build": Work("build", changes=True),
    "cached-lookup": Work("lookup", cache=MEMORY),
    "cached-section": Work("section", cache=MEMORY),
    "cached-section-lent": Work("section-lent", cache=MEMORY),
    "warm-section": Work("section", cache=MEMORY, warm=True),
    "warm-section-lent": Work("section-lent", cache=MEMORY, warm=True),
    "cached-maintainer": Work("maintainer", cache=MEMORY),
    "cached-filter": Work("filter", cache=MEMORY),
}
# The sides that read keys and values only.
BARE = ("floor", "get")
# What the program without indexes does for a work that it does not have under its name.
FLOOR = {"insert": "import", "build": "all", "cover-one": "cover"}


class PackageBench:
    """Runs the works on the packages; `run` runs a command and returns what it prints."""

    def __init__(self, files, programs, cache, directory, run):
        self.files = files
        self.programs = programs
        self.cache = cache
        self.directory = directory
        self.run = run

    def command(self, side, name, database, batch=1, cache=None, warm=False):
        file = self.files.columns
        if side in BARE:
            file = self.files.indexed if name == "insert" else file
            program = [self.programs / "floor", "get" if side == "get" else FLOOR.get(name, name)]
        elif side.startswith("sqlite"):
            program = [self.programs / "sqlite", name, "--exclusive", str(int(side == "sqlite-exclusive"))]
        else:
            layout = "packed" if side == "packed" else "packages"
            program = [self.programs / "release" / "Bench", layout, "all" if side == "reads" else name]
        return program + ["--db", database, "--file", file, "--entries", str(self.files.count), "--batch", str(batch),
                          "--cache", str(cache or self.cache), "--warm", str(int(warm))]

    def source(self, side):
        """The database that a side reads, compacted; the programs without indexes read one that lvkv made."""
        if side in BARE or side == "reads":
            side = "lvkv"
        elif side.startswith("sqlite"):
            side = "sqlite"
        database = self.directory / ("packages-" + side)
        if not database.exists():
            self.run(self.command(side, "make", database, batch=1000))
        return database

    def measure(self, side, work):
        work = WORKS[work]
        database = self.directory / ("packages-own-" + side)
        if work.makes:
            shutil.rmtree(database, ignore_errors=True)
        elif not database.exists():
            shutil.copytree(self.source(side), database)
        result = json.loads(self.run(self.command(side, work.name, database, work.batch, work.cache, work.warm)))
        if work.makes:
            total = self.digest(side, database)
        else:
            # A bare program takes no record apart, so its sum over what it reads is another one.
            total = None if side in BARE or work.changes else result["sum"]
        if work.makes or work.changes:
            shutil.rmtree(database)
        return {"wall": result["wall_ns"], "cpu": result["cpu_ns"], "sum": total}

    def digest(self, side, database):
        """One number over what was written, where it is keys and values of the layout `fields`."""
        if side not in ("floor", "lvkv"):
            return None
        return json.loads(self.run(self.command("floor", "digest", database)))["sum"]
