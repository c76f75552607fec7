"""Rows where files of a closed database are damaged, or cannot be read for a moment."""

import errno
import hashlib
import os
import shutil
import subprocess

from laboratory import Row, numbers, remove
from victims import Embedded, Tools, drive, dump, environment_of

# What opening may write anew; the rest is what a database is made of.
CHANGES = {"LOG", "LOG.old", "lvkv.lock", "LOCK"}


def make(laboratory, row, operations=3000, closed=True):
    """A database with a log and some tables, and what it holds."""
    directory, journal = laboratory.directory("files"), laboratory.journal(row)
    process = Embedded(directory)
    drive(
        process, journal, laboratory.workers(2, ["buffered", "synced"]), numbers(), seconds=60,
        until=lambda done: done > operations)
    if closed:
        process.stop()
    else:
        process.kill()
    row.add(journal)
    copy = laboratory.directory("reference")
    shutil.copytree(directory, copy)
    text, failure = dump(copy)
    if failure:
        raise RuntimeError(failure)
    remove(copy)
    return directory, text


def files_of(directory):
    """The files with what they hold."""
    held = {}
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if name not in CHANGES and os.path.isfile(path):
            with open(path, "rb") as file:
                held[name] = hashlib.sha256(file.read()).digest()
    return held


def named(directory, suffix):
    return sorted(name for name in os.listdir(directory) if name.endswith(suffix) or name.startswith(suffix))


