"""Single figures of the server: durability, starts, deletes, idle connections, waits, event loops, much data."""

import json
import pathlib
import resource
import socket
import time

import latency
from resp import Connection

from server_loads import KEYS, VALUE, Failed, bench, fill, restart, run, say, start

MIB = 1 << 20
MANY = 1_000_000
LARGE = 20_000_000
CACHE = 256 << 20
# What of it is for values of single keys.
VALUE_CACHE = 64 << 20
# LevelDB's own: a page of the filter a table, and what is collected before it is sorted.
WRITE_BUFFER = 16 << 20
# What one client asks for while others wait.
HEAVY = ["KEYS *", "SORT list LIMIT 0 10", "SMEMBERS set", "LRANGE list 0 -1", "SINTERSTORE common set other",
         "DEL list set other hash common", "FLUSHALL"]


def memory(server):
    """The resident bytes of a server: its own, and those of files that it maps."""
    values = {}
    for line in pathlib.Path("/proc/%d/status" % server.process.pid).read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("RssAnon", "RssFile"):
            values[name] = int(value.split()[0]) * 1024
    return values["RssAnon"], values["RssFile"]


def timed(port, *command):
    """Milliseconds until a reply."""
    connection = Connection(port)
    begin = time.perf_counter()
    connection.send([word.encode() for word in command])
    reply = connection.read(timeout=120)
    took = time.perf_counter() - begin
    connection.close()
    if reply[0] == b"-":
        raise Failed("%s: %s" % (command[0], reply))
    return took * 1e3


class Figures:
    def __init__(self, lvkv, floor, quick):
        self.lvkv = lvkv
        self.floor = floor
        self.quick = quick
        self.values = {}
        self.notes = []

    def measure(self, only):
        for name in ("durability", "starts", "idle", "gaps", "loops"):
            if only and name not in only and "figures" not in only:
                continue
            say("figures: " + name)
            getattr(self, name)()

    def with_server(self, side, body, flags=()):
        server = start(side, self.lvkv, flags=flags)
        try:
            return body(server)
        finally:
            server.close()

    def durability(self):
        seconds = 1 if self.quick else 3
        for side in ("redis", "lvkv"):
            def rates(server):
                return [bench(self.lvkv, server.port, "--command", "SET {key} {value}", "--connections", count,
                              "--duration", seconds, "--warmup", 0.3)["per_second"] for count in (1, 50)]
            one, many = self.with_server(side, rates, ("--appendfsync", "always"))
            prefix = "" if side == "lvkv" else "redis "
            self.values[prefix + "always ratio"] = many / one
            self.notes.append("%s, appendfsync always: SET %s a second at 1 connection, %s at 50" % (
                side, format(int(one), ","), format(int(many), ",")))

    def starts(self):
        """A start with many keys, and what takes many away."""
        def one(server, prefix):
            fill(self.lvkv, server.port, keys=MANY)
            self.values[prefix + "start"] = restart(server)
            if not prefix:
                connection = Connection(server.port)
                for number in range(0, MANY, 1000):
                    connection.call("RPUSH", "list", *map(str, range(number, number + 1000)))
                connection.close()
                self.values["del list"] = timed(server.port, "DEL", "list")
            self.values[prefix + "flushall"] = timed(server.port, "FLUSHALL")
        self.with_server("lvkv", lambda server: one(server, ""))
        self.with_server("redis", lambda server: one(server, "redis "))

    def idle(self):
        count = 10_000
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard != resource.RLIM_INFINITY and hard < count + 200:
            return say("idle connections: not measured, the system allows %d files" % hard)

        def idle(server):
            sockets = []
            for _ in range(count):
                client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
                client.sendall(b"PING\r\n")
                sockets.append(client)
            for client in sockets:
                if client.recv(7) != b"+PONG\r\n":
                    raise Failed("an idle connection was refused")
            own, _ = memory(server)
            for client in sockets:
                client.close()
            return own / MIB
        self.values["idle memory"] = self.with_server("lvkv", idle, ("--maxclients", str(count + 100)))

    def gaps(self):
        keys = 100_000 if self.quick else 500_000

        def longest(server):
            latency.fill(server.port, keys)
            worst = []
            for command in [None, *HEAVY]:
                _, _, times = latency.measure(server.port, command, 1)
                worst.append((times["PING"][-1] * 1e3, (command or "nothing").split()[0]))
            self.values["gap of nothing"] = worst[0][0]
            self.values["gap"], name = max(worst[1:])
            self.notes.append("the longest waits of a PING, %s keys and elements: %s" % (
                format(keys, ","), ", ".join("%s %.1f ms" % (name, took) for took, name in worst)))
        self.with_server("lvkv", longest)

    def loops(self):
        rates = {}
        for turn in range(3):
            for count in (1, 2):
                def rate(server):
                    fill(self.lvkv, server.port)
                    return bench(self.lvkv, server.port, "--command", "GET {key}", "--prefix", "key:", "--keys", KEYS,
                                 "--pipeline", 16, "--duration", 1, "--warmup", 0.2)["per_second"]
                rates.setdefault(count, []).append(self.with_server("lvkv", rate, ("--io-threads", str(count))))
        one, two = (sorted(rates[count])[1] for count in (1, 2))
        self.values["loops"] = two / one
        self.notes.append("GET -P 16: %s a second on 1 event loop, %s on 2" % (
            format(int(one), ","), format(int(two), ",")))

    # More than memory

    def large(self, keys=LARGE):
        server = start("lvkv", self.lvkv, flags=(
            "--cache-size", str(CACHE - VALUE_CACHE), "--value-cache-size", str(VALUE_CACHE), "--write-buffer-size", str(WRITE_BUFFER)))
        try:
            say("figures: loading %s keys" % format(keys, ","))
            load = bench(self.lvkv, server.port, "--load", "--keys", keys, "--value-size", VALUE, "--pipeline", 64)
            own, mapped = memory(server)
            self.values["large memory"], self.values["large mapped"] = own / MIB, mapped / MIB
            words = ["--command", "GET {key}", "--keys", keys, "--connections", 50]
            deep = bench(self.lvkv, server.port, *words, "--pipeline", 16, "--duration", 20, "--warmup", 5)
            plain = bench(self.lvkv, server.port, *words, "--duration", 20, "--warmup", 2)
            self.values["large p99"] = plain["latency_ms"]["p99"]
            server.process.terminate()
            server.process.wait(120)
            bare = json.loads(run([self.floor, "getrandom", "--db", server.directory + "/data", "--entries", "1000000",
                                   "--keys", str(keys), "--prefix", "bench:", "--cache", str(CACHE),
                                   "--write-buffer", str(WRITE_BUFFER), "--bloom", "10"]))
        finally:
            server.close()
        floor = 1e9 / bare["wall_ns"]
        self.values["large ratio"] = deep["per_second"] / floor
        self.notes.append("%s keys: loaded at %s a second; random GET %s a second in pipelines of 16, %s without, the "
                          "bare reader %s" % tuple(format(int(number), ",") for number in (
                              keys, load["per_second"], deep["per_second"], plain["per_second"], floor)))
        say("figures: redis-server on a tenth")

        def redis(server):
            fill(self.lvkv, server.port, keys=keys // 10)
            return memory(server)[0] / MIB
        self.values["redis memory"] = self.with_server("redis", redis)
