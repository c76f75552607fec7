internal import OrderedStore
internal import Structures

/// The words of one command, in memory that is used over and over.
package struct Arguments: Sendable {
    private var bytes: [UInt8] = []
    /// Where each word ends in `bytes`.
    private var ends: [Int] = []

    package init() {}

    package init(_ words: [String]) {
        for word in words { append(word.utf8.span) }
    }

    /// The number of words, the command's name included.
    package var count: Int { ends.count }

    /// The number of bytes of all words.
    package var byteCount: Int { bytes.count }

    /// Removes all words and keeps the memory, unless it is much.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
        ends.removeAll(keepingCapacity: ends.capacity <= 1 << 12)
    }

    /// Appends a word.
    package mutating func append(_ word: Span<UInt8>) {
        bytes.append(copying: word)
        ends.append(bytes.count)
    }

    /// The word at `index`.
    package subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            bytes.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index])
        }
    }

    /// A copy of the word at `index`.
    package func bytes(_ index: Int) -> [UInt8] { self[index].array }

    /// The word at `index` as text; what is not UTF-8 is replaced.
    package func text(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    /// Whether the word at `index` is `word`, which is in capitals, in any case.
    package func matches(_ index: Int, _ word: StaticString) -> Bool {
        let own = self[index]
        guard own.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in
            for position in own.indices {
                var byte = own[position]
                if byte >= UInt8(ascii: "a"), byte <= UInt8(ascii: "z") { byte -= 32 }
                if unsafe byte != word[position] { return false }
            }
            return true
        }
    }

    /// The word at `index` as an integer of 64 bits, written in the one way.
    ///
    /// - Throws: ``CommandError/notAnInteger``.
    package func integer(_ index: Int) throws(CommandError) -> Int64 {
        guard let value = Int64(redis: self[index]) else { throw .notAnInteger }
        return value
    }

    /// The word at `index` as an integer of 64 bits that is not below `least`.
    ///
    /// - Throws: ``CommandError`` with `message`.
    package func integer(
        _ index: Int, from least: Int64, else message: @autoclosure () -> String
    ) throws(CommandError) -> Int64 {
        guard let value = Int64(redis: self[index]), value >= least else { throw CommandError(message()) }
        return value
    }

    /// When a time-out that begins at `now` ends, in milliseconds since 1970; `nil` for never.
    ///
    /// - Parameter index: of the word that gives it, in seconds; 0 for ever.
    /// - Throws: ``CommandError`` when it is no number, negative, or out of range.
    package func deadline(_ index: Int, from now: Int64) throws(CommandError) -> Int64? {
        guard let seconds = Double(redis: self[index]) else {
            throw CommandError("ERR timeout is not a float or out of range")
        }
        // What is beyond 64 bits Redis takes for negative.
        guard let milliseconds = Int64(exactly: (seconds * 1_000).rounded(.up)), milliseconds >= 0 else {
            throw CommandError("ERR timeout is negative")
        }
        if milliseconds == 0 { return nil }
        guard milliseconds <= .max - now else { throw CommandError("ERR timeout is out of range") }
        return now + milliseconds
    }

    /// The word at `index` as a number; never NaN.
    ///
    /// - Throws: ``CommandError/notAFloat``.
    package func double(_ index: Int) throws(CommandError) -> Double {
        guard let value = Double(redis: self[index]) else { throw .notAFloat }
        return value
    }
}
