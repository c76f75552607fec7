"""Counts instructions by callgrind, and holds them against those that are written down.

`scripts/instructions` builds what this runs. A work is done once: the counts differ little from run to run and from
machine to machine, but with another compiler or C library.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import packages

HERE = pathlib.Path(__file__).resolve().parent
THRESHOLDS = HERE / "instructions.json"
# How much more than what is written down a work may take.
SLACK = {"embedded": 1.03, "server": 1.08}
PACKAGES = 1_500

# What `Bench` does: its words, and the work that makes what is read.
Work = collections.namedtuple("Work", "name line words source", defaults=[None])
ENTRIES = ["--entries", "20000"]
WORKS = [
    Work("put", "wrapper: put", ["wrapper", "fillrandom"] + ENTRIES),
    Work("get", "wrapper: get", ["wrapper", "readrandom"] + ENTRIES, "put"),
    Work("scan", "wrapper: an entry of a scan", ["wrapper", "readseq"] + ENTRIES, "put"),
    Work("database-put", "LVKV: put", ["database", "fillrandom"] + ENTRIES),
    Work("database-get", "LVKV: get", ["database", "readrandom"] + ENTRIES, "database-put"),
    Work("records", "a key of records of 8 fields, into a struct", ["fast", "records"] + ENTRIES, "make-records"),
    Work("records-codable", "the same through Codable", ["codable", "records"] + ENTRIES, "make-records"),
    Work("insert", "insert of a record with 2 indexes, layout fields", ["packages", "insert"]),
    Work("insert1000", "the same, 1,000 a transaction", ["packages", "insert", "--batch", "1000"]),
    Work("insert-packed", "insert of a record with 2 indexes, packed", ["packed", "insert"]),
    Work("lookup", "point query through a unique index, layout fields", ["packages", "lookup"], "make-packages"),
    Work("lookup-packed", "the same, packed", ["packed", "lookup"], "make-packed"),
    Work("maintainer", "a record through an index, layout fields", ["packages", "maintainer"], "make-packages"),
    Work("cover", "an entry of a covering index, four fields asked for", ["packages", "cover"], "make-packages"),
    Work("cover-one", "the same, one field", ["packages", "cover-one"], "make-packages"),
    Work("section", "a record of a prefix, layout fields", ["packages", "section"], "make-packages"),
    Work("section-packed", "the same, packed", ["packed", "section"], "make-packed"),
    Work("section-lent", "the same, packed, no strings made", ["packed", "section-lent"], "make-packed"),
]
SOURCES = {
    "put": ["wrapper", "fillrandom"] + ENTRIES,
    "database-put": ["database", "fillrandom"] + ENTRIES,
    "make-records": ["make", "records"] + ENTRIES,
    "make-packages": ["packages", "make", "--batch", "1000"],
    "make-packed": ["packed", "make", "--batch", "1000"],
}

# What the server is asked, with the number of the request in place of each `#`.
Command = collections.namedtuple("Command", "name words")
COMMANDS = [
    Command("server-ping", "PING"),
    Command("server-set", "SET key:# VALUE"),
    Command("server-get", "GET key:#"),
    Command("server-mset", "MSET " + " ".join("many:%d VALUE" % i for i in range(10))),
    Command("server-incr", "INCR counter:#"),
    Command("server-lpush", "LPUSH list VALUE"),
    Command("server-lrange", "LRANGE list 0 99"),
    Command("server-sadd", "SADD set member:#"),
    Command("server-hset", "HSET hash field:# VALUE"),
    Command("server-zadd", "ZADD sorted # member:#"),
    Command("server-rpop", "RPOP list"),
]
PIPELINE = 16
BURSTS = 100
WARM_BURSTS = 20
VALUE = "v" * 100


def callgrind(output, *options):
    # Fair: valgrind runs one thread at a time, and one of low priority would not let go.
    return ["valgrind", "--tool=callgrind", "--fair-sched=yes", "--callgrind-out-file=%s" % output, *options]


def environment():
    # Swift seeds its hashes anew in each process otherwise.
    return {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}


def run(command):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment())
    if result.returncode != 0:
        raise SystemExit("%s: exit code %d: %s" % (" ".join(map(str, command)), result.returncode, result.stderr[-2000:]))
    return result.stdout


def collected(path):
    """The instructions in a file of callgrind's."""
    found = re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.MULTILINE)
    if not found or found[1] == "0":
        raise SystemExit("%s: nothing was counted" % path)
    return int(found[1])


def make_columns(path):
    """Packages as the works of `Bench` read them, made up: the same ones each time."""
    words = ["library", "for", "fast", "access", "to", "ordered", "data", "common", "files", "tool", "of", "the"]
    with open(path, "wb") as file:
        for i in range(PACKAGES):
            text = " ".join(words[(i * 7 + k * k) % len(words)] for k in range(4 + i % 5))
            depends = ", ".join("libpart%d (>= %d.%d)" % ((i * 13 + k) % 997, k, i % 10) for k in range(i % 6))
            row = ["section%d" % (i % 40), "package-%d" % (i * 7919 % 100_000), "%d.%d-%d" % (i % 9, i % 31, i % 3),
                   "amd64", "optional", str(i * 37 % 50_000), "Maintainer %d <m%d@example.org>" % (i % 90, i % 90), text,
                   depends or None]
            for value in row:
                file.write(packages.ABSENT if value is None else packages.sized(value.encode()))


