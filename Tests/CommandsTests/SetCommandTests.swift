import Testing

@Suite("Set commands")
struct SetCommandTests {
    let server = TestEngine()
    var client: Client { server.client() }

    @Test("members are added once, removed and asked for")
    func members() {
        let client = client
        #expect(client("SADD s b a b c") == 3)
        #expect(client("SADD s a d") == 1)
        #expect(client("SMEMBERS s") == .set(["a", "b", "c", "d"]))
        #expect(client("SCARD s") == 4)
        #expect(client("SISMEMBER s a") == 1)
        #expect(client("SISMEMBER s x") == 0)
        #expect(client("SMISMEMBER s a x b") == [1, 0, 1])
        #expect(client("SREM s a x b") == 2)
        #expect(client("SREM s c d") == 2)
        #expect(client("SMEMBERS none") == .set([]))
        #expect(client("SMISMEMBER none a b") == [0, 0])
        #expect(client("SREM none a") == 0)
    }

    @Test("other kinds of values are refused, and left as they are")
    func wrongType() {
        let client = client
        client("SET str x")
        client("ZADD z 1 a")
        for line in [
            "SADD str a", "SREM str a", "SMEMBERS str", "SISMEMBER str a", "SMISMEMBER str a", "SCARD str", "SPOP str",
            "SRANDMEMBER str", "SMOVE str s a", "SINTER none str", "SUNION str", "SDIFF none str", "SSCAN str 0",
            "SINTERSTORE d none str", "SUNIONSTORE d str", "SDIFFSTORE d none str", "SINTERCARD 1 str", "SUNION z",
            "SSCAN str 0 COUNT 0",
        ] {
            #expect(client(line) == .wrongType, "\(line)")
        }
        #expect(client("GET str") == "x")
        #expect(client("SCARD d") == 0)
    }

    @Test("a member is moved from one set to another")
    func move() {
        let client = client
        client("SADD a 1 2")
        client("SADD b 2 3")
        client("SET str x")
        #expect(client("SMOVE a b 1") == 1)
        #expect(client("SMOVE a b 2") == 1)
        #expect(client("SCARD a") == 0)
        #expect(client("SMEMBERS b") == .set(["1", "2", "3"]))
        #expect(client("SMOVE b b 1") == 1)
        #expect(client("SMOVE b b 9") == 0)
        #expect(client("SMOVE b c 9") == 0)
        #expect(client("SMOVE none str 1") == 0)
        #expect(client("SMOVE b str 1") == .wrongType)
        #expect(client("SCARD b") == 3)
    }

