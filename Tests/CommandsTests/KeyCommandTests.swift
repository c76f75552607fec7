import Commands
import Testing

@Suite("Key commands")
struct KeyCommandTests {
    let server = TestEngine()
    let syntax = Reply.error("ERR syntax error")
    let outOfRange = Reply.error("ERR DB index is out of range")
    let same = Reply.error("ERR source and destination objects are the same")

    @Test("DEL, UNLINK, EXISTS, TOUCH and TYPE look at keys of any kind")
    func existence() {
        let client = server.client()
        client("MSET a 1 b 2 c 3")
        client("SADD s 1 2")
        client("ZADD z 1 a")
        #expect(client("EXISTS a b none a s") == 4)
        #expect(client("TOUCH a none z") == 2)
        #expect(client("TYPE a") == .simple("string"))
        #expect(client("TYPE s") == .simple("set"))
        #expect(client("TYPE z") == .simple("zset"))
        #expect(client("TYPE none") == .simple("none"))
        #expect(client("DEL a none s a") == 2)
        #expect(client("UNLINK b z") == 2)
        #expect(client("KEYS *") == ["c"])
    }

    @Test("EXPIRE and its kin obey NX, XX, GT and LT")
    func expiring() {
        let client = server.client()
        client("SET a 1")
        #expect(client("EXPIRE a 100 XX") == 0)
        #expect(client("EXPIRE a 100 GT") == 0)
        #expect(client("EXPIRE a 100 LT") == 1)
        #expect(client("EXPIRE a 200 NX") == 0)
        #expect(client("EXPIRE a 50 GT") == 0)
        #expect(client("EXPIRE a 150 XX GT") == 1)
        #expect(client("TTL a") == 150)
        #expect(client("PEXPIRE a 1500 LT") == 1)
        #expect(client("TTL a") == 2)
        #expect(client("PTTL a") == 1_500)
        #expect(client("EXPIREAT a \(server.now / 1_000 + 7)") == 1)
        #expect(client("EXPIRETIME a") == .integer(server.now / 1_000 + 7))
        #expect(client("PEXPIREAT a \(server.now + 70)") == 1)
        #expect(client("PEXPIRETIME a") == .integer(server.now + 70))
        #expect(client("PERSIST a") == 1)
        #expect(client("PERSIST a") == 0)
        #expect(client("TTL a") == -1)
        #expect(client("TTL none") == -2)
        #expect(client("EXPIRETIME none") == -2)
        #expect(client("EXPIRE none 10") == 0)
        #expect(client("EXPIRE a -1") == 1)
        #expect(client("EXISTS a") == 0)
        let both = Reply.error("ERR NX and XX, GT or LT options at the same time are not compatible")
        #expect(client("EXPIRE a 1 NX XX") == both)
        #expect(client("EXPIRE a 1 GT LT") == .error("ERR GT and LT options at the same time are not compatible"))
        #expect(client("EXPIRE a 1 FOO") == .error("ERR Unsupported option FOO"))
        #expect(client("EXPIRE a 9223372036854775807") == .error("ERR invalid expire time in 'expire' command"))
        #expect(client("PEXPIRE a 9223372036854775807") == .error("ERR invalid expire time in 'pexpire' command"))
        #expect(client("EXPIRE a x") == .error("ERR value is not an integer or out of range"))
    }

    @Test("a key that expires is gone for every command at its time")
    func gone() {
        let client = server.client()
        client("SADD s a b")
        client("SET a 1 PX 100")
        #expect(client("PEXPIRE s 100") == 1)
        server.now += 100
        #expect(client("EXISTS a s") == 0)
        #expect(client("KEYS *") == [])
        #expect(client("DBSIZE") == 0)
        #expect(client("RANDOMKEY") == nil)
        #expect(client("SCAN 0") == ["0", []])
        #expect(client("RENAME s t") == .error("ERR no such key"))
        #expect(client("SADD s c") == 1)
        #expect(client("TTL s") == -1)
        #expect(client("SMEMBERS s") == .set(["c"]))
    }

