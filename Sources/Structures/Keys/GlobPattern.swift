package import OrderedStore

/// A pattern as Redis's `stringmatchlen` takes it: `*` any bytes, `?` any byte, `[a-z]` `[^a-z]` a byte of a class,
/// `\x` the byte x itself. It has no errors: a class without an end ends with the pattern.
///
/// Made once and matched often; a match takes at most O(pattern × text), whatever the pattern.
package struct GlobPattern: Sendable {
    private enum Token: Sendable {
        case byte(UInt8), oneOf(ByteSet), any, many
    }

    private var tokens: [Token] = []
    private let ignoresCase: Bool

    /// The bytes that each text that matches begins with.
    package private(set) var literalHead: [UInt8] = []
    /// Whether ``literalHead`` is the only text that matches.
    package private(set) var isLiteral = false

    /// - Parameters:
    ///   - pattern: any bytes.
    ///   - ignoresCase: whether ASCII letters match in either case.
    package init(_ pattern: Span<UInt8>, ignoresCase: Bool = false) {
        self.ignoresCase = ignoresCase
        var position = 0
        while position < pattern.count {
            switch pattern[position] {
            case UInt8(ascii: "*"):
                if case .many? = tokens.last { break }
                tokens.append(.many)
            case UInt8(ascii: "?"):
                tokens.append(.any)
            case UInt8(ascii: "["):
                tokens.append(.oneOf(GlobPattern.class(pattern, &position, ignoresCase)))
            case UInt8(ascii: "\\") where position + 1 < pattern.count:
                position += 1
                tokens.append(byte(pattern[position]))
            case let byte:
                tokens.append(self.byte(byte))
            }
            position += 1
        }
        for token in tokens {
            guard case .byte(let byte) = token else { return }
            literalHead.append(byte)
        }
        isLiteral = true
    }

    private func byte(_ byte: UInt8) -> Token {
        guard ignoresCase, byte.otherCase != byte else { return .byte(byte) }
        var set = ByteSet()
        set.insert(byte)
        set.insert(byte.otherCase)
        return .oneOf(set)
    }

    /// Whether every text matches, the empty one included.
    package var matchesEverything: Bool {
        guard tokens.count == 1, case .many = tokens[0] else { return false }
        return true
    }

    /// Whether the whole of `text` matches.
    ///
    /// Of the empty text only `*` and the empty pattern are true.
    ///
    /// - Complexity: O(*p* × *n*) in the lengths of pattern and text.
    package func matches(_ text: Span<UInt8>) -> Bool {
        if text.isEmpty { return tokens.isEmpty || matchesEverything }
        var token = 0
        var position = 0
        // Where to go on when what follows the last star does not match: the star takes one byte more. Stars before it
        // need never take more, for the bytes between them could only move away from the text's start.
        var star: (token: Int, position: Int)?
        while position < text.count {
            if token < tokens.count {
                if case .many = tokens[token] {
                    token += 1
                    if token == tokens.count { return true }
                    star = (token, position)
                    continue
                }
                if GlobPattern.accepts(tokens[token], text[position]) {
                    token += 1
                    position += 1
                    continue
                }
            }
            guard let last = star else { return false }
            star = (last.token, last.position + 1)
            token = last.token
            position = last.position + 1
        }
        if token < tokens.count, case .many = tokens[token] { token += 1 }
        return token == tokens.count
    }

    @inline(__always)
    private static func accepts(_ token: Token, _ byte: UInt8) -> Bool {
        switch token {
        case .byte(let own): own == byte
        case .oneOf(let set): set.contains(byte)
        case .any, .many: true
        }
    }

    /// Reads a class from its `[` on; leaves `position` at its end.
    private static func `class`(_ pattern: Span<UInt8>, _ position: inout Int, _ ignoresCase: Bool) -> ByteSet {
        var set = ByteSet()
        position += 1
        let isNegated = position < pattern.count && pattern[position] == UInt8(ascii: "^")
        if isNegated { position += 1 }
        while position < pattern.count, pattern[position] != UInt8(ascii: "]") {
            let byte = pattern[position]
            let rest = pattern.count - position
            if byte == UInt8(ascii: "\\"), rest >= 2 {
                position += 1
                set.insert(pattern[position])
            } else if rest >= 3, pattern[position + 1] == UInt8(ascii: "-") {
                set.insert(from: byte, to: pattern[position + 2], ignoresCase)
                position += 2
            } else {
                set.insert(byte)
                if ignoresCase { set.insert(byte.otherCase) }
            }
            position += 1
        }
        if isNegated { set.negate() }
        return set
    }
}

/// A set of bytes.
private struct ByteSet: Sendable {
    private var words = InlineArray<4, UInt64>(repeating: 0)

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

    mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

    /// Inserts what lies between two bytes. They are compared as C compares characters, which have a sign.
    mutating func insert(from first: UInt8, to last: UInt8, _ ignoresCase: Bool) {
        func folded(_ byte: UInt8) -> Int8 { Int8(bitPattern: ignoresCase ? byte.lowercase : byte) }
        // The ends are put in order before they are folded, as Redis does it.
        let isOrdered = Int8(bitPattern: first) <= Int8(bitPattern: last)
        let (low, high) = isOrdered ? (folded(first), folded(last)) : (folded(last), folded(first))
        for byte in UInt8.min...UInt8.max where folded(byte) >= low && folded(byte) <= high { insert(byte) }
    }

    mutating func negate() {
        for index in 0..<4 { words[index] = ~words[index] }
    }
}

extension UInt8 {
    fileprivate var lowercase: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self }

    /// The ASCII letter in its other case; what is no letter itself.
    fileprivate var otherCase: UInt8 {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z") ? self ^ 0x20 : self
    }
}

extension GlobPattern {
    /// The keys among which all that match are.
    package var range: KeyRange { isLiteral ? .only(literalHead) : .prefix(literalHead) }
}
