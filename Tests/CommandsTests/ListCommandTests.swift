import Testing

@Suite("List commands")
struct ListCommandTests {
    let server = TestEngine()
    let client: Client

    init() {
        client = server.client()
        client("SET s text")
    }

    @Test("elements are pushed and popped at both ends")
    func ends() {
        #expect(client("RPUSH l b c") == 2)
        #expect(client("LPUSH l a z") == 4)
        #expect(client("LRANGE l 0 -1") == ["z", "a", "b", "c"])
        #expect(client("LLEN l") == 4)
        #expect(client("LPOP l") == "z")
        #expect(client("RPOP l") == "c")
        #expect(client("LPOP l 0") == [])
        #expect(client("RPOP l 5") == ["b", "a"])
        #expect(client("LLEN l") == 0)
        #expect(client("LPOP l") == nil)
        #expect(client("LPOP l 2") == .nullArray)
        #expect(client("LPOP l 0") == .nullArray)
    }

    @Test("the numbers of LPOP and RPOP are checked before the key")
    func popCounts() {
        let range = Reply.error("ERR value is out of range, must be positive")
        for name in ["LPOP", "RPOP"] {
            #expect(client("\(name) s -1") == range)
            #expect(client("\(name) s x") == range)
            #expect(client("\(name) s 0") == .wrongType)
            #expect(client("\(name) s") == .wrongType)
            let arity = Reply.error("ERR wrong number of arguments for '\(name.lowercased())' command")
            #expect(client("\(name) s 1 2") == arity)
        }
    }

    @Test("LPUSHX and RPUSHX push only to a list that is there")
    func pushIfThere() {
        #expect(client("LPUSHX l a") == 0)
        #expect(client("RPUSHX l a") == 0)
        #expect(client("LLEN l") == 0)
        client("RPUSH l a")
        #expect(client("LPUSHX l b c") == 3)
        #expect(client("RPUSHX l d") == 4)
        #expect(client("LRANGE l 0 -1") == ["c", "b", "a", "d"])
    }

    @Test("another kind of value is refused by all of them")
    func wrongType() {
        for line in [
            "LPUSH s a", "RPUSH s a", "LPUSHX s a", "RPUSHX s a", "LLEN s", "LRANGE s 0 1", "LINDEX s x", "LSET s x a",
            "LINSERT s BEFORE a b", "LREM s 0 a", "LTRIM s 0 1", "LPOS s a", "LMOVE s l LEFT LEFT", "RPOPLPUSH s l",
            "LMPOP 2 none s LEFT", "BLPOP none s 1", "BRPOP s 1", "BLMOVE s l LEFT LEFT 1", "BRPOPLPUSH s l 1",
            "BLMPOP 1 1 s LEFT",
        ] {
            #expect(client(line) == .wrongType, "\(line)")
        }
        client("RPUSH l a")
        #expect(client("LMOVE l s LEFT LEFT") == .wrongType)
        #expect(client("LRANGE l 0 -1") == ["a"])
    }

    @Test("LRANGE takes what is there of a range", arguments: [0, 200])
    func ranges(more: Int) {
        fill("l", more)
        for (range, expected) in [
            ("0 2", 0..<3), ("-3 -1", more..<more + 3), ("1 1", 1..<2), ("2 1", 0..<0),
            ("-100000 100000", 0..<more + 3),
            ("5000 6000", 0..<0), ("0 -100000", 0..<0), ("-9223372036854775808 0", 0..<1),
            ("0 9223372036854775807", 0..<more + 3),
        ] {
            #expect(client("LRANGE l \(range)") == .array(expected.map { .bulk("\($0)") }), "\(range)")
        }
        #expect(client("LRANGE none 0 -1") == [])
        #expect(client("LRANGE l a b") == .error("ERR value is not an integer or out of range"))
    }

