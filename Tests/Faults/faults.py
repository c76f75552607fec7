"""The fault laboratory: attacks each promise, and prints what was lost.

    python3 faults.py --victim PROGRAM --server lvkv --shim shim.so --bare PROGRAM [--quick] [--rows a,b] [--output FILE]
"""

import argparse
import datetime
import json
import os
import platform
import random
import shutil
import sys
import time
import traceback

import rows_disk
import rows_files
import rows_inside
import rows_process
from laboratory import Laboratory, Row, Skipped, say, scratch_directory
from victims import Tools

# Each row's name, what makes it, and whether it is among the quick ones.
ROWS = [
    ("kill-embedded", lambda lab: rows_process.kills(lab, "embedded"), True),
    ("kill-server", lambda lab: rows_process.kills(lab, "server"), True),
    ("power-synced", lambda lab: rows_disk.power_cut(lab, "embedded", "synced"), True),
    ("power-buffered", lambda lab: rows_disk.power_cut(lab, "embedded", "buffered"), True),
    ("power-server", lambda lab: rows_disk.power_cut(lab, "server", "synced"), True),
    ("cut-synced", lambda lab: rows_disk.cuts(lab, "synced", 0), True),
    ("cut-buffered", lambda lab: rows_disk.cuts(lab, "buffered", 0), False),
    ("cut-torn", lambda lab: rows_disk.cuts(lab, "synced", 50), True),
    ("cut-zeros", lambda lab: rows_disk.cuts(lab, "synced", 50, zeros=True), True),
    ("full", lambda lab: rows_disk.full(lab, "embedded", 2), True),
    ("full-server", lambda lab: rows_disk.full(lab, "server", 2), False),
    ("full-long", lambda lab: rows_disk.full(lab, "server", 60), False),
    ("error-write", lambda lab: rows_disk.errors(lab, "write"), True),
    ("error-sync", lambda lab: rows_disk.errors(lab, "sync"), True),
    ("error-open", lambda lab: rows_disk.errors(lab, "open"), True),
    ("error-rename", lambda lab: rows_disk.errors(lab, "rename"), True),
    ("log-write-error", lambda lab: rows_disk.failed_log_write(lab, 5), True),
    ("log-write-full", lambda lab: rows_disk.failed_log_write(lab, 28), True),
    ("unreadable-current", rows_files.unreadable_current, True),
    ("damaged", rows_files.damaged, True),
    ("flips", rows_files.flips, True),
    ("twice", rows_process.double_open, True),
    ("descriptors", lambda lab: rows_process.descriptors(lab, "embedded"), True),
    ("descriptors-server", lambda lab: rows_process.descriptors(lab, "server"), False),
    ("file-size", rows_process.file_size, True),
    ("memory", rows_process.memory, True),
    ("clock", rows_inside.clock, True),
    ("index-build", lambda lab: rows_inside.inside(lab, "index-build"), False),
    ("migration", lambda lab: rows_inside.inside(lab, "migration"), False),
    ("reclaim", lambda lab: rows_inside.inside(lab, "reclaim"), False),
    ("flush", rows_inside.flush, False),
    ("backup", rows_inside.backups, False),
]


