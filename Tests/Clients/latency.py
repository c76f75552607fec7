#!/usr/bin/env python3
"""Measures how long other clients wait while one client asks for much: PING and GET of others during KEYS over a million
keys, SORT, set algebra, backups, reclaiming, FLUSHALL.

    latency.py --lvkv .build/release/lvkv --keys 1000000
    latency.py --lvkv .build/release/lvkv --only KEYS,SORT

The others are processes of their own, so that no interpreter's lock is measured with them. Each waits a millisecond between
its requests, as long as the command runs and a little longer, or at least for a second.
"""

import argparse
import multiprocessing
import os
import socket
import sys
import time

import servers
from resp import Connection, encode

# A name, what is sent, and what is asked for before to prepare it.
COMMANDS = [
    ("nothing", None),
    ("KEYS", "KEYS *"),
    ("SCAN", "SCAN 0 MATCH *none* COUNT 1000000"),
    ("DBSIZE", "DBSIZE"),
    ("LV.COUNT", "LV.COUNT a z"),
    ("LV.RANGE", "LV.RANGE a z KEYS"),
    ("SORT", "SORT list LIMIT 0 10"),
    ("SORT STORE", "SORT list STORE sorted"),
    ("SMEMBERS", "SMEMBERS set"),
    ("SINTERSTORE", "SINTERSTORE common set other"),
    ("SUNIONSTORE", "SUNIONSTORE all set other"),
    ("ZUNIONSTORE", "ZUNIONSTORE scores 2 set other"),
    ("LRANGE", "LRANGE list 0 -1"),
    ("HGETALL", "HGETALL hash"),
    ("BGSAVE", "BGSAVE"),
    ("DEL, reclaiming", "DEL list set other hash common all scores sorted"),
    ("LV.DELRANGE", "LV.DELRANGE key:1 key:5"),
    ("FLUSHALL", "FLUSHALL"),
]


def ask(port, ends, results):
    """Asks PING and GET in turn until told to end, and hands back how long each took."""
    connection = Connection(port)
    times = {"PING": [], "GET key:1": []}
    while not ends.is_set():
        for command, took in times.items():
            began = time.perf_counter()
            connection.call(*command.split())
            took.append(time.perf_counter() - began)
            time.sleep(0.001)
    results.put(times)
    connection.close()


def perform(port, command, done):
    """Sends a command and throws away its reply, as fast as it comes."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.perf_counter()
        # The PING behind it tells where the reply ends.
        connection.sendall(encode([word.encode() for word in command.split()]) + encode([b"ECHO", b"the end of the reply"]))
        last = b""
        size = 0
        while not last.endswith(b"the end of the reply\r\n"):
            piece = connection.recv(1 << 20)
            if not piece:
                raise EOFError(last)
            size += len(piece)
            last = (last + piece)[-64:]
        done.put((time.perf_counter() - began, size, last[:1] if size < 64 else b""))


def measure(port, command, clients):
    ends, results, done = multiprocessing.Event(), multiprocessing.Queue(), multiprocessing.Queue()
    others = [multiprocessing.Process(target=ask, args=(port, ends, results)) for _ in range(clients)]
    for process in others:
        process.start()
    time.sleep(0.2)
    began = time.perf_counter()
    took = size = 0
    if command:
        process = multiprocessing.Process(target=perform, args=(port, command, done))
        process.start()
        took, size, kind = done.get(timeout=600)
        process.join()
        if kind == b"-":
            raise RuntimeError("%s is refused" % command)
    # Backups and reclaiming go on behind the reply.
    time.sleep(max(0.5, 1.5 - (time.perf_counter() - began)) + (3 if command and command[:3] in ("BGS", "DEL") else 0))
    ends.set()
    times = [results.get(timeout=60) for _ in others]
    for process in others:
        process.join()
    return took, size, {name: sorted(t for one in times for t in one[name]) for name in times[0]}


def share(times, part):
    return 1000 * times[min(len(times) - 1, int(len(times) * part))]


def fill(port, keys):
    connection = Connection(port)
    for start in range(0, keys, 1000):
        numbers = range(start, min(start + 1000, keys))
        connection.call("MSET", *(word for number in numbers for word in ("key:%d" % number, "value of %d" % number)))
        connection.call("RPUSH", "list", *(number * 7919 % keys for number in numbers))
        connection.call("SADD", "set", *("member:%d" % number for number in numbers))
        connection.call("SADD", "other", *("member:%d" % (number + keys // 2) for number in numbers))
        connection.call("HSET", "hash", *(word for number in numbers for word in ("field:%d" % number, number)))
    connection.close()


def machine():
    """What it was measured on."""
    with open("/proc/cpuinfo") as file:
        model = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return "%s, %d cores" % (model[0] if model else "unknown", os.cpu_count())


def say(line=""):
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lvkv", metavar="PATH", required=True, help="the program lvkv")
    parser.add_argument("--keys", type=int, default=1_000_000, help="keys, and elements of each collection (default %(default)s)")
    parser.add_argument("--clients", type=int, default=4, help="others that ask meanwhile (default %(default)s)")
    parser.add_argument("--only", metavar="NAMES", help="only these, with commas between them")
    options = parser.parse_args()
    only = options.only and options.only.split(",")
    server = servers.lvkv(binary=options.lvkv)
    try:
        began = time.monotonic()
        fill(server.port, options.keys)
        say("# What others wait for while one client asks for much, %s" % time.strftime("%Y-%m-%d"))
        say()
        say("- %s, load average %.2f at the start" % (machine(), os.getloadavg()[0]))
        say("- {0:,} keys, and a list, two sets and a hash of {0:,} elements, filled in {1:.0f} s".format(
            options.keys, time.monotonic() - began))
        say("- %d others, each with one request at a time and a millisecond after it; milliseconds" % options.clients)
        say()
        say("| command | seconds | bytes of its reply | PING: median | 99 % | longest | GET: median | 99 % | longest |")
        say("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        for name, command in COMMANDS:
            if only and name not in only:
                continue
            took, size, times = measure(server.port, command, options.clients)
            columns = ["%.2f | %.2f | %.1f" % (share(t, 0.5), share(t, 0.99), share(t, 1)) for t in times.values()]
            what = "%s (`%s`)" % (name, command) if command else name
            say("| %s | %.2f | %s | %s |" % (what, took, format(size, ","), " | ".join(columns)))
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
