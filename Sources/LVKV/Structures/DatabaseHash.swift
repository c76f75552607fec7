internal import Structures

/// Fields with values at a key.
///
/// A hash that becomes empty is removed with its key. Each call is a transaction, or part of its ``KeyTransaction``, and
/// throws a `StructureError` with code `wrongType` when the key holds another kind of value, a `RecordError` when it is
/// under a schema's prefix, and a `StoreError`.
public struct DatabaseHash: Sendable {
    /// The hash's key.
    public let key: [UInt8]
    private let access: KeyAccess

    init(key: [UInt8], _ access: KeyAccess) {
        self.key = key
        self.access = access
    }

    /// The number of fields; 0 when there is no hash.
    ///
    /// - Complexity: O(1).
    public var count: Int {
        get throws { try access.read { keys in try HashReader(keys, key.span).count } }
    }

    /// The value of a field; `nil` when there is none.
    ///
    /// - Complexity: O(log *n*).
    public func value(of field: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> [UInt8]? {
        try field.withBytes { field in
            try access.read { keys in try HashReader(keys, key.span).withValue(of: field) { $0?.array } }
        }
    }

    /// All fields and their values.
    ///
    /// - Complexity: O(*n*).
    public func values() throws -> [[UInt8]: [UInt8]] {
        var values: [[UInt8]: [UInt8]] = [:]
        try forEach { field, value in values[field.array] = value.array }
        return values
    }

    /// Lends each field and its value, as they are at one moment, in no order to rely on. `body` must not change the
    /// database's structures through the same transaction.
    ///
    /// - Complexity: O(*n*); memory for one field.
    /// - Throws: what `body` throws, too.
    public func forEach(_ body: (_ field: Span<UInt8>, _ value: Span<UInt8>) throws -> Void) throws {
        try access.read { keys in
            let hash = try HashReader(keys, key.span)
            try hash.forEach { field, value in
                try body(field, value)
                return true
            }
        }
    }

    /// Sets a field.
    ///
    /// - Returns: whether it is new.
    /// - Complexity: O(log *n*).
    @discardableResult
    public func set(
        _ field: borrowing some ByteSource & ~Copyable & ~Escapable,
        to value: borrowing some ByteSource & ~Copyable & ~Escapable
    ) throws -> Bool {
        try field.withBytes { field in
            try value.withBytes { value in
                try access.write { keys in
                    var hash = try StoredHash(keys, key.span)
                    let isNew = try hash.set(field, value)
                    try hash.store(key.span)
                    keys.note(key.span, "hset", .hash)
                    return isNew
                }
            }
        }
    }

    /// Removes a field.
    ///
    /// - Returns: whether it was there.
    /// - Complexity: O(log *n*).
    @discardableResult
    public func remove(_ field: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try field.withBytes { field in
            try access.write { keys in
                var hash = try StoredHash(keys, key.span)
                guard try hash.remove(field) else { return false }
                let isEmpty = hash.count == 0
                try hash.store(key.span)
                keys.note(key.span, "hdel", .hash)
                if isEmpty { keys.note(key.span, "del", .generic) }
                return true
            }
        }
    }
}
