internal import Structures

extension KeyHolder {
    /// What kind of value `key` holds; `nil` when there is no such key.
    ///
    /// - Complexity: O(log *n*).
    /// - Throws: `StoreError`.
    public func kind(of key: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> StructureKind? {
        try key.withBytes { key in try keyAccess.read { keys in try keys.lookup(key).kind } }
    }

    /// Stores `value` for `key` for some time, in place of what it holds, of whatever kind. Afterwards the key is gone
    /// for every reader.
    ///
    /// - Parameters:
    ///   - key: any bytes that do not begin with FF.
    ///   - value: any bytes.
    ///   - lifetime: how long, to the millisecond; nothing that is left of it removes the key.
    /// - Throws: `RecordError` when the key is under a schema's prefix or begins with FF; `StoreError`.
    public func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable, expiresIn lifetime: Duration
    ) throws {
        try key.withBytes { key in
            try value.withBytes { value in
                try keyAccess.write { keys in
                    let old = try keys.lookup(key)
                    guard let time = keys.time(after: lifetime) else {
                        try keys.remove(key, old)
                        return keys.note(key, "del", .generic)
                    }
                    try keys.storeString(key, value, expiry: time, replacing: old)
                    keys.note(key, "set", .string)
                    keys.note(key, "expire", .generic)
                }
            }
        }
    }

    /// How long `key` is still there; `nil` when it does not expire, or is not there.
    ///
    /// - Throws: `StoreError`.
    public func expiry(of key: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Duration? {
        try key.withBytes { key in
            try keyAccess.read { keys in
                try keys.lookup(key).expiry.map { .milliseconds($0 - keys.now) }
            }
        }
    }

    /// Lets `key`, of whatever kind, go after some time.
    ///
    /// - Parameters:
    ///   - key: of any kind.
    ///   - lifetime: how long it stays, to the millisecond; without any the key is removed at once.
    /// - Returns: whether there is such a key.
    /// - Throws: `RecordError` when the key is under a schema's prefix; `StoreError`.
    @discardableResult
    public func setExpiry(
        of key: borrowing some ByteSource & ~Copyable & ~Escapable, in lifetime: Duration
    ) throws -> Bool {
        try key.withBytes { key in
            try keyAccess.write { keys in try keys.expire(key, at: keys.time(after: lifetime) ?? keys.now) }
        }
    }

    /// Lets `key` stay for good.
    ///
    /// - Returns: whether it would have expired.
    /// - Throws: `StoreError`.
    @discardableResult
    public func persist(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws -> Bool {
        try key.withBytes { key in try keyAccess.write { keys in try keys.persist(key) } }
    }

    /// Adds to the integer that is stored as decimal text for `key`; where there is none, to 0.
    ///
    /// - Returns: the sum.
    /// - Throws: `StructureError` with code `notAnInteger`, `overflow` or `wrongType`; `RecordError` when a schema refuses
    ///   the sum; `StoreError`. Nothing is changed then.
    @discardableResult
    public func increment(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable, by summand: Int64 = 1
    ) throws -> Int64 {
        try key.withBytes { key in try keyAccess.write { keys in try keys.increment(key, by: summand) } }
    }
}

extension StructureKeys {
    /// The time after some duration from now, in milliseconds since 1970; `nil` when that is not later.
    fileprivate func time(after lifetime: Duration) -> Int64? {
        let (seconds, attoseconds) = lifetime.components
        // What does not fit is as good as for ever.
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        if overflow { return seconds < 0 ? nil : .max }
        let (sum, carry) = now.addingReportingOverflow(milliseconds + attoseconds / 1_000_000_000_000_000)
        if carry { return milliseconds < 0 ? nil : .max }
        return sum > now ? sum : nil
    }
}
