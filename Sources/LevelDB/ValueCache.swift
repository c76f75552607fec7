internal import OrderedStore
internal import Synchronization

/// What keys hold that were asked for or written lately, in front of LevelDB: what is found here takes no search through its
/// memory and its tables. That there is no such key is kept, too.
///
/// So that a snapshot never sees what was written after it, writes are numbered, and a value is found only from the write on
/// since which it has held. Numbers are even between writes and odd while one is under way.
///
/// Bounded in bytes; what was not asked for since the hand of the clock last came by makes room. Safe from any thread, with
/// one write at a time.
final class ValueCache: Sendable {
    /// What is known of a key.
    enum Finding: ~Copyable {
        case unknown
        case absent
        case value(Value)
    }

    private let shards: [Shard]
    private let writes = Atomic<UInt64>(0)

    private static let shardBits = 4

    /// - Parameter capacity: how many bytes are kept at most, about; `nil` is returned for 0.
    init?(capacity: Int) {
        guard capacity > 0 else { return nil }
        shards = (0..<1 << ValueCache.shardBits).map { _ in Shard(capacity: capacity >> ValueCache.shardBits) }
    }

    /// The number of the latest write; `nil` while one is under way.
    var moment: UInt64? {
        let number = writes.load(ordering: .acquiring)
        return number & 1 == 0 ? number : nil
    }

    /// What `key` held at a moment.
    func find(_ key: Span<UInt8>, at moment: UInt64) -> Finding {
        let hash = hash(of: key)
        return shard(hash).entries.withLock { entries in entries.find(hash, key, moment) }
    }

    /// Whether it is known that `key` was there at a moment.
    func has(_ key: Span<UInt8>, at moment: UInt64) -> Bool {
        let hash = hash(of: key)
        return shard(hash).entries.withLock { entries in entries.has(hash, key, moment) }
    }

    /// Keeps what `key` was found to hold at a moment, unless there was a write since.
    func keep(_ value: borrowing Value?, of key: Span<UInt8>, at moment: UInt64) {
        let hash = hash(of: key)
        shard(hash).entries.withLock { entries in
            // A write that begins after this comes to the entry later than we do.
            guard writes.load(ordering: .acquiring) == moment else { return }
            switch value {
            case .none: entries.insert(hash, key, nil, moment)
            case .some(let value): entries.insert(hash, key, value.span, moment)
            }
        }
    }

    // MARK: - Writing