    @Test("random members are taken or shown")
    func random() {
        let client = client
        let positive = Reply.error("ERR value is out of range, must be positive")
        #expect(client("SPOP none") == nil)
        #expect(client("SPOP none 2") == .set([]))
        #expect(client("SRANDMEMBER none") == nil)
        #expect(client("SRANDMEMBER none 2") == [])
        #expect(client("SRANDMEMBER none -2") == [])
        client("SADD s a b c")
        #expect(client("SPOP s 0") == .set([]))
        #expect(client("SPOP s -1") == positive)
        #expect(client("SPOP none x") == positive)
        #expect(client("SPOP s 1 2") == .error("ERR syntax error"))
        #expect(client("SRANDMEMBER s 1 2") == .error("ERR syntax error"))
        #expect(client("SRANDMEMBER s x") == .error("ERR value is not an integer or out of range"))
        #expect(client("SRANDMEMBER s 0") == [])
        #expect(
            client("SRANDMEMBER s -9223372036854775808")
                == .error(
                    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"))
        if case .array(let all) = client("SRANDMEMBER s 9") {
            #expect(Set(all.map(\.description)) == ["\"a\"", "\"b\"", "\"c\""])
        } else {
            Issue.record("no array")
        }
        if case .array(let many) = client("SRANDMEMBER s -9") { #expect(many.count == 9) }
        if case .bulk(let one) = client("SPOP s") { #expect("abc".contains(one)) }
        #expect(client("SCARD s") == 2)
        if case .set(let rest) = client("SPOP s 5") { #expect(rest.count == 2) }
        #expect(client("SCARD s") == 0)
    }

    @Test("unions, intersections and differences are given and stored")
    func algebra() {
        let client = client
        client("SADD a 1 2 3")
        client("SADD b 2 3 4")
        client("SADD c 3")
        #expect(client("SINTER a b") == .set(["2", "3"]))
        #expect(client("SINTER a b c") == .set(["3"]))
        #expect(client("SINTER a none") == .set([]))
        #expect(client("SUNION a b none") == .set(["1", "2", "3", "4"]))
        #expect(client("SDIFF a b") == .set(["1"]))
        #expect(client("SDIFF a a") == .set([]))
        #expect(client("SINTERSTORE d a b") == 2)
        #expect(client("SUNIONSTORE d a d") == 3)
        #expect(client("SMEMBERS d") == .set(["1", "2", "3"]))
        #expect(client("SDIFFSTORE a a b") == 1)
        #expect(client("SMEMBERS a") == .set(["1"]))
        client("SET str x")
        #expect(client("SUNIONSTORE str none") == 0)
        #expect(client("GET str") == nil)
        #expect(client("SDIFFSTORE d none") == 0)
        #expect(client("SCARD d") == 0)
    }

    @Test("the size of an intersection is counted up to a limit")
    func intersectionSize() {
        let client = client
        client("SADD a 1 2 3 4")
        client("SADD b 2 3 4 5")
        #expect(client("SINTERCARD 2 a b") == 3)
        #expect(client("SINTERCARD 2 a b LIMIT 2") == 2)
        #expect(client("SINTERCARD 2 a b LIMIT 0") == 3)
        #expect(client("SINTERCARD 2 a b LIMIT 1 limit 9") == 3)
        #expect(client("SINTERCARD 2 a none") == 0)
        for number in ["0", "-1", "x"] {
            #expect(client("SINTERCARD \(number) a") == .error("ERR numkeys should be greater than 0"))
        }
        #expect(client("SINTERCARD 3 a b") == .error("ERR Number of keys can't be greater than number of args"))
        for limit in ["-1", "x"] {
            #expect(client("SINTERCARD 2 a b LIMIT \(limit)") == .error("ERR LIMIT can't be negative"))
        }
        #expect(client("SINTERCARD 2 a b LIMIT") == .error("ERR syntax error"))
        #expect(client("SINTERCARD 2 a b FOO 1") == .error("ERR syntax error"))
    }

    @Test("a scan meets each member once, whatever the size of the set", arguments: [0, 5, 1_000])
    func scan(count: Int) {
        let client = client
        let members = (0..<count).map { "member:\($0)" }
        if count > 0 { client.run(["SADD", "s"] + members) }
        var seen: [String] = []
        var cursor = "0"
        repeat {
            guard case .array(let parts) = client("SSCAN s \(cursor) COUNT 7"), parts.count == 2,
                case .bulk(let next) = parts[0], case .array(let found) = parts[1]
            else {
                Issue.record("no reply of two parts")
                return
            }
            cursor = next
            for case .bulk(let member) in found { seen.append(member) }
        } while cursor != "0"
        #expect(seen.sorted() == members.sorted())
    }

    @Test("a scan takes a pattern, and refuses what Redis refuses")
    func scanOptions() {
        let client = client
        client("SADD s apple banana avocado")
        #expect(client("SSCAN s 0 MATCH a* COUNT 100") == ["0", ["apple", "avocado"]])
        #expect(client("SSCAN none 0 FOO") == ["0", []])
        for cursor in ["x", "1x", "18446744073709551616"] {
            #expect(client("SSCAN s \(cursor)") == .error("ERR invalid cursor"))
        }
        #expect(client("SSCAN s -1 COUNT 5") == ["0", ["apple", "avocado", "banana"]])
        #expect(client("SSCAN s 0 COUNT 0") == .error("ERR syntax error"))
        #expect(client("SSCAN s 0 COUNT x") == .error("ERR value is not an integer or out of range"))
        #expect(client("SSCAN s 0 MATCH") == .error("ERR syntax error"))
        #expect(client("SSCAN s 0 FOO a") == .error("ERR syntax error"))
    }

    @Test("members are any bytes")
    func bytes() {
        let client = client
        let members = ["", "\0", "\0\u{FF}", "a\0b", "a"]
        #expect(client.run(["SADD", "s"] + members) == .integer(5))
        let more = (0..<200).map { "x\($0)" }
        client.run(["SADD", "s"] + more)
        for member in members { #expect(client.run(["SISMEMBER", "s", member]) == 1) }
        #expect(client.run(["SREM", "s"] + members) == .integer(5))
        #expect(client("SCARD s") == 200)
    }
}