    @Test("RENAME keeps value, kind and expiry, and replaces what is there")
    func renaming() {
        let client = server.client()
        client("SET a 1 EX 100")
        client("SADD b x y")
        #expect(client("RENAME a c") == .ok)
        #expect(client("TTL c") == 100)
        #expect(client("RENAME b c") == .ok)
        #expect(client("TTL c") == -1)
        #expect(client("SCARD c") == 2)
        #expect(client("RENAME none c") == .error("ERR no such key"))
        #expect(client("RENAME c c") == .ok)
        #expect(client("RENAMENX c c") == 0)
        #expect(client("RENAMENX none none") == .error("ERR no such key"))
        client("SET d 1")
        #expect(client("RENAMENX c d") == 0)
        #expect(client("RENAMENX c e") == 1)
        #expect(client("KEYS *") == ["d", "e"])
    }

    @Test("a big collection is renamed, moved and copied whole")
    func bigCollections() {
        let client = server.client()
        for start in stride(from: 0, to: 1_000, by: 100) {
            client.run(["SADD", "s"] + (start..<start + 100).map(String.init))
        }
        #expect(client("COPY s t") == 1)
        #expect(client("SREM s 5") == 1)
        #expect(client("SCARD t") == 1_000)
        #expect(client("SISMEMBER t 5") == 1)
        #expect(client("RENAME s u") == .ok)
        #expect(client("SCARD u") == 999)
        #expect(client("MOVE u 3") == 1)
        #expect(client("EXISTS u") == 0)
        #expect(client("SELECT 3") == .ok)
        #expect(client("SCARD u") == 999)
        #expect(client("SISMEMBER u 6") == 1)
    }

    @Test("COPY and MOVE reach other databases and replace only where told to")
    func otherDatabases() {
        let client = server.client()
        client("SET a 1 EX 100")
        #expect(client("COPY a a") == same)
        #expect(client("COPY a b") == 1)
        #expect(client("COPY a b") == 0)
        #expect(client("COPY none b REPLACE") == 0)
        client("SET a 2")
        #expect(client("COPY a b REPLACE") == 1)
        #expect(client("GET b") == "2")
        #expect(client("TTL b") == -1)
        #expect(client("COPY a a DB 1") == 1)
        #expect(client("COPY a a DB 99") == outOfRange)
        #expect(client("COPY a a DB") == syntax)
        #expect(client("MOVE a 0") == same)
        #expect(client("MOVE a 1") == 0)
        #expect(client("MOVE b 1") == 1)
        #expect(client("MOVE none 1") == 0)
        #expect(client("MOVE a 16") == outOfRange)
        #expect(client("MOVE a x") == .error("ERR value is not an integer or out of range"))
        #expect(client("KEYS *") == ["a"])
        client("SELECT 1")
        #expect(client("MGET a b") == ["2", "2"])
        #expect(client("MOVE b 0") == 1)
        client("SELECT 0")
        #expect(client("GET b") == "2")
    }

    @Test("databases are chosen, swapped and emptied")
    func databases() {
        let client = server.client()
        client("MSET a 0 b 0")
        client("SADD s x")
        #expect(client("SELECT 5") == .ok)
        client("SET a 5 EX 10")
        #expect(client("SWAPDB 0 5") == .ok)
        #expect(client("KEYS *") == ["a", "b", "s"])
        #expect(client("GET a") == "0")
        client("SELECT 0")
        #expect(client("GET a") == "5")
        #expect(client("TTL a") == 10)
        #expect(client("DBSIZE") == 1)
        #expect(client("SWAPDB 5 7") == .ok)
        #expect(client("SELECT 7") == .ok)
        #expect(client("DBSIZE") == 3)
        #expect(client("FLUSHDB ASYNC") == .ok)
        #expect(client("DBSIZE") == 0)
        client("SET x 1")
        #expect(client("FLUSHALL") == .ok)
        #expect(client("DBSIZE") == 0)
        client("SELECT 0")
        #expect(client("DBSIZE") == 0)
        #expect(client("FLUSHALL NOW") == syntax)
        #expect(client("SELECT 16") == outOfRange)
        #expect(client("SELECT x") == .error("ERR value is not an integer or out of range"))
        #expect(client("SWAPDB x 1") == .error("ERR invalid first DB index"))
        #expect(client("SWAPDB 1 x") == .error("ERR invalid second DB index"))
        #expect(client("SWAPDB -1 x") == .error("ERR invalid second DB index"))
        #expect(client("SWAPDB 1 16") == outOfRange)
    }

