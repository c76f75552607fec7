public import LevelDB
public import OrderedStore
internal import Records
public import Structures

/// What a check of a whole database has read.
public struct Verification: Hashable, Sendable {
    /// What was read of one schema.
    public struct Schema: Hashable, Sendable {
        /// The schema's name.
        public var name: String
        /// How many records there are.
        public var records: Int
        /// How many entries its indexes have.
        public var entries: Int
    }

    /// How many keys were read, lvkv's own included.
    public internal(set) var keys = 0
    /// How many bytes these and their values have.
    public internal(set) var bytes = 0
    /// How many keys hold a structure, or a string that has metadata, by kind.
    public internal(set) var structures: [StructureKind: Int] = [:]
    /// How many elements of structures are keys of their own.
    public internal(set) var elements = 0
    /// The schemas, by name.
    public internal(set) var schemas: [Schema] = []
    /// How many problems were reported.
    public internal(set) var problems = 0

    /// Whether all is well.
    public var isClean: Bool { problems == 0 }
}

extension LevelDBStore {
    /// Reads everything as it is at this moment, and reports what is not as lvkv writes it: damaged blocks and keys out
    /// of order, structures whose metadata and elements disagree, the expiry queue, garbage, the catalogue, records that
    /// do not fit their schema, and indexes that differ from the records. Changes nothing; writes go on meanwhile.
    ///
    /// A store that is not lvkv's has plain keys only, and passes.
    ///
    /// - Parameters:
    ///   - progress: is told now and then how many keys were read in the first of the passes, and the last of them.
    ///   - report: is handed what is wrong, one at a time; what it throws ends the check.
    /// - Complexity: O(*n* log *n*) in the keys. Memory: some megabytes, and eight bytes a big collection.
    /// - Throws: `StoreError` when the store is closed; what `report` throws.
    public func verify(
        progress: @escaping (_ keys: Int, _ position: [UInt8]) -> Void = { _, _ in },
        report: @escaping (StoredProblem) throws -> Void
    ) throws -> Verification {
        let count = ProblemCount(report)
        var result = Verification()
        let snapshot = try snapshot()
        var finder = DamageFinder(progress: progress)
        try finder.run(snapshot)
        result.keys = finder.keys
        result.bytes = finder.bytes
        for damage in finder.damages {
            try count.report(StoredProblem(.damage, key: damage.after, upTo: damage.before, damage.words))
        }
        if let key = finder.disorder {
            try count.report(StoredProblem(.order, key: key, "the key does not come after the one before it"))
        }

        let isDamaged = !finder.damages.isEmpty
        var structures = StructureCheck(report: count.report)
        try count.pastDamage("structures", isDamaged) { try structures.run(snapshot) }
        result.structures = structures.counts
        result.elements = structures.elements
        var records = RecordCheck(report: count.report)
        try count.pastDamage("records", isDamaged) { try records.run(snapshot) }
        result.schemas = records.counts.map {
            Verification.Schema(name: $0.schema, records: $0.records, entries: $0.entries)
        }
        try OwnKeyspace.checkTags(snapshot, count.report)
        result.problems = count.count
        return result
    }
}

/// Counts problems on their way to who wants to know them.
private final class ProblemCount {
    private(set) var count = 0
    private let hand: (StoredProblem) throws -> Void

    init(_ hand: @escaping (StoredProblem) throws -> Void) { self.hand = hand }

    func report(_ problem: StoredProblem) throws {
        count += 1
        try hand(problem)
    }

    /// Runs a check that may end early where bytes cannot be read: these were told already.
    func pastDamage(_ what: String, _ isDamaged: Bool, _ check: () throws -> Void) throws {
        do {
            try check()
        } catch let error as StoreError where isDamaged && (error.code == .corruption || error.code == .io) {
            try report(StoredProblem(.damage, key: [], "not all \(what) could be checked: \(error.message)"))
        }
    }
}

/// lvkv's own keys as a whole.
private enum OwnKeyspace {
    /// The tags of DESIGN.md, section 3, in byte order.
    private static let tags = Array("dgijmsvx".utf8)

    /// Reports keys of lvkv's own whose tag this version does not know.
    static func checkTags(
        _ snapshot: borrowing LevelDBSnapshot, _ report: (StoredProblem) throws -> Void
    ) throws {
        var lower: [UInt8] = [0xFF]
        for upper in tags.map({ [0xFF, $0] }) + [nil] {
            var cursor = snapshot.cursor(in: KeyRange(from: lower, to: upper), options: ScanOptions(keysOnly: true))
            if let entry = try? cursor.next() {
                try report(
                    StoredProblem(.unknown, key: entry.key.array, "a key of lvkv's own that this version does not know")
                )
            }
            if let upper { lower = [0xFF, upper[1] + 1] }
        }
    }
}

extension Database {
    /// Reads everything as it is at this moment, and reports what is not as lvkv writes it: see
    /// `LevelDBStore.verify(progress:report:)`.
    ///
    /// - Parameter report: is handed what is wrong, one at a time; what it throws ends the check.
    /// - Complexity: O(*n* log *n*) in the keys.
    /// - Throws: `StoreError`; what `report` throws.
    public func verify(report: @escaping (StoredProblem) throws -> Void) throws -> Verification {
        try store.verify(report: report)
    }
}
