"""Runs the sides of each comparison in turn and prints a Markdown table of medians and ratios.

`scripts/bench` builds what this runs. One process a measurement; each side has its own copy of the data it
reads, an empty directory for what it writes, and comes first in every other turn.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import packages
import report

HERE = pathlib.Path(__file__).resolve().parent
CACHE = 8 << 20
WRITE_BUFFER = 16 << 20
MIB = 1 << 20
SECTION_RECORDS = 500_000


class Failed(Exception):
    pass


def run(command, sample_memory=False):
    """Runs a command to its end: its output, wall seconds, CPU seconds and, if asked, peak memory in bytes."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        peak = watch_memory(process) if sample_memory else None
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            words = errors.read().decode(errors="replace").strip()
            raise Failed("%s: exit code %d: %s" % (" ".join(map(str, command)), process.returncode, words[-2000:]))
        text = output.read(MIB)
    return {"output": text, "wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": peak}


def watch_memory(process):
    """The most memory of its own that the process had, sampled every millisecond.

    Table files that LevelDB maps are the kernel's cache, which it takes back at need: they are not counted.
    """
    most = 0
    page = os.sysconf("SC_PAGE_SIZE")
    with open("/proc/%d/statm" % process.pid) as statm:
        while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            statm.seek(0)
            fields = statm.read().split()
            if len(fields) > 2:
                most = max(most, (int(fields[1]) - int(fields[2])) * page)
            time.sleep(0.001)
    return most


class Bench:
    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory
        self.bin = HERE / ".build"
        self.lvkv = str(arguments.lvkv)
        self.has_plyvel = report.plyvel_version() is not None
        self.package_files = None
        if arguments.packages.exists():
            self.package_files = packages.Files(arguments.packages, schema_template(arguments.schema),
                                                arguments.records, directory)
            self.packages = packages.PackageBench(
                self.package_files, self.bin, CACHE, directory,
                                                  lambda command: run(command)["output"])

    # The sides

    def command(self, side, work, database):
        options = ["--db", str(database), "--entries", str(self.arguments.entries), "--cache", str(CACHE),
                   "--write-buffer", str(WRITE_BUFFER), "--bloom", "10"]
        if side == "floor":
            command = [str(self.bin / "floor"), work] + options
            if work == "records":
                command += ["--lower", "item:", "--upper", "item;"]
        elif side == "plyvel":
            command = [sys.executable, str(HERE / "plyvel" / "bench.py"), work] + options
        else:
            command = [str(self.bin / "release" / "Bench"), side, work] + options
        return command

    def measure(self, side, work):
        """One measurement, in nanoseconds an operation."""
        if work in packages.WORKS:
            return self.packages.measure(side, work)
        database = self.directory / ("%s-%s" % (work, side))
        writes = work.startswith("fill") or work == "layout-insert"
        if writes:
            shutil.rmtree(database, ignore_errors=True)
        result = json.loads(run(self.command(side, work, database))["output"])
        if writes:
            shutil.rmtree(database)
        return {"wall": result["wall_ns"], "cpu": result["cpu_ns"], "sum": result["sum"]}

    def prepare(self, work, sides):
        """Gives each side a copy of what it is to read."""
        if work.startswith("read"):
            source = self.directory / "entries"
            if not source.exists():
                run(self.command("floor", "fillrandom", source))
                run(self.command("floor", "compact", source))
        elif work == "records":
            source = self.directory / "records"
            run(self.command("make", "records", source))
        elif work.startswith("layout-"):
            if work != "layout-insert":
                for side in sides:
                    shutil.copytree(self.layout(side), self.directory / ("%s-%s" % (work, side)))
            return
        else:
            return
        for side in sides:
            shutil.copytree(source, self.directory / ("%s-%s" % (work, side)))

    def layout(self, side):
        """The database of a side that stands for a layout, compacted."""
        database = self.directory / ("layout-" + side)
        if not database.exists():
            run(self.command(side, "layout-make", database))
        return database

    def compare(self, works):
        """All measurements: {work: {side: [one a turn]}}."""
        results = {}
        for work, sides in works.items():
            if work == "import":
                results[work] = self.compare_imports()
                continue
            if work not in packages.WORKS and not work.startswith("layout-") and self.has_plyvel:
                sides = sides + ["plyvel"]
            self.prepare(work, sides)
            results[work] = {side: [] for side in sides}
            for turn in range(self.arguments.turns):
                for side in sides if turn % 2 == 0 else sides[::-1]:
                    results[work][side].append(self.measure(side, work))
            self.require_equal_sums(work, results[work])
            say("%s: %s" % (work, ", ".join("%s %.0f ns" % (side, median(turns, "wall"))
                                            for side, turns in results[work].items())))
        return results

    def require_equal_sums(self, work, sides):
        # The bare cursor does not assemble, so its sum over the records is another one.
        sums = {side: {turn["sum"] for turn in turns if turn["sum"] is not None} for side, turns in sides.items()
                if not (work == "records" and side == "floor")}
        if len(set.union(*sums.values())) > 1:
            raise Failed("%s: the sides did not do the same work: %s" % (work, sums))

    # The import

    def compare_imports(self):
        """The packages through the command, against loaders that write the same keys; start to exit."""
        lines, count = self.package_files.lines, self.package_files.count
        sides = {"floor": [], "lvkv": []}
        if self.has_plyvel:
            sides["plyvel"] = []
        for turn in range(self.arguments.turns):
            order = list(sides) if turn % 2 == 0 else list(sides)[::-1]
            for side in order:
                database = self.directory / ("import-" + side)
                shutil.rmtree(database, ignore_errors=True)
                if side == "lvkv":
                    run([self.lvkv, "--db", str(database), "schema", "apply", str(self.arguments.schema)])
                    command = [self.lvkv, "--db", str(database), "import", "--schema", "package", str(lines)]
                else:
                    file = self.package_files.parsed if side == "floor" else lines
                    command = self.command(side, "import", database) + ["--file", str(file)]
                result = run(command)
                sides[side].append({"wall": result["wall"] * 1e9 / count, "cpu": result["cpu"] * 1e9 / count})
        digests = {side: json.loads(run(self.command("floor", "digest", self.directory / ("import-" + side)))
                                    ["output"])["sum"] for side in sides}
        if len(set(digests.values())) != 1:
            raise Failed("import: the sides wrote different keys or values: %s" % digests)
        say("import: %s" % ", ".join("%s %.2f s" % (side, median(turns, "wall") * count / 1e9)
                                     for side, turns in sides.items()))
        return sides

    # Single figures

    def figures(self):
        figures = {}
        entries = self.directory / "memory-entries"
        run(self.command("floor", "fillrandom", entries))
        scan = run([self.lvkv, "--db", str(entries), "scan", "--format", "raw"], sample_memory=True)
        figures["scan memory"] = scan["memory"] / MIB
        if self.package_files:
            lines = self.package_files.lines
            database = self.directory / "memory-import"
            run([self.lvkv, "--db", str(database), "schema", "apply", str(self.arguments.schema)])
            load = run([self.lvkv, "--db", str(database), "import", "--schema", "package", str(lines)],
                       sample_memory=True)
            figures["import memory"] = load["memory"] / MIB
        small = self.directory / "small"
        run([self.lvkv, "--db", str(small), "put", "greeting", "hello"])
        get = [self.lvkv, "--db", str(small), "get", "greeting"]
        figures["get"] = statistics.median(run(get)["wall"] for _ in range(20 * self.arguments.turns)) * 1e3
        for side in ("items", "packed-items"):
            files = self.layout(side).glob("*.ldb")
            figures[side + " size"] = sum(file.stat().st_size for file in files) / MIB
        for work in ("distinct", "count"):
            figures[work] = self.ask_sections(work)
        stripped = self.directory / "lvkv-stripped"
        run(["strip", "-o", str(stripped), self.lvkv])
        figures["binary"] = stripped.stat().st_size / MIB
        return figures

    def ask_sections(self, work):
        """How long a question about all records of 50 sections takes, in milliseconds."""
        database = self.directory / "sections"
        options = ["--db", str(database), "--entries", str(SECTION_RECORDS), "--cache", str(CACHE)]
        bench = [str(self.bin / "release" / "Bench"), "sections"]
        if not database.exists():
            run(bench + ["make"] + options)
        turns = [json.loads(run(bench + [work] + options)["output"]) for _ in range(self.arguments.turns)]
        return median(turns, "wall_ns") / 1e6