    @Test("OBJECT names what Redis would keep a value in")
    func encodings() {
        let client = server.client()
        client("MSET n 12 short abc long \(String(repeating: "x", count: 45))")
        client("SADD ints 1 2")
        client("SADD words a")
        client("ZADD z 1 a")
        let encodings: [(String, Reply)] = [
            ("n", "int"), ("short", "embstr"), ("long", "raw"), ("ints", "intset"), ("words", "hashtable"),
            ("z", "listpack"), ("none", nil),
        ]
        for (key, encoding) in encodings { #expect(client("OBJECT ENCODING \(key)") == encoding) }
        #expect(client("OBJECT REFCOUNT short") == 1)
        #expect(client("OBJECT IDLETIME short") == 0)
        #expect(client("OBJECT FREQ none") == nil)
        #expect(client("OBJECT FOO") == .error("ERR unknown subcommand 'FOO'. Try OBJECT HELP."))
    }
}

@Suite("Walking over keys by commands")
struct ScanCommandTests {
    let server = TestEngine()

    @Test("KEYS gives what matches, in key order")
    func keys() {
        let client = server.client()
        client("MSET user:1 a user:2 b users c other d")
        client("SADD user:3 x")
        #expect(client("KEYS user:*") == ["user:1", "user:2", "user:3"])
        #expect(client("KEYS user?") == ["users"])
        #expect(client("KEYS *e*[12]") == ["user:1", "user:2"])
        #expect(client("KEYS user:1") == ["user:1"])
        #expect(client("KEYS none*") == [])
    }

    @Test("SCAN gives every key that is there all along, whatever comes and goes meanwhile")
    func scanning() throws {
        let client = server.client()
        var expected: Set<String> = []
        for index in 0..<500 {
            client(index % 3 == 0 ? "SADD k\(index) x" : "SET k\(index) x")
            expected.insert("k\(index)")
        }
        var (cursor, seen, rounds) = ("0", Set<String>(), 0)
        repeat {
            guard case .array(let reply) = client("SCAN \(cursor) COUNT 7"), reply.count == 2,
                case .bulk(let next) = reply[0], case .array(let keys) = reply[1]
            else {
                Issue.record("no reply of SCAN")
                return
            }
            for case .bulk(let key) in keys { seen.insert(key) }
            cursor = next
            rounds += 1
            client("SET new\(rounds) x")
            client("DEL new\(rounds - 1)")
        } while cursor != "0" && rounds < 1_000
        #expect(seen.isSuperset(of: expected))
        #expect(client("SCAN 0 MATCH k12? COUNT 1000") == ["0", .array((0..<10).map { .bulk("k12\($0)") })])
        #expect(client("SCAN 0 MATCH k1 TYPE string") == ["0", ["k1"]])
        #expect(client("SCAN 0 MATCH k1 TYPE set") == ["0", []])
        #expect(client("SCAN x") == .error("ERR invalid cursor"))
        #expect(client("SCAN 0 COUNT 0") == .error("ERR syntax error"))
        #expect(client("SCAN 0 COUNT") == .error("ERR syntax error"))
        #expect(client("SCAN 0 COUNT x") == .error("ERR value is not an integer or out of range"))
    }

    @Test("DBSIZE counts and RANDOMKEY reaches every key, few or many")
    func counting() {
        let client = server.client()
        var keys: Set<String> = []
        for index in 0..<8 {
            client(index % 2 == 0 ? "SET k\(index) x" : "ZADD k\(index) 1 x")
            keys.insert("k\(index)")
        }
        #expect(client("DBSIZE") == 8)
        var seen: Set<String> = []
        for _ in 0..<400 {
            if case .bulk(let key) = client("RANDOMKEY") { seen.insert(key) }
        }
        #expect(seen == keys)
        for start in stride(from: 0, to: 5_000, by: 500) {
            client.run(["MSET"] + (start..<start + 500).flatMap { ["many\($0)", "x"] })
        }
        #expect(client("DBSIZE") == 5_008)
        #expect(client("DBSIZE") == 5_008)
        client("SET many7 y PX 100")
        client("SET another y")
        #expect(client("DBSIZE") == 5_009)
        server.now += 100
        #expect(client("DBSIZE") == 5_008)
        for _ in 0..<50 {
            guard case .bulk(let key) = client("RANDOMKEY") else {
                Issue.record("there is no random key")
                break
            }
            #expect(client("EXISTS \(key)") == 1)
        }
        // Most keys go: the landmarks lead nowhere.
        client.run(["DEL"] + (0..<5_000).map { "many\($0)" })
        if case .bulk(let key) = client("RANDOMKEY") { keys.insert(key) }
        #expect(client("DBSIZE") == 9)
        #expect(keys.count <= 9)
        #expect(client("FLUSHDB") == .ok)
        #expect(client("DBSIZE") == 0)
    }
}

@Suite("SORT")
struct SortCommandTests {
    let server = TestEngine()

