internal import Structures

/// A set of byte strings at a key, in byte order.
///
/// A set that becomes empty is removed with its key. Each call is a transaction, or part of its ``KeyTransaction``, and
/// throws a `StructureError` with code `wrongType` when the key holds another kind of value, a `RecordError` when it is
/// under a schema's prefix, and a `StoreError`.
public struct DatabaseSet: Sendable {
    /// The set's key.
    public let key: [UInt8]
    private let access: KeyAccess

    init(key: [UInt8], _ access: KeyAccess) {
        self.key = key
        self.access = access
    }

    /// The number of members; 0 when there is no set.
    ///
    /// - Complexity: O(1).
    public var count: Int {
        get throws { try access.read { keys in try StoredSet(keys, key.span).count } }
    }

    /// Whether `member` is in the set.
    ///
    /// - Complexity: O(log *n*).
    public func contains(_ member: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try member.withBytes { member in
            try access.read { keys in try StoredSet(keys, key.span).contains(member) }
        }
    }

    /// All members, in byte order.
    ///
    /// - Complexity: O(*n*).
    public func members() throws -> [[UInt8]] {
        var members: [[UInt8]] = []
        try forEach { members.append($0.array) }
        return members
    }

    /// Lends the members in byte order, as they are at one moment. `body` must not change the database's structures
    /// through the same transaction.
    ///
    /// - Complexity: O(*n*); memory for one member.
    /// - Throws: what `body` throws, too.
    public func forEach(_ body: (Span<UInt8>) throws -> Void) throws {
        try access.read { keys in
            try StoredSet(keys, key.span).forEach { member in
                try body(member)
                return true
            }
        }
    }

    /// Different random members, each choice of them as likely as any other; all when there are not so many.
    ///
    /// - Complexity: O(*m* log *n*) for *m* members.
    public func randomMembers(_ count: Int) throws -> [[UInt8]] {
        guard count > 0 else { return [] }
        return try access.read { keys in
            var set = try StoredSet(keys, key.span)
            return try set.randomMembers(count).arrays
        }
    }

    /// Puts a member in.
    ///
    /// - Returns: whether it was not there.
    /// - Complexity: O(log *n*).
    @discardableResult
    public func insert(_ member: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try member.withBytes { member in
            var isNew = false
            try change("sadd") { set in isNew = try set.insert(member) }
            return isNew
        }
    }

    /// Puts members in, in one transaction.
    ///
    /// - Returns: how many were not there.
    /// - Complexity: O(*m* log *n*) for *m* members.
    @discardableResult
    public func insert(contentsOf members: some Sequence<some ByteSource>) throws -> Int {
        var inserted = 0
        try change("sadd") { set in
            for member in members { if try member.withBytes({ try set.insert($0) }) { inserted += 1 } }
        }
        return inserted
    }

    /// Takes a member out.
    ///
    /// - Returns: whether it was there.
    /// - Complexity: O(log *n*).
    @discardableResult
    public func remove(_ member: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try member.withBytes { member in
            var wasThere = false
            try change("srem") { set in wasThere = try set.remove(member) }
            return wasThere
        }
    }

    /// Takes random members out; all when there are not so many.
    ///
    /// - Complexity: O(*m* log *n*) for *m* members.
    @discardableResult
    public func popRandom(_ count: Int = 1) throws -> [[UInt8]] {
        guard count > 0 else { return [] }
        var popped: [[UInt8]] = []
        try change("spop") { set in popped = try set.pop(count).arrays }
        return popped
    }

    private func change(_ event: StaticString, _ body: (inout StoredSet) throws -> Void) throws {
        try access.write { keys in
            var set = try StoredSet(keys, key.span)
            let before = set.count
            try body(&set)
            let after = set.count
            guard after != before else { return }
            try set.store(key.span)
            keys.note(key.span, event, .set)
            if after == 0 { keys.note(key.span, "del", .generic) }
        }
    }
}

extension MemberList {
    var arrays: [[UInt8]] { (0..<count).map { self[$0].array } }
}
