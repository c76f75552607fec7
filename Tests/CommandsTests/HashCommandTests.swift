import Testing

@Suite("Hash commands")
struct HashCommandTests {
    let server = TestEngine()
    let client: Client

    init() {
        client = server.client()
        client("SET s text")
    }

    @Test("fields are set, read and removed", arguments: [0, 200])
    func fields(more: Int) {
        fill("h", more)
        #expect(client("HSET h a 1 b 2 a 3") == 2)
        #expect(client("HSET h a 4 c 5") == 1)
        #expect(client("HMSET h d 6") == .ok)
        #expect(client("HSETNX h d 7") == 0)
        #expect(client("HSETNX h e 8") == 1)
        #expect(client("HGET h a") == "4")
        #expect(client("HGET h none") == nil)
        #expect(client("HGET none a") == nil)
        #expect(client("HMGET h a none d") == ["4", nil, "6"])
        #expect(client("HMGET none a b") == [nil, nil])
        #expect(client("HLEN h") == .integer(Int64(more + 5)))
        #expect(client("HEXISTS h a") == 1)
        #expect(client("HEXISTS h none") == 0)
        #expect(client("HSTRLEN h a") == 1)
        #expect(client("HSTRLEN h none") == 0)
        #expect(client("HSTRLEN none a") == 0)
        #expect(client("HDEL h a none a b") == 2)
        #expect(client("HDEL none a") == 0)
        #expect(client("HLEN h") == .integer(Int64(more + 3)))
    }

    @Test("a hash without fields is gone", arguments: [1, 200])
    func empty(count: Int) {
        fill("h", count)
        #expect(client.run(["HDEL", "h"] + (0..<count).map { "f\($0)" }) == .integer(Int64(count)))
        #expect(client("EXISTS h") == 0)
        #expect(client("HGETALL h") == .map([]))
        #expect(client("HKEYS h") == [])
        #expect(client("HVALS h") == [])
        #expect(client("HLEN h") == 0)
    }

