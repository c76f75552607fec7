"""`lvkv shell` on a terminal, as people use it: on a server and on a directory."""

import os
import pty
import re
import select
import signal
import tempfile
import time
import unittest

import servers

UP, TAB, ENTER, LEAVE = "\x1b[A", "\t", "\r", "\x04"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, words, home):
        self.text = ""
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execvpe(words[0], words, dict(os.environ, HOME=home, TERM="xterm", NO_COLOR="1", COLUMNS="80"))

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def wait_for(self, text):
        """What came up to a text, without the codes that move the cursor."""
        deadline = time.monotonic() + 20
        while True:
            plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)
            if text in plain:
                end = plain.index(text) + len(text)
                self.text = plain[end:]
                return plain[:end]
            ready = select.select([self.descriptor], [], [], max(0, deadline - time.monotonic()))[0]
            try:
                piece = os.read(self.descriptor, 65536) if ready else b""
            except OSError:
                piece = b""
            if not piece:
                raise AssertionError("%r does not come after %r" % (text, plain))
            self.text += piece.decode(errors="replace")

    def ask(self, line, expected):
        self.type(line + ENTER)
        return self.wait_for(expected)

    def leave(self):
        """Presses Ctrl-D at the prompt; the exit status. Elsewhere the terminal would take the key for itself."""
        self.wait_for("> ")
        self.type(LEAVE)
        return self.status()

    def status(self):
        """The exit status, once it has ended."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            process, status = os.waitpid(self.process, os.WNOHANG)
            if process:
                os.close(self.descriptor)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.descriptor], [], [], 0.02)[0]:
                try:
                    os.read(self.descriptor, 65536)
                except OSError:
                    pass
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        raise AssertionError("it does not end")


class Shell(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.binary = os.environ["LVKV_BINARY"]

    def tearDown(self):
        self.home.cleanup()

    def shell(self, *place):
        return Terminal([self.binary, "shell", *place], self.home.name)

    def use(self, *place):
        shell = self.shell(*place)
        shell.wait_for("> ")
        shell.ask("SET greeting hello", "OK")
        shell.ask("RPUSH tasks write test ship", "(integer) 3")
        shell.ask("LRANGE tasks 0 -1", '3) "ship"')
        shell.ask("HSET user:1 name Ann", "(integer) 1")
        shell.ask("HGETALL user:1", '1# "name" => "Ann"')
        shell.ask("GET none", "(nil)")
        shell.ask("NOSUCH", "(error) ERR unknown command")
        # Completion of a command, of a key, and of a subcommand.
        shell.type("getra" + TAB + "gree" + TAB + "0 1" + ENTER)
        shell.wait_for('"he"')
        shell.type("lv.doc ins" + TAB + "notes '{\"_id\":1}'" + ENTER)
        shell.wait_for("1) (integer) 1")
        shell.type(UP + UP + ENTER)
        shell.wait_for('"he"')
        shell.ask("help zadd", "ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member")
        self.assertTrue(all(len(line) <= 80 for line in shell.ask("help", "help COMMAND says").splitlines()))
        shell.ask('SET "two words" "a\\nb"', "OK")
        shell.ask("GET 'two words'", '"a\\nb"')
        shell.ask("MULTI", "OK")
        shell.ask("INCR n", "QUEUED")
        shell.ask("EXEC", "1) (integer) 1")
        return shell

    def test_on_a_server(self):
        server = servers.lvkv()
        try:
            shell = self.use("--url", "redis://127.0.0.1:%d" % server.port)
            port = server.port
            server.kill()
            shell.ask("PING", "(error)")
            server.start(port)
            shell.ask("PING", "connected again")
            shell.ask("GET greeting", '"hello"')
            self.assertEqual(shell.leave(), 0)
            shell = self.shell("--url", "redis://127.0.0.1:%d" % server.port)
            shell.wait_for("> ")
            # The history of before, without what holds a secret.
            shell.type(UP + ENTER)
            shell.wait_for('"hello"')
            shell.ask("AUTH secret-word", "(error)")
            shell.ask("quit", "quit")
            self.assertEqual(shell.status(), 0)
            with open(os.path.join(self.home.name, ".lvkv_history")) as history:
                text = history.read()
            self.assertIn("GET greeting", text)
            self.assertNotIn("secret-word", text)
        finally:
            server.close()

    def test_on_a_directory(self):
        shell = self.use("--db", os.path.join(self.home.name, "data"))
        self.assertEqual(shell.leave(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
