internal import OrderedStore

/// The items of a small collection, one after another, as they lie in its metadata: two bytes that hold their number,
/// the most significant first, then each as a varint of its length and its bytes.
///
/// What an item is, is the collection's business: a hash has two for each field. Reads in place, without allocating.
package struct PackedItems: ~Escapable {
    private let bytes: Span<UInt8>
    /// How many there are.
    package let count: Int
    /// Where the next item begins.
    private var position = PackedItems.start

    /// The items of an inline collection's metadata; none when it is empty.
    @_lifetime(copy body)
    package init(_ body: Span<UInt8>) {
        bytes = body
        count = PackedItems.count(body)
    }

    /// The next item; `nil` at the end.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    @_lifetime(copy self)
    package mutating func next() throws(StructureError) -> Span<UInt8>? {
        guard position < bytes.count else { return nil }
        let item = try PackedItems.item(bytes, at: position)
        position = item.upperBound
        return bytes.extracting(item)
    }

    /// Passes over `number` items, or to the end.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    package mutating func skip(_ number: Int) throws(StructureError) {
        position = try PackedItems.position(bytes, after: number, from: position)
    }

    /// Passes over up to `number` items.
    ///
    /// - Returns: where the bytes of each lie: see ``subscript(_:)``.
    /// - Throws: ``StructureError`` with code `malformed`.
    package mutating func ranges(_ number: Int) throws(StructureError) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(Swift.min(number, count))
        while ranges.count < number, position < bytes.count {
            let item = try PackedItems.item(bytes, at: position)
            ranges.append(item)
            position = item.upperBound
        }
        return ranges
    }

    /// The bytes of an item that ``ranges(_:)`` gave.
    package subscript(range: Range<Int>) -> Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(range) }
    }

    /// Lends the items of `range` that are there, in order or from the last to the first, until `body` returns `false`.
    ///
    /// - Throws: ``StructureError`` with code `malformed`; what `body` throws.
    package func forEach(
        _ range: Range<Int>, reverse: Bool = false, _ body: (Span<UInt8>) throws -> Bool
    ) throws {
        var items = self
        items.rewind()
        try items.skip(range.lowerBound)
        if reverse {
            for item in try items.ranges(range.count).reversed() {
                guard try body(items[item]) else { return }
            }
        } else {
            for _ in range {
                guard let item = try items.next(), try body(item) else { return }
            }
        }
    }

    /// Goes back to the first item.
    package mutating func rewind() { position = PackedItems.start }

    // MARK: The format

    /// Where the first item begins.
    static let start = 2

    static func count(_ bytes: Span<UInt8>) -> Int {
        bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : 0
    }

    /// Where the bytes of the item that begins at `start` lie; the next one begins where they end.
    static func item(_ bytes: Span<UInt8>, at start: Int) throws(StructureError) -> Range<Int> {
        var position = start
        guard let count = bytes.varint(at: &position), count <= UInt64(bytes.count - position) else {
            throw .malformed("a collection's metadata")
        }
        return position..<position + Int(count)
    }

    /// Where the item begins that `number` items lie before, from `start` on.
    static func position(_ bytes: Span<UInt8>, after number: Int, from start: Int) throws(StructureError) -> Int {
        var (position, left) = (start, number)
        while left > 0, position < bytes.count {
            position = try item(bytes, at: position).upperBound
            left -= 1
        }
        return position
    }
}
