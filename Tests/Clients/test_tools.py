"""redis-cli and redis-benchmark, as Debian ships them."""

import os
import re
import resource
import socket
import struct
import subprocess
import time
import unittest

import servers


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.lvkv()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def cli(self, *words, input=None):
        found = subprocess.run(
            ["redis-cli", "-p", str(self.server.port), *words], input=input, capture_output=True, timeout=60)
        return found.stdout.decode().rstrip("\n")

    def setUp(self):
        self.assertEqual(self.cli("FLUSHALL"), "OK")

    def test_commands(self):
        self.assertEqual(self.cli("SET", "greeting", "hello, world"), "OK")
        self.assertEqual(self.cli("GET", "greeting"), "hello, world")
        self.assertEqual(self.cli("RPUSH", "l", "a", "b"), "2")
        self.assertEqual(self.cli("LRANGE", "l", "0", "-1"), "a\nb")
        self.assertEqual(self.cli("--no-raw", "HSET", "h", "f", "v"), "(integer) 1")
        self.assertEqual(self.cli("-3", "--no-raw", "HGETALL", "h"), '1# "f" => "v"')
        self.assertEqual(self.cli("-n", "1", "DBSIZE"), "0")
        self.assertIn("ERR unknown command", self.cli("NOSUCH"))

    def test_a_file_of_commands(self):
        commands = "".join("SET k%d %d\n" % (number, number) for number in range(500))
        self.assertEqual(self.cli(input=commands.encode()).split("\n"), ["OK"] * 500)
        raw = b"".join(b"*3\r\n$3\r\nSET\r\n$2\r\np%d\r\n$1\r\n%d\r\n" % (number % 10, number % 10) for number in range(1000))
        self.assertIn("errors: 0, replies: 1000", self.cli("--pipe", input=raw))

    def test_scans_and_statistics(self):
        self.cli("MSET", *(word for number in range(50) for word in ("key:%d" % number, "v")))
        self.assertEqual(len(self.cli("--scan", "--pattern", "key:*").split("\n")), 50)
        self.assertIn("redis_version", self.cli("INFO", "server"))
        self.assertIn("Biggest string found", self.cli("--bigkeys"))
        self.assertIn("Sampled 50 keys", self.cli("--bigkeys"))

    def test_transactions_in_a_session(self):
        session = b"MULTI\nSET a 1\nINCR a\nEXEC\nGET a\n"
        self.assertEqual(self.cli(input=session), "OK\nQUEUED\nQUEUED\nOK\n2\n2")

    def test_benchmark(self):
        found = subprocess.run(
            ["redis-benchmark", "-p", str(self.server.port), "-q", "-n", "2000", "-c", "20", "-P", "4"],
            capture_output=True, timeout=300, env=dict(os.environ, LC_ALL="C"))
        text = found.stdout.decode() + found.stderr.decode()
        self.assertEqual(found.returncode, 0, text)
        for name in ("PING_INLINE", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP", "ZADD",
                     "ZPOPMIN", "LRANGE_600", "MSET (10 keys)"):
            self.assertIn(name, text)
        self.assertNotIn("Error", text)

    def test_two_thousand_connections(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        found = subprocess.run(
            ["redis-benchmark", "-p", str(self.server.port), "-q", "-n", "20000", "-c", "2000", "-t", "ping,set,get"],
            capture_output=True, timeout=300, env=dict(os.environ, LC_ALL="C"))
        text = found.stdout.decode() + found.stderr.decode()
        self.assertEqual(found.returncode, 0, text)
        self.assertIn("GET: ", text)
        self.assertNotIn("Error", text)
        self.assertGreaterEqual(int(re.search(r"total_connections_received:(\d+)", self.cli("INFO", "stats"))[1]), 4 * 2000)

    def test_clients_that_are_killed_within_a_request(self):
        for number in range(50):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n" + b"v" * (number * 1000))
                # No farewell: what is under way is thrown away, as when the process is killed.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.assertEqual(self.cli("EXISTS", "k"), "0")
        deadline = time.monotonic() + 10
        while "connected_clients:1\r" not in self.cli("INFO", "clients") + "\r":
            self.assertLess(time.monotonic(), deadline, self.cli("INFO", "clients"))
            time.sleep(0.02)

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        def used():
            return int(re.search(r"used_memory:(\d+)", self.cli("INFO", "memory"))[1])

        self.cli("SET", "large", "x" * 100_000)
        before = used()
        with socket.create_connection(("127.0.0.1", self.server.port)) as slow:
            slow.settimeout(30)
            slow.sendall(b"GET large\r\n" * 2000)
            for _ in range(20):
                self.assertEqual(self.cli("PING"), "PONG")
            # All replies together are 200 MB; they are not all made before they are read.
            self.assertLess(used() - before, 100_000_000)
            expected = 2000 * (len("$100000\r\n") + 100_000 + 2)
            while expected:
                expected -= len(slow.recv(min(expected, 1 << 20)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
