internal import ArgumentParser

/// What a load consists of: operations, each with its share.
struct Workload: Sendable {
    struct Operation: Sendable {
        let name: String
        let template: CommandTemplate
        /// Its part of all, in whatever unit the others are.
        let weight: Int
    }

    let operations: [Operation]
    private let total: Int

    init(_ operations: [Operation]) {
        self.operations = operations
        total = operations.reduce(0) { $0 + $1.weight }
    }

    /// The operation that comes next.
    @inline(__always)
    func choose(_ random: inout LoadRandom) -> Int {
        guard operations.count > 1 else { return 0 }
        var rest = random.below(total)
        for (index, operation) in operations.enumerated() {
            rest -= operation.weight
            if rest < 0 { return index }
        }
        return operations.count - 1
    }

    /// Commands as they were given, each with its share before it where there is one: `80% GET {key}`.
    ///
    /// - Throws: ``Failure`` when one makes no sense.
    init(commands: [String]) throws(Failure) {
        var operations: [Operation] = []
        for text in commands {
            var weight = 1
            var rest = text[...]
            if let percent = text.firstIndex(of: "%"), !text[..<percent].contains(" "), percent > text.startIndex {
                guard let share = Int(text[..<percent]), 1...100 ~= share else {
                    throw .usage("the share '\(text[...percent])' is not one from 1% to 100%")
                }
                weight = share
                rest = text[text.index(after: percent)...]
            }
            let template = try CommandTemplate(String(rest))
            let name = rest.trimming(" ")
            operations.append(
                Operation(
                    name: name.count > 40 ? name.prefix(39) + "…" : String(name), template: template, weight: weight))
        }
        self.init(operations)
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> Substring {
        var text = drop { $0 == character }
        while text.last == character { text.removeLast() }
        return text
    }
}

/// The core workloads of the Yahoo! Cloud Serving Benchmark, on strings.
enum Mix: String, CaseIterable, ExpressibleByArgument {
    case a, b, c, d, e, f

    /// The order in which the mix takes keys.
    var order: KeyOrder { self == .d ? .latest : .zipfian }

    /// - Parameter hasRanges: whether the keys can be read in order by `LV.RANGE`. Otherwise a sorted set beside them
    ///   names them, and a scan gives the names without the values.
    func workload(hasRanges: Bool, index: String) -> Workload {
        let text: (String) -> CommandTemplate.Word = { [.text(Array($0.utf8))] }
        func operation(_ name: String, _ weight: Int, _ commands: [[CommandTemplate.Word]]) -> Workload.Operation {
            Workload.Operation(name: name, template: CommandTemplate(commands), weight: weight)
        }
        let get = [text("GET"), [.key]]
        let set = [text("SET"), [.key], [.value]]
        let listed = [text("ZADD"), text(index), text("0"), [.same]]
        switch self {
        case .a: return Workload([operation("read", 50, [get]), operation("update", 50, [set])])
        case .b: return Workload([operation("read", 95, [get]), operation("update", 5, [set])])
        case .c: return Workload([operation("read", 100, [get])])
        case .d:
            return Workload([
                operation("read", 95, [get]), operation("insert", 5, [[text("SET"), [.new], [.value]]]),
            ])
        case .e:
            let scan =
                hasRanges
                ? [text("LV.RANGE"), [.key], text(""), text("LIMIT"), [.random(1...100)]]
                : [
                    text("ZRANGEBYLEX"), text(index), [.text([UInt8(ascii: "[")]), .key], text("+"), text("LIMIT"),
                    text("0"), [.random(1...100)],
                ]
            let insert = [[text("SET"), [.new], [.value]]] + (hasRanges ? [] : [listed])
            return Workload([operation("scan", 95, [scan]), operation("insert", 5, insert)])
        case .f:
            return Workload([
                operation("read", 50, [get]),
                operation("read-modify-write", 50, [get, [text("SET"), [.same], [.value]]]),
            ])
        }
    }

    /// What writes the keys that the mix finds.
    func load(hasRanges: Bool, index: String) -> Workload {
        Workload.writing(index: self == .e && !hasRanges ? index : nil)
    }
}

extension Workload {
    /// Writes one key after another.
    ///
    /// - Parameter index: of a sorted set that names them.
    static func writing(index: String? = nil) -> Workload {
        let text: (String) -> CommandTemplate.Word = { [.text(Array($0.utf8))] }
        var commands = [[text("SET"), [.key], [.value]]]
        if let index { commands.append([text("ZADD"), text(index), text("0"), [.same]]) }
        return Workload([Operation(name: "load", template: CommandTemplate(commands), weight: 1)])
    }
}
