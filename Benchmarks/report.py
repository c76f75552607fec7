"""The Markdown table of a run, and what it ran on."""

import collections
import datetime
import os
import platform
import statistics
import subprocess

# The tables of ratios: their rows in thresholds.json, and what the times are held against.
Group = collections.namedtuple("Group", "name title base words")
GROUPS = [
    Group("ratios", "Keys, records and import", "C++",
          "Times are of one operation: an entry written or read, a package imported. × is the time over that of the "
          "C++ program on the same work."),
    Group("indexes", "Indexes", "C++",
          "The packages with two indexes: `byName`, unique, and `byMaintainer`, which holds the version, too. Times are "
          "of one package. × is the time over that of the C++ program, which writes the same keys, and reads what has "
          "to be read."),
    Group("sqlite", "Beside SQLite", "SQLite",
          "The same packages and indexes in SQLite: WAL, synchronous=NORMAL (survives what a buffered write survives, a "
          "kill of the process), a table WITHOUT ROWID, prepared statements, rows read into a struct of strings; where no "
          "strings are made, both sides look at all columns where they lie. Caches of 64 MiB on both sides for reads, 8 MiB "
          "for inserts. Each process reads files that the system has in memory; in the cache is what both sides have read "
          "once before. × is the time over SQLite's: below 1 is faster."),
    Group("layouts", "Layouts", "fields",
          "Records of eight short fields in the layout packed, over the same calls in the layout fields. Times are of "
          "one record."),
]


def first_line(command):
    try:
        output = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return "unknown"
    return output.splitlines()[0] if output else "unknown"


def field(path, name):
    """The value of the first line `name : value` of a file."""
    try:
        with open(path) as file:
            for line in file:
                if line.split(":")[0].strip() == name:
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"


def system_name():
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError, AttributeError):
        return platform.system()


def plyvel_version():
    """plyvel's version and that of the LevelDB inside it; None where it is not installed."""
    try:
        import plyvel
        return "%s with its own LevelDB %s" % (plyvel.__version__, plyvel.__leveldb_version__)
    except (ImportError, AttributeError):
        # Without the package, the folder beside this file answers to its name.
        return None


def machine_lines():
    """What a run ran on."""
    return [
        "%s, %d cores, %s" % (field("/proc/cpuinfo", "model name"), os.cpu_count(), field("/proc/meminfo", "MemTotal")),
        "%s, kernel %s" % (system_name(), platform.release()),
        first_line(["swift", "--version"]) + "; " + first_line(["g++", "--version"]),
        "LevelDB " + first_line(["dpkg-query", "-W", "-f", "${Version}", "libleveldb-dev"]),
    ]


def describe_machine(arguments):
    lines = machine_lines() + [
        "plyvel " + (plyvel_version() or "not measured"),
        "%s entries, 16-byte keys, 100-byte values half compressible, medians of %d turns, load average %.2f at the "
        "start" % (format(arguments.entries, ","), arguments.turns, os.getloadavg()[0]),
        "on every side: block cache 8 MiB, write buffer 16 MiB, Bloom filter of 10 bits, Snappy, paranoid checks, "
        "checksums verified on reads",
    ]
    return "\n".join("- " + line for line in lines)


def median(turns, clock):
    return statistics.median(turn[clock] for turn in turns)


def ratios(row, sides):
    """The ratio of the medians, that of the CPU times, and the lowest and highest of the single turns."""
    base, ours = sides[row.get("base", "floor")], sides[row["side"]]
    turns = [b["wall"] / a["wall"] for a, b in zip(base, ours)]
    return (median(ours, "wall") / median(base, "wall"), median(ours, "cpu") / median(base, "cpu"),
            min(turns), max(turns))


class Report:
    """The tables of a run, and the lines that missed their threshold."""

    def __init__(self, results):
        self.results = results
        self.missed = []

    def verdict(self, row, value):
        if "most" not in row:
            return ""
        if value > row["most"]:
            self.missed.append(row["line"])
            return "**missed**"
        return "reached"

    def ratios(self, group, rows):
        """The lines of a table. The last columns are plyvel's, where it takes part."""
        has_plyvel = any("plyvel" in self.results.get(row["work"], {}) for row in rows)
        yield "| work | %s | lvkv | × | turns | × CPU | at most | |%s" % (
            group.base, " plyvel | × |" if has_plyvel else "")
        yield "|---|--:|--:|--:|--:|--:|--:|---|%s" % ("--:|--:|" if has_plyvel else "")
        for row in rows:
            yield self.ratio_line(row, has_plyvel)

    def ratio_line(self, row, has_plyvel):
        sides = self.results.get(row["work"])
        most = "%.2f" % row["most"] if "most" in row else ""
        if sides is None:
            return "| %s | | | | | | %s | not measured |%s" % (row["line"], most, " | |" if has_plyvel else "")
        ratio, cpu, low, high = ratios(row, sides)
        base = median(sides[row.get("base", "floor")], "wall")
        line = "| %s | %.0f ns | %.0f ns | **%.2f** | %.2f–%.2f | %.2f | %s | %s |" % (
            row["line"], base, median(sides[row["side"]], "wall"), ratio, low, high, cpu, most,
            self.verdict(row, ratio))
        if not has_plyvel:
            return line
        if "plyvel" not in sides:
            return line + " | |"
        time = median(sides["plyvel"], "wall")
        return line + " %.0f ns | %.2f |" % (time, time / base)

    def figures(self, rows, figures):
        yield "| figure | measured | at most | |"
        yield "|---|--:|--:|---|"
        for row in rows:
            value = figures.get(row["figure"])
            yield "| %s | %s | %s | %s |" % (
                row["line"], "" if value is None else "%.1f %s" % (value, row["unit"]),
                "%d %s" % (row["most"], row["unit"]) if "most" in row else "",
                "not measured" if value is None else self.verdict(row, value))


def render(thresholds, results, figures, machine):
    """The tables, and the lines that missed their threshold."""
    report = Report(results)
    lines = ["# Benchmarks, %s" % datetime.date.today(), "", machine]
    for group in GROUPS:
        if not any(row["work"] in results for row in thresholds[group.name]):
            continue
        lines += ["", "## " + group.title, "", group.words, "", *report.ratios(group, thresholds[group.name])]
    if figures:
        lines += ["", "## Figures", "", *report.figures(thresholds["figures"], figures)]
    return "\n".join(lines) + "\n", report.missed
