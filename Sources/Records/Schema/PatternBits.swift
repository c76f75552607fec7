/// The automaton of an expression of at most 64 instructions, with a bit for each: a character is read without
/// allocating anything, which import does for each value that has a pattern.
struct PatternBits: Sendable {
    /// What an instruction leads to without reading a character.
    private struct Reach: Sendable {
        /// The instructions that read one.
        var readers: UInt64 = 0
        /// Whether the end of the expression is reached.
        var matches = false
    }

    /// Which characters an instruction reads.
    private struct Reader: Sendable {
        var ascii: (low: UInt64, high: UInt64) = (0, 0)
        var set: ScalarSet

        init(_ set: ScalarSet) {
            self.set = set
            for scalar in UInt32(0)..<64 where set.contains(scalar) { ascii.low |= 1 << UInt64(scalar) }
            for scalar in UInt32(0)..<64 where set.contains(scalar + 64) { ascii.high |= 1 << UInt64(scalar) }
        }

        @inline(__always)
        func contains(_ scalar: UInt32) -> Bool {
            switch scalar {
            case ..<64: ascii.low >> UInt64(scalar) & 1 != 0
            case ..<128: ascii.high >> UInt64(scalar - 64) & 1 != 0
            default: set.contains(scalar)
            }
        }
    }

    private let readers: [Reader]
    /// Between two characters of the text.
    private let inside: [Reach]
    /// Whether an instruction leads to the end of the expression at the end of the text.
    private let endsAtEnd: [Bool]
    private let start: Reach
    private let matchesEmpty: Bool

    /// Makes the automaton; `nil` of a program that is too long.
    init?(_ program: [Pattern.Instruction]) {
        guard program.count <= 64 else { return nil }
        func reach(_ instruction: Int, isStart: Bool, isEnd: Bool) -> Reach {
            var reach = Reach()
            var seen: UInt64 = 0
            var pending = [instruction]
            while let next = pending.popLast() {
                guard seen >> UInt64(next) & 1 == 0 else { continue }
                seen |= 1 << UInt64(next)
                switch program[next] {
                case .set: reach.readers |= 1 << UInt64(next)
                case .jump(let target): pending.append(target)
                case .fork(let first, let second): pending += [first, second]
                case .start: if isStart { pending.append(next + 1) }
                case .end: if isEnd { pending.append(next + 1) }
                case .match: reach.matches = true
                }
            }
            return reach
        }
        readers = program.map { instruction in
            guard case .set(let set) = instruction else { return Reader(ScalarSet(ranges: [])) }
            return Reader(set)
        }
        inside = program.indices.map { reach($0, isStart: false, isEnd: false) }
        endsAtEnd = program.indices.map { reach($0, isStart: false, isEnd: true).matches }
        start = reach(0, isStart: true, isEnd: false)
        matchesEmpty = reach(0, isStart: true, isEnd: true).matches
    }

    /// Whether the pattern is found in `text`.
    func matches(_ text: String) -> Bool {
        var scalars = text.unicodeScalars.makeIterator()
        guard var scalar = scalars.next() else { return matchesEmpty }
        if start.matches { return true }
        var current = start.readers
        while true {
            let next = scalars.next()
            // A match may begin after this character, too.
            var reached = inside[0]
            while current != 0 {
                let reader = current.trailingZeroBitCount
                current &= current - 1
                // The last instruction, which reads nothing, is the match.
                guard readers[reader].contains(scalar.value) else { continue }
                if next == nil, endsAtEnd[reader + 1] { return true }
                reached.readers |= inside[reader + 1].readers
                if inside[reader + 1].matches { reached.matches = true }
            }
            if reached.matches { return true }
            guard let next, reached.readers != 0 else { return endsAtEnd[0] }
            current = reached.readers
            scalar = next
        }
    }
}