def schema_template(path):
    """The segments of the `key:` line of a schema file."""
    for line in path.read_text().splitlines():
        if line.startswith("key:"):
            return line.split("#")[0][4:].strip().strip("\"'").split(":")
    raise Failed("%s has no key: line" % path)


def median(turns, clock):
    return statistics.median(turn[clock] for turn in turns)


def say(words):
    print(words, file=sys.stderr, flush=True)


def main():
    root = HERE.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lvkv", type=pathlib.Path, default=root / ".build" / "release" / "lvkv")
    parser.add_argument("--packages", type=pathlib.Path,
                        default=root.parent / "shared" / "data" / "debian-packages.jsonl.gz")
    parser.add_argument("--schema", type=pathlib.Path, default=root / "schemas" / "package.yaml")
    parser.add_argument("--only", help="works, with commas: fillseq,readseq,figures")
    parser.add_argument("--dir", type=pathlib.Path, help="where the databases go; the temporary directory otherwise")
    parser.add_argument("--output", type=pathlib.Path, help="the file for the table")
    parser.add_argument("--quick", action="store_true", help="a tenth of the entries, 3 turns")
    parser.add_argument("--check", action="store_true", help="exit 1 when a figure misses its threshold")
    arguments = parser.parse_args()
    if arguments.dir:
        arguments.dir.mkdir(parents=True, exist_ok=True)
    arguments.entries = 100_000 if arguments.quick else 1_000_000
    arguments.records = 10_000 if arguments.quick else 100_000
    arguments.turns = 3 if arguments.quick else 5
    thresholds = json.loads((HERE / "thresholds.json").read_text())

    works = {}
    for row in (row for group in report.GROUPS for row in thresholds[group.name]):
        sides = works.setdefault(row["work"], [])
        sides += [side for side in (row.get("base", "floor"), row["side"]) if side not in sides]
    only = set(arguments.only.split(",")) if arguments.only else None
    if only:
        works = {work: sides for work, sides in works.items() if work in only}
    if not arguments.packages.exists():
        for work in sorted({"import", *packages.WORKS} & set(works)):
            say("%s: not measured, there is no %s" % (work, arguments.packages))
            del works[work]

    machine = report.describe_machine(arguments)
    with tempfile.TemporaryDirectory(prefix="lvkv-bench-", dir=arguments.dir) as directory:
        bench = Bench(arguments, pathlib.Path(directory))
        try:
            results = bench.compare(works)
            figures = bench.figures() if not only or "figures" in only else {}
        except Failed as failure:
            say("bench: %s" % failure)
            return 2
    text, missed = report.render(thresholds, results, figures, machine)
    print(text)
    if arguments.output:
        arguments.output.write_text(text)
    say("all reached" if not missed else "missed: " + "; ".join(missed))
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
