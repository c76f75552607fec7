"""redis-py, in both versions of the protocol, as its users use it."""

import threading
import time
import unittest

import redis

import servers


class RedisPy:
    """The tests; each class below runs them with one version of the protocol."""

    protocol = 2

    @classmethod
    def setUpClass(cls):
        cls.server = servers.lvkv()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        self.clients = []
        self.r = self.client()
        self.r.flushall()

    def tearDown(self):
        for client in self.clients:
            client.close()

    def client(self, **options):
        client = redis.Redis(port=self.server.port, protocol=self.protocol, decode_responses=True, **options)
        self.clients.append(client)
        return client

    def in_background(self, call):
        """Runs a call on another thread; the result is a function that waits for what it gave."""
        result = []
        thread = threading.Thread(target=lambda: result.append(call()))
        thread.start()

        def wait():
            thread.join(10)
            self.assertFalse(thread.is_alive(), "the call does not end")
            return result[0]

        return wait

    def wait_until_blocked(self, count=1):
        deadline = time.monotonic() + 10
        while int(self.r.info("clients")["blocked_clients"]) < count:
            self.assertLess(time.monotonic(), deadline, "no client is blocked")
            time.sleep(0.005)

    # Values of each type

    def test_strings(self):
        self.assertTrue(self.r.set("a", "1", ex=100))
        self.assertIsNone(self.r.set("a", "2", nx=True))
        self.assertEqual(self.r.set("a", "3", get=True, keepttl=True), "1")
        self.assertTrue(0 < self.r.ttl("a") <= 100)
        self.assertEqual(self.r.incrby("a", 4), 7)
        self.assertEqual(self.r.incrbyfloat("f", 1.5), 1.5)
        self.assertEqual(self.r.append("s", "hello"), 5)
        self.assertEqual(self.r.getrange("s", 1, -2), "ell")
        self.assertEqual(self.r.setrange("s", 5, "!"), 6)
        self.assertTrue(self.r.mset({"x": "1", "y": "2"}))
        self.assertEqual(self.r.mget("x", "none", "y"), ["1", None, "2"])
        self.assertEqual(self.r.getdel("x"), "1")
        self.assertIsNone(self.r.get("x"))
        self.assertEqual(self.r.setbit("b", 7, 1), 0)
        self.assertEqual(self.r.bitcount("b"), 1)
        self.assertEqual(self.r.bitfield("b").set("u8", 8, 255).get("u8", 8).execute(), [0, 255])
        self.assertEqual(self.r.lcs("s", "s", len=True), 6)

    def test_binary_values(self):
        raw = redis.Redis(port=self.server.port, protocol=self.protocol)
        value = bytes(range(256)) * 1000
        raw.set(b"k\x00\r\n", value)
        self.assertEqual(raw.get(b"k\x00\r\n"), value)
        self.assertEqual(raw.keys(), [b"k\x00\r\n"])
        raw.close()

    def test_lists(self):
        self.assertEqual(self.r.rpush("l", "a", "b", "c"), 3)
        self.assertEqual(self.r.lpush("l", "z"), 4)
        self.assertEqual(self.r.lrange("l", 0, -1), ["z", "a", "b", "c"])
        self.assertEqual(self.r.lindex("l", -1), "c")
        self.assertEqual(self.r.lpos("l", "b"), 2)
        self.assertEqual(self.r.linsert("l", "before", "a", "y"), 5)
        self.assertEqual(self.r.lmove("l", "m", "RIGHT", "LEFT"), "c")
        self.assertEqual(self.r.lmpop(2, "none", "l", direction="LEFT", count=2), ["l", ["z", "y"]])
        self.assertEqual(self.r.lpop("l", 5), ["a", "b"])
        self.assertFalse(self.r.exists("l"))

    def test_hashes(self):
        self.assertEqual(self.r.hset("h", mapping={"a": "1", "b": "2"}), 2)
        self.assertEqual(self.r.hgetall("h"), {"a": "1", "b": "2"})
        self.assertEqual(self.r.hincrby("h", "a", 5), 6)
        self.assertEqual(self.r.hincrbyfloat("h", "b", 0.5), 2.5)
        self.assertEqual(sorted(self.r.hkeys("h")), ["a", "b"])
        self.assertEqual(self.r.hmget("h", ["a", "c"]), ["6", None])
        self.assertTrue(self.r.hexists("h", "a"))
        self.assertIn(self.r.hrandfield("h"), ["a", "b"])
        self.assertEqual(self.r.hdel("h", "a", "b"), 2)

    def test_sets(self):
        self.assertEqual(self.r.sadd("s", *"abc"), 3)
        self.assertEqual(self.r.sadd("t", *"bcd"), 3)
        self.assertEqual(self.r.sinter("s", "t"), {"b", "c"})
        self.assertEqual(self.r.sunion("s", "t"), set("abcd"))
        self.assertEqual(self.r.sdiff("s", "t"), {"a"})
        self.assertEqual(self.r.sintercard(2, ["s", "t"], limit=1), 1)
        self.assertEqual(self.r.smismember("s", ["a", "z"]), [1, 0])
        self.assertEqual(self.r.smembers("s"), set("abc"))
        self.assertEqual(len(self.r.spop("s", 2)), 2)

    def test_sorted_sets(self):
        self.assertEqual(self.r.zadd("z", {"a": 1, "b": 2.5, "c": float("inf")}), 3)
        self.assertEqual(self.r.zscore("z", "b"), 2.5)
        self.assertEqual(self.r.zincrby("z", 1, "a"), 2.0)
        self.assertEqual(self.r.zrank("z", "c"), 2)
        pairs = self.r.zrange("z", 0, -1, withscores=True)
        self.assertEqual([tuple(pair) for pair in pairs], [("a", 2.0), ("b", 2.5), ("c", float("inf"))])
        self.assertEqual(self.r.zrangebyscore("z", 2, "(inf"), ["a", "b"])
        self.assertEqual(self.r.zmscore("z", ["a", "none"]), [2.0, None])
        self.assertEqual(self.r.zcount("z", "-inf", "+inf"), 3)
        self.assertEqual(self.r.zunion(["z", "z"], aggregate="SUM"), ["a", "b", "c"])
        popped = self.r.zpopmin("z")
        self.assertEqual(list(popped[0]) if isinstance(popped[0], (list, tuple)) else popped, ["a", 2.0])

    def test_keys(self):
        self.r.mset({"k:%d" % number: "v" for number in range(20)})
        self.r.rpush("list", "a")
        self.assertEqual(self.r.dbsize(), 21)
        self.assertEqual(self.r.type("list"), "list")
        self.assertTrue(self.r.rename("list", "other"))
        self.assertTrue(self.r.copy("other", "copy"))
        self.assertTrue(self.r.expire("copy", 100, nx=True))
        self.assertTrue(self.r.persist("copy"))
        self.assertEqual(self.r.delete("copy", "other", "none"), 2)
        self.assertEqual(len(self.r.keys("k:1*")), 11)
        self.assertEqual(self.r.sort("k:none"), [])

    def test_errors(self):
        self.r.rpush("l", "a")
        with self.assertRaisesRegex(redis.ResponseError, "WRONGTYPE"):
            self.r.get("l")
        with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
            self.r.execute_command("NOSUCH", "x")
        self.assertTrue(self.r.ping())

    # Iterators

    def test_scan_iterators(self):
        names = {"key:%d" % number for number in range(1000)}
        self.r.mset({name: "1" for name in names})
        self.assertEqual(set(self.r.scan_iter(match="key:*", count=50)), names)
        self.r.hset("hash", mapping={name: "v" for name in names})
        self.assertEqual(dict(self.r.hscan_iter("hash", count=50)), {name: "v" for name in names})
        self.r.sadd("set", *names)
        self.assertEqual(set(self.r.sscan_iter("set", count=50)), names)
        self.r.zadd("sorted", {name: 1.5 for name in names})
        self.assertEqual({pair[0]: pair[1] for pair in self.r.zscan_iter("sorted", count=50)}, dict.fromkeys(names, 1.5))
        self.assertEqual(set(self.r.scan_iter(_type="zset")), {"sorted"})

    # Pipelines and transactions

    def test_pipeline(self):
        pipe = self.r.pipeline(transaction=False)
        for number in range(2000):
            pipe.set("p:%d" % number, number)
        for number in range(2000):
            pipe.get("p:%d" % number)
        replies = pipe.execute()
        self.assertEqual(replies[:2000], [True] * 2000)
        self.assertEqual(replies[2000:], [str(number) for number in range(2000)])

    def test_transaction(self):
        pipe = self.r.pipeline()
        pipe.set("a", "1").incr("a").rpush("l", "x", "y").lrange("l", 0, -1)
        self.assertEqual(pipe.execute(), [True, 2, 2, ["x", "y"]])
        pipe = self.r.pipeline()
        pipe.set("a", "x").incr("a").set("b", "done")
        with self.assertRaisesRegex(redis.ResponseError, "not an integer"):
            pipe.execute()
        self.assertEqual(self.r.get("b"), "done")

    def test_watch(self):
        self.r.set("n", "1")
        with self.r.pipeline() as pipe:
            pipe.watch("n")
            self.client().set("n", "2")
            pipe.multi()
            pipe.set("n", "3")
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(self.r.get("n"), "2")
        self.assertEqual(self.r.transaction(lambda pipe: pipe.multi() or pipe.incr("n"), "n"), [3])

    def test_watched_counter_counts_each_increment(self):
        def count():
            client = self.client()

            def step(pipe):
                value = int(pipe.get("counter") or 0)
                pipe.multi()
                pipe.set("counter", value + 1)

            for _ in range(50):
                client.transaction(step, "counter")

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.r.get("counter"), "200")

    # Waiting

    def test_blocking_pops(self):
        self.assertIsNone(self.r.blpop("q", timeout=0.05))
        popped = self.in_background(lambda: self.client().blpop(["none", "q"], timeout=10))
        self.wait_until_blocked()
        self.r.rpush("q", "job", "next")
        self.assertEqual(tuple(popped()), ("q", "job"))
        self.assertEqual(self.r.lrange("q", 0, -1), ["next"])
        moved = self.in_background(lambda: self.client().blmove("source", "target", timeout=10, src="LEFT", dest="RIGHT"))
        self.wait_until_blocked()
        self.r.rpush("source", "x")
        self.assertEqual(moved(), "x")
        least = self.in_background(lambda: self.client().bzpopmin("zq", timeout=10))
        self.wait_until_blocked()
        self.r.zadd("zq", {"m": 2})
        self.assertEqual([str(part) for part in least()], ["zq", "m", "2.0"])

    def test_waiting_clients_are_served_in_their_order(self):
        results = []
        for number in range(5):
            results.append(self.in_background(lambda: self.client().blpop("q", timeout=10)))
            self.wait_until_blocked(number + 1)
        self.r.rpush("q", *range(5))
        self.assertEqual([result()[1] for result in results], ["0", "1", "2", "3", "4"])

    def test_locks(self):
        lock = self.r.lock("lock", timeout=30)
        self.assertTrue(lock.acquire())
        other = self.client().lock("lock", timeout=10, thread_local=False)
        self.assertFalse(other.acquire(blocking=False))
        self.assertTrue(lock.extend(60))
        self.assertGreater(self.r.pttl("lock"), 80_000)
        self.assertTrue(lock.extend(20, replace_ttl=True))
        self.assertLessEqual(self.r.pttl("lock"), 20_000)
        self.assertTrue(lock.reacquire())
        self.assertGreater(self.r.pttl("lock"), 20_000)
        waiter = self.in_background(lambda: other.acquire(blocking_timeout=10))
        lock.release()
        self.assertTrue(waiter())
        self.assertFalse(lock.owned())
        with self.assertRaises(redis.exceptions.LockError):
            lock.release()
        other.release()
        self.assertFalse(self.r.exists("lock"))

    def test_a_lock_that_has_become_anothers_is_not_released(self):
        lock = self.r.lock("lock", timeout=0.05)
        self.assertTrue(lock.acquire())
        other = self.client().lock("lock", timeout=10)
        self.assertTrue(other.acquire(blocking_timeout=5))
        for call in (lambda: lock.extend(1), lock.reacquire, lock.release):
            with self.assertRaises(redis.exceptions.LockNotOwnedError):
                call()
        self.assertTrue(other.owned())

    def test_a_counter_under_a_lock_counts_each_increment(self):
        def count():
            client = self.client()
            for _ in range(20):
                with client.lock("lock", timeout=10, sleep=0.001):
                    client.set("counter", int(client.get("counter") or 0) + 1)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.r.get("counter"), "80")

    def test_scripts(self):
        text = 'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end'
        self.r.set("key", "token")
        self.assertEqual(self.r.eval(text, 1, "key", "other"), 0)
        self.assertEqual(self.r.script_exists(self.r.script_load(text)), [True])
        self.assertEqual(self.r.register_script(text)(keys=["key"], args=["token"]), 1)
        with self.assertRaisesRegex(redis.ResponseError, "no Lua"):
            self.r.eval("return 1", 0)

    # Messages

    def test_pubsub(self):
        pubsub = self.r.pubsub()
        pubsub.subscribe("news")
        pubsub.psubscribe("n*")
        self.assertEqual([pubsub.get_message(timeout=5)["type"] for _ in range(2)], ["subscribe", "psubscribe"])
        self.assertEqual(self.client().publish("news", "hello"), 2)
        found = [pubsub.get_message(timeout=5) for _ in range(2)]
        self.assertEqual(sorted(message["type"] for message in found), ["message", "pmessage"])
        self.assertEqual({message["data"] for message in found}, {"hello"})
        self.assertEqual(self.r.pubsub_numsub("news"), [("news", 1)])
        pubsub.unsubscribe()
        pubsub.punsubscribe()
        pubsub.close()

    def test_keyspace_notifications(self):
        self.r.config_set("notify-keyspace-events", "KEA")
        pubsub = self.r.pubsub()
        pubsub.psubscribe("__keyevent@0__:*")
        pubsub.get_message(timeout=5)
        self.r.set("a", "1", px=30)
        self.assertEqual([pubsub.get_message(timeout=5)["channel"][15:] for _ in range(3)], ["set", "expire", "expired"])
        self.r.config_set("notify-keyspace-events", "")
        pubsub.close()

    # The server

    def test_server(self):
        self.assertEqual(self.r.echo("hello"), "hello")
        self.assertIn("redis_version", self.r.info())
        self.assertTrue(self.r.client_setname("me"))
        self.assertEqual(self.r.client_getname(), "me")
        self.assertIn("me", [client["name"] for client in self.r.client_list()])
        self.assertEqual(self.r.client_info()["name"], "me")
        self.assertIn("maxclients", self.r.config_get("max*"))
        self.assertEqual(len(self.r.time()), 2)
        self.assertIn("get", self.r.command())
        self.assertGreater(self.r.command_count(), 150)
        self.assertEqual(self.r.acl_whoami(), "default")
        self.assertIsInstance(self.r.slowlog_get(), list)
        self.assertGreater(self.r.memory_usage("none") or 1, 0)

    def test_databases(self):
        one = self.client(db=1)
        one.set("a", "1")
        self.assertIsNone(self.r.get("a"))
        self.assertTrue(self.r.swapdb(0, 1))
        self.assertEqual(self.r.get("a"), "1")

    def test_users(self):
        self.r.acl_setuser("reader", enabled=True, passwords=["+secret"], categories=["+@read"], keys=["r:*"])
        reader = self.client(username="reader", password="secret")
        self.assertIsNone(reader.get("r:1"))
        with self.assertRaises(redis.exceptions.NoPermissionError):
            reader.get("other")
        with self.assertRaises(redis.exceptions.NoPermissionError):
            reader.set("r:1", "x")
        with self.assertRaises(redis.exceptions.AuthenticationError):
            self.client(username="reader", password="wrong").ping()
        self.assertEqual(self.r.acl_deluser("reader"), 1)

    def test_own_commands(self):
        self.r.mset({"a:1": "x", "a:2": "y", "b:1": "z"})
        self.assertEqual(self.r.execute_command("LV.COUNT", "a", "b"), 2)


class RedisPy2(RedisPy, unittest.TestCase):
    protocol = 2


class RedisPy3(RedisPy, unittest.TestCase):
    protocol = 3


if __name__ == "__main__":
    unittest.main(verbosity=2)
