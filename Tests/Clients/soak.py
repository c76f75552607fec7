"""A server under mixed work of many clients for a long time: memory, descriptors and disk must stay flat.

The work is the same all the time: bounded keys of each type, expiry, big collections that are built and deleted, messages,
transactions, clients that come and go. Samples are taken at intervals and written as CSV and as a curve in SVG.

The rule: in the second half of the samples, the least-squares line of each measure may rise from the half's beginning to
its end by no more than 5 % of the half's mean, or by the measure's allowance where that is more: 8 MiB of memory, 5
descriptors, 32 MiB of disk, whose files come and go with LevelDB's compactions.

The server's caches are 16 MiB of blocks and 4 MiB of values: the usual ones take hours to fill at this rate, and filling
would look like a leak.
"""

import argparse
import csv
import os
import random
import sys
import threading
import time

import servers
from resp import Connection, NoReply

MIB = 1 << 20
MEASURES = [("memory", MIB, "MiB", 8 * MIB), ("descriptors", 1, "", 5), ("disk", MIB, "MiB", 32 * MIB)]


class Client(threading.Thread):
    """One client that sends commands at a fixed rate, each of its steps after the one before was answered."""

    def __init__(self, soak, number):
        super().__init__(daemon=True)
        self.soak = soak
        self.random = random.Random(soak.seed * 1000 + number)
        self.connection = None
        self.commands = 0
        self.error = None

    def run(self):
        try:
            due = time.monotonic() + self.random.random()
            while not self.soak.over.wait(max(0, due - time.monotonic())):
                due = max(due, time.monotonic() - 1)
                if self.connection is None:
                    self.connection = Connection(self.soak.server.port)
                commands = self.step()
                self.connection.send(*[[str(w).encode() if not isinstance(w, bytes) else w for w in c] for c in commands])
                for command in commands:
                    kind, payload = self.connection.read()
                    if kind == b"-":
                        raise AssertionError("%r: %r" % (command[:3], payload))
                self.commands += len(commands)
                due += len(commands) / self.soak.rate
                if self.random.random() < 0.002:
                    self.connection.close()
                    self.connection = None
        except (OSError, NoReply, AssertionError) as error:
            if not self.soak.over.is_set():
                self.error = repr(error)

    def step(self):
        r = self.random
        key = r.randrange(2000)
        kind = r.randrange(100)
        value = b"v" * r.randrange(10, 500)
        if kind < 20:
            return [("SET", "s:%d" % key, value), ("GET", "s:%d" % r.randrange(2000))]
        if kind < 35:
            return [("SET", "x:%d" % key, value, "PX", r.randrange(50, 5000)), ("TTL", "x:%d" % r.randrange(2000))]
        if kind < 45:
            return [("INCR", "n:%d" % key)]
        if kind < 55:
            return [("HSET", "h:%d" % (key % 50), "f%d" % key, value), ("HGET", "h:%d" % (key % 50), "f1")]
        if kind < 63:
            return [("LPUSH", "l:%d" % (key % 50), value), ("LTRIM", "l:%d" % (key % 50), 0, 99)]
        if kind < 71:
            return [("SADD", "t:%d" % (key % 50), key), ("SREM", "t:%d" % (key % 50), r.randrange(2000))]
        if kind < 80:
            return [("ZADD", "z:%d" % (key % 50), r.random(), "m%d" % key), ("ZRANGE", "z:%d" % (key % 50), 0, 9)]
        if kind < 85:
            return [("MULTI",), ("INCR", "a"), ("HINCRBY", "b", "f", 1), ("EXEC",)]
        if kind < 92:
            return [("PUBLISH", "news:%d" % (key % 10), value)]
        if kind < 96:
            return [("SCAN", 0, "COUNT", 50), ("DBSIZE",)]
        if kind < 97:
            return [("HSET", "e:%d" % key, "f", value), ("PEXPIRE", "e:%d" % key, 500)]
        # A big collection: built in some steps, then deleted, which the reclaimer sees to, or left to expire.
        big = "big:%d" % r.randrange(1 << 40)
        steps = [("SADD", big, *("%d-%s" % (n, "m" * 40) for n in range(start, start + 250))) for start in range(0, 2000, 250)]
        return steps + [("SCARD", big), r.choice([("DEL", big), ("PEXPIRE", big, 200)])]


class Listener(threading.Thread):
    """A subscriber that reads what it gets."""

    def __init__(self, soak, pattern):
        super().__init__(daemon=True)
        self.soak, self.pattern, self.messages = soak, pattern, 0

    def run(self):
        connection = Connection(self.soak.server.port)
        connection.call("PSUBSCRIBE", self.pattern)
        while not self.soak.over.is_set():
            try:
                connection.read(timeout=1)
                self.messages += 1
            except NoReply:
                pass
        connection.close()


