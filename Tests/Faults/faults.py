"""The fault laboratory: attacks each promise, and prints what was lost.

    python3 faults.py --victim PROGRAM --server lvkv --shim shim.so --bare PROGRAM [--minutes N] [--rows a,b] [--output FILE]
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

import rows_clock
import rows_copies
import rows_disk
import rows_files
import rows_inside
import rows_process
from laboratory import Laboratory, Row, Skipped, say, scratch_directory
from victims import Tools

# Each row's name and what makes it.
ROWS = [
    ("kill-embedded", lambda lab: rows_process.kills(lab, "embedded")),
    ("kill-server", lambda lab: rows_process.kills(lab, "server")),
    ("power-synced", lambda lab: rows_disk.power_cut(lab, "embedded", "synced")),
    ("power-buffered", lambda lab: rows_disk.power_cut(lab, "embedded", "buffered")),
    ("power-server", lambda lab: rows_disk.power_cut(lab, "server", "synced")),
    ("cut-synced", lambda lab: rows_disk.cuts(lab, "synced", 0)),
    ("cut-buffered", lambda lab: rows_disk.cuts(lab, "buffered", 0)),
    ("cut-torn", lambda lab: rows_disk.cuts(lab, "synced", 50)),
    ("cut-zeros", lambda lab: rows_disk.cuts(lab, "synced", 50, zeros=True)),
    ("full", lambda lab: rows_disk.full(lab, "embedded", 2)),
    ("full-server", lambda lab: rows_disk.full(lab, "server", 2)),
    ("full-long", lambda lab: rows_disk.full(lab, "server", 60)),
    ("error-write", lambda lab: rows_disk.errors(lab, "write")),
    ("error-sync", lambda lab: rows_disk.errors(lab, "sync")),
    ("error-open", lambda lab: rows_disk.errors(lab, "open")),
    ("error-rename", lambda lab: rows_disk.errors(lab, "rename")),
    ("log-write-error", lambda lab: rows_disk.failed_log_write(lab, 5)),
    ("log-write-full", lambda lab: rows_disk.failed_log_write(lab, 28)),
    ("unreadable-current", rows_files.unreadable_current),
    ("damaged", rows_files.damaged),
    ("flips", rows_files.flips),
    ("twice", rows_process.double_open),
    ("descriptors", lambda lab: rows_process.descriptors(lab, "embedded")),
    ("descriptors-server", lambda lab: rows_process.descriptors(lab, "server")),
    ("file-size", rows_process.file_size),
    ("memory", rows_process.memory),
    ("clock", rows_clock.clock),
    ("index-build", lambda lab: rows_inside.inside(lab, "index-build")),
    ("migration", lambda lab: rows_inside.inside(lab, "migration")),
    ("reclaim", lambda lab: rows_inside.inside(lab, "reclaim")),
    ("flush", rows_inside.flush),
    ("backup", rows_copies.backup),
    ("restore", rows_copies.restore),
    ("load", rows_copies.load),
]

# Rows with rounds so long that they are done only where there is more time than this, in minutes.
LONG = {"full-long": 30}


def main():
    parser = argparse.ArgumentParser(prog="scripts/faults", description="Breaks lvkv in every known way, and says what was lost.")
    parser.add_argument("--minutes", type=float, help="as many rounds as fit, of each row some")
    parser.add_argument("--rows", help="only these, with commas between")
    parser.add_argument("--list", action="store_true", help="name the rows")
    parser.add_argument("--output", help="the file that takes the table")
    parser.add_argument("--collect", help="a file that keeps what each row gave; rows that are not done now are in the table as it has them")
    parser.add_argument("--seed", type=int, help="of what is done at random")
    for name in ("victim", "lvkv", "shim", "bare", "victim-debug", "lvkv-debug"):
        parser.add_argument("--" + name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.list:
        print("\n".join(name for name, _ in ROWS))
        return 0
    for name in ("victim", "lvkv", "shim", "bare", "victim_debug", "lvkv_debug"):
        setattr(Tools, name, getattr(options, name))
    wanted = options.rows.split(",") if options.rows else None
    unknown = set(wanted or []) - {name for name, _ in ROWS}
    if unknown:
        parser.error("no such row: %s" % ", ".join(sorted(unknown)))
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    say("Seed %d" % seed)
    scratch = scratch_directory()
    earlier = kept(options.collect) if options.collect else {}
    done, skipped = {}, []
    rows = [(name, make) for name, make in ROWS if wanted is None or name in wanted]
    if options.minutes is not None:
        rows = [(name, make) for name, make in rows if options.minutes > LONG.get(name, 0)]
        end = time.monotonic() + 60 * options.minutes
    for index, (name, make) in enumerate(rows):
        start = time.monotonic()
        # What one row leaves of its time the others have.
        seconds = None if options.minutes is None else max(0, end - start) / (len(rows) - index)
        try:
            os.mkdir(os.path.join(scratch, name))
            row = make(Laboratory(os.path.join(scratch, name), "%d %s" % (seed, name), seconds))
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
        if options.collect:
            keep(options.collect, {**earlier, **done})
        say("%-20s %4d rounds, %d lost, %.0f s" % (name, row.rounds, len(row.losses), row.seconds))
        for loss in row.losses[:10]:
            say("    " + loss)
    lost = sum(len(row.losses) for row in done.values())
    found = {**earlier, **done}
    text = table([found[name] for name, _ in ROWS if name in found], skipped, options, found.keys() - done.keys())
    print(text)
    if options.output:
        with open(options.output, "w") as file:
            file.write(text + "\n")
    if lost:
        say("What is left of the rounds that lost something is in %s" % scratch)
    else:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if lost else 0


def kept(path):
    """The rows that a file keeps."""
    rows = {}
    if os.path.exists(path):
        with open(path) as file:
            for name, held in json.load(file).items():
                rows[name] = Row(held["fault"], held["checks"])
                vars(rows[name]).update(held)
    return rows


def keep(path, rows):
    with open(path, "w") as file:
        json.dump({name: vars(row) for name, row in rows.items()}, file, indent=1)


def table(rows, skipped, options, is_of_several_runs):
    lines = [
        "# What faults lose", "",
        "Made by `scripts/faults%s`%s on %s: %s." % (
            "" if options.minutes is None else " --minutes %g" % options.minutes, ", its rows one after another in several runs," if is_of_several_runs else "",
            datetime.date.today().isoformat(), machine()), "",
        "Each operation is written down, outside the database and by another process, as acknowledged, refused, or unknown "
        "(no answer came, or the answer said so). After each round everything is read: each acknowledged operation is "
        "there and no refused one is; an unknown one is there whole or not at all. Values carry checksums; counts of "
        "structures agree with their elements; records are whole; indexes agree with the records both ways; what was one "
        "batch, transaction or MULTI is there as a whole. Lost is the number of keys, records and documents that are not "
        "so, and of whatever else the fault's own column says; `lvkv verify` agrees after each round of load.", "",
        "| fault | what holds | rounds | acknowledged | refused | unknown | lost |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        lines.append("| %s | %s | %s | %s | %s | %s | %s |" % (
            row.fault, row.checks, grouped(row.rounds), grouped(row.acknowledged), grouped(row.refused),
            grouped(row.unknown), losses(row)))
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


def losses(row):
    text = "**%d**" % len(row.losses) if row.losses else "0"
    return text if row.alone is None else "%s (LevelDB alone: %s)" % (text, grouped(row.alone))


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
