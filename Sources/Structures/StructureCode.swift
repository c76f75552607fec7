internal import KeySchemas
package import OrderedStore

/// The keys that structures are laid out in (DESIGN.md §3 and §7): FF, a tag byte, and tuple-encoded parts.
package enum StructureCode {
    private static let own: UInt8 = 0xFF
    private static let metadataTag = UInt8(ascii: "m")
    private static let elementTag = UInt8(ascii: "d")
    private static let expiryTag = UInt8(ascii: "x")
    private static let garbageTag = UInt8(ascii: "g")

    /// The number of databases; 0 is the plain keyspace.
    package static let databases = 16

    /// The plain keys of database 0.
    package static let userKeys = KeyRange(to: [own])

    /// Whether a key of database 0 would be one of lvkv's own.
    @inline(__always)
    static func isOwn(_ key: Span<UInt8>) -> Bool { key.count > 0 && key[0] == own }

    /// Where the ids that are reserved are counted.
    static let identifiers: [UInt8] = {
        var key = [own, UInt8(ascii: "v")]
        Tuple.append(.string("ids"), to: &key)
        return key
    }()

    // MARK: Metadata: FF m (database, key)

    /// All metadata of all databases.
    package static let allMetadata = KeyRange.prefix([own, metadataTag])

    /// What the metadata keys of one database begin with.
    package static func metadataPrefix(_ database: Int) -> [UInt8] {
        var key = [own, metadataTag]
        Tuple.append(Int64(database), to: &key)
        return key
    }

    /// Appends the metadata key of a user's key.
    package static func appendMetadataKey(_ database: Int, _ key: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(own)
        bytes.append(metadataTag)
        Tuple.append(Int64(database), to: &bytes)
        Tuple.append(bytes: key, to: &bytes)
    }

    /// The metadata keys of a database's keys in `range`.
    ///
    /// - Complexity: O(*n*) in the bounds' bytes.
    package static func metadataRange(_ database: Int, _ range: KeyRange) -> KeyRange {
        var lower = metadataPrefix(database)
        let all = KeyRange.prefix(lower)
        Tuple.append(bytes: range.lower.span, to: &lower)
        guard let bound = range.upper else { return KeyRange(from: lower, to: all.upper) }
        var upper = metadataPrefix(database)
        Tuple.append(bytes: bound.span, to: &upper)
        return KeyRange(from: lower, to: upper)
    }

    /// The user's key of a metadata key.
    package static func userKey(ofMetadataKey key: Span<UInt8>) throws -> (database: Int, key: [UInt8]) {
        var reader = TupleReader(key, from: 2)
        guard case .integer(let database)? = try reader.next(), case .bytes(let user)? = try reader.next() else {
            throw StructureError.malformed("a metadata key")
        }
        return (Int(clamping: database), user)
    }

    // MARK: Elements: FF d (id, …)

    /// What the keys of a collection's elements begin with.
    package static func elementPrefix(_ id: UInt64) -> [UInt8] {
        var key = [own, elementTag]
        Tuple.append(id, to: &key)
        return key
    }

    /// All elements of all collections.
    static let allElements = KeyRange.prefix([own, elementTag])

    /// The id of the collection that an element's key belongs to; `nil` when it names none.
    package static func identifier(ofElementKey key: Span<UInt8>) -> UInt64? {
        var reader = TupleReader(key, from: 2)
        guard let element = try? reader.next(), case .integer(let number) = element else { return nil }
        return UInt64(exactly: number)
    }

    /// The position in the key of a list's element, whose first bytes are its collection's prefix.
    static func position(ofElementKey key: Span<UInt8>, _ prefix: Int) -> Int64? {
        var reader = TupleReader(key, from: prefix)
        guard let element = try? reader.next(), case .integer(let number) = element, reader.isAtEnd else { return nil }
        return number
    }

    /// What the keys begin with that count a collection's elements. They lie behind the elements.
    package static func countPrefix(_ id: UInt64) -> [UInt8] {
        var key = elementPrefix(id)
        Tuple.append(Int64(2), to: &key)
        return key
    }

    // MARK: Expiry queue: FF x (milliseconds since 1970, database, key), no value

    /// All of the queue up to a time, which is not included; all when it is `nil`.
    package static func expiryRange(before time: Int64?) -> KeyRange {
        let all = KeyRange.prefix([own, expiryTag])
        guard let time else { return all }
        var upper = [own, expiryTag]
        Tuple.append(time, to: &upper)
        return KeyRange(from: all.lower, to: upper)
    }

    package static func expiryKey(_ time: Int64, _ database: Int, _ key: Span<UInt8>) -> [UInt8] {
        var bytes = [own, expiryTag]
        Tuple.append(time, to: &bytes)
        Tuple.append(Int64(database), to: &bytes)
        Tuple.append(bytes: key, to: &bytes)
        return bytes
    }

    /// The parts of a key of the queue.
    package static func expiry(_ key: Span<UInt8>) throws -> (time: Int64, database: Int, key: [UInt8]) {
        var reader = TupleReader(key, from: 2)
        guard case .integer(let time)? = try reader.next(), case .integer(let database)? = try reader.next(),
            case .bytes(let user)? = try reader.next()
        else { throw StructureError.malformed("a key of the expiry queue") }
        return (Int64(clamping: time), Int(clamping: database), user)
    }

    // MARK: Garbage: FF g (id), no value: elements that nobody refers to any more

    /// All of it that is elements'. Indexes leave garbage under strings, which come before.
    package static let allGarbage = KeyRange(
        from: [own, garbageTag, Tuple.Code.zero], to: [own, garbageTag, Tuple.Code.bigPositive])

    package static func garbageKey(_ id: UInt64) -> [UInt8] {
        var bytes = [own, garbageTag]
        Tuple.append(id, to: &bytes)
        return bytes
    }

    package static func garbage(_ key: Span<UInt8>) throws -> UInt64 {
        var reader = TupleReader(key, from: 2)
        guard case .integer(let id)? = try reader.next() else { throw StructureError.malformed("a key of the garbage") }
        return UInt64(clamping: id)
    }
}
