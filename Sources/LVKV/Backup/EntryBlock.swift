internal import OrderedStore
internal import Structures

/// Entries one after another, as they lie in the chunks of backups and in the blocks of dumps: the length of the key and
/// the length of the value as varints, then the key and the value.
struct EntryBlock {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    mutating func append(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        bytes.appendVarint(UInt64(key.count))
        bytes.appendVarint(UInt64(value.count))
        bytes.append(copying: key)
        bytes.append(copying: value)
        count += 1
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Why bytes are no entries.
    struct Damage: Error { let reason: String }

    /// Lends the entries of a block in order, and makes sure that their keys rise.
    ///
    /// - Parameter last: the key before them; then the last of them.
    /// - Returns: how many there are, and the bytes of all keys and values.
    /// - Throws: ``Damage``; what `body` throws.
    static func forEach(
        in bytes: Span<UInt8>, after last: inout [UInt8]?,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws -> Void
    ) throws -> (count: Int, bytes: Int) {
        var position = 0
        var count = 0
        var total = 0
        while position < bytes.count {
            guard let keyCount = bytes.varint(at: &position), let valueCount = bytes.varint(at: &position),
                keyCount <= UInt64(bytes.count - position),
                valueCount <= UInt64(bytes.count - position) - keyCount
            else { throw Damage(reason: "entry \(count + 1) is longer than what is left") }
            let valueStart = position + Int(keyCount)
            let key = bytes.extracting(position..<valueStart)
            position = valueStart + Int(valueCount)
            if let last, last.span.compare(to: key) >= 0 {
                throw Damage(reason: "the key of entry \(count + 1) does not come after the one before it")
            }
            try body(key, bytes.extracting(valueStart..<position))
            if last == nil { last = [] }
            last?.removeAll(keepingCapacity: true)
            last?.append(copying: key)
            count += 1
            total += key.count + position - valueStart
        }
        return (count, total)
    }
}