def damaged(laboratory):
    row = Row(
        "CURRENT missing, empty or unreadable; a log missing; MANIFEST cut or missing; a table cut or missing",
        "refused with an error, no file deleted or changed (a cut table: or every value right)")
    directory, reference = make(laboratory, row)
    # What an opening removes a compaction had left that the close came before, and nobody misses it: of those tables only
    # what is read is looked at.
    opened = laboratory.directory("opened")
    shutil.copytree(directory, opened)
    dump(opened)
    live = set(named(opened, ".ldb"))
    cases = [("CURRENT removed", lambda at: os.remove(os.path.join(at, "CURRENT")), True)]
    cases += [("CURRENT emptied", lambda at: os.truncate(os.path.join(at, "CURRENT"), 0), True)]
    cases += [("CURRENT a directory", lambda at: replace_by_directory(os.path.join(at, "CURRENT")), True)]
    for name in named(directory, ".log"):
        cases.append(("%s removed" % name, lambda at, name=name: os.remove(os.path.join(at, name)), True))
    for name in named(directory, "MANIFEST-"):
        cases.append(("%s removed" % name, lambda at, name=name: os.remove(os.path.join(at, name)), True))
        size = os.path.getsize(os.path.join(directory, name))
        for left in sorted({0, 1, size // 4, size // 2, size - 100, size - 1} & set(range(size))):
            cases.append(
                ("%s cut to %d of %d bytes" % (name, left, size),
                 lambda at, name=name, left=left: os.truncate(os.path.join(at, name), left), True))
    for name in named(directory, ".ldb"):
        size = os.path.getsize(os.path.join(directory, name))
        cases.append(("%s removed" % name, lambda at, name=name: os.remove(os.path.join(at, name)), name in live))
        for left in (0, size // 2, size - 1):
            cases.append(
                ("%s cut to %d of %d bytes" % (name, left, size),
                 lambda at, name=name, left=left: os.truncate(os.path.join(at, name), left), False))
    for what, damage, opens_not in laboratory.rounds(row, cases):
        copy = laboratory.directory("damaged")
        shutil.copytree(directory, copy)
        damage(copy)
        before = files_of(copy)
        text, failure = dump(copy)
        if failure is None and (opens_not or text != reference):
            row.losses.append("%s: it is read as if nothing were wrong" % what)
        elif failure is not None and "\t" not in failure:
            row.losses.append("%s: no clear error: %s" % (what, failure))
        after = files_of(copy)
        changed = sorted(name for name in before if after.get(name) != before[name])
        # What a database that opens does with its files is its business, but for what it may still need.
        if failure is not None and changed and opens_not:
            row.losses.append("%s: changed or deleted: %s" % (what, ", ".join(changed)))
        gone = sorted(name for name in before if name.endswith(".ldb") and name not in after)
        if failure is not None and gone:
            row.losses.append("%s: deleted: %s" % (what, ", ".join(gone)))
        remove(copy)
    return row


def replace_by_directory(path):
    os.remove(path)
    os.mkdir(path)


def flips(laboratory):
    row = Row("one flipped bit, at a random place of a random file, every tenth in the length of a log's record", "an error or the right values, never a wrong one")
    refused = 0
    directories = [make(laboratory, row), make(laboratory, row, 200)]
    for number in laboratory.rounds(row, range(500)):
        directory, reference = directories[number % 2]
        files = [name for name in files_of(directory)]
        # Half of the flips by size, half by file, so that small files have their share.
        if number % 4 < 2:
            weights = [os.path.getsize(os.path.join(directory, name)) for name in files]
            name = laboratory.random.choices(files, weights)[0]
        else:
            name = laboratory.random.choice(files)
        size = os.path.getsize(os.path.join(directory, name))
        if size == 0:
            continue
        bit = laboratory.random.randrange(size * 8)
        if number % 10 == 9 and named(directory, ".log"):
            # What LevelDB takes for the file's end: a record that claims to be longer than what is left.
            name = laboratory.random.choice(named(directory, ".log"))
            starts = record_starts(os.path.join(directory, name))
            if starts:
                bit = (laboratory.random.choice(starts) + 4) * 8 + laboratory.random.randrange(16)
                size = os.path.getsize(os.path.join(directory, name))
        copy = laboratory.directory("flipped")
        shutil.copytree(directory, copy)
        with open(os.path.join(copy, name), "r+b") as file:
            file.seek(bit // 8)
            byte = file.read(1)[0]
            file.seek(bit // 8)
            file.write(bytes([byte ^ 1 << bit % 8]))
        text, failure = dump(copy)
        refused += failure is not None
        if failure is not None and "\t" not in failure:
            row.losses.append("bit %d of %s (%d bytes): no clear error: %s" % (bit, name, size, failure))
        elif failure is None and text != reference:
            row.losses.append("bit %d of %s (%d bytes): other values are read" % (bit, name, size))
        else:
            remove(copy)
    row.notes.append("an error in %d, the right values in %d" % (refused, row.rounds - refused - len(row.losses)))
    return row


def record_starts(path):
    """Where the records of a log begin: LevelDB's doc/log_format.md."""
    with open(path, "rb") as file:
        data = file.read()
    starts, at = [], 0
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        starts.append(at)
        at += 7 + int.from_bytes(data[at + 4 : at + 6], "little")
    return starts


def unreadable_current(laboratory):
    """CURRENT cannot be seen for a moment, and the program is one that creates what is missing."""
    row = Row("CURRENT unreadable for a moment, opened with create-if-missing", "keys are all there afterwards")
    keys, left, hits = 30_000, [], 0
    directory, reference = make(laboratory, row)
    looks = [(look, number) for look in range(1, 21) for number in (errno.EIO, errno.ENOENT)]
    for look, number in laboratory.rounds(row, looks):
        bare = laboratory.directory("bare")
        os.mkdir(bare)
        subprocess.run([Tools.bare, "fill", bare, str(keys)], check=True)
        plan = {"FAULT_DIRECTORY": bare, "FAULT_SUFFIX": "/CURRENT", "FAULT_PLAN": "look:1:1:%d" % number}
        subprocess.run([Tools.bare, "count", bare], capture_output=True, env=environment_of(plan, Tools.shim))
        left.append(len(subprocess.run([Tools.bare, "count", bare], capture_output=True).stdout.decode().split()))
        remove(bare)

        copy = laboratory.directory("unreadable")
        shutil.copytree(directory, copy)
        plan = {
            "FAULT_DIRECTORY": copy, "FAULT_SUFFIX": "/CURRENT",
            "FAULT_PLAN": "look:%d:1:%d" % (look, number), "FAULT_HIT": copy + ".hit"}
        process = Embedded(copy, environment=plan, preload=Tools.shim)
        process.kill()
        hits += os.path.exists(copy + ".hit")
        text, failure = dump(copy)
        if text != reference:
            row.losses.append("after %s at look %d: %s" % (errno.errorcode[number], look, failure or "keys are gone"))
        remove(copy, copy + ".hit")
    row.notes.append("lvkv looked for it so often, and did not see it, in %d of %d rounds" % (hits, row.rounds))
    row.alone = keys * len(left) - sum(left)
    row.notes.append("LevelDB alone is left with %d to %d of %d keys" % (min(left), max(left), keys))
    return row
