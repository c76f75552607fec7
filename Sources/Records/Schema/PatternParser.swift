/// What an expression says.
indirect enum PatternNode: Sendable {
    case set(ScalarSet)
    case start
    case end
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, least: Int, most: Int?)
}

/// Reads an expression.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var depth = 0
    private static let deepest = 50
    private static let largestCount = 1000

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try choice()
        guard index == scalars.count else { throw error("a ) without its (") }
        return node
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private func error(_ message: String) -> PatternError {
        PatternError(message: message, offset: index)
    }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    private mutating func choice() throws(PatternError) -> PatternNode {
        var nodes = [try sequence()]
        while skip("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            nodes.append(try repetition(of: try atom()))
        }
        return .sequence(nodes)
    }

    private mutating func repetition(of node: PatternNode) throws(PatternError) -> PatternNode {
        let counts: (Int, Int?)
        switch peek {
        case "*": counts = (0, nil)
        case "+": counts = (1, nil)
        case "?": counts = (0, 1)
        case "{": counts = try braces()
        default: return node
        }
        index += 1
        switch node {
        case .start, .end: throw error("^ and $ are not repeated")
        default: break
        }
        if let next = peek, next == "*" || next == "+" || next == "?" || next == "{" {
            throw error("a repetition is not repeated; lazy and possessive ones are not known here")
        }
        return .repetition(node, least: counts.0, most: counts.1)
    }

    /// Reads `{m}`, `{m,}` or `{m,n}` up to its last character.
    private mutating func braces() throws(PatternError) -> (Int, Int?) {
        index += 1
        let least = try count()
        var most: Int? = least
        if skip(",") { most = peek == "}" ? nil : try count() }
        guard peek == "}" else { throw error("a } belongs here") }
        if let most, most < least { throw error("the larger count comes second") }
        return (least, most)
    }

    private mutating func count() throws(PatternError) -> Int {
        var number: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            number = (number ?? 0) * 10 + Int(digit.value - 0x30)
            index += 1
            guard let number, number <= PatternParser.largestCount else {
                throw error("a count is at most \(PatternParser.largestCount)")
            }
        }
        guard let number else { throw error("a count belongs here; write \\{ for the character") }
        return number
    }

    private mutating func atom() throws(PatternError) -> PatternNode {
        guard let scalar = peek else { throw error("something is missing at the end") }
        switch scalar {
        case "^", "$":
            index += 1
            return scalar == "^" ? .start : .end
        case ".":
            index += 1
            return .set(ScalarSet(ranges: [0x0A...0x0A], isNegated: true))
        case "(":
            guard depth < PatternParser.deepest else { throw error("too many groups in each other") }
            index += 1
            if skip("?"), !skip(":") { throw error("only plain groups and (?: are known") }
            depth += 1
            let node = try choice()
            depth -= 1
            guard skip(")") else { throw error("a ( without its )") }
            return node
        case "[":
            return .set(try characterClass())
        case "*", "+", "?", "{":
            throw error("a repetition of nothing; write \\\(scalar) for the character")
        case "\\":
            return .set(try escape())
        default:
            index += 1
            return .set(ScalarSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func characterClass() throws(PatternError) -> ScalarSet {
        index += 1
        var set = ScalarSet(ranges: [], isNegated: skip("^"))
        var isFirst = true
        while let scalar = peek, scalar != "]" || isFirst {
            isFirst = false
            let low = scalar == "\\" ? try escape() : single()
            set.ranges += low.isNegated ? complement(of: low) : low.ranges
            guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else { continue }
            index += 1
            let high = peek == "\\" ? try escape() : single()
            guard let first = only(low), let last = only(high), first <= last else {
                throw error("no range of characters")
            }
            set.ranges.append(first...last)
        }
        guard skip("]") else { throw error("a [ without its ]") }
        return set
    }

    private mutating func single() -> ScalarSet {
        let value = scalars[index].value
        index += 1
        return ScalarSet(ranges: [value...value])
    }

    private func only(_ set: ScalarSet) -> UInt32? {
        guard !set.isNegated, set.ranges.count == 1, set.ranges[0].count == 1 else { return nil }
        return set.ranges[0].lowerBound
    }

    private func complement(of set: ScalarSet) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in set.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { ranges.append(next...range.lowerBound - 1) }
            next = Swift.max(next, range.upperBound + 1)
        }
        ranges.append(next...0x10FFFF)
        return ranges
    }

    private mutating func escape() throws(PatternError) -> ScalarSet {
        index += 1
        guard let scalar = peek else { throw error("a \\ at the end") }
        let set: ScalarSet
        switch scalar {
        case "d", "D": set = ScalarSet(ranges: [0x30...0x39], isNegated: scalar == "D")
        case "w", "W":
            set = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A], isNegated: scalar == "W")
        case "s", "S": set = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20], isNegated: scalar == "S")
        case "n": set = ScalarSet(ranges: [0x0A...0x0A])
        case "r": set = ScalarSet(ranges: [0x0D...0x0D])
        case "t": set = ScalarSet(ranges: [0x09...0x09])
        default:
            guard scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
                throw error("\\\(scalar) is not known here")
            }
            set = ScalarSet(ranges: [scalar.value...scalar.value])
        }
        index += 1
        return set
    }
}
