package import OrderedStore

/// Takes away keys whose time has come, and the elements of collections that are no more.
///
/// Works in steps, each a small transaction: writers wait for one step at most, and a kill leaves a step whole or
/// undone. What it has not come to is already gone for every reader. One a database; steps come one after another.
package final class Reclaimer {
    private let store: any CheckedStore
    private let state: StructureState
    /// Told which keys hold nothing any more, once there were many.
    private let compact: (KeyRange) -> Void
    /// How many elements of the collection that is being taken away are gone.
    private var goneElements = 0

    /// The most keys that one step takes away.
    private static let keysAStep = 64
    /// The most elements that one step takes away.
    private static let elementsAStep = 512
    /// Elements that were this many are compacted away at once: until then scans near them pass over each.
    private static let elementsToCompact = 20_000

    /// - Parameter compact: asks the engine to give the space of a range of keys back.
    package init(
        _ store: any CheckedStore, _ state: StructureState, compact: @escaping (KeyRange) -> Void = { _ in }
    ) {
        self.store = store
        self.state = state
        self.compact = compact
    }

    /// What a step did.
    package enum Progress: Equatable, Sendable {
        /// There was something, and there may be more.
        case worked
        /// There was nothing to do.
        case idle
    }

    /// Does a little of what is to be done: keys first, in the order of their times, then elements.
    ///
    /// - Throws: `StoreError`; ``StructureError`` when what is stored cannot be read.
    package func step() throws -> Progress {
        if try purgeKeys() > 0 { return .worked }
        return try collectElements() ? .worked : .idle
    }

    /// Takes away keys that have expired.
    ///
    /// - Returns: how many entries of the queue it has dealt with.
    private func purgeKeys() throws -> Int {
        let due = try dueKeys()
        guard !due.isEmpty else { return 0 }
        try change { keys in
            for (queued, database, key) in due {
                keys.database = database
                // Looking takes away what has expired, and says so.
                let found = try keys.lookup(key.span, probably: .hash)
                if found.expiry != queued.time {
                    keys.transaction.delete(own: StructureCode.expiryKey(queued.time, database, key.span).span)
                }
            }
        }
        return due.count
    }

    private func dueKeys() throws -> [(queued: Queued, database: Int, key: [UInt8])] {
        let range = StructureCode.expiryRange(before: state.clock() + 1)
        return try store.readChecked { transaction in
            var due: [(queued: Queued, database: Int, key: [UInt8])] = []
            let options = ScanOptions(limit: Reclaimer.keysAStep, keysOnly: true)
            try transaction.scan(range, options) { entry in
                let (time, database, key) = try StructureCode.expiry(entry.key)
                due.append((Queued(time: time), database, key))
                return .next
            }
            return due
        }
    }

    /// When an entry of the queue says that its key expires.
    private struct Queued { let time: Int64 }

    /// Takes away elements of the first collection that is no more.
    ///
    /// - Returns: whether there was one.
    private func collectElements() throws -> Bool {
        var elements: [[UInt8]] = []
        let id: UInt64? = try store.readChecked { transaction in
            var id: UInt64?
            try transaction.scan(StructureCode.allGarbage, ScanOptions(limit: 1, keysOnly: true)) { entry in
                id = try StructureCode.garbage(entry.key)
                return .stop
            }
            guard let id else { return nil }
            let options = ScanOptions(limit: Reclaimer.elementsAStep, keysOnly: true, fillCache: false)
            try transaction.scan(.prefix(StructureCode.elementPrefix(id)), options) { entry in
                elements.append(entry.key.array)
                return .next
            }
            return id
        }
        guard let id else { return false }
        // Nobody writes them any more: who took the collection away was the last.
        let isLast = elements.count < Reclaimer.elementsAStep
        try change { keys in
            for element in elements { keys.transaction.delete(own: element.span) }
            if isLast { keys.transaction.delete(own: StructureCode.garbageKey(id).span) }
        }
        goneElements += elements.count
        if isLast {
            if goneElements >= Reclaimer.elementsToCompact { compact(.prefix(StructureCode.elementPrefix(id))) }
            goneElements = 0
        }
        return true
    }

    private func change(_ body: (StructureKeys) throws -> Void) throws {
        try StructureKeys.change(store, state, isShort: true, body)
        Failpoint.reclaim.pass()
    }
}
