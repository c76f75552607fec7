internal import OrderedStore
internal import Structures

/// What `HSCAN`, `SSCAN` and `ZSCAN` are asked for.
struct ElementScan {
    private let pattern: GlobPattern?
    /// How many elements to look at.
    let count: Int

    /// Reads `MATCH` and `COUNT` from the word at `start` on.
    init(_ arguments: Arguments, from start: Int) throws(CommandError) {
        var pattern: GlobPattern?
        var count: Int64 = 10
        var index = start
        while index < arguments.count {
            guard index + 1 < arguments.count else { throw CommandError.syntax }
            if arguments.matches(index, "COUNT") {
                count = try arguments.integer(index + 1)
                guard count > 0 else { throw CommandError.syntax }
            } else if arguments.matches(index, "MATCH") {
                pattern = GlobPattern(arguments[index + 1])
            } else {
                throw CommandError.syntax
            }
            index += 2
        }
        self.pattern = pattern
        self.count = Int(count)
    }

    func matches(_ element: Span<UInt8>) -> Bool { pattern?.matches(element) ?? true }

    /// The cursor in the word at `index`, as C's `strtoul` reads it.
    static func cursor(_ arguments: Arguments, _ index: Int) throws(CommandError) -> UInt64 {
        let word = arguments[index]
        let invalid = CommandError("ERR invalid cursor")
        guard word.count > 0 else { return 0 }
        let sign = word[0]
        let digits = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") ? word.extracting(droppingFirst: 1) : word
        guard digits.count > 0 else { throw invalid }
        var value: UInt64 = 0
        for index in digits.indices {
            let digit = digits[index] &- UInt8(ascii: "0")
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard digit <= 9, !overflow, !carry else { throw invalid }
            value = sum
        }
        return sign == UInt8(ascii: "-") ? 0 &- value : value
    }

    /// Looks at the next elements of a collection, or at all of a small one, and writes the reply up to its elements: the cursor to go on with,
    /// and how many values follow.
    ///
    /// - Parameters:
    ///   - cursor: where to begin.
    ///   - isSmall: whether the collection is a small one.
    ///   - values: how many values an element has.
    ///   - forEach: lends the elements in order behind a position, until its body returns `false`.
    /// - Returns: the elements that match.
    func next(
        _ call: DataCall, from cursor: UInt64, isSmall: Bool, values: Int,
        _ forEach: (_ after: Span<UInt8>?, _ body: (Span<UInt8>, Double) throws -> Bool) throws -> Void
    ) throws -> MemberList {
        let positions = call.engine.structures.scans
        let start = cursor == 0 || isSmall ? nil : positions.position(of: cursor)
        var found = MemberList()
        var (seen, last): (Int, [UInt8]) = (0, [])
        let body: (Span<UInt8>, Double) -> Bool = { element, score in
            if matches(element) { found.append(element, score) }
            seen += 1
            guard seen == count, !isSmall else { return true }
            last = element.array
            return false
        }
        if let start { try forEach(start.span, body) } else { try forEach(nil, body) }
        call.reply.array(2)
        call.reply.bulk(seen == count && !isSmall ? String(positions.number(for: last)) : "0")
        call.reply.array(found.count * values)
        return found
    }
}
