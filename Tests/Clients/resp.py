"""A small client for the Redis protocol which keeps each reply as it came: type byte and bytes."""

import socket
import time


class ProtocolError(Exception):
    """What came is no reply."""


class NoReply(Exception):
    """The server closed the connection, or said nothing for too long."""


def encode(arguments):
    """A command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        parts.append(b"$%d\r\n%s\r\n" % (len(argument), argument))
    return b"".join(parts)


class Connection:
    """A connection, and what came over it and was not read yet."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.pushed = []

    def close(self):
        self.socket.close()

    def send(self, *commands):
        try:
            self.socket.sendall(b"".join(encode(command) for command in commands))
        except OSError as error:
            raise NoReply(str(error)) from error

    def call(self, *arguments):
        """Sends one command, given as strings or bytes, and reads its reply."""
        self.send([a if isinstance(a, bytes) else str(a).encode() for a in arguments])
        return self.read()

    def read(self, timeout=20.0):
        """The next reply: a pair of its type byte and its payload, bytes or a list of replies; None for a null.

        A push that stands in the middle of a reply, as Redis 7.0 sends it to a client that causes it, comes before the reply.
        """
        deadline = time.monotonic() + timeout
        if self.pushed:
            return self.pushed.pop(0)
        while True:
            try:
                pushed = []
                reply, end = parse(self.buffer, 0, pushed)
                del self.buffer[:end]
                self.pushed = pushed + [reply]
                return self.pushed.pop(0)
            except IndexError:
                pass
            left = deadline - time.monotonic()
            if left <= 0:
                raise NoReply("no reply within %g s" % timeout)
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(1 << 16)
            except socket.timeout as error:
                raise NoReply("no reply within %g s" % timeout) from error
            except OSError as error:
                raise NoReply(str(error)) from error
            if not data:
                raise NoReply("the server closed the connection")
            self.buffer += data


def parse(data, at, pushed):
    """The reply at a position and the position after it; IndexError when it is not all there yet.

    `pushed` takes the pushes that stand in it.
    """
    end = data.find(b"\r\n", at)
    if end < 0:
        raise IndexError
    kind, line, at = bytes(data[at : at + 1]), bytes(data[at + 1 : end]), end + 2
    if kind in b"+-:,#_(" and kind:
        return (kind, None if kind == b"_" else line), at
    if kind in b"$=!" and kind:
        length = int(line)
        if length < 0:
            return (kind, None), at
        if len(data) < at + length + 2:
            raise IndexError
        if data[at + length : at + length + 2] != b"\r\n":
            raise ProtocolError("no line end after %d bytes" % length)
        return (kind, bytes(data[at : at + length])), at + length + 2
    if kind in b"*~>%|" and kind:
        count = int(line)
        if count < 0:
            return (kind, None), at
        items = []
        while len(items) < (count * 2 if kind in b"%|" else count):
            item, at = parse(data, at, pushed)
            (pushed if item[0] == b">" else items).append(item)
        return (kind, items), at
    raise ProtocolError("a reply cannot begin with %r" % bytes(data[at - len(line) - 3 : at]))


def shown(reply, limit=160):
    """A reply for people to read."""
    kind, payload = reply
    if isinstance(payload, list):
        text = "%s%d[%s]" % (kind.decode(), len(payload), ", ".join(shown(item, limit) for item in payload[:40]))
    elif payload is None:
        text = kind.decode() + "null"
    else:
        text = kind.decode() + repr(payload)[2:-1]
    return text if len(text) <= limit else text[: limit - 1] + "…"
