"""Rows where the process is killed in the middle of long work, and where the clock is changed."""

import os
import shutil
import signal
import subprocess
import time

from laboratory import Row, Skipped, numbers, remove
from load import parse_dump
from victims import Embedded, Server, Tools, drive, dump, environment_of

# The work, what it is done on, and the failpoint in it.
WORK = {
    "index-build": ("records", "index-build"),
    "migration": ("records", "migration-batch"),
    "reclaim": ("garbage", "reclaim"),
}


def base(laboratory, kind):
    directory = laboratory.directory(kind)
    work = [("fill-records", "3000"), ("fill-structures", "40")]
    if kind == "garbage":
        work = [("fill-records", "100"), ("fill-structures", "60"), ("delete-structures", "50")]
    for words in work:
        subprocess.run([Tools.victim, "do", directory, *words], check=True, capture_output=True)
    text, failure = dump(directory)
    if failure:
        raise RuntimeError(failure)
    return directory, contents(text)


def contents(text):
    """What a dump holds, whatever the order of a record's fields."""
    states, problems = parse_dump(text)
    return states, problems


def inside(laboratory, work):
    kind, failpoint = WORK[work]
    names = {"index-build": "an index build", "migration": "a migration", "reclaim": "reclaiming"}
    row = Row("killed in the middle of " + names[work], "afterwards it is finished, or as before, and nothing is missing")
    directory, reference = base(laboratory, kind)
    debug = Tools.victim_debug is not None
    started = time.monotonic()
    if not debug:
        measured = laboratory.directory("measured")
        shutil.copytree(directory, measured)
        subprocess.run([Tools.victim, "do", measured, work], check=True, capture_output=True)
        remove(measured)
    duration = time.monotonic() - started
    reached = 0
    for step in range(1, laboratory.rounds(60, 6) + 1):
        row.rounds += 1
        copy = laboratory.directory(work)
        shutil.copytree(directory, copy)
        environment = environment_of({"LVKV_FAILPOINT": "%s:%d" % (failpoint, step)} if debug else None, None)
        process = subprocess.Popen(
            [Tools.victim_debug or Tools.victim, "do", copy, work], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        if not debug:
            try:
                process.wait(laboratory.random.uniform(0, duration))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        status = process.wait(300)
        reached += status == -signal.SIGKILL
        # Somebody opens it, and has what was begun brought to its end, or taken back.
        again = work if work == "migration" and step % 2 == 0 else "settle"
        done = subprocess.run([Tools.victim, "do", copy, again], capture_output=True)
        if done.returncode:
            row.losses.append("step %d: afterwards %s fails: %s" % (step, again, done.stderr.decode(errors="replace")))
        text, failure = dump(copy)
        if failure:
            row.losses.append("step %d: %s" % (step, failure))
        else:
            found = contents(text)
            if found != reference:
                row.losses.append("step %d: %s" % (step, difference(found, reference)))
        remove(copy)
        if debug and status != -signal.SIGKILL:
            # There are no more places to be killed at.
            row.rounds -= 1
            break
    row.notes.append("at each of its %d failpoints" % reached if debug else "at random moments, %d of them in time" % reached)
    if reached == 0:
        raise Skipped("the failpoint %s is never reached" % failpoint)
    return row


def difference(found, wanted):
    if found[1]:
        return found[1][:3]
    names = [
        name for worker in {*found[0], *wanted[0]}
        for name in {*found[0].get(worker, {}), *wanted[0].get(worker, {})}
        if found[0].get(worker, {}).get(name) != wanted[0].get(worker, {}).get(name)]
    return "%d names differ, such as %s" % (len(names), sorted(names)[:3])


def flush(laboratory):
    row = Row("killed in the middle of FLUSHALL", "all keys are there, or none")
    directory, reference = base(laboratory, "records")
    reference = reference[0]
    debug = Tools.server_debug is not None
    emptied = 0
    for step in range(1, laboratory.rounds(40, 4) + 1):
        row.rounds += 1
        copy = laboratory.directory("flush")
        shutil.copytree(directory, copy)
        release, Tools.server = Tools.server, Tools.server_debug or Tools.server
        # The failpoint lies behind each key: spread over all of them.
        plan = {"LVKV_FAILPOINT": "flush:%d" % (step * step)} if debug else None
        process = Server(copy, environment=plan)
        Tools.server = release
        import resp

        connection = resp.Connection(process.port)
        acknowledged = False
        try:
            connection.send([b"FLUSHALL"])
            if not debug:
                time.sleep(laboratory.random.uniform(0, 0.4))
                process.process.send_signal(signal.SIGKILL)
            acknowledged = connection.read()[0] == b"+"
        except resp.NoReply:
            pass
        connection.close()
        process.kill()
        text, failure = dump(copy)
        states, problems = contents(text) if failure is None else ({}, [failure])
        row.losses += problems
        if acknowledged:
            row.acknowledged += 1
        else:
            row.unknown += 1
        keys = sum(map(len, states.values()))
        emptied += keys == 0
        if states != reference and keys != 0 or acknowledged and keys != 0:
            row.losses.append("step %d: %d keys are left" % (step, keys))
        remove(copy)
    row.notes.append("none in %d of %d rounds" % (emptied, row.rounds))
    return row


def backups(laboratory):
    """Killed while a copy is written, at random moments."""
    row = Row("killed in the middle of a backup (BGSAVE)", "the database is unharmed, and what has a backup's name is whole")
    directory, reference = base(laboratory, "records")
    made = 0
    for _ in range(laboratory.rounds(40, 4)):
        row.rounds += 1
        copy, place = laboratory.directory("backup"), laboratory.directory("backups")
        shutil.copytree(directory, copy)
        process = Server(copy, "--backup-dir", place)
        import resp

        connection = resp.Connection(process.port)
        connection.call("BGSAVE")
        time.sleep(laboratory.random.uniform(0, 0.5))
        process.kill()
        connection.close()
        text, failure = dump(copy)
        if failure or contents(text) != reference:
            row.losses.append("the database: %s" % (failure or difference(contents(text), reference)))
        for name in os.listdir(place) if os.path.isdir(place) else []:
            if ".part" in name:
                continue
            made += 1
            text, failure = dump(os.path.join(place, name))
            if failure or contents(text) != reference:
                row.losses.append("the backup %s: %s" % (name, failure or difference(contents(text), reference)))
        remove(copy, place)
    row.notes.append("%d backups came to their end" % made)
    return row


def clock(laboratory):
    """The clock three days forward and back, while the server runs and between runs."""
    row = Row("clock 3 days forward and back", "keys go by their expiry and no others do; operations go on")
    library = next(
        (path for path in (
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
         if os.path.exists(path)), None)
    if library is None:
        raise Skipped("needs Debian's faketime")
    import resp

    day = 86_400
    for _ in range(laboratory.rounds(20, 2)):
        row.rounds += 1
        directory, offset = laboratory.directory("clock"), laboratory.directory("offset")
        set_offset(offset, 0)
        process = Server(
            directory, environment={
                "FAKETIME_TIMESTAMP_FILE": offset, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"},
            # Swift finds its arguments where libfaketime is not the first to be loaded.
            preload=library, launcher=["env"])
        journal, count, workers = laboratory.journal(row), numbers(), laboratory.workers(2, pairs=False)
        connection = resp.Connection(process.port)

        def there(when, wanted):
            """Compares what of the keys is there; None is either."""
            found = [connection.call("EXISTS", key)[1] == b"1" for key in ("soon", "late", "ever")]
            if any(want not in (None, is_there) for want, is_there in zip(wanted, found)):
                row.losses.append("%s: of soon, late and ever there are %s, not %s" % (when, found, wanted))

        connection.call("SET", "ever", "x")
        connection.call("SET", "late", "x", "EX", 30 * day)
        connection.call("SET", "soon", "x", "EX", day)
        there("at first", [True, True, True])
        drive(process, journal, workers, count, seconds=0.2)
        set_offset(offset, -3 * day)
        there("3 days back", [True, True, True])
        left = int(connection.call("TTL", "soon")[1])
        if not 3.9 * day < left <= 4 * day:
            row.losses.append("3 days back: soon has %d s left, not 4 days" % left)
        drive(process, journal, workers, count, seconds=0.2)
        set_offset(offset, 3 * day)
        there("3 days forward", [False, True, True])
        drive(process, journal, workers, count, seconds=0.2)
        time.sleep(0.5)
        # What has expired is purged in the background; until then it is there again with the old time.
        set_offset(offset, 0)
        there("back again", [None, True, True])
        drive(process, journal, workers, count, seconds=0.2)
        connection.call("DEL", "soon", "late", "ever")
        connection.close()
        process.kill()
        journal.cut()
        laboratory.verify(row, journal, directory)
        row.add(journal)
        remove(directory, offset)
    return row


def set_offset(path, seconds):
    with open(path + ".new", "w") as file:
        file.write("%+d\n" % seconds)
    os.rename(path + ".new", path)
