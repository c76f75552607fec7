/// When the operations of a thread are due in an open loop: at a fixed rate, however long they take.
///
/// Latencies count from when an operation was due, so that what a slow server kept from being sent is in them.
struct Pace {
    private let start: UInt64
    private let interval: Double
    /// How many operations were taken.
    private(set) var taken = 0

    /// - Parameters:
    ///   - start: when the first one is due, in nanoseconds.
    ///   - perSecond: above 0.
    init(start: UInt64, perSecond: Double) {
        self.start = start
        interval = 1e9 / perSecond
    }

    /// When the next one is due.
    var next: UInt64 { start + UInt64(Double(taken) * interval) }

    /// Takes the next one, if it is due.
    ///
    /// - Returns: when it was due.
    mutating func take(at now: UInt64) -> UInt64? {
        let due = next
        guard due <= now else { return nil }
        taken += 1
        return due
    }
}
