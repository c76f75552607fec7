internal import KeySchemas
package import OrderedStore

/// Checks all structures of one moment: metadata against elements and counts, the expiry queue against the metadata,
/// and what waits to be reclaimed against what is in use.
///
/// Memory is eight bytes for each collection whose elements are keys of their own.
package struct StructureCheck {
    /// How many keys of each kind were found, those that have expired included; plain strings are not counted.
    package private(set) var counts: [StructureKind: Int] = [:]
    /// How many elements were read that are keys of their own.
    package internal(set) var elements = 0

    let report: (StoredProblem) throws -> Void
    /// The ids that metadata refers to, and those that wait to be reclaimed; in order once all were read.
    private var referenced: [UInt64] = []
    private var discarded: [UInt64] = []
    /// The first id that was not given out.
    private var nextIdentifier: UInt64 = 1

    /// - Parameter report: is handed what is wrong, one at a time; what it throws ends the check.
    package init(report: @escaping (StoredProblem) throws -> Void) { self.report = report }

    /// Reads everything and reports what is wrong.
    ///
    /// - Complexity: O(*n* log *n*) in the keys of all structures.
    /// - Throws: `StoreError`; what the report throws.
    package mutating func run(_ reader: borrowing some StoreReader & ~Copyable) throws {
        try readIdentifiers(reader)
        try checkKeys(reader)
        referenced.sort()
        try checkSharing()
        try checkExpiryQueue(reader)
        try checkGarbage(reader)
        try checkOwners(reader)
    }

    // MARK: - Ids

    private mutating func readIdentifiers(_ reader: borrowing some StoreReader & ~Copyable) throws {
        let key = StructureCode.identifiers
        guard let stored = try reader.get(key.span) else { return }
        let text = stored.string
        if let number = UInt64(text) {
            nextIdentifier = number
        } else {
            nextIdentifier = .max
            try report(StoredProblem(.identifier, key: key, "the count of ids is no number"))
        }
    }

    /// Two collections must not have the same elements.
    private func checkSharing() throws {
        for index in referenced.indices.dropFirst() where referenced[index] == referenced[index - 1] {
            try report(
                StoredProblem(
                    .identifier, key: StructureCode.elementPrefix(referenced[index]),
                    "two keys refer to the elements of id \(referenced[index])"))
        }
    }

    private func isReferenced(_ id: UInt64) -> Bool { StructureCheck.contains(referenced, id) }

    private static func contains(_ ids: [UInt64], _ id: UInt64) -> Bool {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id
    }

    // MARK: - Metadata

    private mutating func checkKeys(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(in: StructureCode.allMetadata, options: ScanOptions(fillCache: false))
        while let entry = try cursor.next() { try checkKey(entry.key, entry.value, reader) }
    }

    private mutating func checkKey(
        _ key: Span<UInt8>, _ value: Span<UInt8>, _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        guard let (database, user) = try? StructureCode.userKey(ofMetadataKey: key),
            StructureCheck.isMetadataKey(key, of: user, in: database)
        else {
            return try report(StoredProblem(.metadata, key: key.array, "the key of metadata names no key"))
        }
        let place = CheckedKey(key: user, database: database)
        guard let (state, start) = try? MetadataHeader.read(value), let kind = state.kind,
            StructureCheck.isHeader(value, start, of: state)
        else { return try report(place.problem(.metadata, "its metadata does not begin as lvkv writes it")) }
        counts[kind, default: 0] += 1

        if let expiry = state.expiry {
            let queued = StructureCode.expiryKey(expiry, database, user.span)
            if try reader.get(queued.span) == nil {
                try report(place.problem(.expiry, "it expires and the expiry queue does not know it"))
            }
        }
        if database == 0, try reader.get(user.span) != nil {
            try report(place.problem(.metadata, "it is \(kind.article) and there is a plain value of the same key"))
        }
        let body = value.extracting(droppingFirst: start)
        if kind == .string {
            if state.isInline || database == 0 && state.expiry == nil {
                try report(place.problem(.metadata, "it is a string that should be a plain value"))
            }
        } else if state.isInline {
            try checkInline(body, kind, place)
        } else {
            try checkBig(body, kind, place, reader)
        }
    }

    private static func isMetadataKey(_ key: Span<UInt8>, of user: [UInt8], in database: Int) -> Bool {
        guard (0..<StructureCode.databases).contains(database) else { return false }
        var expected: [UInt8] = []
        StructureCode.appendMetadataKey(database, user.span, to: &expected)
        return key.equals(expected.span) && !(database == 0 && StructureCode.isOwn(user.span))
    }

    private static func isHeader(_ value: Span<UInt8>, _ start: Int, of state: KeyState) -> Bool {
        var expected: [UInt8] = []
        MetadataHeader.append(state, to: &expected)
        return value.extracting(first: start).equals(expected.span)
    }

    private mutating func checkBig(
        _ body: Span<UInt8>, _ kind: StructureKind, _ place: CheckedKey,
        _ reader: borrowing some StoreReader & ~Copyable
    ) throws {
        guard let big = try? BigElements(body), body.equals(big.body.span), big.count > 0 else {
            return try report(place.problem(.metadata, "its metadata does not tell of elements as lvkv writes it"))
        }
        referenced.append(big.id)
        if big.id == 0 || big.id >= nextIdentifier {
            try report(place.problem(.identifier, "its id \(big.id) was not given out, and could be given to another"))
        }
        switch kind {
        case .list: try checkList(big, place, reader)
        case .hash: try checkMembers(of: big, haveValues: true, place, reader)
        case .set: try checkMembers(of: big, haveValues: false, place, reader)
        case .sortedSet: try checkSortedSet(big, place, reader)
        case .string: break
        }
    }

    // MARK: - Expiry queue

    private func checkExpiryQueue(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(in: StructureCode.expiryRange(before: nil), options: ScanOptions(fillCache: false))
        var metadata: [UInt8] = []
        while let entry = try cursor.next() {
            guard let (time, database, user) = try? StructureCode.expiry(entry.key),
                entry.key.equals(StructureCode.expiryKey(time, database, user.span).span), entry.value.count == 0
            else {
                try report(StoredProblem(.expiry, key: entry.key.array, "an entry of the expiry queue makes no sense"))
                continue
            }
            metadata.removeAll(keepingCapacity: true)
            StructureCode.appendMetadataKey(database, user.span, to: &metadata)
            var expiry: Int64?
            if let stored = try reader.get(metadata.span), let (state, _) = try? MetadataHeader.read(stored.span) {
                expiry = state.expiry
            }
            if expiry == time { continue }
            try report(
                StoredProblem(
                    .expiry, key: user, database: database,
                    "the expiry queue has it at \(time), and the key does not expire then"))
        }
    }

    // MARK: - Garbage

    private mutating func checkGarbage(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(in: StructureCode.allGarbage, options: ScanOptions(fillCache: false))
        while let entry = try cursor.next() {
            guard let id = try? StructureCode.garbage(entry.key),
                entry.key.equals(StructureCode.garbageKey(id).span), entry.value.count == 0
            else {
                try report(StoredProblem(.garbage, key: entry.key.array, "an entry of the garbage makes no sense"))
                continue
            }
            // The queue is in the order of its keys, so these are sorted.
            discarded.append(id)
            if isReferenced(id) {
                try report(
                    StoredProblem(
                        .garbage, key: entry.key.array,
                        "the elements of id \(id) are to be reclaimed, and a key refers to them"))
            }
        }
    }

    /// Elements must be some key's, or wait to be reclaimed.
    private func checkOwners(_ reader: borrowing some StoreReader & ~Copyable) throws {
        var cursor = reader.cursor(
            in: StructureCode.allElements, options: ScanOptions(keysOnly: true, fillCache: false))
        while true {
            let key: [UInt8]
            do {
                guard let entry = try cursor.next() else { return }
                key = entry.key.array
            }
            guard let id = StructureCode.identifier(ofElementKey: key.span) else {
                try report(StoredProblem(.elements, key: key, "the key of an element names no id"))
                continue
            }
            let prefix = StructureCode.elementPrefix(id)
            if !isReferenced(id), !StructureCheck.contains(discarded, id) {
                try report(
                    StoredProblem(
                        .garbage, key: prefix,
                        "the elements of id \(id) are no key's, and nobody is going to reclaim them"))
            }
            if let next = KeyRange.successor(ofPrefix: prefix) { try cursor.seek(to: next.span) }
        }
    }
}

/// A user's key that is checked.
struct CheckedKey {
    let key: [UInt8]
    let database: Int

    func problem(_ kind: StoredProblem.Kind, _ message: String) -> StoredProblem {
        StoredProblem(kind, key: key, database: database, message)
    }
}
