"""Rows where the process ends at once: killed, or short of memory; and those where it may open no more."""

import os
import resource
import signal
import threading
import time

from laboratory import Row, Skipped, numbers, remove, victim
from victims import Embedded, drive, dump


def kills(laboratory, kind):
    row = Row("kill -9 under mixed load, %s" % kind, "acknowledged operations are there, buffered and synced alike")
    directory, journal = laboratory.directory("kill"), laboratory.journal(row)
    workers = laboratory.workers(pairs=kind == "embedded", durability=["buffered", "buffered", "buffered", "synced"])
    count = numbers()
    flags = [] if kind == "embedded" else ["--write-buffer-size", "65536", "--appendfsync", "no"]
    for _ in laboratory.rounds(row, range(200)):
        process = victim(kind)(directory, *flags)
        if not process.ready:
            row.losses.append("it does not start again: " + process.said())
            break
        delay = laboratory.random.uniform(0.02, 0.4)
        timer = threading.Timer(delay, process.process.send_signal, [signal.SIGKILL])
        timer.start()
        drive(process, journal, workers, count, seconds=60)
        timer.join()
        process.kill()
        journal.cut()
        if row.rounds % 4 == 0:
            # What recovers is killed, too.
            process = Embedded(directory, wait=laboratory.random.uniform(0, 0.03))
            process.kill()
        if not laboratory.verify(row, journal, directory):
            break
    row.add(journal)
    if not row.losses:
        remove(directory)
    return row


def descriptors(laboratory, kind):
    row = Row("descriptors exhausted, %s" % kind, "acknowledged operations are there, whatever opens fail")
    directory, journal = laboratory.directory("descriptors"), laboratory.journal(row)
    count = numbers()
    # Around what is needed to open: for LevelDB's files, and a server's connections.
    limits = [10, 11, 12, 13, 14, 15, 16, 18, 20, 40] if kind == "embedded" else [30, 32, 34, 36, 40, 50, 64, 120]
    for limit in laboratory.rounds(row, limits * 2):
        limited(laboratory, row, journal, directory, kind, count, resource.RLIMIT_NOFILE, limit)
    row.add(journal)
    return row


def file_size(laboratory):
    row = Row("file-size limit (RLIMIT_FSIZE), embedded", "acknowledged operations are there")
    directory, journal = laboratory.directory("file-size"), laboratory.journal(row)
    count = numbers()
    for limit in laboratory.rounds(row, [40_000, 64_000, 100_000, 200_000, 400_000] * 2):
        # A large buffer makes a log that grows beyond the limit.
        limited(
            laboratory, row, journal, directory, "embedded", count, resource.RLIMIT_FSIZE, limit, "buffer=4000000")
    row.add(journal)
    return row


def limited(laboratory, row, journal, directory, kind, count, name, limit, *options):
    def restrict():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(name, (limit, limit))

    process = victim(kind)(directory, *options, preexec_fn=restrict, wait=10)
    if process.ready:
        # A server that has few descriptors takes few connections.
        workers = laboratory.workers(
            1 if kind == "server" else 2, ["buffered", "synced"], pairs=kind == "embedded", large=True)
        drive(process, journal, workers, count, seconds=1.5, until=lambda done: done > 4000)
    else:
        row.notes.append("does not start with %d: %.120s" % (limit, process.said().splitlines()[-1:] or ""))
    process.kill()
    journal.cut()
    laboratory.verify(row, journal, directory)


def memory(laboratory):
    """A server in a control group of little memory: it answers, or is killed by the system, and loses nothing."""
    row = Row("memory limit (cgroup), server", "acknowledged operations are there; ended by the system or not")
    group = "/sys/fs/cgroup/memory/lvkv-faults-%d" % os.getpid()
    limit_file = "memory.limit_in_bytes"
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        group, limit_file = "/sys/fs/cgroup/lvkv-faults-%d" % os.getpid(), "memory.max"
    try:
        os.mkdir(group)
    except OSError as error:
        raise Skipped("no control group can be made: %s" % error) from error
    directory, journal = laboratory.directory("memory"), laboratory.journal(row)
    count, ended = numbers(), 0
    try:
        for megabytes in laboratory.rounds(row, [20, 24, 32, 48, 64] * 2):
            with open(os.path.join(group, limit_file), "w") as file:
                file.write(str(megabytes << 20))

            def enter():
                with open(os.path.join(group, "cgroup.procs"), "w") as file:
                    file.write(str(os.getpid()))

            process = victim("server")(directory, preexec_fn=enter, wait=10)
            if process.ready:
                workers = laboratory.workers(4, pairs=False, large=True)
                drive(process, journal, workers, count, seconds=2, window=16)
            ended += not process.runs
            process.kill()
            journal.cut()
            laboratory.verify(row, journal, directory)
    finally:
        for _ in range(20):
            try:
                os.rmdir(group)
                break
            except OSError:
                time.sleep(0.1)
    row.notes.append("the system ended it in %d of %d rounds" % (ended, row.rounds))
    row.add(journal)
    return row


def double_open(laboratory):
    row = Row("opened twice: by path, by dir/., by a link, by another process", "refused; the first holder is unharmed")
    directory, journal = laboratory.directory("twice"), laboratory.journal(row)
    link = directory + ".link"
    process = Embedded(directory)
    os.symlink(directory, link)
    paths = [directory, directory + "/.", directory + "/", link, os.path.relpath(directory), directory + "/../" + os.path.basename(directory)]
    workers, count = laboratory.workers(), numbers()
    for path, is_other in laboratory.rounds(row, [(path, is_other) for path in paths for is_other in (True, False)] * 10):
        drive(process, journal, workers, count, seconds=0.02)
        if is_other:
            failure = dump(path)[1]
            if failure is None or not failure.startswith("locked"):
                row.losses.append("another process opens %s: %s" % (path, failure))
        else:
            answer = same_process(process, path)
            if not answer.startswith("refused\tlocked"):
                row.losses.append("the same process opens %s: %s" % (path, answer))
    drive(process, journal, workers, count, seconds=0.2)
    process.kill()
    journal.cut()
    os.remove(link)
    laboratory.verify(row, journal, directory)
    row.add(journal)
    return row


def same_process(process, path):
    """What the victim says when it is to open a directory that it may have open already."""
    os.write(process.out, ("0\t0\tbuffered\topen\t%s\n" % path).encode())
    line = process.line(time.monotonic() + 20)
    return line.split("\t", 1)[1]
