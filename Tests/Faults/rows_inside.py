"""Rows where the process is killed in the middle of long work."""

import itertools
import os
import shutil
import signal
import subprocess
import time

from laboratory import Row, remove
from load import parse_dump
from victims import Server, Tools, check_all, dump, environment_of, resp

# The work, what it is done on, and the failpoint in it.
WORK = {
    "index-build": ("records", "index-build"),
    "migration": ("records", "migration-batch"),
    "reclaim": ("garbage", "reclaim"),
}


def base(laboratory, kind):
    """A database, and what it holds. Made once for all rows: it is to be copied."""
    directory = os.path.join(os.path.dirname(laboratory.scratch), "base-" + kind)
    if not os.path.exists(directory):
        # Enough that all that is done to it goes over many steps.
        work = [("fill-records", 2000), ("fill-structures", 40)]
        if kind == "garbage":
            work = [("fill-records", 100), ("fill-structures", 24), ("delete-structures", 20)]
        for name, count in work:
            count = count // 5 if laboratory.is_limited else count
            subprocess.run([Tools.victim, "do", directory, name, str(count)], check=True, capture_output=True)
    return directory, contents(directory)


def contents(directory):
    text, failure = dump(directory)
    if failure:
        raise RuntimeError(failure)
    return parse_dump(text)


def killed_at(words, failpoint, step):
    """Whether a program comes to a failpoint for the step-th time, and is killed there."""
    environment = environment_of({"LVKV_FAILPOINT": "%s:%d" % (failpoint, step)}, None)
    done = subprocess.run(words, capture_output=True, env=environment, timeout=300)
    if done.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError("%s ends with %d: %s" % (words[1:], done.returncode, done.stderr.decode(errors="replace")))
    return done.returncode == -signal.SIGKILL


def steps(laboratory, row, words, failpoint):
    """Yields a round at each failpoint that `words()`, a command, comes to, killed there; in limited time at some."""
    if laboratory.is_limited:
        most = 8
        while not (laboratory.is_over and row.rounds):
            step = laboratory.random.randint(1, most)
            if killed_at(words(), failpoint, step):
                row.rounds += 1
                yield step
                most = max(most, 2 * step)
            elif step == 1:
                raise RuntimeError("the failpoint %s is never reached" % failpoint)
            else:
                most = step - 1
        return
    for step in itertools.count(1):
        if not killed_at(words(), failpoint, step):
            break
        row.rounds += 1
        yield step
    if row.rounds == 0:
        raise RuntimeError("the failpoint %s is never reached" % failpoint)
    row.notes.append("at each of its %d failpoints" % row.rounds)


def compare(row, what, directory, reference):
    """Notes what of a database is not as it was."""
    text, failure = dump(directory)
    if failure:
        row.losses.append("%s: %s" % (what, failure))
        return
    found = parse_dump(text)
    if found != reference:
        row.losses.append("%s: %s" % (what, difference(found, reference)))
    row.losses += ["%s: %s" % (what, problem) for problem in check_all(directory)]


def difference(found, wanted):
    if found[1]:
        return found[1][:3]
    names = [
        name for worker in {*found[0], *wanted[0]}
        for name in {*found[0].get(worker, {}), *wanted[0].get(worker, {})}
        if found[0].get(worker, {}).get(name) != wanted[0].get(worker, {}).get(name)]
    return "%d names differ, such as %s" % (len(names), sorted(names)[:3])


def inside(laboratory, work):
    kind, failpoint = WORK[work]
    names = {"index-build": "an index build", "migration": "a migration", "reclaim": "reclaiming"}
    row = Row("killed in the middle of " + names[work], "afterwards it is finished, or as before, and nothing is missing")
    directory, reference = base(laboratory, kind)
    copy = laboratory.directory(work)

    def anew():
        remove(copy)
        shutil.copytree(directory, copy)
        return [Tools.victim_debug, "do", copy, work]

    for step in steps(laboratory, row, anew, failpoint):
        # Somebody opens it, and has what was begun brought to its end, or taken back.
        again = work if work == "migration" and step % 2 == 0 else "settle"
        done = subprocess.run([Tools.victim, "do", copy, again], capture_output=True)
        if done.returncode:
            row.losses.append("step %d: afterwards %s fails: %s" % (step, again, done.stderr.decode(errors="replace")))
        compare(row, "step %d" % step, copy, reference)
    return row


def flush(laboratory):
    row = Row("killed in the middle of FLUSHALL", "all keys are there, or none, and none when it was answered")
    # Without records: FLUSHALL is refused where some are.
    directory = laboratory.directory("keys")
    subprocess.run([Tools.victim, "do", directory, "fill-structures", "8"], check=True, capture_output=True)
    plain = 2000
    process = Server(directory)
    connection = resp.Connection(process.port)
    for number in range(plain):
        connection.call("SET", "plain%d" % number, "value", *(["EX", "86400"] if number % 2 else []))
    connection.close()
    process.stop()
    reference = contents(directory)

    copy = laboratory.directory("flushed")
    shutil.copytree(directory, copy)
    process = Server(copy)
    connection = resp.Connection(process.port)
    start = time.monotonic()
    reply = connection.call("FLUSHALL")
    duration = time.monotonic() - start
    connection.close()
    process.kill()
    if reply[0] != b"+" or contents(copy)[0]:
        row.losses.append("it does not remove the keys: %r" % (reply,))

    emptied = 0
    # The failpoint lies behind each key: spread over all of them. In between kills at any time, up to the answer.
    for step in laboratory.rounds(row, range(1, 41)):
        copy = laboratory.directory("flush")
        shutil.copytree(directory, copy)
        is_planned = step % 2 == 0
        if is_planned:
            plan = {"LVKV_FAILPOINT": "flush:%d" % (step * step * plain // 1600)}
            process = Server(copy, program=Tools.lvkv_debug, environment=plan)
        else:
            process = Server(copy)
        connection = resp.Connection(process.port)
        acknowledged = False
        try:
            connection.send([b"FLUSHALL"])
            if not is_planned:
                time.sleep(laboratory.random.uniform(0, 2 * duration))
                process.process.send_signal(signal.SIGKILL)
            acknowledged = connection.read()[0] == b"+"
            if is_planned:
                row.losses.append("step %d: it was not killed" % step)
        except resp.NoReply:
            pass
        connection.close()
        process.kill()
        if acknowledged:
            row.acknowledged += 1
        else:
            row.unknown += 1
        text, failure = dump(copy)
        is_empty = failure is None and not any(parse_dump(text)[0].values())
        emptied += is_empty
        if is_empty:
            row.losses += check_all(copy)
        elif acknowledged:
            row.losses.append("step %d: keys are left after the answer" % step)
        else:
            compare(row, "step %d" % step, copy, reference)
        remove(copy)
    row.notes.append("all keys are there in %d rounds, none in %d" % (row.rounds - emptied, emptied))
    return row
