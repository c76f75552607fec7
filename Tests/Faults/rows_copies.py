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

    def anew():
        remove(restored)
        return [Tools.lvkv_debug, "--db", restored, "backup", "restore", copies]

    for step in steps(laboratory, row, anew, "restore"):
        if not os.path.exists(restored):
            lvkv(row, "--db", restored, "backup", "restore", copies)
        compare(row, "step %d" % step, restored, reference)
    return row


def load(laboratory):
    row = Row("killed in the middle of a load of a dump", "there is nothing, or all of it; the next attempt goes on and loads all")
    directory, reference = base(laboratory, "records")
    source, stream, loaded = (laboratory.directory(name) for name in ("source", "dump", "loaded"))
    shutil.copytree(directory, source)
    with open(stream, "wb") as file:
        file.write(lvkv(row, "--db", source, "dump"))

    def anew():
        remove(loaded, loaded + ".part")
        return [Tools.lvkv_debug, "--db", loaded, "load", stream]

    for step in steps(laboratory, row, anew, "load"):
        if not os.path.exists(loaded):
            lvkv(row, "--db", loaded, "load", stream)
        compare(row, "step %d" % step, loaded, reference)
    return row
