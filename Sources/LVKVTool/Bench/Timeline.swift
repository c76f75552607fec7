internal import Synchronization

/// What all threads measured, interval by interval.
final class Timeline: Sendable {
    /// What happened in one interval.
    struct Point: Sendable, Equatable {
        /// Seconds since the start.
        var from: Double
        var seconds: Double
        var operations: Int
        var errors: Int
        /// In milliseconds, as ``longest``.
        var p50: Double
        var p99: Double
        var longest: Double

        var perSecond: Double { seconds > 0 ? Double(operations) / seconds : 0 }
    }

    /// When the measuring begins, and the length of an interval, in nanoseconds.
    let start: UInt64
    let length: UInt64
    private let kinds: Int
    private let state: Mutex<State>

    private struct State {
        var totals: [Tally]
        /// Intervals that some thread is still in.
        var open: [Int: Tally] = [:]
        var points: [Int: Tally.Summary] = [:]
        /// The interval that each thread is in.
        var threads: [Int]
        var end: UInt64
        var unsent = 0
    }

    init(start: UInt64, length: UInt64, kinds: Int, threads: Int) {
        self.start = start
        self.length = length
        self.kinds = kinds
        state = Mutex(
            State(
                totals: (0..<kinds).map { _ in Tally() }, threads: Array(repeating: 0, count: threads), end: start))
    }

    var emptyTallies: [Tally] { (0..<kinds).map { _ in Tally() } }

    func add(_ tallies: [Tally], interval: Int) {
        state.withLock { state in
            for (kind, tally) in tallies.enumerated() where !tally.isEmpty {
                state.totals[kind].add(tally)
                if state.open[interval] == nil {
                    state.open[interval] = tally
                } else {
                    state.open[interval]?.add(tally)
                }
            }
        }
    }

    /// Notes which interval a thread has come to. Of those that all have left only the figures are kept.
    func advance(_ thread: Int, to interval: Int) {
        state.withLock { state in
            state.threads[thread] = interval
            let first = state.threads.min() ?? interval
            for (index, tally) in state.open where index < first {
                state.points[index] = tally.summary
                state.open[index] = nil
            }
        }
    }

    func finish(_ thread: Int, now: UInt64, unsent: Int) {
        state.withLock { state in
            state.end = max(state.end, now)
            state.unsent += unsent
        }
        advance(thread, to: .max)
    }

    /// What happened in the last interval that is over.
    var latest: Point? {
        state.withLock { state in
            guard let (index, summary) = state.points.max(by: { $0.key < $1.key }) else { return nil }
            return point(index, summary, seconds: seconds(length))
        }
    }

    /// The figures of each kind, once all threads have finished.
    var totals: [Tally] { state.withLock { $0.totals } }
    /// How many operations were due and never sent.
    var unsent: Int { state.withLock { $0.unsent } }
    /// How long was measured.
    var seconds: Double { state.withLock { seconds($0.end - start) } }

    /// The intervals in order. A last one that is hardly more than begun is left out: it says nothing about a rate.
    var points: [Point] {
        state.withLock { state in
            state.points.sorted { $0.key < $1.key }.compactMap { index, summary in
                let begin = start + UInt64(index) * length
                let end = min(begin + length, state.end)
                guard end > begin, index == 0 || (end - begin) * 4 >= length else { return nil }
                return point(index, summary, seconds: seconds(end - begin))
            }
        }
    }

    private func point(_ index: Int, _ summary: Tally.Summary, seconds: Double) -> Point {
        Point(
            from: Double(index) * self.seconds(length), seconds: seconds, operations: summary.operations,
            errors: summary.errors, p50: summary.p50, p99: summary.p99, longest: summary.longest)
    }

    private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

extension Tally {
    /// The figures that are kept of an interval.
    struct Summary: Sendable {
        var operations: Int
        var errors: Int
        var p50: Double
        var p99: Double
        var longest: Double
    }

    var summary: Summary {
        Summary(
            operations: operations, errors: errors, p50: percentile(50), p99: percentile(99), longest: longest)
    }
}
