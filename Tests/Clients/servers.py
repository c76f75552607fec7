"""Starts and stops the two servers, each on a free port of the loopback with a scratch directory of its own."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from resp import Connection, NoReply


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process that is there while the object is."""

    def __init__(self, name, command, environment=None):
        """`command` is called with the port and the directory, and gives the words of the command line."""
        self.name = name
        self.command = command
        self.environment = environment
        self.directory = tempfile.mkdtemp(prefix="lvkv-clients-")
        self.start()

    def start(self, port=None):
        self.port = port or free_port()
        self.log = open(os.path.join(self.directory, "log"), "ab")
        words = self.command(self.port, self.directory)
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log, cwd=self.directory, env=self.environment)
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = Connection(self.port)
                kind, text = connection.call("PING")
                if (kind, text) == (b"+", b"PONG") or text.startswith(b"NOAUTH"):
                    connection.close()
                    return
                connection.close()
            except (OSError, NoReply):
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = self.last_words()
                self.close()
                raise RuntimeError("%s does not start:\n%s" % (self.name, words))
            time.sleep(0.02)

    @property
    def runs(self):
        return self.process.poll() is None

    def last_words(self):
        self.log.flush()
        with open(self.log.name, "rb") as log:
            return log.read()[-2000:].decode(errors="replace")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def kill(self):
        """Ends the server without a word to it; it can be started again."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def redis(name="redis"):
    """Debian's Redis 7.0: nothing is saved, and a value may be as long as lvkv's may be."""
    return Server(
        name,
        lambda port, directory: [
            "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "",
            "--appendonly", "no", "--proto-max-bulk-len", str(64 << 20), "--daemonize", "no",
        ],
    )


def lvkv(*flags, binary=None, environment=None):
    """lvkv on a new database: the program that LVKV_BINARY names."""
    binary = os.path.abspath(binary or os.environ["LVKV_BINARY"])
    return Server(
        "lvkv",
        lambda port, directory: [
            binary, "serve", "--db", os.path.join(directory, "data"), "--port", str(port), *flags,
        ],
        dict(os.environ, **(environment or {})),
    )
