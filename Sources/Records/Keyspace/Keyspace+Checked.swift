public import OrderedStore

extension Keyspace: CheckedStore {
    /// Runs `body` as a transaction in which schemas have their say.
    ///
    /// - Throws: ``RecordError`` when a write is refused; `StoreError`; what `body` throws. Nothing is written then.
    public func transactChecked<Result>(
        durability: Durability, _ body: (any CheckedTransaction) throws -> Result
    ) throws -> Result {
        // Who comes this way knows what stands beside plain entries, and tells of changes itself.
        try transact(durability: durability, log: nil) { transaction in
            try SchemaCheckedTransaction.run(over: &transaction, body)
        }
    }

    /// Runs `body` over this moment. What it stages is never written.
    ///
    /// - Throws: `StoreError`; what `body` throws.
    public func readChecked<Result>(_ body: (any CheckedTransaction) throws -> Result) throws -> Result {
        let (catalogue, entered) = enterWithCatalogue()
        let moment: Transaction<Store.Snapshot>
        do {
            defer { if entered { leave() } }
            moment = Transaction(over: try store.scopedSnapshot())
        }
        var transaction = KeyspaceTransaction(over: moment, catalogue)
        return try SchemaCheckedTransaction.run(over: &transaction, body)
    }
}

/// A keyspace's transaction as a `CheckedTransaction`.
@safe
final class SchemaCheckedTransaction<Base: StoreReader & ~Copyable>: CheckedTransaction {
    private let base: UnsafeMutablePointer<KeyspaceTransaction<Base>>
    var isShared = false {
        didSet { if isShared { unsafe base.pointee.base.keepChanges() } }
    }

    private init(_ base: UnsafeMutablePointer<KeyspaceTransaction<Base>>) { unsafe self.base = base }

    static func run<Result>(
        over base: inout KeyspaceTransaction<Base>, _ body: (any CheckedTransaction) throws -> Result
    ) throws -> Result {
        try unsafe withUnsafeMutablePointer(to: &base) { base in
            try body(unsafe SchemaCheckedTransaction(base))
        }
    }

    func get(_ key: Span<UInt8>) throws(StoreError) -> Value? { try unsafe base.pointee.getPlain(key) }

    func knows(_ key: Span<UInt8>) -> Bool {
        unsafe !base.pointee.catalogue.hidesKeys && base.pointee.base.knows(key)
    }

    func scan(_ range: KeyRange, _ options: ScanOptions, _ body: (Entry) throws -> ScanStep) throws {
        if let error = unsafe base.pointee.catalogue.hidden(in: range) { throw error }
        try unsafe base.pointee.base.scan(range, options, body)
    }

    func put(user key: Span<UInt8>, _ value: Span<UInt8>) throws {
        if isShared { try requireNobody(key) }
        try unsafe base.pointee.putPlain(key, value)
    }

    func delete(user key: Span<UInt8>) throws {
        if isShared { try requireNobody(key) }
        try unsafe base.pointee.deletePlain(key)
    }

    private func requireNobody(_ key: Span<UInt8>) throws(NeedsOwnTransaction) {
        guard case .nobody = unsafe base.pointee.catalogue.owner(of: key) else { throw NeedsOwnTransaction() }
    }

    func requireUnowned(_ key: Span<UInt8>) throws { try unsafe base.pointee.catalogue.requireUnowned(key) }

    func put(own key: Span<UInt8>, _ value: Span<UInt8>) { unsafe base.pointee.base.put(key, value) }
    func delete(own key: Span<UInt8>) { unsafe base.pointee.base.delete(key) }
    var stagedCount: Int { unsafe base.pointee.base.stagedCount }
    func truncate(to count: Int) { unsafe base.pointee.base.truncate(to: count) }
}

extension Catalogue {
    /// Makes sure that a user's key lies under no schema's prefix.
    ///
    /// - Throws: ``RecordError`` with code `schemaConflict`, or `reservedKey` for a key that begins with FF.
    func requireUnowned(_ key: Span<UInt8>) throws(RecordError) {
        if OwnKeys.holds(key) { throw RecordError.reserved(key) }
        switch owner(of: key) {
        case .nobody: return
        case .schema(let schema, _), .misfit(let schema), .reserved(let schema):
            throw RecordError(
                .schemaConflict, schema: schema.name, key: RecordError.printable(key),
                message: "keys under this prefix hold the fields of the schema's records; use another key")
        }
    }
}
