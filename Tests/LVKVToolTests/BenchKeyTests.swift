import RESP
import Testing

@testable import LVKVTool

@Suite("Keys of a load")
struct BenchKeyTests {
    @Test(
        "ranks are drawn in proportion to a power of their place",
        arguments: [(10, 0.99), (1_000, 0.99), (1_000, 1.0), (50, 2.0), (200, 0.5)], [1, 2] as [UInt64])
    func zipf(_ law: (count: Int, exponent: Double), seed: UInt64) {
        let ranks = ZipfRanks(count: law.count, exponent: law.exponent)
        var random = LoadRandom(seed: seed)
        let draws = 400_000
        var seen = Array(repeating: 0, count: law.count + 1)
        for _ in 0..<draws {
            let rank = ranks.next(&random)
            guard 1...law.count ~= rank else {
                Issue.record("rank \(rank) of \(law.count)")
                return
            }
            seen[rank] += 1
        }
        func weight(_ rank: Int) -> Double {
            // Multiplied out, so that the check shares no function with what it checks.
            var power = 1.0
            var low = 0.0
            // rank^exponent by bisection of the exponent in halves and whole squares.
            var rest = law.exponent
            while rest >= 1 {
                power *= Double(rank)
                rest -= 1
            }
            var root = Double(rank)
            var step = 0.5
            while step > 1e-9 {
                root = root.squareRoot()
                if low + step <= rest {
                    power *= root
                    low += step
                }
                step /= 2
            }
            return 1 / power
        }
        let weights = (1...law.count).map(weight)
        let total = weights.reduce(0, +)
        // Ranks are put together until each group is likely; then no group may be off by more than 5 deviations.
        var expected = 0.0
        var observed = 0
        for rank in 1...law.count {
            expected += weights[rank - 1] / total
            observed += seen[rank]
            guard expected * Double(draws) >= 500 || rank == law.count else { continue }
            let deviation = (Double(draws) * expected * (1 - min(1, expected))).squareRoot()
            let difference = abs(Double(observed) - Double(draws) * expected)
            #expect(difference <= 5 * deviation + 1, "up to rank \(rank): \(observed), seed \(seed)")
            expected = 0
            observed = 0
        }
    }

    @Test("every rank has a key of its own", arguments: [1, 2, 3, 10, 97, 1_000, 65_536, 99_991])
    func places(count: Int) throws {
        let space = try KeySpace(prefix: "", size: nil, count: count)
        let chooser = KeyChooser(space, .zipfian, exponent: 0.99)
        let places = Set((1...count).map(chooser.place))
        #expect(places.count == count)
        #expect(places.min() == 0 && places.max() == count - 1)
    }

    @Test("a sequence meets every key once a round, whichever thread asks")
    func sequence() throws {
        let space = try KeySpace(prefix: "", size: nil, count: 10)
        var choosers = [KeyChooser(space, .sequential, exponent: 1), KeyChooser(space, .sequential, exponent: 1)]
        var random = LoadRandom(seed: 1)
        let numbers = (0..<20).map { choosers[$0 % 2].next(&random) }
        #expect(numbers == Array(0..<10) + Array(0..<10))
        _ = choosers[0].next(&random)
        space.restartTurns()
        #expect(choosers[0].next(&random) == 0)
    }

    @Test("uniform draws meet all keys about as often")
    func uniform() throws {
        let space = try KeySpace(prefix: "", size: nil, count: 100)
        var chooser = KeyChooser(space, .uniform, exponent: 1)
        var random = LoadRandom(seed: 7)
        var seen = Array(repeating: 0, count: 100)
        for _ in 0..<100_000 { seen[chooser.next(&random)] += 1 }
        #expect(seen.allSatisfy { 800...1_200 ~= $0 })
    }

    @Test("what was added last is drawn the most")
    func latest() throws {
        let space = try KeySpace(prefix: "", size: nil, count: 1_000)
        var chooser = KeyChooser(space, .latest, exponent: 0.99)
        var random = LoadRandom(seed: 3)
        for _ in 0..<500 { _ = space.add() }
        var seen = Array(repeating: 0, count: 1_500)
        for _ in 0..<50_000 { seen[chooser.next(&random)] += 1 }
        #expect(seen[1_499] == seen.max())
        #expect(seen[0..<500].allSatisfy { $0 == 0 })
    }

    @Test("a key too short for its number is refused")
    func keySize() throws {
        #expect(throws: Failure.self) { try KeySpace(prefix: "bench:", size: 8, count: 1_000) }
        #expect(try KeySpace(prefix: "bench:", size: 9, count: 1_000).width == 3)
    }
}

