"""Rows where the disk fails: the power goes, it is full, calls end with errors."""

import errno
import fcntl
import os
import struct
import subprocess
import threading
import time

from laboratory import Disk, Row, Skipped, numbers, remove
from victims import Embedded, Server, Tools, drive, environment_of

# _IOR('X', 125, uint32), with 2: the file system ends at once, and flushes nothing.
SHUTDOWN, WITHOUT_LOG_FLUSH = 2 << 30 | 4 << 16 | ord("X") << 8 | 125, 2


def power_cut(laboratory, kind, durability):
    synced = durability == "synced"
    row = Row(
        "power cut (ext4 shut down, mounted again), %s, %s writes" % (kind, durability),
        "acknowledged operations are there" if synced
        else "what is left of each worker's operations is whole and without a gap")
    with Disk(laboratory, "ext4", 192) as disk:
        directory = os.path.join(disk.point, "data")
        journal, count = laboratory.journal(row), numbers()
        workers = laboratory.workers(3, durability, pairs=kind == "embedded")
        for _ in laboratory.rounds(row, range(100)):
            if kind == "embedded":
                process = Embedded(directory)
            else:
                process = Server(directory, "--write-buffer-size", "65536", "--appendfsync", "always")
            if not process.ready:
                row.losses.append("it does not start again: " + process.said())
                process.kill()
                break

            gone, failures = threading.Event(), []

            def cut():
                # Answers count until here only: a machine without power gives none, and while the file system is
                # shut down the kernel may say of a sync under way that all is well.
                descriptor = os.open(disk.point, os.O_RDONLY)
                gone.set()
                try:
                    fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_LOG_FLUSH))
                except OSError as error:
                    failures.append(error)
                os.close(descriptor)

            timer = threading.Timer(laboratory.random.uniform(0.05, 0.7), cut)
            timer.start()
            drive(process, journal, workers, count, seconds=30, gone=gone)
            timer.join()
            process.kill()
            journal.cut()
            if failures:
                raise Skipped("the file system cannot be shut down: %s" % failures[0])
            disk.unmount()
            disk.mount()
            if not laboratory.verify(row, journal, directory, power_cut=not synced, keeps=True):
                break
    row.add(journal)
    return row


def cuts(laboratory, durability, keep, zeros=False):
    """The power goes at each of the first file operations."""
    what = "unsynced data dropped" if keep == 0 else "%d %% of unsynced data kept" % keep
    if zeros:
        what += ", the rest zeros"
    row = Row(
        "cut at %s of the first 300 file operations, %s writes, %s" % (
            "some" if laboratory.is_limited else "each", durability, what),
        "acknowledged operations are there" if durability == "synced"
        else "what is left of each worker's operations is whole and without a gap")
    unopened = 0
    for step in laboratory.rounds(row, range(1, 301)):
        directory, journal = laboratory.directory("cut"), laboratory.journal(row)
        process = Embedded(
            directory, environment={"FAULT_DIRECTORY": directory, "FAULT_PLAN": "cut:%d:%d:%d" % (step, keep, zeros)},
            preload=Tools.shim)
        reached = True
        if process.ready:
            reached = not drive(process, journal, laboratory.workers(2, durability), numbers(), seconds=30)
        process.kill()
        journal.cut()
        if not reached:
            row.losses.append("operation %d was never reached" % step)
        before = len(row.losses)
        laboratory.verify(row, journal, directory, power_cut=durability != "synced")
        if len(row.losses) > before:
            row.losses[before:] = ["at operation %d: %s" % (step, loss) for loss in row.losses[before:]]
            if journal.counts["acknowledged"] == 0:
                unopened += 1
        else:
            remove(directory)
            os.remove(journal.path)
        row.add(journal)
    if unopened:
        row.notes.append("%d of them before anything was acknowledged" % unopened)
    return row


def full(laboratory, kind, seconds):
    row = Row(
        "disk full for %d s, then freed, %s" % (seconds, kind),
        "acknowledged operations are there; it reads meanwhile, and writes go on by themselves within 45 s")
    for _ in laboratory.rounds(row, range(10 if seconds < 60 else 2)):
        with Disk(laboratory, "tmpfs", 24) as disk:
            directory, ballast = os.path.join(disk.point, "data"), os.path.join(disk.point, "ballast")
            with open(ballast, "wb") as file:
                file.write(bytes(12 << 20))
            journal, count = laboratory.journal(row), numbers()
            workers = laboratory.workers(3, ["buffered", "synced"], pairs=kind == "embedded", large=True)
            process = Embedded(directory) if kind == "embedded" else Server(directory)
            is_failing = lambda _: failures(journal) > 20  # noqa: E731
            # Whatever fits is written; then it is full.
            fill = os.path.join(disk.point, "fill")
            drive(process, journal, workers, count, seconds=3, until=is_failing)
            until = time.monotonic() + 60
            while not is_failing(0) and time.monotonic() < until:
                fill_up(fill)
                drive(process, journal, workers, count, seconds=5, until=is_failing)
            if not is_failing(0):
                row.losses.append("the disk was never full")
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                reads(process, journal, workers, count, row)
                time.sleep(min(1, seconds / 4))
            remove(ballast, fill)
            until = time.monotonic() + 45
            while not writes(process, journal, workers, count):
                if time.monotonic() > until:
                    row.losses.append("writes do not go on by themselves within 45 s")
                    break
                time.sleep(0.3)
            process.kill()
            journal.cut()
            laboratory.verify(row, journal, directory)
            row.add(journal)
    return row