    @Test("LINDEX and LSET take indexes from both ends", arguments: [0, 200])
    func indexes(more: Int) {
        fill("l", more)
        #expect(client("LINDEX l 1") == "1")
        #expect(client("LINDEX l -1") == .bulk("\(more + 2)"))
        #expect(client("LINDEX l 500") == nil)
        #expect(client("LINDEX l -500") == nil)
        #expect(client("LINDEX l x") == .error("ERR value is not an integer or out of range"))
        #expect(client("LINDEX none x") == nil)
        #expect(client("LSET l -2 new") == .ok)
        #expect(client("LINDEX l -2") == "new")
        #expect(client("LSET l 500 new") == .error("ERR index out of range"))
        #expect(client("LSET none x new") == .error("ERR no such key"))
        #expect(client("LSET l x new") == .error("ERR value is not an integer or out of range"))
    }

    @Test("LINSERT finds its pivot", arguments: [0, 200])
    func inserts(more: Int) {
        fill("l", more)
        #expect(client("LINSERT l BEFORE 1 new") == .integer(Int64(more + 4)))
        #expect(client("LRANGE l 0 2") == ["0", "new", "1"])
        #expect(client("LINSERT l after \(more + 2) last") == .integer(Int64(more + 5)))
        #expect(client("LINDEX l -1") == "last")
        #expect(client("LINSERT l AFTER nothing x") == -1)
        #expect(client("LINSERT none AFTER nothing x") == 0)
        #expect(client("LINSERT none UNDER nothing x") == .error("ERR syntax error"))
    }

    @Test("LREM removes from either end or everywhere", arguments: [0, 200])
    func removes(more: Int) {
        let rest = (0..<more).map { "r\($0)" }.joined(separator: " ")
        client("RPUSH l a b a c a b a \(rest)")
        #expect(client("LREM l 2 a") == 2)
        #expect(client("LRANGE l 0 4") == ["b", "c", "a", "b", "a"])
        #expect(client("LREM l -1 a") == 1)
        #expect(client("LRANGE l 0 3") == ["b", "c", "a", "b"])
        #expect(client("LREM l 0 b") == 2)
        #expect(client("LREM l 0 b") == 0)
        #expect(client("LREM none 0 b") == 0)
        #expect(client("LREM none x b") == .error("ERR value is not an integer or out of range"))
        #expect(client("LLEN l") == .integer(Int64(2 + more)))
    }

    @Test("LTRIM leaves a range, and nothing where it is empty", arguments: [0, 200])
    func trims(more: Int) {
        fill("l", more)
        #expect(client("LTRIM l 1 -2") == .ok)
        #expect(client("LRANGE l 0 -1") == .array((1..<more + 2).map { .bulk("\($0)") }))
        #expect(client("LTRIM l -1 -1") == .ok)
        #expect(client("LRANGE l 0 -1") == .array([.bulk("\(more + 1)")]))
        #expect(client("LTRIM l 5 9") == .ok)
        #expect(client("LLEN l") == 0)
        #expect(client("LTRIM l 0 1") == .ok)
    }

