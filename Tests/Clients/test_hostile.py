"""Clients that mean harm, against a real server: each is answered or closed as documented; meanwhile the server answers others
within two seconds, and its memory grows by less than 64 MiB."""

import contextlib
import json
import os
import random
import select
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import servers
from resp import Connection, NoReply, ProtocolError, encode

MOST_GROWTH = 64 << 20
MOST_WAIT = 2.0


def resident(process):
    with open("/proc/%d/status" % process.pid) as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


class Watch(threading.Thread):
    """Asks a server all the time, and looks at its memory."""

    def __init__(self, server, login=()):
        super().__init__(daemon=True)
        self.server, self.login = server, login
        self.over = threading.Event()
        self.slowest, self.highest, self.error = 0.0, 0, None

    def run(self):
        try:
            while not self.over.is_set():
                begin = time.monotonic()
                connection = Connection(self.server.port)
                if self.login:
                    connection.call(*self.login)
                reply = connection.call("PING")
                connection.close()
                if reply != (b"+", b"PONG"):
                    raise AssertionError(reply)
                self.slowest = max(self.slowest, time.monotonic() - begin)
                self.highest = max(self.highest, resident(self.server.process))
                self.over.wait(0.05)
        except (OSError, NoReply, AssertionError) as error:
            self.error = error


class HostileCase(unittest.TestCase):
    """A server with the dialects' ports, and what each test must leave true."""

    @classmethod
    def setUpClass(cls):
        cls.lines, cls.json = servers.free_port(), servers.free_port()
        cls.server = servers.lvkv("--lines", str(cls.lines), "--json", str(cls.json))
        # What the first use of anything sets aside is no growth.
        connection = Connection(cls.server.port)
        for number in range(2000):
            connection.call("SET", "warm:%d" % number, "x" * 1000)
        connection.call("INFO")
        connection.call("FLUSHALL")
        connection.close()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    @contextlib.contextmanager
    def calm(self, server=None, login=()):
        """Whatever happens inside, the server keeps answering and stays small."""
        server = server or self.server
        before = resident(server.process)
        watch = Watch(server, login)
        watch.start()
        try:
            yield
            time.sleep(0.1)
        finally:
            watch.over.set()
            watch.join(30)
        self.assertTrue(server.runs, server.last_words())
        self.assertIsNone(watch.error)
        self.assertLess(watch.slowest, MOST_WAIT, "seconds until PONG")
        self.assertLess(watch.highest - before, MOST_GROWTH, "bytes of growth")

    def open(self, port=None):
        connection = socket.create_connection(("127.0.0.1", port or self.server.port), timeout=20)
        self.addCleanup(connection.close)
        return connection

    def talk(self, data, port=None, wait=5):
        """Sends bytes and gives what comes until the server closes; None at the end when it stays open."""
        connection = self.open(port)
        with contextlib.suppress(OSError):
            connection.sendall(data)
        return self.rest(connection, wait)

    def rest(self, connection, wait=5):
        received = b""
        connection.settimeout(wait)
        try:
            while True:
                piece = connection.recv(1 << 16)
                if not piece:
                    return received, True
                received += piece
        except socket.timeout:
            return received, False
        except ConnectionError:
            return received, True


