"""Plays a sequence of commands on one server and keeps all that it answers."""

import time
from collections import namedtuple

from resp import Connection, NoReply, ProtocolError

# One client's commands, sent at once. `how`: plain; scan, called until the cursor is 0; pause, so that a key expires.
Step = namedtuple("Step", "client commands how")

DATABASES = [b"0", b"1", b"2", b"15"]
READS = {
    b"string": [b"GET"],
    b"list": [b"LRANGE", b"0", b"-1"],
    b"hash": [b"HGETALL"],
    b"set": [b"SMEMBERS"],
    b"zset": [b"ZRANGE", b"0", b"-1", b"WITHSCORES"],
}


class Player:
    """A server, connections to it, and one more to look after it with."""

    def __init__(self, server, clients=3):
        self.server = server
        self.clients = clients
        self.connections = []
        self.control = None

    def connect(self):
        """Closes all connections and opens new ones; starts the server again if it is gone."""
        for connection in self.connections + ([self.control] if self.control else []):
            connection.close()
        if not self.server.runs:
            self.server.stop()
            self.server.start()
        self.connections = [Connection(self.server.port) for _ in range(self.clients)]
        self.control = Connection(self.server.port)
        self.ask([b"CONFIG", b"SET", b"notify-keyspace-events", b"KEA"])

    def ask(self, *commands):
        """Replies to commands on the connection that no sequence uses."""
        self.control.send(*commands)
        return [self.control.read() for _ in commands]

    def begin(self, protocol):
        """Empties the server and puts each connection into its first state."""
        if not self.connections:
            self.connect()
        first = [[b"RESET"]] + ([[b"HELLO", b"3"]] if protocol == 3 else [])
        for connection in self.connections:
            connection.send(*first)
        for connection in self.connections:
            replies = [connection.read() for _ in first]
            if replies[0] != (b"+", b"RESET"):
                raise NoReply("RESET was answered %r" % (replies[0],))
        # Last, as a client that is logged in as one of these users is thrown out.
        self.ask(
            [b"FLUSHALL"], [b"ACL", b"DELUSER", b"alice", b"bob"], [b"CONFIG", b"SET", b"timeout", b"0"],
            [b"CONFIG", b"SET", b"slowlog-max-len", b"128"], [b"CONFIG", b"SET", b"slowlog-log-slower-than", b"10000"],
        )

    def play(self, steps, protocol, asynchronous):
        """All replies, as a list of (step, client, command or None, reply), and the content afterwards."""
        try:
            self.begin(protocol)
            replies = self.play_waiting(steps) if asynchronous else self.play_in_turn(steps)
            content = self.content()
            return replies, content
        except (NoReply, ProtocolError, OSError) as error:
            gone = "" if self.server.runs else "; the server is gone:\n" + self.server.last_words()
            self.connections, control, self.control = [], self.control, None
            if control:
                control.close()
            return [(len(steps), 0, None, (b"!", (str(error) + gone).encode()))], {}

    def play_in_turn(self, steps):
        """Each command has one reply. What one client sends without a change between clients goes out at once."""
        replies, waiting = [], []

        def flush():
            if waiting:
                connection = self.connections[waiting[0][1]]
                connection.send(*(words for _, _, words in waiting))
                for at, client, words in waiting:
                    replies.append((at, client, words, connection.read()))
                waiting.clear()

        for at, step in enumerate(steps):
            if waiting and waiting[0][1] != step.client:
                flush()
            if step.how == "scan":
                flush()
                replies.append((at, step.client, step.commands[0], self.scan(self.connections[step.client], step.commands[0])))
                continue
            waiting += [(at, step.client, words) for words in step.commands]
            if step.how == "pause":
                flush()
                time.sleep(0.012)
                self.let_expire(step.commands[0][1:2])
        flush()
        return replies

    def let_expire(self, keys):
        """Makes a server notice that a key has expired, on which its count of keys depends in Redis."""
        for key in keys:
            self.ask(*(words for database in (b"0", b"1", b"2") for words in ([b"SELECT", database], [b"EXISTS", key])))

    def scan(self, connection, words):
        """What all calls of a scan give together: an error, or the elements, each once."""
        place = 1 if words[0].upper() == b"SCAN" else 2
        found, cursor = {}, b"0"
        for _ in range(10000):
            connection.send(words[:place] + [cursor] + words[place:])
            reply = connection.read()
            if reply[0] != b"*" or not isinstance(reply[1], list) or len(reply[1]) != 2:
                return reply
            cursor, items = reply[1][0][1], reply[1][1][1]
            paired = words[0].upper() in (b"HSCAN", b"ZSCAN")
            for at in range(0, len(items), 2 if paired else 1):
                found[repr(items[at])] = items[at : at + (2 if paired else 1)]
            if cursor == b"0":
                return b"*", [item for name in sorted(found) for item in found[name]]
        return b"!", b"the cursor never comes back to 0"

    def play_waiting(self, steps):
        """Clients may wait, and may get what they did not ask for: after each step a PING says where its replies end."""
        replies, blocked = [], {}

        def take(client, at, patience=5.0):
            """Reads up to the marker of step `at`; False when the client waits instead."""
            connection, marker = self.connections[client], b"mark:%d" % at
            deadline = time.monotonic() + patience
            while True:
                try:
                    reply = connection.read(0.004)
                except NoReply as error:
                    if "within" not in str(error):
                        raise
                    if at >= 0 and self.waits_for_ever(steps[at]) and self.blocked() > len(blocked):
                        return False
                    if time.monotonic() > deadline:
                        raise
                    continue
                if reply == (b"$", marker) or isinstance(reply[1], list) and reply[1][-1:] == [(b"$", marker)]:
                    return True
                replies.append((at, client, None, reply))

        for at, step in enumerate(steps):
            if step.client in blocked:
                continue
            self.connections[step.client].send(*step.commands, [b"PING", b"mark:%d" % at])
            if not take(step.client, at):
                blocked[step.client] = at
            while blocked and self.blocked() < len(blocked):
                for client in [client for client in blocked if self.connections[client].buffer or self.readable(client)]:
                    take(client, blocked[client])
                    del blocked[client]
        for client, connection in enumerate(self.connections):
            if client in blocked:
                replies.append((blocked[client], client, None, (b"!", b"still waits")))
            else:
                connection.send([b"PING", b"mark:%d" % (len(steps) - 1)])
                take(client, len(steps) - 1)
        if blocked:
            for client in blocked:
                self.connections[client].close()
                self.connections[client] = Connection(self.server.port)
            while self.blocked() > 0:
                time.sleep(0.001)
        return replies

    def waits_for_ever(self, step):
        return any(words[0].upper().startswith(b"B") and b"0" in words for words in step.commands)

    def readable(self, client):
        connection = self.connections[client]
        connection.socket.settimeout(0.01)
        try:
            connection.buffer += connection.socket.recv(1 << 16)
        except OSError:
            pass
        return bool(connection.buffer)

    def blocked(self):
        for line in self.ask([b"INFO", b"clients"])[0][1].split(b"\r\n"):
            if line.startswith(b"blocked_clients:"):
                return int(line.split(b":")[1])
        return 0

    def content(self):
        """Each key of each database: its type, what it holds, and the milliseconds it has left."""
        questions = [words for database in DATABASES for words in ([b"SELECT", database], [b"KEYS", b"*"])]
        listed = self.ask(*questions)
        content, questions, names = {}, [], []
        for database, keys in zip(DATABASES, listed[1::2]):
            if not isinstance(keys[1], list):
                raise NoReply("KEYS was answered %r" % (keys,))
            for key in sorted(item[1] for item in keys[1]):
                names.append((database, key))
                questions += [[b"SELECT", database], [b"TYPE", key], [b"PTTL", key]]
        if not names:
            return content
        facts = self.ask(*questions)
        questions = []
        for (database, key), kind in zip(names, facts[1::3]):
            read = READS.get(kind[1], [b"TYPE"])
            questions += [[b"SELECT", database], read[:1] + [key] + read[1:]]
        values = self.ask(*questions)[1::2]
        for name, kind, left, (tag, value) in zip(names, facts[1::3], facts[2::3], values):
            if kind[1] == b"set" and value:
                value = sorted(value)
            elif kind[1] == b"hash" and value:
                value = sorted(value[at : at + 2] for at in range(0, len(value), 2))
            content[name] = (kind, int(left[1] or 0), (tag, value))
        return content


def spelled(words):
    """A command as one would type it."""
    return " ".join(quoted(word) for word in words)


def quoted(word):
    if len(word) > 40 and len(set(word)) == 1:
        return "<%d times %s>" % (len(word), quoted(word[:1]))
    text = repr(word)[2:-1].replace("\\'", "'")
    return text if word and all(33 <= byte < 127 and byte not in b"\"'\\" for byte in word) else '"%s"' % text.replace('"', '\\"')
