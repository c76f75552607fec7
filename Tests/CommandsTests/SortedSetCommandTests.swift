import Commands
import Testing

@Suite("Sorted set commands")
struct SortedSetCommandTests {
    let server = TestEngine()
    var client: Client { server.client() }

    private func pairs(_ pairs: KeyValuePairs<String, Double>) -> Reply {
        .array(pairs.map { [.bulk($0.key), .double($0.value)] })
    }

    @Test("members are added and their scores changed, as the options say")
    func add() {
        let client = client
        #expect(client("ZADD z 1 a 2 b 3 c") == 3)
        #expect(client("ZADD z 5 a 4 d") == 1)
        #expect(client("ZADD z CH 6 a 4 d 1 e") == 2)
        #expect(client("ZADD z NX 9 a 9 f") == 1)
        #expect(client("ZADD z XX CH 7 a 9 g") == 1)
        #expect(client("ZADD z GT CH 1 a 8 b") == 1)
        #expect(client("ZADD z LT CH 1 a 9 b") == 1)
        #expect(
            client("ZRANGE z 0 -1 WITHSCORES")
                == pairs(["a": 1, "e": 1, "c": 3, "d": 4, "b": 8, "f": 9]))
        for score in ["4.9e-324", "0e-400", "0x0p9", "-iNfInity", ".5", "1.", "0x.8p1"] {
            client("ZADD other \(score) \(score)")
        }
        #expect(client("ZCARD other") == 7)
        #expect(client("ZADD z INCR 2.5 a") == .double(3.5))
        #expect(client("ZADD z NX INCR 1 a") == nil)
        #expect(client("ZADD z GT INCR -1 a") == nil)
        #expect(client("ZADD z XX INCR 1 nope") == nil)
        #expect(client("ZINCRBY z -3.5 a") == .double(0))
        #expect(client("ZINCRBY z 2 new") == .double(2))
        #expect(client("ZCARD z") == 7)
        #expect(client("ZREM z a nope e") == 2)
        #expect(client("ZREM none a") == 0)
    }

    @Test("what is wrong with an addition is said in Redis's words, and nothing is added")
    func addErrors() {
        let client = client
        let float = Reply.error("ERR value is not a valid float")
        #expect(client("ZADD z 1 a 2") == .error("ERR syntax error"))
        #expect(client("ZADD z NX 1") == .error("ERR syntax error"))
        #expect(client("ZADD z FOO 1") == float)
        #expect(client("ZADD z 1 a x b") == float)
        for score in ["nan", "1e400", "-1e400", "1e-400", "0x1p-1080", "x", "1e"] {
            #expect(client("ZADD z \(score) a") == float, "\(score)")
        }
        #expect(
            client("ZADD z XX NX 1 a") == .error("ERR XX and NX options at the same time are not compatible"))
        for options in ["GT LT", "GT NX", "LT NX"] {
            #expect(
                client("ZADD z \(options) 1 a")
                    == .error("ERR GT, LT, and/or NX options at the same time are not compatible"))
        }
        #expect(
            client("ZADD z INCR 1 a 2 b") == .error("ERR INCR option supports a single increment-element pair"))
        #expect(client("ZCARD z") == 0)
        client("ZADD z inf a")
        #expect(client("ZINCRBY z -inf a") == .error("ERR resulting score is not a number (NaN)"))
        #expect(client("ZSCORE z a") == .double(.infinity))
        client("SET str x")
        for line in [
            "ZADD str 1 a", "ZINCRBY str 1 a", "ZSCORE str a", "ZMSCORE str a", "ZCARD str", "ZRANK str a",
            "ZCOUNT str 1 2", "ZLEXCOUNT str - +", "ZRANGE str 0 1", "ZRANGESTORE d str 0 1", "ZREM str a",
            "ZREMRANGEBYRANK str 0 1", "ZREMRANGEBYSCORE str 0 1", "ZREMRANGEBYLEX str - +", "ZPOPMIN str",
            "ZMPOP 1 str MIN", "BZPOPMIN str 0", "BZMPOP 0 1 str MAX", "ZUNION 2 none str FOO", "ZUNIONSTORE d 1 str",
            "ZINTERCARD 1 str", "ZRANDMEMBER str", "ZSCAN str 0",
        ] {
            #expect(client(line) == .wrongType, "\(line)")
        }
        #expect(client("ZADD str x a") == float)
    }

    @Test("scores and ranks are found")
    func reads() {
        let client = client
        client("ZADD z 1 a 2 b 2 c 3 d -0 zero")
        #expect(client("ZSCORE z b") == .double(2))
        #expect(client("ZSCORE z no") == nil)
        #expect(client("ZSCORE none no") == nil)
        #expect(client("ZMSCORE z d no a") == [.double(3), nil, .double(1)])
        #expect(client("ZMSCORE none a b") == [nil, nil])
        #expect(client("ZRANK z c") == 3)
        #expect(client("ZREVRANK z c") == 1)
        #expect(client("ZRANK z no") == nil)
        #expect(client("ZREVRANK none no") == nil)
        #expect(client("ZCOUNT z 2 3") == 3)
        #expect(client("ZCOUNT z (2 +inf") == 1)
        #expect(client("ZCOUNT z 3 2") == 0)
        #expect(client("ZCOUNT none 3 2") == 0)
        for bounds in ["x 1", "1 nan", "(1 ((2"] {
            #expect(client("ZCOUNT none \(bounds)") == .error("ERR min or max is not a float"))
        }
        #expect(client.run(["ZCOUNT", "z", "", " 2"]) == 4)
        #expect(client.run(["ZCOUNT", "z", "(\01", "1e400"]) == 4)
    }

    @Test("ranges by rank count from either end")
    func ranks() {
        let client = client
        client("ZADD z 1 a 2 b 3 c 4 d")
        #expect(client("ZRANGE z 0 -1") == ["a", "b", "c", "d"])
        #expect(client("ZRANGE z 1 2") == ["b", "c"])
        #expect(client("ZRANGE z -2 100") == ["c", "d"])
        #expect(client("ZRANGE z -100 0") == ["a"])
        #expect(client("ZRANGE z 3 1") == [])
        #expect(client("ZRANGE z 4 9") == [])
        #expect(client("ZRANGE z 0 0 REV WITHSCORES") == pairs(["d": 4]))
        #expect(client("ZREVRANGE z 1 2") == ["c", "b"])
        #expect(client("ZRANGE none 0 -1") == [])
        #expect(client("ZRANGE none x 1") == .error("ERR value is not an integer or out of range"))
        #expect(client("ZRANGE z 0 9223372036854775807") == ["a", "b", "c", "d"])
        #expect(client("ZREVRANGE z -9223372036854775808 -4") == ["d"])
    }

    @Test("ranges by score and by name have bounds, a direction and a limit")
    func values() {
        let client = client
        client("ZADD z 1 a 2 b 3 c 4 d")
        #expect(client("ZRANGE z (1 3 BYSCORE") == ["b", "c"])
        #expect(client("ZRANGEBYSCORE z -inf +inf LIMIT 1 2") == ["b", "c"])
        #expect(client("ZRANGEBYSCORE z -inf +inf WITHSCORES LIMIT 3 -1") == pairs(["d": 4]))
        #expect(client("ZRANGE z 4 2 BYSCORE REV LIMIT 1 9") == ["c", "b"])
        #expect(client("ZREVRANGEBYSCORE z 4 (2") == ["d", "c"])
        #expect(client("ZRANGE z 1 3 BYSCORE LIMIT -1 2") == [])
        #expect(client("ZRANGE z 1 3 BYSCORE LIMIT 0 0") == [])
        #expect(client("ZRANGE z 3 1 BYSCORE") == [])
        client("ZADD l 0 a 0 b 0 c 0 d")
        #expect(client("ZRANGE l [b + BYLEX") == ["b", "c", "d"])
        #expect(client("ZRANGEBYLEX l - (c") == ["a", "b"])
        #expect(client("ZREVRANGEBYLEX l + [b LIMIT 1 1") == ["c"])
        #expect(client("ZRANGE l (d [b BYLEX REV") == ["c", "b"])
        #expect(client("ZRANGEBYLEX l + -") == [])
        #expect(client("ZLEXCOUNT l [b (d") == 2)
        #expect(client("ZLEXCOUNT l ( +") == 4)
        // Ranges by name among different scores are what Redis finds on its way.
        client("ZADD m 1 B -1 world 0 0 1 c")
        #expect(client("ZLEXCOUNT m (e +") == 0)
        #expect(client("ZRANGEBYLEX m [c +") == ["world", "0", "B", "c"])
        #expect(client("ZREVRANGEBYLEX m [c [B") == [])
        // No limit at all is none to refuse.
        #expect(client("ZRANGE l 2 3 LIMIT 1 -1") == ["c", "d"])
    }

    @Test("what is wrong with a range is said in Redis's words")
    func rangeErrors() {
        let client = client
        let lex = Reply.error("ERR min or max not valid string range item")
        let withScores = Reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
        let syntax = Reply.error("ERR syntax error")
        #expect(
            client("ZRANGE z 0 1 LIMIT 0 1")
                == .error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"))
        #expect(client("ZRANGE z [a [b BYLEX WITHSCORES") == withScores)
        #expect(client("ZRANGEBYLEX z - + WITHSCORES") == withScores)
        for line in [
            "ZRANGE z 1 2 BYSCORE LIMIT 0", "ZRANGE z 1 2 BYSCORE BYLEX", "ZRANGE z 0 1 FOO", "ZREVRANGE z 0 1 REV",
            "ZRANGEBYSCORE z 1 2 BYLEX", "ZRANGESTORE d z 0 1 WITHSCORES",
        ] {
            #expect(client(line) == syntax, "\(line)")
        }
        #expect(client("ZRANGE z 1 x BYSCORE") == .error("ERR min or max is not a float"))
        for line in ["ZRANGE z 1 x BYLEX", "ZRANGEBYLEX z a +", "ZLEXCOUNT none -x +", "ZREMRANGEBYLEX z a b"] {
            #expect(client(line) == lex, "\(line)")
        }
        #expect(
            client("ZRANGE z 1 2 BYSCORE LIMIT x 1") == .error("ERR value is not an integer or out of range"))
    }

    @Test("a range is stored, and replaces what was there")
    func rangeStore() {
        let client = client
        client("ZADD z 1 a 2 b 3 c")
        client("SET d x")
        #expect(client("ZRANGESTORE d z (1 +inf BYSCORE LIMIT 0 1") == 1)
        #expect(client("ZRANGE d 0 -1 WITHSCORES") == pairs(["b": 2]))
        #expect(client("ZRANGESTORE z z 0 1 REV") == 2)
        #expect(client("ZRANGE z 0 -1") == ["b", "c"])
        #expect(client("ZRANGESTORE d none 0 -1") == 0)
        #expect(client("ZCARD d") == 0)
    }

    @Test("ranges are removed", arguments: [false, true])
    func removeRange(isBig: Bool) {
        let client = client
        let filler = isBig ? (0..<300).flatMap { ["100", "filler\($0)"] } : ["100", "filler"]
        client.run(["ZADD", "z"] + filler)
        client("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f")
        #expect(client("ZREMRANGEBYRANK z 0 1") == 2)
        #expect(client("ZREMRANGEBYSCORE z (3 4") == 1)
        #expect(client("ZREMRANGEBYSCORE z 30 40") == 0)
        #expect(client("ZRANGE z 0 2") == ["c", "e", "f"])
        #expect(client("ZREMRANGEBYRANK z 2 -2") == .integer(Int64(filler.count / 2)))
        #expect(client("ZREMRANGEBYRANK z 0 -1") == 3)
        #expect(client("ZCARD z") == 0)
        client("ZADD l 0 a 0 b 0 c")
        #expect(client("ZREMRANGEBYLEX l (a +") == 2)
        #expect(client("ZRANGE l 0 -1") == ["a"])
    }

    @Test("the lowest and the highest are taken out")
    func pop() {
        let client = client
        client("ZADD z 1 a 2 b 3 c 4 d 5 e")
        #expect(client("ZPOPMIN z") == ["a", .double(1)])
        #expect(client("ZPOPMAX z 2") == pairs(["e": 5, "d": 4]))
        #expect(client("ZPOPMIN z 0") == [])
        #expect(client("ZPOPMIN z 9") == pairs(["b": 2, "c": 3]))
        #expect(client("ZPOPMIN z") == [])
        let positive = Reply.error("ERR value is out of range, must be positive")
        #expect(client("ZPOPMIN z -1") == positive)
        #expect(client("ZPOPMAX z x") == positive)
        #expect(client("ZPOPMAX z 1 2") == .error("ERR syntax error"))
        client("ZADD y 1 a 2 b 3 c")
        #expect(client("ZMPOP 2 none y MIN COUNT 2") == ["y", [["a", .double(1)], ["b", .double(2)]]])
        #expect(client("ZMPOP 1 y max") == ["y", [["c", .double(3)]]])
        #expect(client("ZMPOP 1 y MAX") == .nullArray)
        for number in ["0", "x"] {
            #expect(client("ZMPOP \(number) y MIN") == .error("ERR numkeys should be greater than 0"))
            #expect(client("ZMPOP 1 y MIN COUNT \(number)") == .error("ERR count should be greater than 0"))
        }
        #expect(client("ZMPOP 1 y MAX COUNT 0 0") == .error("ERR count should be greater than 0"))
        for words in ["1 y MAX COUNT 1 0", "2 y MIN", "1 y FOO", "1 y MIN COUNT", "1 y MIN COUNT 1 COUNT 2"] {
            #expect(client("ZMPOP \(words)") == .error("ERR syntax error"))
        }
    }

    @Test("who waits for a member gets one, in the order they came")
    func blockingPop() {
        let (first, second, other) = (server.client(), server.client(), server.client())
        other("ZADD z 1 a")
        #expect(first("BZPOPMAX none z 0") == ["z", "a", .double(1)])
        #expect(first("BZPOPMIN z y 0") == .simple("waiting"))
        #expect(second("BZMPOP 0 1 z MAX COUNT 5") == .simple("waiting"))
        other("ZADD z 1 a 2 b 3 c")
        #expect(first.received == [["z", "a", .double(1)]])
        #expect(second.received == [["z", [["c", .double(3)], ["b", .double(2)]]]])
        #expect(other("ZCARD z") == 0)
        #expect(other("BZPOPMIN z x") == .error("ERR timeout is not a float or out of range"))
        #expect(other("BZPOPMIN z -1") == .error("ERR timeout is negative"))
        #expect(other("BZMPOP 0 0 z MAX") == .error("ERR numkeys should be greater than 0"))
        // A value of another kind serves nobody.
        #expect(first("BZPOPMIN w 0") == .simple("waiting"))
        other("SADD w a")
        #expect(first.received.count == 1)
    }

    @Test("sorted sets and sets are put together, with weights")
    func algebra() {
        let client = client
        client("ZADD a 1 x 2 y 3 z")
        client("ZADD b 10 y 20 z 30 w")
        client("SADD s x y")
        #expect(client("ZUNION 2 a b") == ["x", "y", "z", "w"])
        #expect(client("ZUNION 2 a b WITHSCORES") == pairs(["x": 1, "y": 12, "z": 23, "w": 30]))
        #expect(client("ZUNION 2 a s WITHSCORES") == pairs(["x": 2, "y": 3, "z": 3]))
        #expect(
            client("ZUNION 2 a b WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES")
                == pairs(["x": 2, "y": 5, "z": 10, "w": 15]))
        #expect(client("ZINTER 3 a b s WITHSCORES") == pairs(["y": 13]))
        #expect(client("ZINTER 2 a none") == [])
        #expect(client("ZDIFF 2 a b WITHSCORES") == pairs(["x": 1]))
        #expect(client("ZDIFF 2 s b WITHSCORES") == pairs(["x": 1]))
        #expect(client("ZINTERCARD 2 a b") == 2)
        #expect(client("ZINTERCARD 2 a b LIMIT 1") == 1)
        #expect(client("ZUNIONSTORE d 2 a b AGGREGATE MIN") == 4)
        #expect(client("ZRANGE d 0 -1 WITHSCORES") == pairs(["x": 1, "y": 2, "z": 3, "w": 30]))
        #expect(client("ZINTERSTORE a 2 a b") == 2)
        #expect(client("ZRANGE a 0 -1 WITHSCORES") == pairs(["y": 12, "z": 23]))
        #expect(client("ZDIFFSTORE d 1 none") == 0)
        #expect(client("ZCARD d") == 0)
    }

    @Test("what is wrong with sets to be put together is said in Redis's words")
    func algebraErrors() {
        let client = client
        client("ZADD a 1 x")
        for name in ["zunion", "zinter", "zdiff", "zintercard"] {
            #expect(client("\(name) 0 a") == .error("ERR at least 1 input key is needed for '\(name)' command"))
            #expect(client("\(name) x a") == .error("ERR value is not an integer or out of range"))
            #expect(client("\(name) 2 a") == .error("ERR syntax error"))
        }
        #expect(
            client("ZUNIONSTORE d 0 a") == .error("ERR at least 1 input key is needed for 'zunionstore' command"))
        for line in [
            "ZUNION 1 a WEIGHTS", "ZUNION 1 a AGGREGATE FOO", "ZUNION 1 a AGGREGATE", "ZDIFF 1 a WEIGHTS 1",
            "ZDIFF 1 a AGGREGATE MIN", "ZUNIONSTORE d 1 a WITHSCORES", "ZINTERCARD 1 a WITHSCORES",
            "ZINTERCARD 1 a LIMIT",
        ] {
            #expect(client(line) == .error("ERR syntax error"), "\(line)")
        }
        for weight in ["x", "nan"] {
            #expect(client("ZUNION 1 a WEIGHTS \(weight)") == .error("ERR weight value is not a float"))
        }
        #expect(client("ZINTERCARD 1 a LIMIT -1") == .error("ERR LIMIT can't be negative"))
    }

    @Test("random members come with their scores where that is asked for")
    func random() {
        let client = client
        client("ZADD z 1 a 2 b")
        #expect(client("ZRANDMEMBER none") == nil)
        #expect(client("ZRANDMEMBER none 2") == [])
        if case .array(let all) = client("ZRANDMEMBER z 5 WITHSCORES") {
            #expect(
                Set(all.map(\.description))
                    == [pairs(["a": 1]), pairs(["b": 2])].reduce(into: []) { set, reply in
                        if case .array(let values) = reply { set.formUnion(values.map(\.description)) }
                    })
        } else {
            Issue.record("no array")
        }
        if case .array(let many) = client("ZRANDMEMBER z -5") { #expect(many.count == 5) }
        #expect(client("ZRANDMEMBER z x") == .error("ERR value is not an integer or out of range"))
        #expect(client("ZRANDMEMBER z 1 FOO") == .error("ERR syntax error"))
        #expect(client("ZRANDMEMBER z 1 WITHSCORES 1") == .error("ERR syntax error"))
        for number in [Int.max, -Int.max] {
            #expect(client("ZRANDMEMBER z \(number) WITHSCORES") == .error("ERR value is out of range"))
        }
    }

    @Test("a scan meets each member once, whatever the size of the set", arguments: [0, 5, 1_000])
    func scan(count: Int) {
        let client = client
        let members = (0..<count).map { "member:\($0)" }
        if count > 0 { client.run(["ZADD", "z"] + members.flatMap { ["\($0.count)", $0] }) }
        var seen: [String] = []
        var cursor = "0"
        repeat {
            guard case .array(let parts) = client("ZSCAN z \(cursor) COUNT 7"), parts.count == 2,
                case .bulk(let next) = parts[0], case .array(let found) = parts[1]
            else {
                Issue.record("no reply of two parts")
                return
            }
            cursor = next
            for (member, score) in zip(found, found.dropFirst()) {
                if case .bulk(let member) = member {
                    seen.append(member)
                    #expect(score == .double(Double(member.count)))
                }
            }
        } while cursor != "0"
        #expect(seen.sorted() == members.sorted())
    }

    @Test("RESP2 writes pairs flat")
    func flat() {
        let client = client
        client.session.version = 2
        client("ZADD z 1 a 2 b")
        let reply = ReplyCollector()
        reply.version = 2
        _ = client.engine.execute(
            Arguments(["ZRANGE", "z", "0", "-1", "WITHSCORES"]), session: client.session, reply: reply)
        #expect(reply.values == [["a", .double(1), "b", .double(2)]])
    }
}