class Frames(HostileCase):
    def test_counts_and_lengths_that_lie(self):
        counts = [b"-2147483649x", b"+1", b"01", b"-0", b"1 ", b" 1", b"1.0", b"1e3", b"0x1", b"", b"a", b"9223372036854775808",
                  b"18446744073709551617", b"-9223372036854775809", b"1048577", b"9223372036854775807", b"9" * 70000]
        lengths = counts + [b"-1", b"-9223372036854775808", b"67108865"]
        with self.calm():
            for count in counts:
                reply, closed = self.talk(b"*%s\r\n$4\r\nPING\r\n" % count)
                self.assertRegex(reply, rb"\A-ERR Protocol error: [^\r\n]*\r\n\Z", count[:30])
                self.assertTrue(closed, count[:30])
            for length in lengths:
                if length == b"1048577":
                    continue
                reply, closed = self.talk(b"*1\r\n$%s\r\nPING\r\n" % length)
                self.assertRegex(reply, rb"\A-ERR Protocol error: [^\r\n]*\r\n\Z", length[:30])
                self.assertTrue(closed, length[:30])

    def test_headers_alone_take_no_memory(self):
        with self.calm():
            connections = []
            for _ in range(200):
                connection = self.open()
                connection.sendall(b"*1048576\r\n$67108864\r\n")
                connections.append(connection)
            time.sleep(1)
            for connection in connections:
                connection.close()

    def test_nothing_is_no_request(self):
        with self.calm():
            reply, _ = self.talk(
                b"*0\r\n*-1\r\n*-9223372036854775808\r\n\r\n\n*1\r\n$4\r\nPING\r\n", wait=0.5)
            self.assertEqual(reply, b"+PONG\r\n")

    def test_arrays_in_arrays(self):
        with self.calm():
            reply, closed = self.talk(b"*1\r\n" * 100_000)
            self.assertTrue(reply.startswith(b"-ERR Protocol error: expected '$'"), reply)
            self.assertTrue(closed)

    def test_oversized_inline_lines(self):
        with self.calm():
            for data in (b"A" * 70_000, b"PING " + b"x" * (1 << 20) + b"\r\n", b"'" * 70_000):
                reply, closed = self.talk(data)
                self.assertIn(b"-ERR Protocol error: too big inline request", reply)
                self.assertTrue(closed)
            reply, closed = self.talk(b"SET a 'unbalanced\r\n")
            self.assertIn(b"unbalanced quotes", reply)
            self.assertTrue(closed)

    def test_web_requests(self):
        """A page that makes a browser send commands in a request's body gets none of them run: its first lines close."""
        body = b"SET owned-by-web 1\r\n" * 10
        with self.calm():
            for method in (b"GET", b"POST"):
                request = b"%s / HTTP/1.1\r\nHost: 127.0.0.1:6380\r\nContent-Length: %d\r\n\r\n%s" % (method, len(body), body)
                _, closed = self.talk(request, wait=3)
                self.assertTrue(closed, method)
            connection = Connection(self.server.port)
            self.assertEqual(connection.call("EXISTS", "owned-by-web"), (b":", b"0"))
            connection.close()

    def test_tls_on_the_plain_port(self):
        hello = bytes.fromhex("16030100c8010000c40303") + random.Random(1).randbytes(192)
        with self.calm():
            for _ in range(20):
                connection = self.open()
                connection.sendall(hello)
                connection.shutdown(socket.SHUT_WR)
                _, closed = self.rest(connection)
                self.assertTrue(closed)

    def test_noise(self):
        noise = random.Random(2)
        with self.calm():
            for _ in range(200):
                connection = self.open()
                with contextlib.suppress(OSError):
                    connection.sendall(noise.randbytes(noise.randrange(1, 5000)))
                    connection.shutdown(socket.SHUT_WR)
                _, closed = self.rest(connection)
                self.assertTrue(closed)

    def test_half_requests_and_resets(self):
        whole = encode([b"SET", b"half", b"x" * 1000])
        with self.calm():
            for number in range(600):
                connection = self.open()
                connection.sendall(whole[: 1 + number % len(whole)] if number % 3 else encode([b"PING"]) * 50)
                if number % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
            deadline = time.monotonic() + 10
            watcher = Connection(self.server.port)
            while watcher.call("CLIENT", "LIST")[1].count(b"\n") > 2 and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertLessEqual(watcher.call("CLIENT", "LIST")[1].count(b"\n"), 2, "connections that are gone stay")
            watcher.close()

    def test_slow_writers(self):
        request = encode([b"ECHO", b"slow" * 10])
        with self.calm():
            connections = [self.open() for _ in range(300)]
            for byte in request:
                for connection in connections:
                    connection.sendall(bytes([byte]))
            for connection in connections:
                self.assertEqual(connection.recv(100), b"$40\r\n" + b"slow" * 10 + b"\r\n")

    def test_forged_replies(self):
        """No text of a client becomes a reply of its own, whatever command it is given to."""
        forged = b"x\r\n+FORGED\r\n:1\r\n"
        connection = Connection(self.server.port)
        names = []
        for entry in connection.call("COMMAND")[1]:
            names.append([entry[1][0][1]])
            if len(entry[1]) > 9:
                names += [[word for word in sub[1][0][1].split(b"|")] for sub in entry[1][9][1]]
        left_out = {b"shutdown", b"monitor", b"quit", b"subscribe", b"psubscribe", b"ssubscribe", b"reset"}
        names = [name for name in names if name[0].lower() not in left_out and name[-1].lower() not in (b"reply", b"pause", b"kill")]
        self.assertGreater(len(names), 200)
        names += [[b"no\r\n+FORGED\r\nsuch"], [b"CONFIG", forged], [b"CLIENT", forged], [b"ACL", forged]]
        with self.calm():
            for name in names:
                for count in (0, 1, 2, 3, 4):
                    if name[0].lower().startswith((b"bl", b"bz", b"br")):
                        words = name + [forged] * count + [b"0.001"]
                    else:
                        words = name + [forged] * count
                    connection.send(words, [b"DISCARD"], [b"ECHO", b"the end"])
                    replies = []
                    while not replies or replies[-1] != (b"$", b"the end"):
                        replies.append(connection.read())
                        self.assertNotIn(replies[-1], [(b"+", b"FORGED"), (b"+", b"FORGED:1")], words)
                        self.assertNotEqual(replies[-1], (b":", b"1") if len(replies) > 3 else None, words)
                    # Unsubscribing answers once for each word.
                    self.assertLessEqual(len(replies), 3 + (count if b"unsub" in name[0].lower() else 0), (words, replies))
        connection.call("FLUSHALL")
        connection.close()