    @Test("LPOS counts matches from either end", arguments: [0, 200])
    func positions(more: Int) {
        let rest = (0..<more).map { "r\($0)" }.joined(separator: " ")
        client("RPUSH l a b c 1 2 3 c c \(rest)")
        #expect(client("LPOS l c") == 2)
        #expect(client("LPOS l c RANK 2") == 6)
        #expect(client("LPOS l c RANK -1") == 7)
        #expect(client("LPOS l c RANK -9223372036854775808") == 7)
        #expect(client("LPOS l c COUNT 2") == [2, 6])
        #expect(client("LPOS l c COUNT 0") == [2, 6, 7])
        #expect(client("LPOS l c RANK -1 COUNT 2") == [7, 6])
        #expect(client("LPOS l c RANK -2 COUNT 0") == [6, 2])
        #expect(client("LPOS l c COUNT 0 MAXLEN 3") == [2])
        #expect(client("LPOS l c COUNT 0 MAXLEN 2") == [])
        #expect(client("LPOS l c MAXLEN 2") == nil)
        #expect(client("LPOS l none COUNT 0") == [])
        #expect(client("LPOS none c COUNT 0") == [])
        #expect(client("LPOS none c") == nil)
        #expect(client("LPOS l c COUNT -1") == .error("ERR COUNT can't be negative"))
        #expect(client("LPOS l c MAXLEN x") == .error("ERR MAXLEN can't be negative"))
        #expect(client("LPOS l c RANK x") == .error("ERR value is not an integer or out of range"))
        #expect(client("LPOS l c RANK") == .error("ERR syntax error"))
        #expect(client("LPOS l c OTHER 1") == .error("ERR syntax error"))
        guard case .error(let text) = client("LPOS s c RANK 0") else { return #expect(Bool(false), "RANK 0 is taken") }
        #expect(text.hasPrefix("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or"))
    }

    @Test("elements move between lists and within one")
    func moves() {
        client("RPUSH l a b c")
        #expect(client("LMOVE l m LEFT RIGHT") == "a")
        #expect(client("LMOVE l m right left") == "c")
        #expect(client("RPOPLPUSH l m") == "b")
        #expect(client("LLEN l") == 0)
        #expect(client("LRANGE m 0 -1") == ["b", "c", "a"])
        #expect(client("RPOPLPUSH m m") == "a")
        #expect(client("LMOVE m m LEFT LEFT") == "a")
        #expect(client("LRANGE m 0 -1") == ["a", "b", "c"])
        #expect(client("LMOVE l m LEFT RIGHT") == nil)
        #expect(client("RPOPLPUSH l m") == nil)
        #expect(client("LMOVE l m LEFT UP") == .error("ERR syntax error"))
        // The destination's kind matters only when there is something to move.
        #expect(client("LMOVE l s LEFT RIGHT") == nil)
    }

    @Test("LMPOP pops from the first list that is there")
    func multiplePops() {
        client("RPUSH l a b c d")
        #expect(client("LMPOP 2 none l LEFT") == ["l", ["a"]])
        #expect(client("LMPOP 2 none l RIGHT COUNT 2") == ["l", ["d", "c"]])
        #expect(client("LMPOP 1 l LEFT COUNT 10") == ["l", ["b"]])
        #expect(client("LMPOP 1 l LEFT") == .nullArray)
        #expect(client("LMPOP 0 l LEFT") == .error("ERR numkeys should be greater than 0"))
        #expect(client("LMPOP x l LEFT") == .error("ERR numkeys should be greater than 0"))
        #expect(client("LMPOP 9223372036854775807 l LEFT") == .error("ERR syntax error"))
        #expect(client("LMPOP 2 l LEFT") == .error("ERR syntax error"))
        #expect(client("LMPOP 1 l UP") == .error("ERR syntax error"))
        #expect(client("LMPOP 1 l LEFT COUNT") == .error("ERR syntax error"))
        #expect(client("LMPOP 1 l LEFT COUNT 0") == .error("ERR count should be greater than 0"))
        #expect(client("LMPOP 1 l LEFT COUNT 0 COUNT") == .error("ERR count should be greater than 0"))
        #expect(client("LMPOP 1 l LEFT COUNT 1 COUNT 1") == .error("ERR syntax error"))
    }

    @Test("a big list is as right as a small one")
    func big() {
        fill("l", 3_000)
        #expect(client("LLEN l") == 3_003)
        #expect(client("LRANGE l 2990 2991") == ["2990", "2991"])
        #expect(client("LPOP l 2500") == .array((0..<2_500).map { .bulk("\($0)") }))
        #expect(client("RPOP l 503") == .array((2_500..<3_003).reversed().map { .bulk("\($0)") }))
        #expect(client("LLEN l") == 0)
    }

    /// Fills a list with the numbers from 0 on, three and so many more.
    private func fill(_ key: String, _ more: Int) {
        client("RPUSH \(key) " + (0..<more + 3).map { "\($0)" }.joined(separator: " "))
    }
}
