internal import OrderedStore
internal import Structures

/// `SORT`: the elements of a collection in another order, or what other keys say of them.
enum SortCommands {
    private static let options =
        "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC|DESC] [ALPHA]"

    static let all: [Command] = [
        Command(
            "sort", -2, [.write, .denyoom, .movableKeys], keys, [.set, .sortedset, .list, .dangerous],
            "Sort the elements in a list, set or sorted set", syntax: options + " [STORE destination]",
            .data { arguments, call in try sort(arguments, call, mayStore: true) }),
        Command(
            "sort_ro", -2, [.readonly, .movableKeys], .first, [.set, .sortedset, .list, .dangerous],
            "Sort the elements in a list, set or sorted set. Read-only variant of SORT.", syntax: options,
            since: "7.0.0",
            .data { arguments, call in try sort(arguments, call, mayStore: false) }),
    ]

    private static let keys = Command.Keys.custom { arguments throws(CommandError) in
        var keys = [1]
        var index = 2
        // As Redis looks for it: words that options take are passed over, and the last STORE counts.
        while index < arguments.count {
            if arguments.matches(index, "LIMIT") {
                index += 2
            } else if arguments.matches(index, "GET") || arguments.matches(index, "BY") {
                index += 1
            } else if arguments.matches(index, "STORE"), index + 1 < arguments.count {
                keys = [1, index + 1]
                index += 1
            }
            index += 1
        }
        return keys
    }

    private static func sort(_ arguments: Arguments, _ call: DataCall, mayStore: Bool) throws {
        let readsAll = call.session.rights?.mayReadAllKeys(with: try call.engine.table.find(arguments)) ?? false
        var options = try SortOptions(arguments, mayStore: mayStore, readsAll: readsAll)
        let found = try call.keys.lookup(arguments[1], probably: .list)
        try call.expectWork(found.bigCount)
        var elements = try call.keys.elements(arguments[1])
        // A set has no order of its own to store.
        if !options.sorts, found.kind == .set, options.destination != nil {
            options.sorts = true
            options.isAlphabetical = true
            options.by = nil
        }
        if options.sorts {
            elements = try sorted(elements, options, call)
        } else if options.isDescending, found.kind != .set {
            elements.reverse()
        }
        let chosen = elements[options.range(of: elements.count)]
        let results = try options.results(of: chosen, call)
        guard let destination = options.destination else {
            call.reply.array(results.count)
            for result in results { call.reply.bulk(result) }
            return
        }
        try call.keys.storeList(arguments[destination], results.map { $0 ?? [] })
        call.reply.integer(results.count)
    }

    private static func sorted(
        _ elements: [[UInt8]], _ options: SortOptions, _ call: DataCall
    ) throws -> [[UInt8]] {
        let weights =
            try options.by.map { pattern in try elements.map { try pattern.value(for: $0, call) } }
            ?? elements.map { $0 as [UInt8]? }
        var order = Array(elements.indices)
        let descends = options.isDescending
        if options.isAlphabetical {
            order.sort { left, right in
                let comparison = compare(weights[left], weights[right])
                return comparison == 0 ? left < right : (comparison < 0) != descends
            }
        } else {
            let scores = try weights.map { try $0.map(score) ?? 0 }
            order.sort { left, right in
                if scores[left] != scores[right] { return (scores[left] < scores[right]) != descends }
                let comparison = compare(elements[left], elements[right])
                return comparison == 0 ? left < right : (comparison < 0) != descends
            }
        }
        return order.map { elements[$0] }
    }

    /// What is absent comes first.
    private static func compare(_ left: [UInt8]?, _ right: [UInt8]?) -> Int {
        switch (left, right) {
        case (nil, nil): 0
        case (nil, _): -1
        case (_, nil): 1
        case (let left?, let right?): left.span.compare(to: right.span)
        }
    }

    /// A weight as C's `strtod` reads it: up to a NUL, and the empty one is 0.
    private static func score(_ weight: [UInt8]) throws(CommandError) -> Double {
        let weight = weight.prefix { $0 != 0 }
        let text = weight.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
        if weight.isEmpty { return 0 }
        let digits = Array(text)
        guard let score = Double(redis: digits.span),
            score.isFinite || !digits.contains(where: { $0 < 0x3A && $0 > 0x2F })
        else { throw CommandError("ERR One or more scores can't be converted into double") }
        return score
    }
}