class Loads(HostileCase):
    def test_deep_nesting(self):
        deep = b"[" * 200_000
        connection = Connection(self.server.port)
        schema = b'schema: d\nversion: 1\nkey: "d:{id}:{field}"\nfields:\n  id: {id: 1, type: string}\n  j: {id: 2, type: json}\n'
        connection.call("LV.SCHEMA", "APPLY", schema)
        with self.calm():
            for words in (
                ["LV.DOC", "INSERT", "c", deep], ["LV.DOC", "FIND", "c", b'{"a":' * 100_000],
                ["LV.DOC", "FIND", "c", b'{"$and":[' * 100 + b"{}" + b"]}" * 100],
                ["LV.RECORD", "SET", "d", "1", "j", deep], ["LV.QUERY", "d", "WHERE", b"not " * 100_000 + b"id exists"],
                ["LV.QUERY", "d", "WHERE", b"(" * 100_000 + b"id exists"], ["LV.SCHEMA", "APPLY", b"{a: " * 10_000],
                ["LV.SCHEMA", "APPLY", deep], ["LV.SCHEMA", "APPLY", b"a: &a [x, x]\n" + b"".join(
                    b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % ((98 + n, 98 + n) + (97 + n,) * 8) for n in range(12))],
            ):
                self.assertEqual(connection.call(*words)[0], b"-", words[:3])
            document, closed = self.talk(b'{"a":' * 100_000, self.json, wait=1)
            self.assertEqual(list(json.loads(document)), ["error"])
        connection.close()

    def test_patterns_that_backtrack(self):
        connection = Connection(self.server.port)
        for number in range(100):
            connection.call("SET", "a" * 200 + str(number), "x")
        with self.calm():
            begin = time.monotonic()
            connection.call("KEYS", "*a" * 60 + "b")
            connection.call("SCAN", 0, "MATCH", "a*" * 60 + "c", "COUNT", 1000)
            self.assertLess(time.monotonic() - begin, 30)
        connection.call("FLUSHALL")
        connection.close()

    def test_values_that_ask_for_memory(self):
        connection = Connection(self.server.port)
        with self.calm():
            for words in (
                ["SETRANGE", "k", 1 << 40, "x"], ["SETBIT", "k", 1 << 45, 1], ["SETRANGE", "k", (64 << 20) + 1, "x"],
                ["BITFIELD", "k", "SET", "u8", "#4611686018427387904", 1],
                ["LPOP", "none", -1], ["SRANDMEMBER", "t", "-9223372036854775808"], ["ZADD", "z", "nan", "m"],
                ["EXPIRE", "k", "9223372036854775807"], ["INCRBY", "n", "9223372036854775808"],
            ):
                reply = connection.call(*words)
                self.assertIn(reply[0], b"-$*:", words)
            connection.call("SADD", "t", "m")
            reply = connection.call("SRANDMEMBER", "t", "-4611686018427387904")
            self.assertEqual(reply[0], b"-")
        connection.call("FLUSHALL")
        connection.close()

    def test_subscribers_that_never_read(self):
        """They are closed when more waits for them than client-output-buffer-limit says: 32 MiB, whose bytes they share."""
        with self.calm():
            idle = [self.open() for _ in range(20)]
            for connection in idle:
                connection.sendall(encode([b"SUBSCRIBE", b"flood"]))
            publisher = Connection(self.server.port)
            message = b"m" * 65_536
            for _ in range(900):
                publisher.call("PUBLISH", "flood", message)
            deadline = time.monotonic() + 10
            while publisher.call("PUBLISH", "flood", "x") != (b":", b"0") and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual(publisher.call("PUBLISH", "flood", "x"), (b":", b"0"))
            publisher.close()

    def test_subscribers_of_their_own_that_never_read(self):
        """Messages that subscribers do not share are bounded altogether, by maxmemory-clients; who reads stays."""
        for words in (lambda number: [b"PSUBSCRIBE", b"fl*" + b"*" * number], lambda number: [b"SUBSCRIBE", b"flood%d" % number]):
            with self.calm():
                idle = [self.open() for _ in range(20)]
                for number, connection in enumerate(idle):
                    connection.sendall(encode(words(number)))
                    self.assertEqual(connection.recv(1), b"*")
                reader = Connection(self.server.port)
                reader.send([b"SUBSCRIBE", b"flood0"])
                reader.read()
                publisher = Connection(self.server.port)
                for number in range(3_000):
                    publisher.call("PUBLISH", "flood%d" % (number % 20), b"m" * 65_536)
                    if number % 20 == 0:
                        self.assertEqual(reader.read()[0], b"*")
                self.assertEqual(publisher.call("PING"), (b"+", b"PONG"))
                for connection in idle:
                    connection.close()
                for connection in (reader, publisher):
                    connection.close()

    def test_monitors_that_never_read(self):
        """They are closed as subscribers are, by the limit of their own class; what waits for them they share too."""
        with self.calm():
            idle = [self.open() for _ in range(20)]
            for connection in idle:
                connection.sendall(encode([b"MONITOR"]))
                self.assertEqual(connection.recv(5), b"+OK\r\n")
            watched = Connection(self.server.port)
            words = [b"ECHO", b"m" * 65_536]
            for _ in range(900):
                self.assertEqual(watched.call(*words)[0], b"$")
            deadline = time.monotonic() + 10
            while self.monitors(watched) and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual(self.monitors(watched), 0)
            watched.close()

    def monitors(self, connection):
        """How many clients are told of all commands."""
        return sum(b" flags=O " in line for line in connection.call("CLIENT", "LIST")[1].splitlines())

    def test_replies_that_are_never_read(self):
        """A client that does not read gets no more requests run: what waits for it is bounded, and it is not closed."""
        connection = Connection(self.server.port)
        connection.call("SET", "big", b"v" * 100_000)
        with self.calm():
            idle = [self.open() for _ in range(40)]
            request = encode([b"GET", b"big"]) * 5_000
            for client in idle:
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    client.send(request)
            time.sleep(3)
            # One of them reads after all, and has missed nothing.
            client = idle[0]
            client.settimeout(10)
            received = 0
            while received < 50 * 100_011:
                received += len(client.recv(1 << 20))
        connection.call("FLUSHALL")
        connection.close()

    def test_queued_commands_that_never_run(self):
        with self.calm():
            clients = [Connection(self.server.port) for _ in range(20)]
            for client in clients:
                client.call("MULTI")
                client.send(*[[b"SET", b"k%d" % number, b"v" * 100] for number in range(2000)])
                for _ in range(2000):
                    client.read()
                client.close()