def failures(journal):
    return journal.counts["refused"] + journal.counts["unknown"]


def writes(process, journal, workers, count):
    """Whether none of some operations fails."""
    before = failures(journal)
    drive(process, journal, workers, count, seconds=5, until=lambda done: done > 40, window=1)
    return failures(journal) == before


def fill_up(path):
    with open(path, "ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def reads(process, journal, workers, count, row):
    """Reading goes on while nothing can be written."""

    class Reader:
        def __init__(self, number):
            self.number = number

        def next(self, number):
            from load import Operation

            return Operation(number, self.number, "buffered", "get", ["w%d:p%d" % (self.number, number % 20)])

    before = failures(journal)
    alive = drive(process, journal, [Reader(worker.number) for worker in workers], count, 5, until=lambda done: done > 20)
    if not alive or failures(journal) != before:
        row.losses.append("reads failed while the disk was full")


def errors(laboratory, call):
    """One call of a kind, or three, end with an error: the first, the second, …; while a database is made, and of one that
    is there."""
    name = {"sync": "fsync or fdatasync"}.get(call, call)
    row = Row("%s fails at the n-th call" % name, "acknowledged operations are there")
    hits = 0
    # Of names few are changed.
    last = 10 if call == "rename" else 20
    plans = [
        (step, number, times, is_there) for step in range(1, last + 1)
        for number, times in ((errno.EIO, 1), (errno.ENOSPC, 3)) for is_there in (False, True)]
    for step, number, times, is_there in laboratory.rounds(row, plans):
        directory, journal = laboratory.directory("error"), laboratory.journal(row)
        workers, count = laboratory.workers(2, ["buffered", "synced"]), numbers()
        if is_there:
            process = Embedded(directory)
            drive(process, journal, workers, count, seconds=10, until=lambda done: done > 300)
            process.kill()
            journal.cut()
        # Writes and syncs are many: spread over logs and tables.
        nth = step if call in ("open", "rename") else 2 * step * step - step
        hit = directory + ".hit"
        plan = {"FAULT_DIRECTORY": directory, "FAULT_PLAN": "%s:%d:%d:%d" % (call, nth, times, number), "FAULT_HIT": hit}
        process = Embedded(directory, environment=plan, preload=Tools.shim)
        if process.ready:
            drive(process, journal, workers, count, seconds=10, until=lambda done: done > 600)
            # The closing has such calls, too.
            process.stop()
        else:
            process.kill()
        journal.cut()
        hits += os.path.exists(hit)
        if laboratory.verify(row, journal, directory):
            remove(directory, hit, journal.path)
        row.add(journal)
    row.notes.append("the call came, and failed, in %d of %d rounds" % (hits, row.rounds))
    return row


def failed_log_write(laboratory, number):
    """One write to the log fails; what LevelDB calls good afterwards is gone after reopening."""
    name = errno.errorcode[number]
    row = Row("one failed log write (%s), then writes that LevelDB calls good" % name, "acknowledged operations are there")
    bare = []
    for nth in laboratory.rounds(row, range(20, 620, 30)):
        directory = laboratory.directory("bare")
        plan = {"FAULT_DIRECTORY": directory, "FAULT_SUFFIX": ".log", "FAULT_PLAN": "write:%d:1:%d" % (nth, number)}
        os.mkdir(directory)
        done = subprocess.run(
            [Tools.bare, "write", directory, "4000"], capture_output=True, env=environment_of(plan, Tools.shim), check=True)
        good = {"key%09d" % int(line.split()[0]) for line in done.stdout.decode().splitlines() if line.endswith(" ok")}
        left = subprocess.run([Tools.bare, "count", directory], capture_output=True).stdout.decode().split()
        bare.append(len(good - set(left)))
        remove(directory)

        directory, journal = laboratory.directory("log-write"), laboratory.journal(row)
        plan["FAULT_DIRECTORY"] = directory
        process = Embedded(directory, "buffer=4000000", environment=plan, preload=Tools.shim)
        drive(process, journal, laboratory.workers(2), numbers(), seconds=20, until=lambda done: done > 1500)
        process.kill()
        journal.cut()
        laboratory.verify(row, journal, directory)
        row.add(journal)
    row.alone = sum(bare)
    row.notes.append("LevelDB alone loses %d to %d of 3,999 acknowledged writes a round" % (min(bare), max(bare)))
    return row
