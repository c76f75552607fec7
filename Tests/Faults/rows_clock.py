"""The row where the clock is changed."""

import os
import time

from laboratory import Row, Skipped, numbers, remove
from victims import Server, drive, resp


def clock(laboratory):
    """The clock three days forward and back, while the server runs and between runs."""
    row = Row("clock 3 days forward and back", "keys go by their expiry and no others do; operations go on")
    library = next(
        (path for path in (
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
         if os.path.exists(path)), None)
    if library is None:
        raise Skipped("needs Debian's faketime")
    day = 86_400
    for _ in laboratory.rounds(row, range(20)):
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
