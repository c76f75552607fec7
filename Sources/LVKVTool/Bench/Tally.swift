internal import Histogram

/// What came of the operations of one kind, or of all.
struct Tally: Sendable {
    /// How many were answered.
    var operations = 0
    /// How many of them with an error.
    var errors = 0
    /// Their latencies in nanoseconds, and how long those waited that were due and never sent.
    private var latencies: Histogram<UInt64>

    /// Longer ones count as this.
    private static let longest: UInt64 = 100_000_000_000

    init() { latencies = Histogram(highestTrackableValue: Tally.longest, numberOfSignificantValueDigits: .three) }

    @inline(__always)
    mutating func add(latency: UInt64, isError: Bool) {
        operations += 1
        if isError { errors += 1 }
        latencies.record(min(max(1, latency), Tally.longest))
    }

    /// Counts one that was due and never sent: it took that long at the least.
    mutating func addUnsent(waited: UInt64) { latencies.record(min(max(1, waited), Tally.longest)) }

    mutating func add(_ other: Tally) {
        operations += other.operations
        errors += other.errors
        latencies.add(other.latencies)
    }

    /// The latency that so many percent are not above, in milliseconds.
    func percentile(_ percent: Double) -> Double { Double(latencies.valueAtPercentile(percent)) / 1e6 }

    var isEmpty: Bool { latencies.totalCount == 0 }
    var mean: Double { isEmpty ? 0 : latencies.mean / 1e6 }
    /// The longest latency, in milliseconds, as exactly as it was measured.
    var longest: Double { Double(latencies.maxRecorded) / 1e6 }

    /// The percentiles that are shown.
    static let percents: [(name: String, percent: Double)] = [
        ("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p99.9", 99.9), ("p99.99", 99.99),
    ]
}

/// Collects what one thread measures, and hands each interval on when it is over.
struct Recorder {
    private let timeline: Timeline
    private let thread: Int
    private var interval = 0
    private var end: UInt64
    private var tallies: [Tally]
    /// How many operations were due and never sent.
    private var unsent = 0

    init(_ timeline: Timeline, thread: Int) {
        self.timeline = timeline
        self.thread = thread
        end = timeline.start + timeline.length
        tallies = timeline.emptyTallies
    }

    /// Notes an operation that was answered.
    ///
    /// - Parameters:
    ///   - since: when it was sent, or due. What began before the measuring did is left out.
    ///   - now: when it was answered.
    @inline(__always)
    mutating func note(_ operation: Int, since: UInt64, now: UInt64, isError: Bool) {
        guard since >= timeline.start else { return }
        if now >= end { advance(to: now) }
        tallies[operation].add(latency: now - since, isError: isError)
    }

    /// Notes an operation that was due at `since` and never sent.
    mutating func noteUnsent(_ operation: Int, since: UInt64, now: UInt64) {
        guard since >= timeline.start else { return }
        unsent += 1
        tallies[operation].addUnsent(waited: now - since)
    }

    /// Hands on the intervals that are over.
    @inline(__always)
    mutating func advance(to now: UInt64) {
        guard now >= end else { return }
        handOn(now)
    }

    private mutating func handOn(_ now: UInt64) {
        timeline.add(tallies, interval: interval)
        tallies = timeline.emptyTallies
        interval = Int((now - timeline.start) / timeline.length)
        end = timeline.start + UInt64(interval + 1) * timeline.length
        timeline.advance(thread, to: interval)
    }

    /// Hands on what is left.
    mutating func finish(now: UInt64) {
        timeline.add(tallies, interval: interval)
        timeline.finish(thread, now: now, unsent: unsent)
    }
}
