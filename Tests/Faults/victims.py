"""The programs that are broken: one that uses the library, and the server. Both are asked for the same operations."""

import json
import os
import select
import selectors
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Clients"))
import resp  # noqa: E402
from resp import encode, parse  # noqa: E402
from servers import free_port  # noqa: E402


class Tools:
    """Where the programs are."""

    victim = lvkv = shim = bare = victim_debug = lvkv_debug = None


class Stopped(Exception):
    """The victim has ended by itself."""


class Victim:
    """A process that carries out operations."""

    def __init__(self):
        self.process = None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close()

    @property
    def runs(self):
        return self.process.poll() is None


class Embedded(Victim):
    """The library in a process of its own."""

    def __init__(self, directory, *options, environment=None, preload=None, launcher=(), wait=60, **popen):
        super().__init__()
        self.errors = open(directory + ".stderr", "w+b")
        self.process = subprocess.Popen(
            [*launcher, Tools.victim, "run", directory, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, env=environment_of(environment, preload), **popen)
        self.buffer = b""
        self.out = self.process.stdin.fileno()
        os.set_blocking(self.process.stdout.fileno(), False)
        self.ready = self.line(time.monotonic() + wait) == "ready"

    def line(self, deadline):
        while b"\n" not in self.buffer:
            if not self.fill(deadline - time.monotonic()):
                return None
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def fill(self, seconds):
        if not select.select([self.process.stdout], [], [], max(0, seconds))[0]:
            return False
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.buffer += data
        return bool(data)

    def send(self, operation):
        try:
            data = (operation.line() + "\n").encode()
            while data:
                data = data[os.write(self.out, data):]
        except BrokenPipeError as error:
            raise Stopped(self.said()) from error

    def answers(self, seconds):
        """The outcomes that came: number, outcome, reason."""
        self.fill(seconds)
        *lines, self.buffer = self.buffer.split(b"\n")
        if not lines and not self.runs:
            raise Stopped(self.said())
        for line in lines:
            number, outcome, *reason = line.decode().split("\t")
            yield int(number), outcome, reason[0] if reason else ""

    def stop(self):
        """Lets it close its database, and says how it ended."""
        self.process.stdin.close()
        status = self.process.wait(120)
        self.close()
        return status

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    def close(self):
        self.process.stdout.close()
        if not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        self.errors.close()


class Server(Victim):
    """`lvkv serve`, asked through the Redis protocol, a connection for each worker."""

    def __init__(self, directory, *flags, program=None, environment=None, preload=None, launcher=(), wait=60, **popen):
        super().__init__()
        self.port = free_port()
        self.errors = open(directory + ".stderr", "w+b")
        self.process = subprocess.Popen(
            [*launcher, program or Tools.lvkv, "serve", "--db", directory, "--port", str(self.port), *flags],
            stdout=self.errors, stderr=self.errors, env=environment_of(environment, preload), **popen)
        self.connections = {}
        self.selector = selectors.DefaultSelector()
        self.ready = self.wait_for_start(time.monotonic() + wait)

    def wait_for_start(self, deadline):

        while self.runs and time.monotonic() < deadline:
            try:
                connection = resp.Connection(self.port)
                connection.call("PING")
                reply = connection.call("LV.SCHEMA", "APPLY", SCHEMA)
                connection.close()
                return reply[0] != b"-" or b"the same" in reply[1]
            except (OSError, resp.NoReply):
                time.sleep(0.01)
        return False

    def connection(self, worker):
        if worker not in self.connections:
            self.connections[worker] = ServerConnection(self.port)
            self.selector.register(self.connections[worker].socket, selectors.EVENT_READ, self.connections[worker])
        return self.connections[worker]

    def send(self, operation):
        try:
            self.connection(operation.worker).send(operation)
        except OSError as error:
            raise Stopped(str(error)) from error

    def answers(self, seconds):
        found = 0
        for key, _ in self.selector.select(seconds):
            try:
                for outcome in key.data.outcomes():
                    found += 1
                    yield outcome
            except Stopped:
                self.selector.unregister(key.fileobj)
        if found == 0 and (not self.runs or self.connections and not self.selector.get_map()):
            raise Stopped(self.said())

    def stop(self):
        self.process.terminate()
        status = self.process.wait(120)
        self.close()
        return status

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    def close(self):
        for connection in self.connections.values():
            connection.socket.close()
        self.connections = {}
        self.selector.close()
        self.errors.close()


class ServerConnection:
    """One worker's connection, and the operations on it whose replies are not there yet."""

    def __init__(self, port):

        self.socket = resp.Connection(port).socket
        self.buffer = bytearray()
        self.waiting = []

    def send(self, operation):
        commands = commands_of(operation)
        self.waiting.append([operation.number, len(commands), []])
        self.socket.settimeout(20)
        self.socket.sendall(b"".join(encode([word.encode() for word in words]) for words in commands))

    def outcomes(self):
        try:
            data = self.socket.recv(1 << 16)
        except OSError:
            data = b""
        if not data:
            raise Stopped("the server closed the connection")
        self.buffer += data
        while self.waiting:
            try:
                reply, end = parse(self.buffer, 0, [])
            except IndexError:
                return
            del self.buffer[:end]
            number, count, replies = self.waiting[0]
            replies.append(reply)
            if len(replies) == count:
                self.waiting.pop(0)
                yield number, *outcome_of(replies)


def outcome_of(replies):
    errors = []

    def look(reply):
        if reply[0] == b"-":
            errors.append(reply[1].decode(errors="replace"))
        elif isinstance(reply[1], list):
            for item in reply[1]:
                look(item)

    for reply in replies:
        look(reply)
    if not errors:
        return "ok", ""
    text = " / ".join(errors)
    return ("unknown" if "unknown" in text and "unknown command" not in text else "refused"), text


def record_json(words):
    return json.dumps(dict(zip(("worker", "id", "name", "year", "code", "text"), [*words[:3], int(words[3]), *words[4:6]])))


def commands_of(operation):
    """The Redis commands of an operation. What is several of them is one transaction."""
    name, words = operation.name, operation.arguments
    if name in SIMPLE:
        return [[SIMPLE[name], *words]]
    if name == "putx":
        return [["SET", words[0], words[1], "EX", words[2]]]
    if name == "zadd":
        return [["ZADD", words[0], *[word for pair in zip(words[2::2], words[1::2]) for word in pair]]]
    if name == "rec":
        return [["LV.RECORD", "PUT", "item", record_json(words)]]
    if name == "recdel":
        return [["LV.RECORD", "DELETE", "item", *words]]
    if name == "doc":
        return [["LV.DOC", "UPDATE", "notes", json.dumps({"_id": words[0]}), json.dumps({"$set": {"v": words[1]}}), "UPSERT"]]
    if name == "docdel":
        return [["LV.DOC", "DELETE", "notes", json.dumps({"_id": words[0]})]]
    if name == "batch":
        inner = [["SET", key, held] for key, held in zip(words[::2], words[1::2])]
    elif name == "move":
        inner = [["DECRBY", words[0], words[2]], ["INCRBY", words[1], words[2]]]
    elif name == "shift":
        inner = [["LMOVE", words[0], words[1], "LEFT", "RIGHT"], ["INCR", words[2]]]
    else:
        raise ValueError(name)
    return [["MULTI"], *inner, ["EXEC"]]


SIMPLE = {
    "put": "SET", "del": "DEL", "unbatch": "DEL", "push": "RPUSH", "pop": "LPOP", "hset": "HSET", "hdel": "HDEL",
    "sadd": "SADD", "srem": "SREM", "zrem": "ZREM", "get": "GET",
}

# As in Tests/FaultVictim/Operation.swift.
SCHEMA = """
schema: item
version: 1
key: "item:{worker}:{id}:{field}"
fields:
  worker: {id: 1, type: string}
  id:     {id: 2, type: string}
  name:   {id: 3, type: string, required: true}
  year:   {id: 4, type: int}
  code:   {id: 5, type: string}
  text:   {id: 6, type: string}
indexes:
  byName: {id: 1, on: [name]}
  byYear: {id: 2, on: [year, name]}
  byCode: {id: 3, on: [code], unique: true}
"""


def environment_of(changes, preload):
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", **(changes or {}))
    if preload:
        environment["LD_PRELOAD"] = preload
    return environment


def dump(directory, timeout=300):
    """What a database holds, as text; an error text when it cannot be opened or read."""
    done = subprocess.run(
        [Tools.victim, "dump", directory], capture_output=True, env=environment_of(None, None), timeout=timeout)
    if done.returncode:
        return None, done.stderr.decode(errors="replace").strip() or "it ended with %d" % done.returncode
    return done.stdout.decode(), None


def check_all(directory, timeout=300):
    """What `lvkv verify` finds wrong: blocks, structures, the expiry queue, records and indexes."""
    done = subprocess.run(
        [Tools.lvkv, "--db", directory, "verify", "--format", "jsonl"], capture_output=True, env=environment_of(None, None),
        timeout=timeout)
    if done.returncode == 0:
        return []
    problems = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith('{"problem"')]
    return ["lvkv verify: " + line for line in problems or [done.stderr.decode(errors="replace").strip()]]


