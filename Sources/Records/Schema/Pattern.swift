/// A regular expression that is matched in time linear in the text, whatever the expression and the text: the
/// states of an automaton are followed side by side, and nothing is tried twice.
///
/// Understood: literals, `.`, classes `[a-z]` and `[^…]`, `\d \w \s` and their capital complements (ASCII),
/// groups `( )`, `|`, `* + ?`, `{m} {m,} {m,n}`, `^` and `$` for the ends of the text, and `\` before any
/// punctuation. A match may be anywhere in the text unless `^` and `$` say where. Back references and
/// look-around are refused: they are what makes other matchers slow.
public struct Pattern: Sendable {
    /// The expression as it was written.
    public let source: String
    private let program: [Instruction]
    /// The same as bits, where it is short enough.
    private let bits: PatternBits?

    enum Instruction: Sendable {
        case set(ScalarSet)
        case fork(Int, Int)
        case jump(Int)
        case start
        case end
        case match
    }

    /// Compiles an expression.
    ///
    /// - Throws: ``PatternError`` for what is not understood, and for expressions of more than 4,000 states.
    public init(_ source: String) throws(PatternError) {
        self.source = source
        var parser = PatternParser(source)
        let node = try parser.parse()
        var compiler = PatternCompiler()
        try compiler.emit(node)
        compiler.program.append(.match)
        program = compiler.program
        bits = PatternBits(program)
    }

    /// Whether the pattern is found in `text`.
    ///
    /// - Complexity: O(*n* · *m*) for *n* characters and an expression of *m* states.
    public func matches(_ text: String) -> Bool {
        bits?.matches(text) ?? matchesByStates(text)
    }

    /// ``matches(_:)`` for programs of any length.
    func matchesByStates(_ text: String) -> Bool {
        var marks = [Int](repeating: -1, count: program.count)
        var current: [Int] = []
        var next: [Int] = []
        var pending: [Int] = []
        var position = 0
        var scalars = text.unicodeScalars.makeIterator()
        var scalar = scalars.next()
        while true {
            // A match may begin here, too.
            if follow(0, into: &current, &marks, &pending, at: position, isEnd: scalar == nil) { return true }
            guard let value = scalar?.value else { return false }
            scalar = scalars.next()
            position += 1
            next.removeAll(keepingCapacity: true)
            for state in current {
                guard case .set(let set) = program[state], set.contains(value) else { continue }
                if follow(state + 1, into: &next, &marks, &pending, at: position, isEnd: scalar == nil) {
                    return true
                }
            }
            swap(&current, &next)
        }
    }

    /// Adds `state` and all that it leads to without reading a character.
    ///
    /// - Returns: whether the end of the expression is among them.
    private func follow(
        _ state: Int, into states: inout [Int], _ marks: inout [Int], _ pending: inout [Int], at position: Int,
        isEnd: Bool
    ) -> Bool {
        pending.append(state)
        while let state = pending.popLast() {
            guard marks[state] != position else { continue }
            marks[state] = position
            switch program[state] {
            case .set: states.append(state)
            case .jump(let target): pending.append(target)
            case .fork(let first, let second):
                pending.append(second)
                pending.append(first)
            case .start: if position == 0 { pending.append(state + 1) }
            case .end: if isEnd { pending.append(state + 1) }
            case .match:
                pending.removeAll(keepingCapacity: true)
                return true
            }
        }
        return false
    }
}

extension Pattern: Hashable {
    public static func == (left: Pattern, right: Pattern) -> Bool {
        left.source.hasSameBytes(as: right.source)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(UTF8Key(source)) }
}

/// Why a pattern was refused.
public struct PatternError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let message: String
    /// The character it is about, counted from 0.
    public let offset: Int

    public var description: String { "\(message) (at character \(offset + 1))" }
}

/// A set of characters.
struct ScalarSet: Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool {
        ranges.contains { $0.contains(scalar) } != isNegated
    }
}

/// Turns the tree of an expression into instructions.
private struct PatternCompiler {
    var program: [Pattern.Instruction] = []
    /// Repetitions of nothing make no instructions and take time all the same.
    private var steps = 0
    private static let mostInstructions = 4000

    mutating func emit(_ node: PatternNode) throws(PatternError) {
        steps += 1
        guard Swift.max(program.count, steps / 4) < PatternCompiler.mostInstructions else {
            throw PatternError(message: "the pattern is too large; use smaller counts", offset: 0)
        }
        switch node {
        case .set(let set): program.append(.set(set))
        case .start: program.append(.start)
        case .end: program.append(.end)
        case .sequence(let nodes):
            for node in nodes { try emit(node) }
        case .choice(let nodes):
            var jumps: [Int] = []
            for (index, node) in nodes.enumerated() {
                guard index < nodes.count - 1 else {
                    try emit(node)
                    continue
                }
                let fork = program.count
                program.append(.fork(fork + 1, 0))
                try emit(node)
                jumps.append(program.count)
                program.append(.jump(0))
                program[fork] = .fork(fork + 1, program.count)
            }
            for jump in jumps { program[jump] = .jump(program.count) }
        case .repetition(let node, let least, let most):
            for _ in 0..<least { try emit(node) }
            guard let most else {
                let fork = program.count
                program.append(.fork(fork + 1, 0))
                try emit(node)
                program.append(.jump(fork))
                program[fork] = .fork(fork + 1, program.count)
                return
            }
            var forks: [Int] = []
            for _ in 0..<(most - least) {
                forks.append(program.count)
                program.append(.fork(program.count + 1, 0))
                try emit(node)
            }
            for fork in forks { program[fork] = .fork(fork + 1, program.count) }
        }
    }
}
