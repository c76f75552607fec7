"""Rows where the process is killed in the middle of making a copy: a backup, a restore, a load of a dump."""

import os
import shutil
import subprocess

from laboratory import Row, remove
from rows_inside import base, compare, contents, steps
from victims import Tools


def lvkv(row, *words, **options):
    """Runs lvkv, and notes it when that fails."""
    done = subprocess.run([Tools.lvkv, *words], capture_output=True, **options)
    if done.returncode:
        row.losses.append("lvkv %s: %s" % (" ".join(words), done.stderr.decode(errors="replace").strip()))
    return done.stdout


def backup(laboratory):
    row = Row(
        "killed in the middle of a backup",
        "the database is unharmed, a backup that has its name is whole, the ones before it are, and the next one succeeds")
    directory, _ = base(laboratory, "records")
    earlier, copies = laboratory.directory("earlier"), laboratory.directory("backups")
    source = laboratory.directory("source")
    shutil.copytree(directory, source)
    lvkv(row, "--db", source, "backup", "create", earlier, "first")
    # Some chunks are as they were, and are taken over; some are not.
    subprocess.run([Tools.victim, "do", source, "fill-structures", "2"], check=True, capture_output=True)
    reference = contents(source)

    def anew():
        remove(copies)
        shutil.copytree(earlier, copies)
        return [Tools.lvkv_debug, "--db", source, "backup", "create", copies, "second"]

    made = 0
    for step in steps(laboratory, row, anew, "backup"):
        compare(row, "step %d: the database" % step, source, reference)
        names = {name for name in os.listdir(copies) if not name.endswith(".part")}
        made += "second" in names
        if not {"first"} <= names <= {"first", "second"}:
            row.losses.append("step %d: there are %s" % (step, sorted(names)))
        lvkv(row, "backup", "verify", copies)
        lvkv(row, "--db", source, "backup", "create", copies, "third")
        lvkv(row, "backup", "prune", copies, "--keep", "3")
        if any(name.endswith(".part") for name in os.listdir(copies)):
            row.losses.append("step %d: pruning leaves what was not finished" % step)
        for name in {"second", "third"} & {*os.listdir(copies)}:
            restored = laboratory.directory("restored")
            lvkv(row, "--db", restored, "backup", "restore", copies, name)
            compare(row, "step %d: %s" % (step, name), restored, reference)
            remove(restored)
    row.notes.append("it has its name after %d of them" % made)
    return row


def restore(laboratory):
    row = Row("killed in the middle of a restore", "there is nothing, or all of it; the next attempt restores all")
    directory, reference = base(laboratory, "records")
    source, copies, restored = (laboratory.directory(name) for name in ("source", "backups", "restored"))
    shutil.copytree(directory, source)
    lvkv(row, "--db", source, "backup", "create", copies, "one")
    make(laboratory, row, "restore", restored, ["backup", "restore", copies], reference, [restored])
    return row


def load(laboratory):
    row = Row("killed in the middle of a load of a dump", "there is nothing, or all of it; the next attempt goes on and loads all")
    directory, reference = base(laboratory, "records")
    source, stream, loaded = (laboratory.directory(name) for name in ("source", "dump", "loaded"))
    shutil.copytree(directory, source)
    with open(stream, "wb") as file:
        file.write(lvkv(row, "--db", source, "dump"))
    make(laboratory, row, "load", loaded, ["load", stream], reference, [loaded, loaded + ".part"])
    return row


def make(laboratory, row, failpoint, database, words, reference, leftovers):
    """Has lvkv make a database, kills it at each of its failpoints, and makes it again where there is none.

    Each step begins without `leftovers`.
    """
    def anew():
        remove(*leftovers)
        return [Tools.lvkv_debug, "--db", database, *words]

    for step in steps(laboratory, row, anew, failpoint):
        if not os.path.exists(database):
            lvkv(row, "--db", database, *words)
        compare(row, "step %d" % step, database, reference)
