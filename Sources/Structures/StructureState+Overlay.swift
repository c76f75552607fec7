package import OrderedStore

// What a keyspace asks about keys that have no plain entry, and tells of its own writes.
extension StructureState: KeyOverlay {
    package func storedKey(of key: Span<UInt8>) -> [UInt8] {
        var stored: [UInt8] = []
        StructureCode.appendMetadataKey(0, key, to: &stored)
        return stored
    }

    package func storedRange(of range: KeyRange) -> KeyRange { StructureCode.metadataRange(0, range) }

    package func userKey(ofStoredKey key: Span<UInt8>) throws(StoreError) -> [UInt8] {
        do {
            return try StructureCode.userKey(ofMetadataKey: key).key
        } catch {
            throw StoreError(.corruption, operation: "scan", message: "\(error)")
        }
    }

    package func entry(_ stored: Span<UInt8>) throws(StoreError) -> OverlayEntry? {
        let (state, start) = try header(stored)
        guard let kind = state.kind else { return nil }
        if let expiry = state.expiry, expiry <= clock() { return nil }
        return OverlayEntry(kind: kind.rawValue, isBytes: kind == .string, valueStart: start)
    }

    private func header(_ stored: Span<UInt8>) throws(StoreError) -> (KeyState, bodyStart: Int) {
        do throws(StructureError) {
            return try MetadataHeader.read(stored)
        } catch {
            throw StoreError(.corruption, operation: "get", message: error.message)
        }
    }

    package func refusal(of key: Span<UInt8>, _ entry: OverlayEntry) -> StoreError {
        let kind = StructureKind(rawValue: entry.kind) ?? .string
        return StoreError(
            .wrongType, operation: "get",
            message: "the key holds \(kind.article), which is not bytes; use the operations on it instead")
    }

    package func discard(
        _ key: Span<UInt8>, _ stored: Span<UInt8>, in transaction: any CheckedTransaction
    ) throws(StoreError) {
        let (state, start) = try header(stored)
        let body = stored.extracting(droppingFirst: start)
        transaction.discard(0, key, expiry: state.expiry, identifier: state.identifier(body))
    }

    package func observing<Result>(_ body: ((any ChangeLog)?) throws -> Result) throws -> Result {
        try observing(isShort: false) { log in try body(log) }
    }

    func observing<Result>(isShort: Bool, _ body: (KeyEventLog?) throws -> Result) throws -> Result {
        guard let observer = currentObserver else { return try body(nil) }
        return try observer.observe(isShort: isShort) { isWanted in
            guard isWanted else { return (try body(nil), []) }
            let log = KeyEventLog()
            return (try body(log), log.events)
        }
    }
}

/// Who hears of each write, whichever way it came.
package protocol KeyObserver: AnyObject, Sendable {
    /// Runs `body`, which writes, while none of the observer's own writes are under way, and does what its changes
    /// call for.
    ///
    /// - Parameters:
    ///   - isShort: whether `body` takes next to no time.
    ///   - body: is told whether anybody wants to know what it changes.
    /// - Throws: what `body` throws.
    func observe<Result>(
        isShort: Bool, _ body: (_ isWanted: Bool) throws -> (Result, [KeyEvent])
    ) throws -> Result
}

/// The changes of one transaction.
package final class KeyEventLog: ChangeLog {
    package private(set) var events: [KeyEvent] = []

    package init() {}

    package func removeAll() { events.removeAll() }

    package func note(_ key: Span<UInt8>, removed: Bool) {
        events.append(
            KeyEvent(database: 0, key: key.array, name: removed ? "del" : "set", kind: removed ? .generic : .string))
    }

    /// Notes what was done to structures.
    package func note(_ changes: [KeyEvent]) { events += changes }
}

extension CheckedTransaction {
    /// Stages the removal of a key's metadata. A collection's elements are left to the reclaimer.
    func discard(_ database: Int, _ key: Span<UInt8>, expiry: Int64?, identifier: UInt64?) {
        var metadata: [UInt8] = []
        StructureCode.appendMetadataKey(database, key, to: &metadata)
        delete(own: metadata.span)
        if let expiry { delete(own: StructureCode.expiryKey(expiry, database, key).span) }
        if let identifier { put(own: StructureCode.garbageKey(identifier).span, Span()) }
    }
}
