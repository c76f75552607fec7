// What every engine offers on top of the few calls that it has to implement.

extension OrderedStore {
    public func scopedSnapshot() throws(StoreError) -> Snapshot { try snapshot() }

    public func waitForWrites(after error: StoreError) -> Bool { false }

    public func read<Result: ~Copyable>(_ body: (borrowing Snapshot) throws -> Result) throws -> Result {
        let snapshot = try scopedSnapshot()
        return try body(snapshot)
    }

    /// The bytes of the first 4,096 entries.
    public func approximateSize(of range: KeyRange) throws(StoreError) -> UInt64 {
        let snapshot = try scopedSnapshot()
        var cursor = snapshot.cursor(in: range, options: ScanOptions(limit: 4096, fillCache: false))
        var size: UInt64 = 0
        while let entry = try cursor.next() { size += UInt64(entry.key.count + entry.value.count) }
        return size
    }

    public func put(_ key: Span<UInt8>, _ value: Span<UInt8>, durability: Durability) throws(StoreError) {
        var batch = WriteBatch()
        batch.put(key, value)
        try write(batch, durability: durability)
    }

    public func delete(_ key: Span<UInt8>, durability: Durability) throws(StoreError) {
        var batch = WriteBatch()
        batch.delete(key)
        try write(batch, durability: durability)
    }

    /// The value stored for `key` now, or `nil` when there is none.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    @inlinable
    public func get(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Value? {
        try key.withBytes { bytes throws(StoreError) in try get(bytes) }
    }

    /// Whether there is a value for `key` now; it may be empty.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    @inlinable
    public func contains(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Bool {
        let value = try get(key)
        return value != nil
    }

    /// Stores `value` for `key`.
    ///
    /// - Throws: as ``write(_:durability:)``.
    @inlinable
    public func put(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable,
        _ value: borrowing some ByteSource & ~Copyable & ~Escapable,
        durability: Durability = .buffered
    ) throws(StoreError) {
        try key.withBytes { key throws(StoreError) in
            try value.withBytes { value throws(StoreError) in try put(key, value, durability: durability) }
        }
    }

    /// Removes `key`, which need not be there.
    ///
    /// - Throws: as ``write(_:durability:)``.
    @inlinable
    public func delete(
        _ key: borrowing some ByteSource & ~Copyable & ~Escapable, durability: Durability = .buffered
    ) throws(StoreError) {
        try key.withBytes { key throws(StoreError) in try delete(key, durability: durability) }
    }

    /// Writes everything in `batch`, or nothing of it, so that it survives a crash of the process.
    ///
    /// - Throws: as ``write(_:durability:)``.
    @inlinable
    public func write(_ batch: borrowing WriteBatch) throws(StoreError) {
        try write(batch, durability: .buffered)
    }

    /// Writes what `body` stages, all or nothing. When `body` throws, nothing is written.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: as ``write(_:durability:)``; what `body` throws.
    @inlinable
    public func write<Result>(
        durability: Durability = .buffered, _ body: (inout WriteBatch) throws -> Result
    ) throws -> Result {
        var batch = WriteBatch()
        let result = try body(&batch)
        if !batch.isEmpty { try write(batch, durability: durability) }
        return result
    }

    /// Runs `body` as a serialisable transaction that survives a crash of the process once it has returned.
    ///
    /// - Throws: as ``transact(durability:_:)``.
    @inlinable
    public func transact<Result>(_ body: (inout Transaction<Snapshot>) throws -> Result) throws -> Result {
        try transact(durability: .buffered, body)
    }

    /// The values of `keys`, in their order, as they were at one moment; `nil` where there is none.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    public func values(for keys: [some ByteSource]) throws(StoreError) -> [[UInt8]?] {
        let snapshot = try scopedSnapshot()
        return try snapshot.values(for: keys)
    }

    /// The number of keys in `range` at one moment.
    ///
    /// - Complexity: O(*n*): it reads each key.
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    public func count(in range: KeyRange = .all) throws(StoreError) -> Int {
        let snapshot = try scopedSnapshot()
        return try snapshot.count(in: range)
    }

    /// Removes the keys that are in `range` as it begins, in batches that take little memory. Each batch is
    /// atomic, the whole is not.
    ///
    /// - Returns: how many keys were removed.
    /// - Complexity: O(*n*) in the keys removed.
    /// - Throws: as ``write(_:durability:)``; what was removed before stays removed.
    @discardableResult
    public func clear(_ range: KeyRange, durability: Durability = .buffered) throws(StoreError) -> Int {
        let mostBytes = 1 << 20
        let snapshot = try snapshot()
        var cursor = snapshot.cursor(in: range, options: ScanOptions(keysOnly: true, fillCache: false))
        var batch = WriteBatch()
        var count = 0
        while let entry = try cursor.next() {
            batch.delete(entry.key)
            count += 1
            if batch.approximateByteCount >= mostBytes {
                try write(batch, durability: durability)
                batch.clear()
            }
        }
        if !batch.isEmpty { try write(batch, durability: durability) }
        return count
    }
}

extension StoreReader where Self: ~Copyable {
    /// Whether there is a value for `key`; it may be empty.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    @inlinable
    public func contains(_ key: borrowing some ByteSource & ~Copyable & ~Escapable) throws(StoreError) -> Bool {
        let value = try get(key)
        return value != nil
    }

    /// The values of `keys`, in their order; `nil` where there is none.
    ///
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    public func values(for keys: [some ByteSource]) throws(StoreError) -> [[UInt8]?] {
        var values: [[UInt8]?] = []
        values.reserveCapacity(keys.count)
        for key in keys {
            if let value = try get(key) { values.append(value.bytes) } else { values.append(nil) }
        }
        return values
    }

    /// The number of keys in `range`.
    ///
    /// - Complexity: O(*n*): it reads each key.
    /// - Throws: ``StoreError`` when the store is closed or its bytes are damaged.
    public func count(in range: KeyRange = .all) throws(StoreError) -> Int {
        var cursor = cursor(in: range, options: ScanOptions(keysOnly: true, fillCache: false))
        var count = 0
        while try cursor.next() != nil { count += 1 }
        return count
    }
}