    /// A write begins: what it changes is not known until it ends.
    func beginWrite() { writes.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    /// The write under way has put a value, or removed the key where it is `nil`.
    func update(_ key: Span<UInt8>, _ value: Span<UInt8>?) {
        let moment = writes.load(ordering: .relaxed) + 1
        let hash = hash(of: key)
        shard(hash).entries.withLock { entries in entries.update(hash, key, value, moment) }
    }

    /// The write has ended, and all that it changed was told.
    func endWrite() { writes.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    /// Forgets everything.
    func removeAll() {
        for shard in shards { shard.entries.withLock { $0.removeAll() } }
    }

    // MARK: - Figures

    var statistics: ValueCacheStatistics {
        shards.reduce(into: ValueCacheStatistics()) { sum, shard in
            shard.entries.withLock { entries in
                sum.keys += entries.count
                sum.bytes += entries.byteCount
                sum.hits += entries.hits
                sum.misses += entries.misses
            }
        }
    }

    // MARK: - Shards

    /// A part of the keys, so that threads seldom wait for each other.
    private final class Shard: Sendable {
        let entries: Mutex<Entries>
        init(capacity: Int) { entries = Mutex(Entries(capacity: capacity)) }
    }

    /// Seeded anew in each process: nobody can choose keys that lie together.
    @inline(__always)
    private func hash(of key: Span<UInt8>) -> UInt {
        var hasher = Hasher()
        unsafe key.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt(bitPattern: hasher.finalize())
    }

    @inline(__always)
    private func shard(_ hash: UInt) -> Shard { shards[Int(hash >> UInt(UInt.bitWidth - ValueCache.shardBits))] }
}

/// How a cache of values does.
public struct ValueCacheStatistics: Sendable {
    /// How many keys are in it, those included that are known not to be there.
    public var keys = 0
    /// About how much memory they take.
    public var bytes = 0
    /// How many reads were answered from it.
    public var hits = 0
    /// How many reads were not.
    public var misses = 0
}

/// A hash table of keys and what they hold. Its slots lie one behind the other, so that finding a key looks at one line of
/// the processor's cache, and at the entry.
private struct Entries: ~Copyable {
    private struct Slot {
        /// Some of the hash's bits: nearly all that is not sought is passed over without a look at it.
        var tag: UInt32 = 0
        /// Whether it was asked for since the hand came by.
        var isRecent = false
        var entry: CachedEntry?
    }

    /// As many as a power of two, at most three quarters of them with an entry. An entry is at the slot of its hash or
    /// behind it, with no free slot between.
    private var slots: [Slot] = []
    private var hand = 0
    private let capacity: Int
    private(set) var count = 0
    private(set) var byteCount = 0
    private(set) var hits = 0
    private(set) var misses = 0

    init(capacity: Int) { self.capacity = capacity }

    /// What one entry may take: a large value is not worth all the small ones.
    private var most: Int { min(capacity / 8, 1 << 30) }

    deinit {
        for slot in slots { slot.entry?.free() }
    }

    mutating func find(_ hash: UInt, _ key: Span<UInt8>, _ moment: UInt64) -> ValueCache.Finding {
        guard let slot = slot(hash, key), let entry = slots[slot].entry, entry.since <= moment else {
            misses += 1
            return .unknown
        }
        hits += 1
        slots[slot].isRecent = true
        return entry.isAbsent ? .absent : .value(entry.value)
    }

    /// Whether it is known that there was a key.
    mutating func has(_ hash: UInt, _ key: Span<UInt8>, _ moment: UInt64) -> Bool {
        guard let slot = slot(hash, key), let entry = slots[slot].entry, entry.since <= moment, !entry.isAbsent else {
            return false
        }
        slots[slot].isRecent = true
        return true
    }

    /// Keeps an entry; room is made by others'.
    mutating func insert(_ hash: UInt, _ key: Span<UInt8>, _ value: Span<UInt8>?, _ moment: UInt64) {
        if let slot = slot(hash, key) { return set(slot, key, value, moment) }
        let cost = Entries.cost(key.count + (value?.count ?? 0))
        guard cost <= most else { return }
        makeRoom(cost)
        if (count + 1) * 4 > slots.count * 3 { grow() }
        put(Slot(tag: Entries.tag(hash), entry: CachedEntry(hash, key, value, moment)), hash)
        count += 1
        byteCount += cost
    }

    /// Keeps what was written; that a key is gone only where it was there.
    mutating func update(_ hash: UInt, _ key: Span<UInt8>, _ value: Span<UInt8>?, _ moment: UInt64) {
        guard value == nil else { return insert(hash, key, value, moment) }
        guard let slot = slot(hash, key) else { return }
        // It is seldom asked for again.
        slots[slot].isRecent = false
        set(slot, key, nil, moment)
    }

    mutating func removeAll() {
        for slot in slots { slot.entry?.free() }
        slots = []
        (hand, count, byteCount) = (0, 0, 0)
    }

    /// What an entry takes: its memory, with what `malloc` takes of it, and its slot.
    private static func cost(_ byteCount: Int) -> Int {
        byteCount + CachedEntry.headerSize + 16 + MemoryLayout<Slot>.stride
    }

    private static func tag(_ hash: UInt) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 24) }

    private func slot(_ hash: UInt, _ key: Span<UInt8>) -> Int? {
        guard count > 0 else { return nil }
        let mask = slots.count - 1
        let tag = Entries.tag(hash)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while let entry = slots[slot].entry {
            if slots[slot].tag == tag, entry.isOf(key) { return slot }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Puts an entry where its hash belongs.
    private mutating func put(_ new: Slot, _ hash: UInt) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].entry != nil { slot = (slot + 1) & mask }
        slots[slot] = new
    }

    private mutating func set(_ slot: Int, _ key: Span<UInt8>, _ value: Span<UInt8>?, _ moment: UInt64) {
        guard let entry = slots[slot].entry, !entry.replace(by: value, moment) else { return }
        guard Entries.cost(key.count + (value?.count ?? 0)) <= most else { return remove(slot) }
        let new = CachedEntry(entry.hash, key, value, moment)
        slots[slot].entry = new
        byteCount += new.byteCount - entry.byteCount
        entry.free()
        makeRoom(0)
    }

    /// Takes entries away until so many bytes more may be kept.
    private mutating func makeRoom(_ cost: Int) {
        while count > 0, byteCount + cost > capacity {
            hand &= slots.count - 1
            if slots[hand].isRecent {
                slots[hand].isRecent = false
                hand += 1
            } else if slots[hand].entry != nil {
                // What moves into its slot comes next.
                remove(hand)
            } else {
                hand += 1
            }
        }
    }

    private mutating func remove(_ slot: Int) {
        guard let entry = slots[slot].entry else { return }
        count -= 1
        byteCount -= Entries.cost(entry.byteCount)
        entry.free()
        // What is behind and belongs before the gap moves into it, so that none is sought in vain.
        let mask = slots.count - 1
        var (gap, next) = (slot, slot)
        while true {
            next = (next + 1) & mask
            guard let entry = slots[next].entry else { break }
            let home = Int(truncatingIfNeeded: entry.hash) & mask
            if (next - home) & mask >= (next - gap) & mask {
                slots[gap] = slots[next]
                gap = next
            }
        }
        slots[gap] = Slot()
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: max(64, old.count * 2))
        for slot in old {
            if let entry = slot.entry { put(slot, entry.hash) }
        }
    }
}