@Suite("Command templates")
struct CommandTemplateTests {
    private func made(
        _ text: String, keys: Int = 100, valueSize: Int = 10, order: KeyOrder = .sequential
    ) throws -> [[String]] {
        let space = try KeySpace(prefix: "k", size: 4, count: keys)
        var maker = CommandMaker(
            KeyChooser(space, order, exponent: 1), random: LoadRandom(seed: 1),
            values: ValueText(size: valueSize, start: 0))
        var output: [UInt8] = []
        for command in try CommandTemplate(text).commands {
            maker.append(RequestShape(command, keySize: 4, valueSize: valueSize), to: &output)
        }
        // A request is an array of strings, which a reader of replies understands.
        var decoder = ReplyDecoder()
        decoder.append(output.span)
        var commands: [[String]] = []
        while let reply = try decoder.next() {
            guard case .array(let words) = reply else { return [] }
            commands.append(
                words.map { word in
                    guard case .bulk(let bytes) = word else { return "?" }
                    return String(decoding: bytes, as: UTF8.self)
                })
        }
        #expect(!decoder.isInsideReply)
        return commands
    }

    @Test("placeholders become keys, numbers and values of the sizes asked for")
    func placeholders() throws {
        #expect(try made("GET {key}") == [["GET", "k000"]])
        #expect(
            try made("MSET {key} a {key} b {same} c {new} d")
                == [["MSET", "k000", "a", "k001", "b", "k001", "c", "k100", "d"]])
        #expect(try made("ZADD z {number} m{number}") == [["ZADD", "z", "0", "m1"]])
        let set = try made("SET {key} {value}", valueSize: 33)
        #expect(set[0].count == 3 && set[0][2].utf8.count == 33)
        for _ in 0..<20 {
            let words = try made("LTRIM l 0 {random:5-17}")
            #expect(Int(words[0][3]).map { 5...17 ~= $0 } == true)
        }
    }

    @Test("a semicolon begins another command, quotes keep blanks, and braces that are none of ours stay")
    func words() throws {
        #expect(try made("GET {key} ; SET {same} x") == [["GET", "k000"], ["SET", "k000", "x"]])
        #expect(try made(#"SET 'a b' "{{key}""#) == [["SET", "a b", "{key}"]])
        #expect(
            try made(#"LV.DOC INSERT c '{"n":{number},"o":{"p":1}}'"#)
                == [["LV.DOC", "INSERT", "c", #"{"n":0,"o":{"p":1}}"#]])
        #expect(try made(#"LV.RANGE {key} "" LIMIT 3"#) == [["LV.RANGE", "k000", "", "LIMIT", "3"]])
    }

    @Test(
        "what makes no sense is refused in words that name it",
        arguments: [
            "GET {kee}", "GET {random}", "GET {random:9-1}", "GET {random:x-2}", "GET 'a", "", " ; GET a", "GET a ;",
        ])
    func malformed(text: String) {
        #expect(throws: Failure.self) { try CommandTemplate(text) }
    }

    @Test("shares before commands make a mix of that kind")
    func shares() throws {
        let workload = try Workload(commands: ["80% GET {key}", "20%SET {key} {value}"])
        #expect(workload.operations.map(\.weight) == [80, 20])
        #expect(workload.operations.map(\.name) == ["GET {key}", "SET {key} {value}"])
        var random = LoadRandom(seed: 5)
        var seen = [0, 0]
        for _ in 0..<10_000 { seen[workload.choose(&random)] += 1 }
        #expect(7_800...8_200 ~= seen[0])
        #expect(throws: Failure.self) { try Workload(commands: ["0% GET a"]) }
        #expect(throws: Failure.self) { try Workload(commands: ["101% GET a"]) }
    }

    @Test("a mix's shares sum up to a hundred, and its load writes what it reads", arguments: Mix.allCases)
    func mixes(mix: Mix) {
        for hasRanges in [true, false] {
            let workload = mix.workload(hasRanges: hasRanges, index: "bench:index")
            #expect(workload.operations.reduce(0) { $0 + $1.weight } == 100)
            let index = "bench:index".utf8.map { $0 }
            let uses = { (workload: Workload) in
                workload.operations.contains { $0.template.commands.contains { $0.contains([.text(index)]) } }
            }
            #expect(uses(workload) == uses(mix.load(hasRanges: hasRanges, index: "bench:index")))
            #expect(uses(workload) == (mix == .e && !hasRanges))
        }
    }
}
