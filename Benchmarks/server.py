"""Puts lvkv and redis-server under the same loads in turn and prints a Markdown table of medians and ratios.

`scripts/bench-server` builds what this runs.
"""

import argparse
import json
import os
import pathlib
import sys

import server_report
from server_loads import CONNECTIONS, KEYS, LOADS, VALUE, Failed, Loads, say
from server_figures import Figures

HERE = pathlib.Path(__file__).resolve().parent
PARTS = {
    "pinned": ("each server on the same one core, the load generator on another", (0, 1)),
    "free": ("none pinned", (None, None)),
}
WORDS = "Requests a second by redis-benchmark; × is lvkv's over redis-server's, above 1 is faster."


def main():
    root = HERE.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lvkv", type=pathlib.Path, default=root / ".build" / "release" / "lvkv")
    parser.add_argument("--only", help="loads, parts and figures, with commas: get,set,pinned; figures, durability, …")
    parser.add_argument("--output", type=pathlib.Path, help="the file for the table")
    parser.add_argument("--page", type=pathlib.Path, action="append", default=[],
                        help="a page to put a short form into; may be given several times")
    parser.add_argument("--quick", action="store_true", help="less of everything, 3 turns")
    parser.add_argument("--check", action="store_true", help="exit 1 when a figure misses its target")
    parser.add_argument("--large", action="store_true", help="20,000,000 keys, too; takes its own time")
    arguments = parser.parse_args()
    arguments.turns = 3 if arguments.quick else 5
    targets = json.loads((HERE / "server-targets.json").read_text())
    only = set(arguments.only.split(",")) if arguments.only else set()
    loads = [load for load in LOADS if not only & set(LOADS) or load in only]
    if "rpop" in loads and "lpush" not in loads:
        loads.insert(0, "lpush")
    # Parts are of loads; figures alone need none.
    wanted = [part for part in PARTS if (not only & set(PARTS) or part in only) and (not only or only & {*LOADS, *PARTS})]
    if (os.cpu_count() or 1) < 2 and "pinned" in wanted:
        say("pinned: not measured on one core")
        wanted.remove("pinned")
    wants_figures = not only or bool(only - {*LOADS, *PARTS})

    machine = server_report.describe(arguments, {"connections": CONNECTIONS, "value": VALUE, "keys": KEYS})
    figures = Figures(arguments.lvkv, HERE / ".build" / "floor", arguments.quick)
    parts, short = [], []
    try:
        for part in wanted:
            title, cores = PARTS[part]
            say("## " + title)
            side_by_side = Loads(arguments.lvkv, 0.4 if arguments.quick else 1, *cores)
            try:
                side_by_side.measure(loads, (1, 16), arguments.turns)
            finally:
                side_by_side.close()
            parts.append((title, WORDS, side_by_side.results))
            short.append((part, side_by_side.results))
        if wants_figures:
            figures.measure(only)
        if arguments.large:
            figures.large()
    except Failed as failure:
        say("bench-server: %s" % failure)
        return 2
    text, missed = server_report.render(targets, machine, parts, figures)
    print(text)
    if arguments.output:
        arguments.output.write_text(text)
    for page in arguments.page:
        server_report.fill_page(page, targets, short, figures)
    say("all reached" if not missed else "missed: " + "; ".join(missed))
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