    @Test("sorts by number, by bytes, both ways, and gives a part")
    func plain() {
        let client = server.client()
        client("SADD s 10 9 1 2 -3 2.5")
        #expect(client("SORT s") == ["-3", "1", "2", "2.5", "9", "10"])
        #expect(client("SORT s DESC LIMIT 1 2") == ["9", "2.5"])
        #expect(client("SORT s ALPHA") == ["-3", "1", "10", "2", "2.5", "9"])
        #expect(client("SORT s LIMIT 4 -1") == ["9", "10"])
        #expect(client("SORT s LIMIT 100 5") == [])
        #expect(client("SORT_RO s LIMIT 0 1") == ["-3"])
        #expect(client("SORT none") == [])
        client("SADD words b a")
        #expect(client("SORT words") == .error("ERR One or more scores can't be converted into double"))
        client("SET string x")
        #expect(client("SORT string") == .wrongType)
        #expect(client("SORT s STORE") == .error("ERR syntax error"))
        #expect(client("SORT_RO s STORE d") == .error("ERR syntax error"))
        #expect(client("SORT s LIMIT 0 x") == .error("ERR value is not an integer or out of range"))
        client("ZADD z 3 a 1 b 2 c")
        #expect(client("SORT z BY nosort") == ["b", "c", "a"])
        #expect(client("SORT z BY nosort DESC LIMIT 0 2") == ["a", "c"])
    }

    @Test("weighs by other keys and gives what they hold")
    func patterns() {
        let client = server.client()
        client("SADD s 1 2 3")
        client("MSET weight_1 30 weight_2 20 name_1 one name_2 two")
        #expect(client("SORT s BY weight_*") == ["3", "2", "1"])
        #expect(client("SORT s BY weight_* GET name_* GET #") == [nil, "3", "two", "2", "one", "1"])
        #expect(client("SORT s BY name_* ALPHA DESC") == ["2", "1", "3"])
        #expect(client("SORT s GET constant") == [nil, nil, nil])
    }

    @Test("patterns are refused to who may not read every key")
    func rights() {
        let admin = server.client()
        admin("SADD al 1 2")
        admin("SET secret_1 x")
        #expect(admin("ACL SETUSER bob on >pw +@all ~a*") == .ok)
        let client = server.client()
        #expect(client("AUTH bob pw") == .ok)
        let by = Reply.error("ERR BY option of SORT denied due to insufficient ACL permissions.")
        let get = Reply.error("ERR GET option of SORT denied due to insufficient ACL permissions.")
        #expect(client("SORT al BY secret_*") == by)
        #expect(client("SORT al GET secret_*") == get)
        #expect(client("SORT_RO al GET #") == get)
        #expect(client("SORT al BY nosort") == ["1", "2"])
        #expect(admin("ACL SETUSER bob %R~*") == .ok)
        #expect(client("SORT al GET secret_*") == ["x", nil])
    }

    @Test("stores what it sorted as a list")
    func storing() {
        let client = server.client()
        client.run(["SADD", "s"] + (0..<300).map(String.init))
        client("SET d 1 EX 10")
        #expect(client("SORT s DESC STORE d") == 300)
        #expect(client("TYPE d") == .simple("list"))
        #expect(client("TTL d") == -1)
        #expect(client("SORT d LIMIT 0 2 BY nosort") == ["299", "298"])
        #expect(client("SORT s LIMIT 0 2 STORE d") == 2)
        #expect(client("SORT d BY nosort DESC") == ["1", "0"])
        #expect(client("SORT none STORE d") == 0)
        #expect(client("EXISTS d") == 0)
    }
}
