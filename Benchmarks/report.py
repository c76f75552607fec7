"""The Markdown table of a run, and what it ran on."""

import datetime
import os
import platform
import statistics
import subprocess


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


def describe_machine(arguments):
    lines = [
        "%s, %d cores, %s" % (field("/proc/cpuinfo", "model name"), os.cpu_count(), field("/proc/meminfo", "MemTotal")),
        "%s, kernel %s" % (system_name(), platform.release()),
        first_line(["swift", "--version"]) + "; " + first_line(["g++", "--version"]),
        "LevelDB " + first_line(["dpkg-query", "-W", "-f", "${Version}", "libleveldb-dev"]),
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
    floor, ours = sides["floor"], sides[row["side"]]
    turns = [b["wall"] / a["wall"] for a, b in zip(floor, ours)]
    return (median(ours, "wall") / median(floor, "wall"), median(ours, "cpu") / median(floor, "cpu"),
            min(turns), max(turns))


def render(thresholds, results, figures, machine):
    """The table, and the lines that missed their threshold."""
    missed = []

    def verdict(row, value):
        if value > row["most"]:
            missed.append(row["line"])
            return "**missed**"
        return "reached"

    lines = ["# Benchmarks, %s" % datetime.date.today(), "", machine, "",
             "Times are of one operation: an entry written or read, a package imported. × is the time over that of "
             "the C++ program on the same work.", "",
             "| work | C++ | lvkv | × | turns | × CPU | at most | | plyvel | × |",
             "|---|--:|--:|--:|--:|--:|--:|---|--:|--:|"]
    for row in thresholds["ratios"]:
        sides = results.get(row["work"])
        if sides is None:
            lines.append("| %s | | | | | | %.2f | not measured | | |" % (row["line"], row["most"]))
            continue
        ratio, cpu, low, high = ratios(row, sides)
        floor = median(sides["floor"], "wall")
        plyvel = ""
        if "plyvel" in sides:
            time = median(sides["plyvel"], "wall")
            plyvel = "%.0f ns | %.2f" % (time, time / floor)
        lines.append("| %s | %.0f ns | %.0f ns | **%.2f** | %.2f–%.2f | %.2f | %.2f | %s | %s |" % (
            row["line"], floor, median(sides[row["side"]], "wall"), ratio, low, high, cpu, row["most"],
            verdict(row, ratio), plyvel or " | "))
    lines += ["", "| figure | measured | at most | |", "|---|--:|--:|---|"]
    for row in thresholds["figures"]:
        value = figures.get(row["figure"])
        shown = "" if value is None else "%.1f %s" % (value, row["unit"])
        if value is None:
            state = "not measured"
        else:
            state = verdict(row, value) if "most" in row else ""
        lines.append("| %s | %s | %s | %s |" % (
            row["line"], shown, "%d %s" % (row["most"], row["unit"]) if "most" in row else "", state))
    return "\n".join(lines) + "\n", missed