def main():
    parser = argparse.ArgumentParser(prog="scripts/faults", description="Breaks lvkv in every known way, and says what was lost.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: two to three minutes")
    parser.add_argument("--rows", help="only these, with commas between")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--output", help="the file that takes the table")
    parser.add_argument("--collect", help="a file that keeps what rows gave: those in it that are not done now are in the table, too")
    parser.add_argument("--seed", type=int, help="of what is done at random")
    for name in ("victim", "server", "shim", "bare", "victim-debug", "server-debug"):
        parser.add_argument("--" + name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.list:
        print("\n".join(name for name, _, _ in ROWS))
        return 0
    for name in ("victim", "server", "shim", "bare", "victim_debug", "server_debug"):
        setattr(Tools, name, getattr(options, name))
    wanted = options.rows.split(",") if options.rows else None
    unknown = set(wanted or []) - {name for name, _, _ in ROWS}
    if unknown:
        parser.error("no such row: %s" % ", ".join(sorted(unknown)))
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    say("Seed %d" % seed)
    scratch = scratch_directory()
    done, skipped = {}, []
    for name, make, is_quick in ROWS:
        if wanted is not None and name not in wanted or wanted is None and options.quick and not is_quick:
            continue
        start = time.monotonic()
        try:
            os.mkdir(os.path.join(scratch, name))
            row = make(Laboratory(os.path.join(scratch, name), "%d %s" % (seed, name), options.quick))
        except Skipped as reason:
            skipped.append((name, str(reason)))
            say("%-20s skipped: %s" % (name, reason))
            continue
        except Exception as error:  # The others are to be tried all the same.
            traceback.print_exc()
            row = Row(name, "")
            row.losses.append("the laboratory failed: %r" % error)
        row.seconds = time.monotonic() - start
        done[name] = row
        say("%-20s %4d rounds, %d lost, %.0f s" % (name, row.rounds, len(row.losses), row.seconds))
        for loss in row.losses[:10]:
            say("    " + loss)
    lost = sum(len(row.losses) for row in done.values())
    if options.collect:
        done = collected(options.collect, done)
    text = table([done[name] for name, _, _ in ROWS if name in done], skipped, options)
    print(text)
    if options.output:
        with open(options.output, "w") as file:
            file.write(text + "\n")
    if lost:
        say("What is left of the rounds that lost something is in %s" % scratch)
    else:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if lost else 0


def collected(path, done):
    """The rows of now, and of before those that were not done now."""
    earlier = {}
    if os.path.exists(path):
        with open(path) as file:
            earlier = json.load(file)
    earlier.update((name, vars(row)) for name, row in done.items())
    with open(path, "w") as file:
        json.dump(earlier, file, indent=1)
    rows = {}
    for name, held in earlier.items():
        rows[name] = Row(held["fault"], held["checks"])
        vars(rows[name]).update(held)
    return rows


def table(rows, skipped, options):
    lines = [
        "# What faults lose", "",
        "Made by `scripts/faults%s`%s on %s: %s." % (
            " --quick" if options.quick else "", ", its rows one after another in several runs," if options.collect else "",
            datetime.date.today().isoformat(), machine()), "",
        "Each operation is written down, outside the database and by another process, as acknowledged, refused, or unknown "
        "(no answer came, or the answer said so). After each round everything is read: each acknowledged operation is "
        "there and no refused one is; an unknown one is there whole or not at all. Values carry checksums; counts of "
        "structures agree with their elements; records are whole; indexes agree with the records both ways; what was one "
        "batch, transaction or MULTI is there as a whole. Lost is the number of keys, records and documents that are not "
        "so, and of whatever else the fault's own column says.", "",
        "| fault | what holds | rounds | acknowledged | refused | unknown | lost |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        lines.append("| %s | %s | %s | %s | %s | %s | %s |" % (
            row.fault, row.checks, grouped(row.rounds), grouped(row.acknowledged), grouped(row.refused),
            grouped(row.unknown), "**%d**" % len(row.losses) if row.losses else "0"))
    notes = [(row.fault, note) for row in rows for note in row.notes]
    notes += [
        (row.fault, "%s acknowledged buffered operations from the end, as the promise allows" % grouped(row.allowed))
        for row in rows if row.allowed is not None]
    if notes:
        lines += ["", "## Beside it", ""] + ["- %s: %s." % note for note in notes]
    if any(row.losses for row in rows):
        lines += ["", "## Lost", ""] + ["- %s: %s" % (row.fault, loss) for row in rows for loss in row.losses[:10]]
    if skipped:
        lines += ["", "## Skipped", ""] + ["- %s: %s." % entry for entry in skipped]
    return "\n".join(lines)


def grouped(number):
    return "{:,}".format(number)


def machine():
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            name = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), name)
        with open("/etc/os-release") as file:
            system = next((line.split("=")[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME")), "")
    except OSError:
        system = platform.system()
    return "%s, %d cores, %s, Linux %s" % (name, os.cpu_count(), system, platform.release())


if __name__ == "__main__":
    sys.exit(main())