/// The options of `SORT`.
private struct SortOptions {
    var sorts = true
    var by: KeyPattern?
    var isAlphabetical = false
    var isDescending = false
    /// The position of the word that names where the result is stored.
    var destination: Int?
    private var patterns: [KeyPattern] = []
    private var (start, count) = (Int64(0), Int64(-1))

    /// - Parameter readsAll: whether the user may read every key: those that patterns lead to are not known ahead.
    init(_ arguments: Arguments, mayStore: Bool, readsAll: Bool) throws(CommandError) {
        var index = 2
        while index < arguments.count {
            let rest = arguments.count - index - 1
            if arguments.matches(index, "ASC") {
                isDescending = false
            } else if arguments.matches(index, "DESC") {
                isDescending = true
            } else if arguments.matches(index, "ALPHA") {
                isAlphabetical = true
            } else if arguments.matches(index, "LIMIT"), rest >= 2 {
                start = try arguments.integer(index + 1)
                count = try arguments.integer(index + 2)
                index += 2
            } else if mayStore, arguments.matches(index, "STORE"), rest >= 1 {
                destination = index + 1
                index += 1
            } else if arguments.matches(index, "BY"), rest >= 1 {
                let pattern = KeyPattern(arguments.bytes(index + 1))
                // A pattern that is the same for all elements leaves them as they are.
                by = pattern
                if pattern.isConstant { sorts = false } else if !readsAll { throw .sortOption("BY") }
                index += 1
            } else if arguments.matches(index, "GET"), rest >= 1 {
                guard readsAll else { throw .sortOption("GET") }
                patterns.append(KeyPattern(arguments.bytes(index + 1)))
                index += 1
            } else {
                throw .syntax
            }
            index += 1
        }
    }

    /// Which of `total` elements are wanted.
    func range(of total: Int) -> Range<Int> {
        let start = min(max(start, 0), Int64(total))
        let count = count < 0 ? Int64(total) : min(count, Int64(total))
        return Int(start)..<Int(min(start + count, Int64(total)))
    }

    /// The elements, or what the `GET` patterns say of each.
    func results(of elements: ArraySlice<[UInt8]>, _ call: DataCall) throws -> [[UInt8]?] {
        if patterns.isEmpty { return elements.map { $0 } }
        var results: [[UInt8]?] = []
        for element in elements {
            for pattern in patterns { results.append(try pattern.value(for: element, call)) }
        }
        return results
    }
}

/// A key's name with a `*` for an element, and maybe `->` and a hash's field; or `#` for the element itself.
private struct KeyPattern {
    private let isElement: Bool
    private let head: ArraySlice<UInt8>
    /// `nil` where there is no `*`.
    private let tail: ArraySlice<UInt8>?
    private let field: [UInt8]?

    init(_ pattern: [UInt8]) {
        isElement = pattern == [UInt8(ascii: "#")]
        guard let star = pattern.firstIndex(of: UInt8(ascii: "*")) else {
            (head, tail, field) = (pattern[...], nil, nil)
            return
        }
        head = pattern[..<star]
        let rest = pattern[(star + 1)...]
        let arrow = rest.indices.dropLast().first { rest[$0] == UInt8(ascii: "-") && rest[$0 + 1] == UInt8(ascii: ">") }
        if let arrow, arrow + 2 < pattern.count {
            tail = rest[..<arrow]
            field = Array(pattern[(arrow + 2)...])
        } else {
            tail = rest
            field = nil
        }
    }

    var isConstant: Bool { tail == nil }

    func value(for element: [UInt8], _ call: DataCall) throws -> [UInt8]? {
        if isElement { return element }
        guard let tail else { return nil }
        let key = head + element + tail
        let name = Array(key)
        return try call.keys.value(name.span, field: field)
    }
}

extension CommandError {
    fileprivate static func sortOption(_ name: String) -> CommandError {
        CommandError("ERR \(name) option of SORT denied due to insufficient ACL permissions.")
    }
}

extension User {
    /// Whether the command with a number may read every key.
    fileprivate func mayReadAllKeys(with number: Int) -> Bool {
        selectors.contains { selector in
            guard selector.allowsAllCommands || selector.commands[number] else { return false }
            return selector.allowsAllKeys
                || selector.keys.contains { $0.pattern == [UInt8(ascii: "*")] && $0.access.contains(.read) }
        }
    }
}