class Soak:
    def __init__(self, seconds, clients, rate, interval, seed):
        self.seconds, self.rate, self.interval, self.seed = seconds, rate / clients, interval, seed
        self.over = threading.Event()
        self.server = servers.lvkv("--cache-size", str(16 * MIB), "--value-cache-size", str(4 * MIB))
        listeners = clients // 10
        self.clients = [Client(self, number) for number in range(clients - listeners)]
        self.listeners = [Listener(self, "news:%d" % (number % 10)) for number in range(listeners)]
        self.samples = []

    def run(self):
        for thread in self.listeners + self.clients:
            thread.start()
        begin = time.monotonic()
        try:
            while time.monotonic() - begin < self.seconds:
                time.sleep(self.interval)
                self.samples.append(self.sample(time.monotonic() - begin))
                errors = [client.error for client in self.clients if client.error]
                if errors or not self.server.runs:
                    raise SystemExit("a client failed: %s\n%s" % (errors[:3], self.server.last_words()))
        finally:
            self.over.set()
            for thread in self.clients + self.listeners:
                thread.join(10)
            self.server.close()

    def sample(self, seconds):
        process = "/proc/%d" % self.server.process.pid
        with open(process + "/status") as status:
            memory = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))
        disk = 0
        for directory, _, names in os.walk(os.path.join(self.server.directory, "data")):
            for name in names:
                try:
                    disk += os.stat(os.path.join(directory, name)).st_blocks * 512
                except FileNotFoundError:
                    pass
        return {
            "seconds": round(seconds, 1), "memory": memory, "descriptors": len(os.listdir(process + "/fd")), "disk": disk,
            "commands": sum(client.commands for client in self.clients),
            "messages": sum(listener.messages for listener in self.listeners),
        }


def rise(times, values):
    """How much the least-squares line rises from the first time to the last."""
    mean_time, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - mean_time) ** 2 for t in times)
    slope = sum((t - mean_time) * (v - mean) for t, v in zip(times, values)) / spread if spread else 0
    return slope * (times[-1] - times[0])


def judge(samples):
    """For each measure: its mean, its rise in the second half, what is allowed, and whether it is flat."""
    half = samples[len(samples) // 2:]
    times = [sample["seconds"] for sample in half]
    found = []
    for name, unit, suffix, allowance in MEASURES:
        values = [sample[name] for sample in half]
        mean = sum(values) / len(values)
        allowed = max(0.05 * mean, allowance)
        rose = rise(times, values)
        found.append((name, unit, suffix, mean, rose, allowed, rose <= allowed))
    return found


def draw(samples):
    """The curves as SVG, one below the other."""
    width, height, left, top = 720, 120, 70, 24
    end = samples[-1]["seconds"]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">'
        % (left + width + 20, 3 * (height + top + 16) + 10),
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for row, (name, unit, suffix, _) in enumerate(MEASURES):
        base = row * (height + top + 16) + top
        values = [sample[name] / unit for sample in samples]
        highest = max(values) * 1.1 or 1
        points = " ".join(
            "%.1f,%.1f" % (left + width * sample["seconds"] / end, base + height * (1 - value / highest))
            for sample, value in zip(samples, values))
        parts += [
            '<text x="%d" y="%d">%s%s</text>' % (left, base - 8, name, suffix and " in " + suffix),
            '<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#bbb"/>' % (left, base, width, height),
            '<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#ddd"/>' % ((left + width // 2, base) + (left + width // 2, base + height)),
            '<text x="%d" y="%d" text-anchor="end">%.0f</text>' % (left - 6, base + 10, highest),
            '<text x="%d" y="%d" text-anchor="end">0</text>' % (left - 6, base + height),
            '<polyline points="%s" fill="none" stroke="#2563a0" stroke-width="1.2"/>' % points,
            '<text x="%d" y="%d" text-anchor="end">%.0f min</text>' % (left + width, base + height + 13, end / 60),
        ]
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("seconds", nargs="?", type=float, default=3600)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--rate", type=float, default=500, help="commands a second of all clients together")
    parser.add_argument("--interval", type=float, default=5, help="seconds between samples")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 20))
    parser.add_argument("--output", default=".", help="the directory for soak.csv and soak.svg")
    options = parser.parse_args()
    soak = Soak(options.seconds, options.clients, options.rate, options.interval, options.seed)
    try:
        soak.run()
    finally:
        if soak.samples:
            with open(os.path.join(options.output, "soak.csv"), "w", newline="") as file:
                writer = csv.DictWriter(file, soak.samples[0])
                writer.writeheader()
                writer.writerows(soak.samples)
            with open(os.path.join(options.output, "soak.svg"), "w") as file:
                file.write(draw(soak.samples))
    last = soak.samples[-1]
    print("%.0f s, %d clients, %d commands, %d messages, seed %d"
          % (last["seconds"], options.clients, last["commands"], last["messages"], options.seed))
    print("%-12s %10s %10s %10s" % ("second half", "mean", "rise", "allowed"))
    flat = True
    for name, unit, suffix, mean, rose, allowed, is_flat in judge(soak.samples):
        print("%-12s %10.1f %10.1f %10.1f %-4s %s"
              % (name, mean / unit, rose / unit, allowed / unit, suffix, "flat" if is_flat else "RISES"))
        flat = flat and is_flat
    sys.exit(0 if flat else 1)


if __name__ == "__main__":
    main()
