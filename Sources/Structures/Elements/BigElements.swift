internal import KeySchemas
internal import OrderedStore

/// What the metadata of a big collection holds, and the keys of its elements.
///
/// In the metadata: the id in eight bytes, the most significant first; two varints: the count, and what the type keeps
/// beside it, in zigzag order.
package struct BigElements: Sendable {
    /// The number that the elements lie under.
    package let id: UInt64
    /// How many elements there are.
    package var count: Int
    /// What the type keeps: a list the position of its first element; hashes and sets the levels of their counted buckets.
    package var extra: Int64

    /// The beginning of all elements' keys, and behind it the element that was asked for last.
    private var key: [UInt8]
    private let prefixCount: Int

    /// A new collection's.
    package init(id: UInt64) {
        self.id = id
        count = 0
        extra = 0
        key = StructureCode.elementPrefix(id)
        prefixCount = key.count
    }

    /// Reads the metadata of a big collection.
    ///
    /// - Throws: ``StructureError`` with code `malformed`.
    package init(_ body: Span<UInt8>) throws(StructureError) {
        var position = 8
        guard body.count >= 8, let count = body.varint(at: &position), let extra = body.varint(at: &position),
            let count = Int(exactly: count)
        else { throw .malformed("a collection's metadata") }
        self.init(id: body.bigEndian(at: 0))
        self.count = count
        self.extra = Int64(bitPattern: extra >> 1) ^ -Int64(bitPattern: extra & 1)
    }

    /// What is stored in the metadata.
    package var body: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        bytes.appendBigEndian(id)
        bytes.appendVarint(UInt64(count))
        bytes.appendVarint(UInt64(bitPattern: extra << 1 ^ extra >> 63))
        return bytes
    }

    /// What all elements' keys begin with.
    package var prefix: [UInt8] { Array(key[..<prefixCount]) }

    /// The key of the element that a number names.
    package mutating func key(_ number: Int64) -> [UInt8] {
        key.removeSubrange(prefixCount...)
        Tuple.append(number, to: &key)
        return key
    }
}
