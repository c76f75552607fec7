"""The server is killed with SIGKILL at random moments: of a command, and of EXEC as a whole, all is there afterwards or
nothing, and what was acknowledged is.

LVKV_KILL_ROUNDS says how often (5 when not given), LVKV_SEED where the random numbers begin.
"""

import os
import random
import threading
import time
import unittest
from contextlib import closing

import servers
from resp import Connection, NoReply

ROUNDS = int(os.environ.get("LVKV_KILL_ROUNDS", "5"))
SEED = os.environ.get("LVKV_SEED") or str(random.randrange(1 << 30))
CLIENTS = 4
# Beyond what is kept in one value.
BIG = 300


class Writer:
    """A client that writes until its server is gone, and knows what was acknowledged."""

    def __init__(self, name):
        self.name = name
        self.sent = self.acknowledged = 0
        self.problem = None

    def run(self, port):
        try:
            with closing(Connection(port)) as connection:
                while True:
                    self.sent += 1
                    self.step(connection, self.sent)
                    self.acknowledged = self.sent
        except (NoReply, OSError):
            pass
        except Exception as problem:
            self.problem = problem

    def key(self, kind):
        return "%s:%s" % (kind, self.name)

    def expect(self, reply, *kinds):
        if reply[0] not in kinds:
            raise AssertionError("%s was answered %r" % (self.name, reply))


class Transactions(Writer):
    """Each step changes a value of each kind, between MULTI and EXEC."""

    def step(self, connection, number):
        number = b"%d" % number
        key = lambda kind: self.key(kind).encode()
        commands = [
            [b"MULTI"],
            [b"INCR", key("count")],
            [b"RPUSH", key("list"), number],
            [b"HSET", key("hash"), number, number],
            [b"SADD", key("set"), number],
            [b"ZADD", key("sorted"), number, number],
            [b"SET", key("last"), number, b"EX", b"1000"],
            [b"EXEC"],
        ]
        connection.send(*commands)
        for _ in commands[:-1]:
            self.expect(connection.read(), b"+")
        self.expect(connection.read(), b"*")

    def check(self, test, connection):
        sizes = [
            connection.call(command, self.key(kind))[1] or b"0"
            for command, kind in [
                ("GET", "count"), ("LLEN", "list"), ("HLEN", "hash"), ("SCARD", "set"), ("ZCARD", "sorted"), ("GET", "last")]
        ]
        test.assertEqual(len(set(sizes)), 1, "%s: %r" % (self.name, sizes))
        count = int(sizes[0])
        test.assertIn(count, (self.acknowledged, self.sent), self.name)
        items = [item[1] for item in connection.call("LRANGE", self.key("list"), 0, -1)[1]]
        test.assertEqual(items, [b"%d" % number for number in range(1, count + 1)])
        test.assertEqual(len(connection.call("HGETALL", self.key("hash"))[1]), 2 * count)
        # One that was not acknowledged may be there.
        self.sent = self.acknowledged = count


class Commands(Writer):
    """Each step is a single command that changes several keys or many elements."""

    def step(self, connection, number):
        kind = number % 5
        if kind == 0:
            words = ["MSET", self.key("a"), number, self.key("b"), number, self.key("c"), number]
        elif kind == 1:
            words = ["LMOVE", self.key("circle"), self.key("circle"), "LEFT", "RIGHT"]
        elif kind == 2:
            words = ["LMOVE", self.key("left"), self.key("right"), "LEFT", "RIGHT"]
            if number % 2:
                words[1:3] = reversed(words[1:3])
        elif kind == 3:
            words = ["SUNIONSTORE", self.key("copy"), self.key("even" if number % 2 else "odd")]
        else:
            words = ["RENAME", self.key("here" if self.is_here else "there"), self.key("there" if self.is_here else "here")]
        reply = connection.call(*words)
        self.expect(reply, b"+", b"$", b":")
        if kind == 0:
            self.written = number
        elif kind == 4:
            self.is_here = not self.is_here

    def prepare(self, connection):
        self.is_here, self.written = True, 0
        connection.call("MSET", self.key("a"), 0, self.key("b"), 0, self.key("c"), 0)
        for kind in ("circle", "left", "right"):
            connection.call("RPUSH", self.key(kind), *range(BIG))
        connection.call("SADD", self.key("even"), *range(0, 2 * BIG, 2))
        connection.call("SADD", self.key("odd"), *range(1, 4 * BIG, 2))
        connection.call("HSET", self.key("here"), *range(2 * BIG))

    def check(self, test, connection):
        values = {value[1] for value in connection.call("MGET", self.key("a"), self.key("b"), self.key("c"))[1]}
        test.assertEqual(len(values), 1, "%s: %r" % (self.name, values))
        test.assertIn(int(values.pop()), (self.written, self.sent))
        circle = [int(item[1]) for item in connection.call("LRANGE", self.key("circle"), 0, -1)[1]]
        test.assertEqual(circle, [(circle[0] + place) % BIG for place in range(BIG)])
        both = [connection.call("LRANGE", self.key(side), 0, -1)[1] for side in ("left", "right")]
        test.assertEqual(sorted(int(item[1]) for side in both for item in side), sorted(2 * list(range(BIG))))
        copy = [int(item[1]) for item in connection.call("SMEMBERS", self.key("copy"))[1]]
        if copy:
            test.assertEqual(sorted(copy), list(range(0, 2 * BIG, 2) if copy[0] % 2 == 0 else range(1, 4 * BIG, 2)))
            test.assertEqual(int(connection.call("SCARD", self.key("copy"))[1]), len(copy))
        sizes = [int(connection.call("HLEN", self.key(place))[1]) for place in ("here", "there")]
        test.assertEqual(sorted(sizes), [0, BIG], self.name)
        self.is_here = sizes[0] == BIG
        # Each step may be the last again.
        self.sent = self.acknowledged


class Kills(unittest.TestCase):
    def test_a_killed_server_has_done_all_of_a_command_or_nothing(self):
        print("LVKV_SEED=%s" % SEED)
        chance = random.Random(SEED)
        server = servers.lvkv()
        try:
            writers = [Transactions("t%d" % number) for number in range(CLIENTS)]
            others = [Commands("c%d" % number) for number in range(CLIENTS)]
            connection = Connection(server.port)
            for writer in others:
                writer.prepare(connection)
            connection.close()
            for _ in range(ROUNDS):
                threads = [threading.Thread(target=writer.run, args=(server.port,)) for writer in writers + others]
                for thread in threads:
                    thread.start()
                time.sleep(chance.uniform(0.02, 0.6))
                server.kill()
                for thread in threads:
                    thread.join()
                server.start()
                connection = Connection(server.port)
                for writer in writers + others:
                    self.assertIsNone(writer.problem)
                    writer.check(self, connection)
                connection.close()
            steps = sum(writer.acknowledged for writer in writers + others)
            self.assertGreater(steps, 0)
            print("%d kills, %d steps that were acknowledged" % (ROUNDS, steps))
        finally:
            server.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