def stripped(program, directory):
    """A copy without what debuggers want, which not each valgrind can read."""
    copy = directory / program.name
    run(["strip", "--strip-debug", "-o", copy, program])
    return copy


class Embedded:
    # What does a work and nothing else, and what the compiler made of it for some of them.
    FUNCTION = "*12measuredWork*"

    def __init__(self, directory):
        self.directory = directory
        self.bench = stripped(HERE / ".build" / "release" / "Bench", directory)
        self.columns = directory / "columns.bin"
        make_columns(self.columns)

    def command(self, words, database):
        return [self.bench, *words, "--db", database, "--file", self.columns]

    def make(self, source):
        run(self.command(SOURCES[source], self.directory / source))

    def count(self, work):
        database = self.directory / ("own-" + work.name)
        if work.source:
            run(["cp", "-r", self.directory / work.source, database])
        output = self.directory / (work.name + ".out")
        printed = run(callgrind(output, "--toggle-collect=" + self.FUNCTION) + self.command(work.words, database))
        return collected(output) / json.loads(printed)["operations"]


class Server:
    def __init__(self, lvkv, directory):
        self.directory = directory
        self.output = directory / "server.out"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(directory / "server.log", "wb")
        command = callgrind(self.output) + [str(stripped(lvkv, directory)), "serve", "--db", str(directory / "served"), "--port", str(self.port),
                                            "--io-threads", "1", "--worker-threads", "1"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=environment())
        self.socket = self.connect()
        self.dumps = 0

    def connect(self):
        for _ in range(600):
            try:
                connection = socket.create_connection(("127.0.0.1", self.port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.settimeout(60)
                return connection
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit("the server did not start: " + (self.directory / "server.log").read_text()[-2000:])

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def control(self, option):
        run(["callgrind_control", option, self.process.pid])

    def ask(self, command, first, bursts):
        for burst in range(bursts):
            request = b""
            for number in range(first + burst * PIPELINE, first + (burst + 1) * PIPELINE):
                words = [word.replace("#", "%06d" % number).replace("VALUE", VALUE).encode()
                         for word in command.words.split()]
                request += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
            # The last reply, to a PING, tells that all have come.
            self.socket.sendall(request + b"PING end\r\n")
            reply = b""
            while not reply.endswith(b"$3\r\nend\r\n"):
                piece = self.socket.recv(1 << 20)
                if not piece:
                    raise SystemExit("the server ended the connection")
                reply += piece
            if reply.startswith(b"-"):
                raise SystemExit("%s: %s" % (command.words, reply[:200].decode()))

    def count(self, command):
        self.ask(command, 0, WARM_BURSTS)
        self.control("--zero")
        self.ask(command, WARM_BURSTS * PIPELINE, BURSTS)
        self.dumps += 1
        self.control("--dump")
        return collected(pathlib.Path("%s.%d" % (self.output, self.dumps))) / (BURSTS * PIPELINE)


def count_all(arguments, directory):
    """Instructions an operation, by work."""
    only = set(arguments.only.split(",")) if arguments.only else None
    works = [work for work in WORKS if not only or work.name in only]
    commands = [command for command in COMMANDS if not only or command.name in only]
    counts = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        def serve():
            server = Server(arguments.lvkv, directory)
            try:
                return {command.name: server.count(command) for command in commands}
            finally:
                server.close()

        served = pool.submit(serve) if commands else None
        if works:
            embedded = Embedded(directory)
            list(pool.map(embedded.make, sorted({work.source for work in works if work.source})))
            counts.update(zip([work.name for work in works], pool.map(embedded.count, works)))
        if served:
            counts.update(served.result())
    return {name: round(count) for name, count in counts.items()}


def render(counts, known):
    lines = ["| work | instructions | written down | × | at most | |", "|---|--:|--:|--:|--:|---|"]
    lines_of = {work.name: work.line for work in WORKS}
    lines_of.update({command.name: "server: `%s`" % command.words for command in COMMANDS})
    lines_of["server-mset"] = "server: `MSET` of 10 keys"
    missed = []
    for name, count in counts.items():
        most = SLACK["server" if name.startswith("server-") else "embedded"]
        line = "| %s (`%s`) | %s |" % (lines_of[name], name, format(count, ","))
        if name in known:
            ratio = count / known[name]
            if ratio > most:
                missed.append(name)
            line += " %s | **%.3f** | %.2f | %s |" % (
                format(known[name], ","), ratio, most, "**more**" if ratio > most else "")
        else:
            line += " | | | new |"
        lines.append(line)
    return "\n".join(lines) + "\n", missed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lvkv", type=pathlib.Path, default=HERE.parent / ".build" / "release" / "lvkv")
    parser.add_argument("--only", help="works, with commas: get,lookup,server-get")
    parser.add_argument("--output", type=pathlib.Path, help="a file for the table")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="exit 1 when a work takes more than its slack allows")
    group.add_argument("--update", action="store_true", help="take the counts over into instructions.json")
    arguments = parser.parse_args()
    known = json.loads(THRESHOLDS.read_text()) if THRESHOLDS.exists() else {}
    with tempfile.TemporaryDirectory(prefix="lvkv-instructions-") as directory:
        counts = count_all(arguments, pathlib.Path(directory))
    text, missed = render(counts, known)
    print(text, end="")
    if arguments.output:
        arguments.output.write_text(text)
    if arguments.update:
        THRESHOLDS.write_text(json.dumps({**known, **counts}, indent=2) + "\n")
    elif missed:
        print("more instructions than written down: " + ", ".join(missed), file=sys.stderr)
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