class Passwords(HostileCase):
    def test_guesses(self):
        """Each wrong guess from an address doubles the delay of its next answer, up to 3.2 s, on all its connections together;
        who knows the password is not held back. So 57,000 guesses on 100 connections take half an hour, not a second."""
        server = servers.lvkv(environment={"LVKV_REQUIREPASS": "the right one"})
        self.addCleanup(server.close)
        seconds = 10
        with self.calm(server, ("AUTH", "the right one")):
            clients = [self.open(server.port) for _ in range(100)]
            for number, client in enumerate(clients):
                client.sendall(b"".join(encode([b"AUTH", b"guess%d-%d" % (number, guess)]) for guess in range(570)))
            answered = 0
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                for client in select.select(clients, [], [], 0.2)[0]:
                    answered += client.recv(65_536).count(b"WRONGPASS")
            # Each connection has one guess under way: 50 ms doubled up to 3.2 s, which the address reaches with its sixth.
            self.assertLess(answered, 100 * (seconds / 3.2 + 2))

    def test_guesses_by_hello(self):
        """`HELLO … AUTH` is held back as `AUTH` is, by the same count of failures."""
        server = servers.lvkv(environment={"LVKV_REQUIREPASS": "the right one"})
        self.addCleanup(server.close)
        with self.calm(server, ("AUTH", "the right one")):
            client = self.open(server.port)
            client.sendall(b"".join(
                encode([b"HELLO", b"3", b"AUTH", b"default", b"guess%d" % guess] if guess % 2 else [b"AUTH", b"guess%d" % guess])
                for guess in range(1000)))
            received = b""
            client.settimeout(0.2)
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                with contextlib.suppress(socket.timeout):
                    received += client.recv(65_536)
            # 100 ms, then twice as long each time: the sixth answer would come after 6.3 s.
            answered = received.count(b"WRONGPASS")
            self.assertGreater(answered, 0)
            self.assertLess(answered, 6)

    def test_guesses_that_are_abandoned(self):
        """Who does not wait for the answer leaves nothing behind: neither memory nor a connection."""
        server = servers.lvkv(environment={"LVKV_REQUIREPASS": "the right one"})
        self.addCleanup(server.close)
        with self.calm(server, ("AUTH", "the right one")):
            for guess in range(5_700):
                client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
                client.sendall(encode([b"AUTH", b"guess%d" % guess]))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            watcher = Connection(server.port)
            watcher.call("AUTH", "the right one")
            deadline = time.monotonic() + 10
            while watcher.call("CLIENT", "LIST")[1].count(b"\n") > 2 and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertLessEqual(watcher.call("CLIENT", "LIST")[1].count(b"\n"), 2, "connections that are gone stay")
            watcher.close()

    def test_before_the_login_only_little_is_taken(self):
        server = servers.lvkv(environment={"LVKV_REQUIREPASS": "secret"})
        self.addCleanup(server.close)
        with self.calm(server, ("AUTH", "secret")):
            for data, words in ((b"*11\r\n", b"unauthenticated multibulk length"),
                                (b"*1\r\n$16385\r\n", b"unauthenticated bulk length")):
                reply, closed = self.talk(data, server.port)
                self.assertIn(words, reply)
                self.assertTrue(closed)
            for words in ([b"GET", b"k"], [b"CONFIG", b"GET", b"*"], [b"FLUSHALL"], [b"SHUTDOWN"], [b"MULTI"], [b"SUBSCRIBE", b"c"],
                          [b"LV.SCHEMA", b"LIST"], [b"CLIENT", b"LIST"], [b"BGSAVE"], [b"MONITOR"]):
                reply, _ = self.talk(encode(words), server.port, wait=0.2)
                self.assertTrue(reply.startswith(b"-NOAUTH"), (words, reply))