    @Test("all fields are given, in one order", arguments: [3, 200])
    func all(count: Int) {
        fill("h", count)
        guard case .map(let pairs) = client("HGETALL h"), case .array(let keys) = client("HKEYS h"),
            case .array(let values) = client("HVALS h")
        else { return #expect(Bool(false), "no aggregates") }
        #expect(zip(keys, values).flatMap { [$0, $1] } == pairs)
        #expect(Set(keys.map(\.description)) == Set((0..<count).map { "\"f\($0)\"" }))
    }

    @Test("another kind of value is refused by all of them")
    func wrongType() {
        for line in [
            "HSET s a 1", "HMSET s a 1", "HSETNX s a 1", "HGET s a", "HMGET s a", "HGETALL s", "HKEYS s", "HVALS s",
            "HLEN s", "HDEL s a", "HEXISTS s a", "HSTRLEN s a", "HINCRBY s a 1", "HINCRBYFLOAT s a 1", "HRANDFIELD s",
            "HRANDFIELD s 1 WITHVALUES", "HSCAN s 0 COUNT 0",
        ] {
            #expect(client(line) == .wrongType, "\(line)")
        }
    }

    @Test("fields come with values")
    func pairs() {
        #expect(client("HSET h a") == .error("ERR wrong number of arguments for 'hset' command"))
        #expect(client("HSET h a 1 b") == .error("ERR wrong number of arguments for 'hset' command"))
        #expect(client("HMSET h a 1 b") == .error("ERR wrong number of arguments for 'hmset' command"))
    }

    @Test("integers in fields are added to", arguments: [0, 200])
    func increments(more: Int) {
        fill("h", more)
        #expect(client("HINCRBY h n 5") == 5)
        #expect(client("HINCRBY h n -7") == -2)
        #expect(client("HGET h n") == "-2")
        #expect(client("HINCRBY h n x") == .error("ERR value is not an integer or out of range"))
        #expect(client("HINCRBY s n x") == .error("ERR value is not an integer or out of range"))
        #expect(client("HINCRBY h n -9223372036854775807") == .error("ERR increment or decrement would overflow"))
        client("HSET h text abc")
        #expect(client("HINCRBY h text 1") == .error("ERR hash value is not an integer"))
        #expect(client("HGET h n") == "-2")
    }

    @Test("numbers in fields are added to as Redis adds them")
    func floatIncrements() {
        #expect(client("HINCRBYFLOAT h n 0.1") == "0.1")
        #expect(client("HINCRBYFLOAT h n 0.2") == "0.3")
        #expect(client("HINCRBYFLOAT h m 3.0e3") == "3000")
        #expect(client("HINCRBYFLOAT h zero -0") == "0")
        #expect(client("HINCRBYFLOAT h z3 1e22") == "10000000000000000000000")
        #expect(client("HINCRBYFLOAT h n x") == .error("ERR value is not a valid float"))
        #expect(client("HINCRBYFLOAT h n nan") == .error("ERR value is not a valid float"))
        #expect(client("HINCRBYFLOAT h n inf") == .error("ERR value is NaN or Infinity"))
        client("HSET h text abc")
        #expect(client("HINCRBYFLOAT h text 1") == .error("ERR hash value is not a float"))
    }

    @Test("random fields are fields, different unless the number is negative", arguments: [10, 100, 2_000])
    func random(count: Int) {
        fill("h", count)
        let all = Set((0..<count).map { "\"f\($0)\"" })
        guard case .bulk = client("HRANDFIELD h") else { return #expect(Bool(false), "no field") }
        for number in [1, 3, count - 1, count, 2 * count] {
            guard case .array(let fields) = client("HRANDFIELD h \(number)") else {
                return #expect(Bool(false), "no fields")
            }
            #expect(fields.count == min(number, count))
            #expect(Set(fields.map(\.description)).count == fields.count)
            #expect(all.isSuperset(of: fields.map(\.description)))
        }
        guard case .array(let fields) = client("HRANDFIELD h -50 WITHVALUES") else {
            return #expect(Bool(false), "no fields")
        }
        #expect(fields.count == 50)
        for field in fields {
            guard case .array(let pair) = field, case .bulk(let name) = pair.first, case .bulk(let value) = pair.last
            else { return #expect(Bool(false), "no pair") }
            #expect(name == "f" + value.dropFirst())
        }
    }

    @Test("what HRANDFIELD is asked for is checked before the key")
    func randomErrors() {
        #expect(client("HRANDFIELD none") == nil)
        #expect(client("HRANDFIELD none 2") == [])
        #expect(client("HRANDFIELD none 2 WITHVALUES") == [])
        client("HSET h a 1")
        #expect(client("HRANDFIELD h 0") == [])
        #expect(client("HRANDFIELD s x") == .error("ERR value is not an integer or out of range"))
        #expect(client("HRANDFIELD s 1 OTHER") == .error("ERR syntax error"))
        #expect(client("HRANDFIELD s 1 WITHVALUES x") == .error("ERR syntax error"))
        #expect(client("HRANDFIELD h 4611686018427387904 WITHVALUES") == .error("ERR value is out of range"))
        #expect(client("HRANDFIELD h 9223372036854775807") == ["a"])
    }

    @Test("a scan meets each field once", arguments: [5, 120, 1_500])
    func scans(count: Int) {
        fill("h", count)
        var cursor = "0"
        var seen: [String] = []
        repeat {
            guard case .array(let reply) = client("HSCAN h \(cursor) COUNT 100"), case .bulk(let next) = reply.first,
                case .array(let pairs) = reply.last
            else { return #expect(Bool(false), "no reply") }
            for index in stride(from: 0, to: pairs.count, by: 2) { seen.append(pairs[index].description) }
            cursor = next
        } while cursor != "0"
        #expect(seen.count == count)
        #expect(Set(seen).count == count)
    }

    @Test("a scan takes patterns, and refuses what Redis refuses")
    func scanOptions() {
        client("HSET h apple 1 avocado 2 banana 3")
        #expect(client("HSCAN h 0 MATCH a*") == ["0", ["apple", "1", "avocado", "2"]])
        #expect(client("HSCAN h 0 MATCH z*") == ["0", []])
        #expect(client("HSCAN none 0") == ["0", []])
        #expect(client("HSCAN none 0 COUNT 0") == ["0", []])
        #expect(client("HSCAN h x") == .error("ERR invalid cursor"))
        #expect(client("HSCAN s x") == .error("ERR invalid cursor"))
        #expect(client("HSCAN h 0 COUNT 0") == .error("ERR syntax error"))
        #expect(client("HSCAN h 0 COUNT x") == .error("ERR value is not an integer or out of range"))
        #expect(client("HSCAN h 0 COUNT") == .error("ERR syntax error"))
        #expect(client("HSCAN h 0 TYPE hash") == .error("ERR syntax error"))
    }

    /// Fills a hash with the fields `f0`, `f1` and so on, with values `v0`, `v1` and so on.
    private func fill(_ key: String, _ count: Int) {
        guard count > 0 else { return }
        client.run(["HSET", key] + (0..<count).flatMap { ["f\($0)", "v\($0)"] })
    }
}