def drive(victim, journal, workers, numbers, seconds, window=4, until=None, gone=None):
    """Has the workers do one thing after another for some time, or until `until(done)` says so.

    Returns whether the victim is still there. At most `window` operations of a worker are under way. Once `gone`, an
    event, is set, nobody hears the victim any more: what it was to answer is unknown.
    """
    running = {worker.number: 0 for worker in workers}
    choose = {worker.number: worker for worker in workers}
    owner, done = {}, 0
    deadline = time.monotonic() + seconds

    def send(worker):
        operation = choose[worker].next(next(numbers))
        journal.begin(operation)
        owner[operation.number] = worker
        running[worker] += 1
        victim.send(operation)

    try:
        for worker in running:
            for _ in range(window):
                send(worker)
        while any(running.values()):
            is_over = time.monotonic() > deadline or (until is not None and until(done))
            if time.monotonic() > deadline + 120:
                raise RuntimeError("no answer within two minutes")
            answers = list(victim.answers(0.05))
            if gone is not None and gone.is_set():
                return False
            for number, outcome, reason in answers:
                journal.end(number, outcome, reason)
                done += 1
                worker = owner.pop(number)
                running[worker] -= 1
                if not is_over:
                    send(worker)
        return True
    except Stopped:
        pass
    try:
        # What it had answered before it ended.
        while True:
            for number, outcome, reason in victim.answers(0):
                journal.end(number, outcome, reason)
    except Stopped:
        return False