class Paths(HostileCase):
    NAMES = [b"../out", b"..", b".", b"/tmp/lvkv-out", b"a/b", b"a/../../out", b"", b"a\0b", b"x" * 300, b"\r\nout", b"~/out",
             b"..\\out", b"$HOME", b"%2e%2e%2fout", b"\xff\xfe", b"./out"]

    def files(self):
        """All that lies beside the database, but for what a backup is expected to be."""
        found = set()
        for directory, directories, names in os.walk(self.server.directory):
            if directory == self.server.directory and "data" in directories:
                directories.remove("data")
            found |= {os.path.join(directory, name) for name in directories + names}
        return found

    def test_names_are_no_paths(self):
        connection = Connection(self.server.port)
        before, parent = self.files(), set(os.listdir(os.path.dirname(self.server.directory)))
        with self.calm():
            for name in self.NAMES:
                for words in (
                    [b"BGSAVE", name], [b"SAVE", name], [b"BGSAVE", b"SCHEDULE", name], [b"LV.BACKUP", name],
                    [b"CONFIG", b"SET", b"dir", name], [b"CONFIG", b"SET", b"dbfilename", name],
                    [b"CONFIG", b"SET", b"logfile", name], [b"CONFIG", b"SET", b"aclfile", name],
                    [b"CONFIG", b"SET", b"unixsocket", name], [b"CONFIG", b"SET", b"backup-dir", name],
                    [b"CONFIG", b"SET", b"tls-key-file", name], [b"CONFIG", b"REWRITE", name], [b"CONFIG", b"REWRITE"],
                    [b"ACL", b"LOAD"], [b"ACL", b"SAVE"], [b"ACL", b"LOAD", name], [b"MODULE", b"LOAD", name],
                    [b"DEBUG", b"RELOAD", name], [b"REPLICAOF", b"127.0.0.1", b"1"], [b"SLAVEOF", name, b"1"],
                    [b"MIGRATE", b"127.0.0.1", b"1", name, b"0", b"100"],
                    [b"LV.SCHEMA", b"SHOW", name], [b"LV.SCHEMA", b"REMOVE", name],
                    [b"LV.SCHEMA", b"APPLY", b'schema: "' + name + b'"\nversion: 1\nkey: "a:{b}"\nlayout: packed\nfields:\n  b: {id: 1, type: string}\n'],
                ):
                    if name == b"" and words[-1] != name:
                        continue
                    reply = connection.call(*words)
                    self.assertEqual(reply[0], b"-", (words, reply))
                for words in ([b"LV.DOC", b"INSERT", name, b'{"a":1}'], [b"SET", name, b"v"], [b"CLIENT", b"SETNAME", name],
                              [b"ACL", b"SETUSER", name]):
                    connection.call(*words)
        self.assertEqual(self.files(), before)
        new = set(os.listdir(os.path.dirname(self.server.directory))) - parent
        self.assertFalse([name for name in new if "out" in name])
        self.assertFalse(os.path.exists("/tmp/lvkv-out"))
        for name in self.NAMES:
            if name:
                connection.call("ACL", "DELUSER", name)
        connection.call("FLUSHALL")
        connection.close()


    def test_names_of_backups_are_no_paths(self):
        """`lvkv backup` makes and reads nothing outside its set."""
        binary = os.path.abspath(os.environ["LVKV_BINARY"])
        with tempfile.TemporaryDirectory(prefix="lvkv-clients-") as scratch:
            def run(*words):
                return subprocess.run([binary, *words], cwd=scratch, capture_output=True, timeout=60)

            self.assertEqual(run("--db", "data", "put", "k", "v").returncode, 0)
            self.assertEqual(run("--db", "data", "backup", "create", "set", "good").returncode, 0)
            # Beside the set lies a backup that is none of it.
            self.assertEqual(run("--db", "data", "backup", "create", "other", "theirs").returncode, 0)
            before = set(os.listdir(scratch))
            names = [name.decode() for name in self.NAMES if b"/" in name or name.startswith(b".") or len(name) > 200 or not name]
            for name in names + ["../other/theirs", os.path.join(scratch, "other/theirs")]:
                made = run("--db", "data", "backup", "create", "set", name)
                self.assertEqual(made.returncode, 64, (name, made.stderr))
                for words in (["--db", "restored", "backup", "restore"], ["backup", "verify"]):
                    read = run(*words, "set", name)
                    self.assertIn(read.returncode, (64, 65, 69), (words, name, read))
                self.assertEqual(set(os.listdir(scratch)), before, name)
            self.assertEqual(os.listdir(os.path.join(scratch, "set")), ["good"])


