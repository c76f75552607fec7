"""The loads that lvkv and redis-server are put under in turn, each by two tools, and the servers themselves."""

import csv
import io
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Clients"))

import servers  # noqa: E402
from resp import Connection  # noqa: E402

KEYS = 100_000
VALUE = 100
CONNECTIONS = 50
SIDES = ["redis", "lvkv"]
# What redis-benchmark is asked for, and which of its lines are meant: a list is popped from where it was filled.
LOADS = {
    "get": ("get", "GET"), "set": ("set", "SET"), "incr": ("incr", "INCR"), "lpush": ("lpush,rpop", "LPUSH"),
    "rpop": ("lpush,rpop", "RPOP"), "sadd": ("sadd", "SADD"), "hset": ("hset", "HSET"), "zadd": ("zadd", "ZADD"),
    "lrange_100": ("lrange_100", "LRANGE_100 (first 100 elements)"), "mset": ("mset", "MSET (10 keys)"),
}
# The same as templates of `lvkv bench`.
TEMPLATES = {
    "get": "GET {key}", "set": "SET {key} {value}", "incr": "INCR counter:{number}", "lpush": "LPUSH mylist {value}",
    "rpop": "RPOP mylist", "sadd": "SADD myset element:{number}", "hset": "HSET myhash element:{number} {value}",
    "zadd": "ZADD myzset {random:0-99999} element:{number}", "lrange_100": "LRANGE hundred 0 99",
    "mset": "MSET" + " {key} {value}" * 10,
}
# Some do much more for each request than others.
WEIGHTS = {"lrange_100": 0.2, "mset": 0.2}


class Failed(Exception):
    pass


def run(command):
    """What a command prints."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failed("%s: exit code %d: %s" % (
            " ".join(map(str, command)), result.returncode, (result.stderr or result.stdout).strip()[-2000:]))
    return result.stdout


def pinned(core):
    return [] if core is None else ["taskset", "-c", str(core)]


def start(side, lvkv, core=None, flags=()):
    """A server on an empty directory, on one core or on all."""
    if side == "redis":
        return servers.Server("redis-server", lambda port, directory: pinned(core) + [
            "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "",
            "--appendonly", "yes", "--appendfsync", "everysec", *flags])
    return servers.Server("lvkv", lambda port, directory: pinned(core) + [
        str(lvkv), "serve", "--db", os.path.join(directory, "data"), "--port", str(port),
        *(() if "--appendfsync" in flags else ("--appendfsync", "everysec")), *flags])


def restart(server):
    """Ends a server and starts it on the same directory.

    Returns the seconds until it answered.
    """
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(120)
    server.log.close()
    begin = time.perf_counter()
    server.start()
    return time.perf_counter() - begin


def bench(lvkv, port, *words, core=None):
    """What `lvkv bench` measured, as its JSON says it."""
    output = run(pinned(core) + [str(lvkv), "bench", "--url", "redis://127.0.0.1:%d" % port, "--threads", "1",
                                 "--format", "json", "--quiet", *map(str, words)])
    result = json.loads(output)
    if result["errors"]:
        raise Failed("lvkv bench %s: %s" % (" ".join(map(str, words)), result["first_error"]))
    return result


def fill(lvkv, port, keys=KEYS, prefix="key:", core=None):
    """Writes the keys that both tools ask for."""
    return bench(lvkv, port, "--load", "--prefix", prefix, "--keys", keys, "--value-size", VALUE, "--pipeline", 64,
                 core=core)


class Loads:
    """Both servers side by side, and what was measured: {(load, pipeline, tool): {side: [one a turn]}}."""

    def __init__(self, lvkv, scale, server_core, client_core):
        self.lvkv = lvkv
        self.scale = scale
        self.core = client_core
        self.results = {}
        self.servers = {side: start(side, lvkv, server_core) for side in SIDES}
        for server in self.servers.values():
            fill(lvkv, server.port, core=client_core)
            Connection(server.port).call("RPUSH", "hundred", *["x" * VALUE] * 100)

    def close(self):
        for server in self.servers.values():
            server.close()

    def count(self, load, pipeline):
        """How many requests take about half a second, times the scale."""
        return int((50_000 if pipeline == 1 else 400_000) * WEIGHTS.get(load, 1) * self.scale)

    def redis_benchmark(self, side, load, pipeline):
        tests, name = LOADS[load]
        output = run(pinned(self.core) + [
            "redis-benchmark", "-p", str(self.servers[side].port), "-c", str(CONNECTIONS), "-d", str(VALUE),
            "-r", str(KEYS), "-n", str(self.count(load, pipeline)), "-P", str(pipeline), "-t", tests, "--csv"])
        rates = {row["test"]: float(row["rps"]) for row in csv.DictReader(io.StringIO(output))}
        if name not in rates:
            raise Failed("redis-benchmark -t %s gave no line %s: %s" % (tests, name, output))
        if load == "lpush":
            self.note("rpop", pipeline, "redis-benchmark", side, rates["RPOP"])
        return rates[name]

    def own(self, side, load, pipeline):
        if load == "rpop":
            self.own(side, "lpush", pipeline)
        words = ["--command", TEMPLATES[load], "--prefix", "key:", "--keys", KEYS, "--value-size", VALUE,
                 "--connections", CONNECTIONS, "--pipeline", pipeline, "--requests", self.count(load, pipeline)]
        return bench(self.lvkv, self.servers[side].port, *words, core=self.core)["per_second"]

    def note(self, load, pipeline, tool, side, rate):
        self.results.setdefault((load, pipeline, tool), {}).setdefault(side, []).append(rate)

    def measure(self, loads, pipelines, turns):
        """All of them, the sides in turn, each first in every other one."""
        for load in loads:
            for pipeline in pipelines:
                for turn in range(turns):
                    for side in SIDES if turn % 2 == 0 else SIDES[::-1]:
                        # The list does not grow from one turn to the next.
                        if load in ("lpush", "rpop", "lrange_100"):
                            Connection(self.servers[side].port).call("DEL", "mylist")
                        # redis-benchmark has popped where it pushed.
                        if load != "rpop":
                            self.note(load, pipeline, "redis-benchmark", side, self.redis_benchmark(side, load, pipeline))
                        self.note(load, pipeline, "lvkv bench", side, self.own(side, load, pipeline))
                say("%s -P %d: %s" % (load, pipeline, ", ".join(
                    "%s %.2f" % (tool, self.ratio(load, pipeline, tool)) for tool in ("redis-benchmark", "lvkv bench"))))

    def ratio(self, load, pipeline, tool):
        sides = self.results[load, pipeline, tool]
        return statistics.median(sides["lvkv"]) / statistics.median(sides["redis"])


def say(words):
    print(words, file=sys.stderr, flush=True)
