"""What clients see of each other: histories of 16 concurrent clients on few keys are linearizable, also over a kill of the
server, and money that is moved between accounts is neither made nor lost.

LVKV_HISTORY_SECONDS says for how long in all (20 when not given), LVKV_SEED where the random numbers begin.
"""

import os
import random
import threading
import time
import unittest
from contextlib import closing

import servers
from linearizable import is_linearizable
from resp import Connection, NoReply

SECONDS = float(os.environ.get("LVKV_HISTORY_SECONDS", "20"))
SEED = os.environ.get("LVKV_SEED") or str(random.randrange(1 << 30))
CLIENTS = 16
ACCOUNTS = 8
MONEY = 1000


def together(count, body):
    """Runs `body` with each number on a thread of its own, to the end; the first error of any is raised."""
    errors = []

    def run(number):
        try:
            body(number)
        except (OSError, NoReply):
            # The server was killed.
            pass
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


class Checker(unittest.TestCase):
    """The checker finds what is wrong, and takes what is right."""

    def test_right_histories(self):
        self.assertTrue(is_linearizable([]))
        self.assertTrue(is_linearizable([(0, 1, "set", 1, "OK"), (2, 3, "get", None, 1)]))
        # Together in any order; one that nobody knows of at any time, or never.
        self.assertTrue(is_linearizable([(0, 9, "set", 1, "OK"), (0, 9, "set", 2, "OK"), (10, 11, "get", None, 1)]))
        self.assertTrue(is_linearizable([(0, None, "set", 1, None), (5, 6, "get", None, None), (7, 8, "get", None, 1)]))
        self.assertTrue(is_linearizable([(0, None, "incr", 1, None), (5, 6, "incr", 1, 1)]))

    def test_wrong_histories(self):
        # A read of the past, a lost update, a value that comes back, a write that vanishes.
        self.assertFalse(is_linearizable([(0, 1, "set", 1, "OK"), (2, 3, "get", None, None)]))
        self.assertFalse(is_linearizable([(0, 5, "incr", 1, 1), (0, 5, "incr", 1, 1)]))
        self.assertFalse(is_linearizable(
            [(0, None, "set", 1, None), (1, 2, "get", None, 1), (3, 4, "get", None, None), (5, 6, "get", None, 1)]))
        self.assertFalse(is_linearizable([(0, 1, "getset", 1, None), (2, 3, "getset", 2, None)]))


class Histories(unittest.TestCase):
    def setUp(self):
        self.server = servers.lvkv()
        self.random = random.Random(SEED)
        self.now = time.monotonic

    def tearDown(self):
        self.server.close()

    def record(self, client, keys, history, until, prefix):
        with closing(Connection(self.server.port)) as connection:
            self.converse(connection, client, keys, history, until, random.Random("%s %s %s" % (SEED, prefix, client)))

    def converse(self, connection, client, keys, history, until, r):
        count = 0
        while self.now() < until:
            key = r.choice(keys)
            count += 1
            kind = r.choice(["get", "get", "set", "getset", "incr", "incr", "delete"])
            argument = {"set": client * 1_000_000 + count * 1000, "getset": client * 1_000_000 + count * 1000, "incr": 1}.get(kind)
            words = {"get": ["GET", key], "set": ["SET", key, argument], "getset": ["GETSET", key, argument],
                     "incr": ["INCR", key], "delete": ["DEL", key]}[kind]
            begin = self.now()
            try:
                marker, payload = connection.call(*words)
            except (OSError, NoReply):
                history[key].append((begin, None, kind, argument, None))
                return
            assert marker != b"-", payload
            result = payload if payload is None else payload.decode()
            if kind != "set" and result is not None:
                result = int(result)
            history[key].append((begin, self.now(), kind, argument, result))
            # Not so fast that the checker has more to do than the server.
            time.sleep(r.random() * 0.02)

    def test_linearizable_over_kills(self):
        operations = unknown = rounds = 0
        end = self.now() + SECONDS / 2
        while self.now() < end:
            keys = ["r%d-%d" % (rounds, number) for number in range(3)]
            history = {key: [] for key in keys}
            kill = threading.Timer(0.4 + self.random.random(), self.server.kill)
            kill.start()
            together(CLIENTS, lambda client: self.record(client, keys, history, self.now() + 5, "%d a" % rounds))
            kill.join()
            self.server.start()
            together(CLIENTS, lambda client: self.record(client + 100, keys, history, self.now() + 0.3, "%d b" % rounds))
            for key in keys:
                self.assertTrue(is_linearizable(history[key]), "seed %s: %s" % (SEED, sorted(history[key], key=lambda o: o[0])))
                operations += len(history[key])
                unknown += sum(1 for operation in history[key] if operation[1] is None)
            rounds += 1
        self.assertGreater(operations, 100 * rounds)
        print("%d operations in %d rounds with a kill each, %d of them unknown, seed %s" % (operations, rounds, unknown, SEED))

    def test_money_is_kept(self):
        accounts = ["account:%d" % number for number in range(ACCOUNTS)]
        connection = Connection(self.server.port)
        connection.call("MSET", *(word for account in accounts for word in (account, MONEY)))
        connection.close()
        moved, refused, looks, rounds = [0], [0], [0], 0
        lock = threading.Lock()

        def total(connection):
            return sum(int(value) for _, value in connection.call("MGET", *accounts)[1])

        def client(number, until, name):
            with closing(Connection(self.server.port)) as connection:
                converse(connection, number, until, random.Random("%s %s %s" % (SEED, name, number)))

        def converse(connection, number, until, r):
            while self.now() < until:
                if number % 4 == 0:
                    found = total(connection)
                    assert found == ACCOUNTS * MONEY, "there is %d, not %d" % (found, ACCOUNTS * MONEY)
                    with lock:
                        looks[0] += 1
                    time.sleep(0.002)
                    continue
                source, target = r.sample(accounts, 2)
                amount = r.randrange(1, 100)
                connection.call("WATCH", source, target)
                has, had = (int(connection.call("GET", account)[1]) for account in (source, target))
                if has < amount:
                    connection.call("UNWATCH")
                    continue
                connection.call("MULTI")
                connection.call("SET", source, has - amount)
                connection.call("SET", target, had + amount)
                done = connection.call("EXEC")[1] is not None
                with lock:
                    (moved if done else refused)[0] += 1

        end = self.now() + SECONDS / 2
        while self.now() < end:
            kill = threading.Timer(1 + self.random.random(), self.server.kill)
            kill.start()
            together(CLIENTS, lambda number: client(number, self.now() + 5, rounds))
            kill.join()
            self.server.start()
            connection = Connection(self.server.port)
            self.assertEqual(total(connection), ACCOUNTS * MONEY, "after a kill, seed %s" % SEED)
            connection.close()
            rounds += 1
        self.assertGreater(moved[0], 0)
        self.assertGreater(refused[0], 0, "no two transfers met: the test shows nothing")
        print("%d transfers, %d refused, %d looks, %d kills, seed %s" % (moved[0], refused[0], looks[0], rounds, SEED))


if __name__ == "__main__":
    unittest.main(verbosity=2)
