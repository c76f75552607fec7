/// What stands for users' keys beside their plain entries, under keys that are lvkv's own: values that expire, and
/// values that are more than bytes. A key has a plain entry or one beside, never both.
///
/// A keyspace asks it, so that each of its calls is right about such keys, and lets it hear of what is written.
package protocol KeyOverlay: AnyObject, Sendable {
    /// Whether there may be entries beside. Once there may be, it stays so.
    var isEnabled: Bool { get }
    /// Whether somebody is to hear of each write.
    var isObserved: Bool { get }

    /// Where the entry beside is stored that stands for a user's key.
    func storedKey(of key: Span<UInt8>) -> [UInt8]
    /// Where the entries beside are stored that stand for the users' keys in a range, in the same order.
    func storedRange(of range: KeyRange) -> KeyRange
    /// The user's key that a stored key stands for.
    ///
    /// - Throws: ``StoreError`` with code `corruption`.
    func userKey(ofStoredKey key: Span<UInt8>) throws(StoreError) -> [UInt8]

    /// What is stored beside; `nil` when it has expired.
    ///
    /// - Throws: ``StoreError`` with code `corruption`.
    func entry(_ stored: Span<UInt8>) throws(StoreError) -> OverlayEntry?
    /// The error for who asks for the bytes of a value that is more.
    func refusal(of key: Span<UInt8>, _ entry: OverlayEntry) -> StoreError
    /// Stages the removal of an entry beside, of which `stored` is the stored value.
    ///
    /// - Throws: ``StoreError`` with code `corruption`.
    func discard(_ key: Span<UInt8>, _ stored: Span<UInt8>, in transaction: any CheckedTransaction) throws(StoreError)

    /// Runs `body`, which writes, and lets the observer hear of what it notes when it returns. Nobody else's writes
    /// that are observed come between.
    ///
    /// - Parameter body: gets a log where there is somebody to hear of it.
    /// - Throws: what `body` throws; nothing is heard of then.
    func observing<Result>(_ body: ((any ChangeLog)?) throws -> Result) throws -> Result
}

extension KeyOverlay {
    /// The bytes that stand for a user's key beside, if they are there.
    ///
    /// - Parameter stored: what is stored under ``storedKey(of:)``.
    /// - Throws: ``StoreError`` with code `wrongType` when the value is more than bytes.
    package func value(of key: Span<UInt8>, _ stored: consuming Value?) throws(StoreError) -> Value? {
        switch consume stored {
        case .none: return nil
        case .some(let stored):
            guard let entry = try entry(stored.span) else { return nil }
            guard entry.isBytes else { throw refusal(of: key, entry) }
            return Value(copying: stored.span.extracting(droppingFirst: entry.valueStart))
        }
    }

    /// Whether there is a value beside for a user's key.
    ///
    /// - Parameter stored: what is stored under ``storedKey(of:)``.
    package func exists(_ stored: borrowing Value?) throws(StoreError) -> Bool {
        switch stored {
        case .none: return false
        case .some(let stored): return try entry(stored.span) != nil
        }
    }
}

/// What stands for a key beside its plain entry.
package struct OverlayEntry {
    /// What kind of value it is, as the overlay numbers them.
    package let kind: UInt8
    /// Whether the value is bytes, as that of a plain entry.
    package let isBytes: Bool
    /// Where in what is stored the value's bytes begin.
    package let valueStart: Int

    package init(kind: UInt8, isBytes: Bool, valueStart: Int) {
        self.kind = kind
        self.isBytes = isBytes
        self.valueStart = valueStart
    }
}

/// Notes what a transaction changes, for an observer of the writes.
package protocol ChangeLog: AnyObject {
    /// Forgets all: the transaction's body runs again.
    func removeAll()
    /// Notes that a user's key got a plain value or lost one.
    func note(_ key: Span<UInt8>, removed: Bool)
}
