"""The two plain dialects, spoken over sockets as their clients speak them, and redis-cli's users over telnet."""

import json
import socket
import time
import unittest

import servers
from resp import Connection


def ask(port, message):
    """As the classic client of lines does: one message without a line end, then the reply, then the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(message.encode())
        reply = b""
        while True:
            piece = connection.recv(4096)
            if not piece:
                return reply.decode()
            reply += piece


class Documents:
    """A connection for JSON objects."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.text = ""

    def send(self, text):
        self.socket.sendall(text.encode())

    def read(self):
        """The next JSON value."""
        while True:
            try:
                value, end = json.JSONDecoder().raw_decode(self.text.lstrip())
                # A number may go on in what has not come; 0 may not.
                self.text = self.text.lstrip()[end:]
                return value
            except ValueError:
                piece = self.socket.recv(65536)
                if not piece:
                    raise EOFError(self.text)
                self.text += piece.decode()

    def ask(self, request):
        self.send(json.dumps(request))
        return self.read()

    def close(self):
        self.socket.close()


class Dialects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lines, cls.json = servers.free_port(), servers.free_port()
        cls.server = servers.lvkv("--lines", str(cls.lines), "--json", str(cls.json))

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.redis = Connection(self.server.port)
        self.redis.call("FLUSHALL")

    def tearDown(self):
        self.redis.close()

    # Lines

    def test_classic_session(self):
        self.assertEqual(ask(self.lines, "PUT; foo; 1; INT"), "True; Key [foo] set to [1]")
        self.assertEqual(ask(self.lines, "GET; foo;;"), "True; 1")
        self.assertEqual(ask(self.lines, "INCREMENT; foo;;"), "True; Key [foo] incremented to [2]")
        self.assertEqual(ask(self.lines, "PUTLIST; bar; a,b,c ; LIST"), "True; Key [bar] set to [a,b,c]")
        self.assertEqual(ask(self.lines, "APPEND; bar; d; STRING"), "True; Key [bar] had value [d] appended")
        self.assertEqual(ask(self.lines, "GETLIST; bar;;"), "True; a,b,c,d")
        self.assertEqual(ask(self.lines, "DELETE; foo;;"), "True; Key [foo] deleted")
        self.assertEqual(ask(self.lines, "GET; foo;;"), "False; Key [foo] not found")
        self.assertTrue(ask(self.lines, "GETLIST; none;;").startswith("False; "))
        self.assertTrue(ask(self.lines, "PUT; foo; x; INT").startswith("False; "))
        self.assertTrue(ask(self.lines, "FLY; foo;;").startswith("False; Unknown command"))

    def test_values_are_those_of_redis_clients(self):
        ask(self.lines, "PUTLIST; bar; a,b ; LIST")
        self.assertEqual(self.redis.call("LRANGE", "bar", 0, -1), (b"*", [(b"$", b"a"), (b"$", b"b")]))
        self.redis.call("RPUSH", "bar", "c")
        self.assertEqual(ask(self.lines, "GETLIST; bar;;"), "True; a,b,c")
        ask(self.lines, "PUT; foo; some text; STRING")
        self.assertEqual(self.redis.call("GET", "foo"), (b"$", b"some text"))
        self.redis.call("SADD", "set", "x")
        self.assertTrue(ask(self.lines, "GET; set;;").startswith("False; "))

    def test_statistics(self):
        before = json.loads(ask(self.lines, "STATS; ;;")[len("True; "):])
        ask(self.lines, "PUT; a; 1; INT")
        ask(self.lines, "GET; missing;;")
        after = json.loads(ask(self.lines, "STATS; ;;")[len("True; "):])
        self.assertEqual(after["PUT"]["success"], before["PUT"]["success"] + 1)
        self.assertEqual(after["GET"]["error"], before["GET"]["error"] + 1)
        self.assertEqual(after["STATS"]["success"], before["STATS"]["success"] + 1)

    def test_many_lines_on_one_connection(self):
        with socket.create_connection(("127.0.0.1", self.lines), timeout=10) as connection:
            file = connection.makefile("rwb")
            for number in range(100):
                file.write(b"PUT; n%d; %d; INT\r\nGET; n%d;;\n" % (number, number, number))
            file.flush()
            for number in range(100):
                self.assertEqual(file.readline(), b"True; Key [n%d] set to [%d]\n" % (number, number))
                self.assertEqual(file.readline(), b"True; %d\n" % number)

    def test_half_close_ends_a_message(self):
        with socket.create_connection(("127.0.0.1", self.lines), timeout=10) as connection:
            connection.sendall(b"PUT; half; value")
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(connection.makefile("rb").read(), b"True; Key [half] set to [value]")

    def test_message_in_small_pieces(self):
        with socket.create_connection(("127.0.0.1", self.lines), timeout=10) as connection:
            for byte in b"PUT; slow; by bytes; STRING":
                connection.sendall(bytes([byte]))
            self.assertEqual(connection.makefile("rb").read(), b"True; Key [slow] set to [by bytes]")

    # Documents

    def test_documents(self):
        documents = Documents(self.json)
        answer = documents.ask({"collection": "blocks", "insertOne": {"name": "genesis", "height": 0}})
        self.assertEqual(list(answer), ["insertedId"])
        found = documents.ask({"collection": "blocks", "findOne": {"filter": {"name": "genesis"}}})
        self.assertEqual(found, {"_id": answer["insertedId"], "name": "genesis", "height": 0})
        name = {"filter": {"name": "genesis"}}
        self.assertEqual(documents.ask({"collection": "blocks", "updateOne": {**name, "data": {"height": 1, "new": [1]}}}), 0)
        self.assertEqual(documents.ask({"collection": "blocks", "findOne": name})["new"], [1])
        self.assertEqual(documents.ask({"collection": "blocks", "deleteOne": name}), 0)
        self.assertIsNone(documents.ask({"collection": "blocks", "findOne": name}))
        documents.close()

    def test_stream_without_separators(self):
        documents = Documents(self.json)
        documents.send("".join('{"collection":"s","insertOne":{"_id":%d,"text":"}{"}}' % number for number in range(200)))
        self.assertEqual([documents.read() for _ in range(200)], [{"insertedId": number} for number in range(200)])
        self.assertEqual(documents.ask({"collection": "s", "countDocuments": {"filter": {"text": "}{"}}}), 200)
        documents.close()

    def test_errors_leave_the_connection_usable(self):
        documents = Documents(self.json)
        for broken in ["nonsense ", '{"collection":"x","flyOne":{}}', '{"a":tru}', '{"a":[}', '{"a":"b\n']:
            documents.send(broken)
            self.assertEqual(list(documents.read()), ["error"], broken)
            self.assertEqual(documents.ask({"collection": "errors", "countDocuments": {}}), 0, broken)
        documents.close()

    def test_end_within_an_object(self):
        documents = Documents(self.json)
        documents.send('{"collection":"x"')
        documents.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(list(documents.read()), ["error"])
        self.assertEqual(documents.socket.recv(10), b"")
        documents.close()

    # Watching

    def test_a_watched_key_is_seen_to_change_by_every_door(self):
        schema = json.dumps({
            "schema": "book", "version": 1, "key": "book:{id}:{field}",
            "fields": {"id": {"id": 1, "type": "string"}, "title": {"id": 2, "type": "string"}}})
        documents = Documents(self.json)
        other = Connection(self.server.port)
        self.redis.call("LV.SCHEMA", "APPLY", schema)
        record = json.dumps({"id": "1", "title": "Dune"})
        doors = [
            ("plain", lambda: other.call("SET", "plain", "2")),
            ("plain", lambda: other.call("LV.BATCH", "PUT", "plain", "3")),
            ("plain", lambda: other.call("LV.DELRANGE", "PREFIX", "plain")),
            ("plain", lambda: ask(self.lines, "PUT; plain; 4; INT")),
            ("plain", lambda: ask(self.lines, "DELETE; plain;;")),
            ("book:1:title", lambda: other.call("LV.RECORD", "PUT", "book", record)),
            ("book:1:title", lambda: other.call("LV.RECORD", "DELETE", "book", "1")),
            ("book:1:title", lambda: other.call("LV.RECORD", "LOAD", "book", record)),
            (None, lambda: documents.ask({"collection": "watched", "updateOne": {"filter": {}, "data": {"n": 2}}})),
            (None, lambda: other.call("LV.DOC", "UPDATE", "watched", "{}", '{"$set":{"n":3}}')),
            (None, lambda: documents.ask({"collection": "watched", "deleteOne": {"filter": {}}})),
            ("short", lambda: time.sleep(0.03)),
            ("many", lambda: other.call("RENAME", "many", "others")),
            ("others", lambda: other.call("FLUSHALL")),
        ]
        documents.ask({"collection": "watched", "insertOne": {"_id": "1", "n": 1}})
        document = self.redis.call("LV.RANGE", "PREFIX", "watched", "KEYS")[1][0][1]
        self.redis.call("RPUSH", "many", *range(300))
        for number, (key, change) in enumerate(doors):
            if key == "short":
                self.redis.call("SET", "short", "1", "PX", "20")
            self.redis.call("WATCH", key or document)
            self.assertEqual(self.redis.call("MULTI"), (b"+", b"OK"))
            self.redis.call("SET", "untouched", "1")
            change()
            self.assertEqual(self.redis.call("EXEC"), (b"*", None), "door %d" % number)
            # And nobody else's change is taken for one.
            self.redis.call("WATCH", key or document)
            other.call("SET", "elsewhere", number)
            self.redis.call("MULTI")
            self.redis.call("PING")
            self.assertEqual(self.redis.call("EXEC")[1], [(b"+", b"PONG")], "after door %d" % number)
        self.assertEqual(self.redis.call("EXISTS", "untouched"), (b":", b"0"))
        other.close()
        documents.close()

    # Telnet

    def test_telnet(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            file = connection.makefile("rwb")
            file.write(b"SET name 'John Doe'\r\nGET name\r\nLPUSH mylist item1 item2\r\nLRANGE mylist 0 -1\r\n")
            file.flush()
            expected = b"+OK\r\n$8\r\nJohn Doe\r\n:2\r\n*2\r\n$5\r\nitem2\r\n$5\r\nitem1\r\n"
            self.assertEqual(file.read(len(expected)), expected)


class Refusals(unittest.TestCase):
    def test_no_dialect_beyond_loopback_or_with_a_password(self):
        for environment, flags in [({"LVKV_REQUIREPASS": "secret"}, []), ({}, ["--bind", "0.0.0.0"])]:
            with self.assertRaisesRegex(RuntimeError, "refusing to listen"):
                servers.lvkv("--lines", str(servers.free_port()), *flags, environment=environment)


if __name__ == "__main__":
    unittest.main(verbosity=2)