class DialectPorts(HostileCase):
    def test_what_is_no_message(self):
        web = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        hello = bytes.fromhex("16030100c8010000c40303") + random.Random(1).randbytes(192)
        noise = random.Random(3)
        with self.calm():
            for port in (self.lines, self.json):
                for data in [web, hello, b"*1\r\n$4\r\nPING\r\n", b"\0" * 10_000, b"}" * 10_000, b";" * 10_000] + [
                        noise.randbytes(3000) for _ in range(50)]:
                    connection = self.open(port)
                    with contextlib.suppress(OSError):
                        connection.sendall(data)
                        connection.shutdown(socket.SHUT_WR)
                    _, closed = self.rest(connection)
                    self.assertTrue(closed)

    def test_messages_without_an_end(self):
        """What is longer than proto-max-bulk-len is refused and passed over."""
        settings = Connection(self.server.port)
        settings.call("CONFIG", "SET", "proto-max-bulk-len", 1 << 20)
        self.addCleanup(settings.close)
        self.addCleanup(settings.call, "CONFIG", "SET", "proto-max-bulk-len", 64 << 20)
        with self.calm():
            connection = self.open(self.lines)
            connection.sendall(b"PUT; k; " + b"v" * (30 << 20) + b"\nPUT; k; 1; INT\n")
            received, _ = self.rest(connection, 1)
            self.assertIn(b"False; message longer than", received)
            self.assertTrue(received.endswith(b"True; Key [k] set to [1]\n"), received[-100:])
            connection = self.open(self.json)
            connection.sendall(b'{"collection":"c","insertOne":{"a":"' + b"v" * (30 << 20) + b'"}}{"collection":"c","countDocuments":{}}')
            received, _ = self.rest(connection, 2)
            self.assertIn(b"a request is at most", received)
            self.assertTrue(received.endswith(b"0"), received[-100:])

    def test_half_messages_and_resets(self):
        with self.calm():
            for number in range(300):
                connection = self.open(self.lines if number % 2 else self.json)
                connection.sendall(b"PUT; half; val" if number % 2 else b'{"collection":"half"')
                if number % 3:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    def test_replies_that_are_never_read(self):
        connection = Connection(self.server.port)
        connection.call("SET", "big", b"v" * 100_000)
        with self.calm():
            idle = []
            for number in range(40):
                client = self.open(self.lines if number % 2 else self.json)
                client.setblocking(False)
                request = b"GET; big;;\n" if number % 2 else b'{"collection":"c","find":{}}'
                with contextlib.suppress(BlockingIOError):
                    client.send(request * 5000)
                idle.append(client)
            time.sleep(2)
        connection.call("FLUSHALL")
        connection.close()

    def test_replies_are_one_line_each(self):
        connection = self.open(self.lines)
        file = connection.makefile("rwb")
        with self.calm():
            for message in (b"PUT; a\rFORGED; x\r; STRING\n", b"GET; a\rTrue; x;\n", b"FLY\r\rx; ; ;\n"):
                file.write(message + b"PUT; end; 1; INT\n")
                file.flush()
                self.assertNotIn(b"\r", file.readline())
                self.assertEqual(file.readline(), b"True; Key [end] set to [1]\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
