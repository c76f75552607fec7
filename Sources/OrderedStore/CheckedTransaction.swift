/// A transaction in which somebody may have a say in the users' keys, without its engine's type: what the layers
/// above that need not be compiled once for each engine run over.
///
/// Class-bound: passing it on allocates nothing, and each call costs one dispatch. It is lent to the body of a
/// transaction, on one thread, and must not be kept.
public protocol CheckedTransaction: AnyObject {
    /// The value stored for `key`, what is staged included; `nil` when there is none.
    ///
    /// - Throws: ``StoreError`` when the store's bytes are damaged.
    func get(_ key: Span<UInt8>) throws(StoreError) -> Value?

    /// Whether `key` is known to be there without a look at what is stored. `false` when that is not known.
    func knows(_ key: Span<UInt8>) -> Bool

    /// Lends each entry of `range`, what is staged included, until `body` stops. lvkv's own keys are among them.
    /// `body` must not stage anything.
    ///
    /// - Throws: ``StoreError``; what `body` throws.
    func scan(_ range: KeyRange, _ options: ScanOptions, _ body: (Entry) throws -> ScanStep) throws

    /// Stages the value of a user's key.
    ///
    /// - Throws: when the key or its value is refused.
    func put(user key: Span<UInt8>, _ value: Span<UInt8>) throws

    /// Stages the removal of a user's key, which need not be there.
    ///
    /// - Throws: when that is refused.
    func delete(user key: Span<UInt8>) throws

    /// Makes sure that whoever has a say in the users' keys has none in this one, so that something else than plain
    /// bytes may be kept for it.
    ///
    /// - Throws: when the key is somebody's.
    func requireUnowned(_ key: Span<UInt8>) throws

    /// Stages the value of one of lvkv's own keys.
    func put(own key: Span<UInt8>, _ value: Span<UInt8>)

    /// Stages the removal of one of lvkv's own keys, which need not be there.
    func delete(own key: Span<UInt8>)

    /// Whether several parties share the transaction, each of whom may fail without the others: then who has a say in
    /// users' keys lets nobody write those here, since whether all is well with them shows at the end only.
    var isShared: Bool { get set }

    /// How many operations were staged since the transaction is shared, to take later ones back with ``truncate(to:)``.
    var stagedCount: Int { get }

    /// Takes back what was staged after the first `count` operations.
    func truncate(to count: Int)
}

/// Why a write is refused in a transaction that several share: it needs one of its own.
package struct NeedsOwnTransaction: Error {
    package init() {}
}

/// How a scan goes on.
public enum ScanStep {
    /// To the next entry.
    case next
    /// To the first entry at or after a key, in the scan's direction.
    case seek([UInt8])
    /// Not at all.
    case stop
}

extension CheckedTransaction {
    /// Lends each entry of `range`, in key order.
    ///
    /// - Throws: ``StoreError``; what `body` throws.
    public func scan(_ range: KeyRange, _ body: (Entry) throws -> ScanStep) throws {
        try scan(range, .forward, body)
    }
}

extension Transaction where Base: ~Copyable {
    /// Lends each entry of `range`, until `body` stops.
    ///
    /// - Throws: ``StoreError``; what `body` throws.
    package borrowing func scan(
        _ range: KeyRange, _ options: ScanOptions, _ body: (Entry) throws -> ScanStep
    ) throws {
        var cursor = cursor(in: range, options: options)
        while true {
            let step: ScanStep
            if let entry = try cursor.next() { step = try body(entry) } else { return }
            switch step {
            case .next: continue
            case .seek(let key): try cursor.seek(to: key.span)
            case .stop: return
            }
        }
    }
}

/// A store in whose users' keys somebody may have a say, without its engine's type.
public protocol CheckedStore: AnyObject, Sendable {
    /// Runs `body` as a serialisable transaction, as ``OrderedStore/transact(durability:_:)`` does.
    ///
    /// - Throws: ``StoreError``; whoever refuses a write; what `body` throws. Nothing is written then.
    func transactChecked<Result>(
        durability: Durability, _ body: (any CheckedTransaction) throws -> Result
    ) throws -> Result

    /// Runs `body` over one moment. What it stages is never written.
    ///
    /// - Throws: ``StoreError``; what `body` throws.
    func readChecked<Result>(_ body: (any CheckedTransaction) throws -> Result) throws -> Result

    /// Runs `body` while no write is under way: what was begun has ended, and what comes waits.
    ///
    /// - Throws: ``StoreError``; inside a transaction of this thread, which it would wait for.
    func withoutWriters(_ body: () -> Void) throws
}

/// A bare store as a ``CheckedStore``: nobody has a say.
public final class UncheckedStore<Store: OrderedStore>: CheckedStore {
    private let store: Store

    /// A view of `store`.
    public init(_ store: Store) { self.store = store }

    public func transactChecked<Result>(
        durability: Durability, _ body: (any CheckedTransaction) throws -> Result
    ) throws -> Result {
        try store.transact(durability: durability) { transaction in
            try UncheckedTransaction.run(over: &transaction, body)
        }
    }

    public func readChecked<Result>(_ body: (any CheckedTransaction) throws -> Result) throws -> Result {
        var transaction = Transaction(over: try store.scopedSnapshot())
        return try UncheckedTransaction.run(over: &transaction, body)
    }

    public func withoutWriters(_ body: () -> Void) throws { try store.transact { _ in body() } }
}

/// A bare transaction as a ``CheckedTransaction``: nobody has a say.
@safe
public final class UncheckedTransaction<Base: StoreReader & ~Copyable>: CheckedTransaction {
    private let base: UnsafeMutablePointer<Transaction<Base>>
    public var isShared = false {
        didSet { if isShared { unsafe base.pointee.keepChanges() } }
    }

    private init(_ base: UnsafeMutablePointer<Transaction<Base>>) { unsafe self.base = base }

    /// Calls `body` with a transaction, which must not be kept.
    ///
    /// - Throws: what `body` throws.
    public static func run<Result>(
        over base: inout Transaction<Base>, _ body: (any CheckedTransaction) throws -> Result
    ) throws -> Result {
        try unsafe withUnsafeMutablePointer(to: &base) { base in
            try body(unsafe UncheckedTransaction(base))
        }
    }

    public func get(_ key: Span<UInt8>) throws(StoreError) -> Value? { try unsafe base.pointee.get(key) }
    public func knows(_ key: Span<UInt8>) -> Bool { unsafe base.pointee.knows(key) }

    public func scan(_ range: KeyRange, _ options: ScanOptions, _ body: (Entry) throws -> ScanStep) throws {
        try unsafe base.pointee.scan(range, options, body)
    }

    public func put(user key: Span<UInt8>, _ value: Span<UInt8>) { unsafe base.pointee.put(key, value) }
    public func delete(user key: Span<UInt8>) { unsafe base.pointee.delete(key) }
    public func requireUnowned(_ key: Span<UInt8>) {}
    public func put(own key: Span<UInt8>, _ value: Span<UInt8>) { unsafe base.pointee.put(key, value) }
    public func delete(own key: Span<UInt8>) { unsafe base.pointee.delete(key) }
    public var stagedCount: Int { unsafe base.pointee.stagedCount }
    public func truncate(to count: Int) { unsafe base.pointee.truncate(to: count) }
}
