import Testing

@testable import Commands

@Suite("The scripts of locks")
struct ScriptTests {
    let server = TestEngine()
    let client: Client

    private static let release = """
        if redis.call("get",KEYS[1]) == ARGV[1]
        then
            return redis.call("del",KEYS[1])
        else
            return 0
        end
        """
    private static let held = """
        local token = redis.call('get', KEYS[1])
        if not token or token ~= ARGV[1] then
            return 0
        end

        """
    private static let extend =
        held + """
            local expiration = redis.call('pttl', KEYS[1])
            if not expiration then
                expiration = 0
            end
            if expiration < 0 then
                return 0
            end

            local newttl = ARGV[2]
            if ARGV[3] == "0" then
                newttl = ARGV[2] + expiration
            end
            redis.call('pexpire', KEYS[1], newttl)
            return 1
            """

    init() { client = server.client() }

    @Test("a hash is that of the standard")
    func hash() {
        #expect(SHA1.hex("".utf8.span) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(SHA1.hex("abc".utf8.span) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(SHA1.hex(long.utf8.span) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(SHA1.hex(String(repeating: "a", count: 1_000).utf8.span) == "291e9a6c66994949b57ba5e650361e98fc36b1ba")
    }

    @Test("a lock is released by its token and by no other")
    func release() {
        client("SET lock mine")
        #expect(client.run(["EVAL", Self.release, "1", "lock", "yours"]) == 0)
        #expect(client("GET lock") == "mine")
        #expect(client.run(["EVAL", Self.release, "1", "lock", "mine"]) == 1)
        #expect(client("EXISTS lock") == 0)
        #expect(client.run(["EVAL", Self.release, "1", "lock", "mine"]) == 0)
        #expect(client.run(["EVAL", Self.release, "1", "lock"]) == 0)
    }

    @Test(
        "a script is known however it is spaced and quoted",
        arguments: [
            "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end",
            "\n\tif redis.call(\"get\",KEYS[1])==ARGV[1] then\r\n  return redis.call(\"del\",KEYS[1])  else return 0 end\n",
        ])
    func spelling(text: String) {
        client("SET lock mine")
        #expect(client.run(["EVAL", text, "1", "lock", "mine"]) == 1)
    }

    @Test(
        "another script is refused",
        arguments: [
            "return 1", "",
            "if redis.call('get',KEYS[1]) == ARGV[1] then return redis.call('del',KEYS[2]) else return 0 end",
            "ifredis.call('get',KEYS[1]) == ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end",
            String(repeating: " ", count: 5_000),
        ])
    func unknown(text: String) {
        #expect(client.run(["EVAL", text, "1", "lock", "mine"]).isError("ERR there is no Lua here"))
        #expect(client.run(["SCRIPT", "LOAD", text]).isError("ERR there is no Lua here"))
    }

    @Test("a lock is extended by its owner")
    func extend() {
        client("SET lock mine PX 1000")
        #expect(client.run(["EVAL", Self.extend, "1", "lock", "mine", "500", "0"]) == 1)
        #expect(client("PTTL lock") == 1_500)
        #expect(client.run(["EVAL", Self.extend, "1", "lock", "mine", "700", "1"]) == 1)
        #expect(client("PTTL lock") == 700)
        #expect(client.run(["EVAL", Self.extend, "1", "lock", "yours", "900", "1"]) == 0)
        #expect(
            client.run(["EVAL", Self.extend, "1", "lock", "mine", "x", "1"]).isError("ERR value is not an integer"))
        #expect(
            client.run(["EVAL", Self.extend, "1", "lock", "mine", "9223372036854775807", "0"])
                .isError("ERR invalid expire time"))
        #expect(client("PTTL lock") == 700)
        client("PERSIST lock")
        #expect(client.run(["EVAL", Self.extend, "1", "lock", "mine", "500", "0"]) == 0)
        let reacquire = Self.held + "redis.call('pexpire', KEYS[1], ARGV[2])\nreturn 1"
        #expect(client.run(["EVAL", reacquire, "1", "lock", "mine", "500"]) == 1)
        #expect(client("PTTL lock") == 500)
        #expect(client.run(["EVAL", reacquire, "1", "lock", "mine", "-1"]) == 1)
        #expect(client("EXISTS lock") == 0)
    }

    @Test("a script that was loaded or run is there by its hash until all are forgotten")
    func loading() {
        let hash = SHA1.hex(Self.release.utf8.span)
        client("SET lock mine")
        #expect(client("EVALSHA \(hash) 1 lock mine").isError("NOSCRIPT "))
        #expect(client("SCRIPT EXISTS \(hash) \(hash)") == [0, 0])
        #expect(client.run(["SCRIPT", "LOAD", Self.release]) == .bulk(hash))
        #expect(client("SCRIPT EXISTS \(hash) ffff") == [1, 0])
        #expect(client("EVALSHA \(hash.uppercased()) 1 lock mine") == 1)
        #expect(client("SCRIPT FLUSH") == .ok)
        #expect(client("SCRIPT FLUSH NOW").isError("ERR SCRIPT FLUSH only"))
        #expect(client("EVALSHA \(hash) 1 lock mine").isError("NOSCRIPT "))
        client.run(["EVAL", Self.release, "1", "lock", "mine"])
        #expect(client("SCRIPT EXISTS \(hash)") == [1])
    }

    @Test("keys are counted, and a value of another kind is refused")
    func arguments() {
        #expect(client.run(["EVAL", Self.release, "0"]).isError("ERR the script is about KEYS[1]"))
        #expect(client.run(["EVAL", Self.release, "2", "lock"]).isError("ERR Number of keys can't be greater"))
        #expect(client.run(["EVAL", Self.release, "-1", "lock"]).isError("ERR Number of keys can't be negative"))
        #expect(client.run(["EVAL", Self.release, "x", "lock"]).isError("ERR value is not an integer"))
        #expect(client.run(["COMMAND", "GETKEYS", "EVAL", Self.release, "1", "lock", "mine"]) == ["lock"])
        client("RPUSH lock x")
        #expect(client.run(["EVAL", Self.release, "1", "lock", "mine"]) == .wrongType)
    }

    @Test("a script is one step of a transaction, and who watches the key sees it")
    func transactions() {
        client("SET lock mine")
        client("MULTI")
        #expect(client.run(["EVAL", Self.release, "1", "lock", "mine"]) == .simple("QUEUED"))
        client("SET lock yours")
        #expect(client("EXEC") == [1, .ok])
        let other = server.client()
        other("WATCH lock")
        client.run(["EVAL", Self.release, "1", "lock", "yours"])
        other("MULTI")
        other("SET lock theirs")
        #expect(other("EXEC") == .nullArray || other("EXEC") == nil)
        #expect(client("EXISTS lock") == 0)
    }
}
