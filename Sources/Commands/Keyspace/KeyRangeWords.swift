internal import KeySchemas
internal import OrderedStore

/// The words that say which keys: `from to`, `PREFIX bytes` or `UNDER part:part`.
///
/// A range goes from its first bound on and ends before its second; an empty bound is none. `BYTES from to` is the same
/// for bounds that are themselves such words.
struct KeyRangeWords {
    let range: KeyRange
    /// The first word after them.
    let next: Int

    /// - Throws: ``CommandError`` when they are no range.
    init(_ arguments: Arguments, at index: Int) throws(CommandError) {
        guard index + 1 < arguments.count else { throw CommandError.syntax }
        if arguments.matches(index, "PREFIX") {
            let prefix = arguments.bytes(index + 1)
            range = prefix.isEmpty ? KeyRange(from: [], to: [0xFF]) : KeyRange.prefix(prefix)
            next = index + 2
        } else if arguments.matches(index, "UNDER") {
            let parts = arguments.bytes(index + 1)
            guard !parts.isEmpty else {
                throw CommandError("ERR UNDER names the first parts of a key, as book:fantasy")
            }
            // In the text encoding all that is under a part lies between its colon and the byte after that.
            range = KeyRange(from: parts + [UInt8(ascii: ":")], to: parts + [UInt8(ascii: ";")])
            next = index + 2
        } else {
            let start = arguments.matches(index, "BYTES") ? index + 1 : index
            guard start + 1 < arguments.count else { throw CommandError.syntax }
            let upper = arguments.bytes(start + 1)
            range = KeyRange(from: arguments.bytes(start), to: upper.isEmpty ? [0xFF] : upper)
            next = start + 2
        }
    }
}
