internal import KeySchemas
internal import OrderedStore

/// Sorts records by their places in an order, in bounded memory: what is too much goes to a temporary file in sorted
/// runs, which are merged at the end. With a limit only so many of the first are kept.
struct RecordSorter: ~Copyable {
    /// Less memory than this sorts nothing sensibly.
    static let leastMemory = 1 << 16

    /// A record among ``bytes``: its place, and then its own bytes.
    private struct Item {
        /// The place's first bytes, which settle most comparisons.
        let head: UInt64
        let start: Int
        let middle: Int
        let end: Int
    }

    private let plan: QueryPlan
    private let memory: Int
    private let limit: Int
    private var bytes: [UInt8] = []
    private var items: [Item] = []
    /// With a limit: the place of the last record that is still among the first.
    private var last: [UInt8]?
    private var runs: SortedRuns?

    init(_ plan: QueryPlan, memory: Int, limit: Int?) {
        self.plan = plan
        self.memory = memory
        self.limit = limit ?? Int.max
    }

    /// Takes a record.
    ///
    /// - Throws: ``RecordError``; `StoreError` when a temporary file cannot be written.
    mutating func add(_ record: borrowing RecordBuffer) throws {
        let start = bytes.count
        try plan.sortKeys.append(record, to: &bytes)
        guard let head = headIfWanted(from: start) else {
            bytes.removeLast(bytes.count - start)
            return
        }
        let middle = bytes.count
        record.write(to: &bytes)
        items.append(Item(head: head, start: start, middle: middle, end: bytes.count))
        let isFull = bytes.count + items.count * MemoryLayout<Item>.stride > memory
        guard isFull || limit < Int.max / 2 && items.count >= 2 * limit + 256 else { return }
        cut()
        if bytes.count + items.count * MemoryLayout<Item>.stride > memory / 2 { try spill() }
    }

    /// The first bytes of the place that was appended at `start`, unless it is none of those that are wanted.
    private func headIfWanted(from start: Int) -> UInt64? {
        let place = bytes.span.extracting(start..<bytes.count)
        if let first = plan.start, place.compare(to: first.span) <= 0 { return nil }
        if let last, place.compare(to: last.span) >= 0 { return nil }
        var head: UInt64 = 0
        for index in 0..<Swift.min(8, place.count) { head |= UInt64(place[index]) << UInt64(56 - 8 * index) }
        return head
    }

    /// Sorts what is there.
    private mutating func sort() {
        let bytes = bytes
        items.sort { left, right in
            if left.head != right.head { return left.head < right.head }
            return bytes.span.extracting(left.start..<left.middle)
                .compare(to: bytes.span.extracting(right.start..<right.middle)) < 0
        }
    }

    /// Keeps the first records only, as many as the limit says.
    private mutating func cut() {
        sort()
        guard items.count > limit else { return }
        items.removeLast(items.count - limit)
        var kept: [UInt8] = []
        kept.reserveCapacity(Swift.min(bytes.count, memory))
        items = items.map { item in
            let start = kept.count
            kept.append(copying: bytes.span.extracting(item.start..<item.end))
            return Item(
                head: item.head, start: start, middle: start + item.middle - item.start, end: kept.count)
        }
        bytes = kept
        last = items.last.map { Array(bytes[$0.start..<$0.middle]) }
    }

    /// Hands what is there, sorted, to the temporary file.
    private mutating func spill() throws {
        sort()
        var runs = try self.runs.take() ?? SortedRuns()
        for item in items {
            try runs.append(
                bytes.span.extracting(item.start..<item.middle), bytes.span.extracting(item.middle..<item.end))
        }
        try runs.endRun()
        self.runs = consume runs
        items.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Goes over the records in order, until `body` says that it has enough.
    mutating func forEach(_ body: (inout RecordBuffer, Span<UInt8>) throws -> Bool) throws {
        var record = RecordBuffer(plan.schema)
        guard runs != nil else {
            sort()
            for item in items {
                guard record.read(bytes.span.extracting(item.middle..<item.end)) else { throw SortedRuns.damaged }
                guard try body(&record, bytes.span.extracting(item.start..<item.middle)) else { return }
            }
            return
        }
        try spill()
        bytes = []
        guard let runs = runs.take() else { return }
        try runs.merge { place, stored in
            guard record.read(stored) else { throw SortedRuns.damaged }
            return try body(&record, place)
        }
    }
}

extension RecordBuffer {
    /// Appends the whole record.
    fileprivate borrowing func write(to bytes: inout [UInt8]) {
        bytes.append(counted: prefix.span)
        for slot in slots + [marker] {
            bytes.append(count: UInt32(slot.count + 1))
            if !slot.isAbsent { bytes.append(copying: self.bytes(slot)) }
        }
        for field in unknown {
            bytes.append(counted: self.bytes(field.suffix))
            bytes.append(counted: self.bytes(field.value))
        }
    }

    /// Takes a record that was written whole.
    fileprivate mutating func read(_ bytes: Span<UInt8>) -> Bool {
        var position = 0
        guard let prefix = bytes.counted(at: &position), begin(prefix) else { return false }
        for slot in Array(slots.indices) + [CompiledSchema.markerSlot] {
            guard let count = bytes.count(at: &position) else { return false }
            guard count > 0 else { continue }
            guard count - 1 <= bytes.count - position else { return false }
            add(prefix, slot: slot, value: bytes.extracting(position..<position + count - 1))
            position += count - 1
        }
        while position < bytes.count {
            guard let suffix = bytes.counted(at: &position), let value = bytes.counted(at: &position) else {
                return false
            }
            add(suffix, slot: CompiledSchema.unknownSlot, value: value)
        }
        return true
    }
}

extension [UInt8] {
    /// Appends a number, in four bytes.
    mutating func append(count: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: count >> shift)) }
    }

    /// Appends bytes and before them how many they are.
    mutating func append(counted bytes: Span<UInt8>) {
        append(count: UInt32(bytes.count))
        append(copying: bytes)
    }
}

extension Span<UInt8> {
    /// The number that ``Swift/Array/append(count:)`` wrote at `position`, which moves behind it.
    func count(at position: inout Int) -> Int? {
        guard position + 4 <= count else { return nil }
        var number = 0
        for index in position..<position + 4 { number = number << 8 | Int(self[index]) }
        position += 4
        return number
    }

    /// The bytes that ``Swift/Array/append(counted:)`` wrote at `position`, which moves behind them.
    @_lifetime(copy self)
    func counted(at position: inout Int) -> Span<UInt8>? {
        guard let size = count(at: &position), size <= count - position else { return nil }
        defer { position += size }
        return extracting(position..<position + size)
    }
}
