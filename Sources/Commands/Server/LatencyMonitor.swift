internal import Synchronization

/// What took longer than `latency-monitor-threshold`, by kind of event. Safe from any thread.
final class LatencyMonitor: Sendable {
    struct Sample: Sendable {
        /// In seconds since 1970.
        let time: Int64
        var milliseconds: Int64
    }

    struct Series: Sendable {
        var samples: [Sample] = []
        var most: Int64 = 0
    }

    private let series = Mutex<[String: Series]>([:])
    private let threshold = Atomic(0)
    /// As Redis: so many of each event are kept.
    private static let mostSamples = 160

    func take(_ settings: Settings) {
        threshold.store(settings.integer(.latencyThreshold), ordering: .relaxed)
    }

    var isOn: Bool { threshold.load(ordering: .relaxed) > 0 }

    /// Keeps how long a command took, if that was long.
    func note(_ command: Command, nanoseconds: Int64, _ engine: Engine) {
        let threshold = threshold.load(ordering: .relaxed)
        let milliseconds = nanoseconds / 1_000_000
        guard threshold > 0, milliseconds >= threshold else { return }
        let event = command.flags.contains(.fast) ? "fast-command" : "command"
        let time = engine.now / 1_000
        series.withLock { all in
            var series = all[event] ?? Series()
            series.most = max(series.most, milliseconds)
            if let last = series.samples.last, last.time == time {
                series.samples[series.samples.count - 1].milliseconds = max(last.milliseconds, milliseconds)
            } else {
                series.samples.append(Sample(time: time, milliseconds: milliseconds))
                if series.samples.count > LatencyMonitor.mostSamples { series.samples.removeFirst() }
            }
            all[event] = series
        }
    }

    /// The events that were kept, by their names.
    var all: [(event: String, series: Series)] {
        series.withLock { all in all.map { (event: $0.key, series: $0.value) } }.sorted { $0.event < $1.event }
    }

    func samples(_ event: String) -> [Sample] { series.withLock { $0[event]?.samples ?? [] } }

    /// Forgets the events named, or all.
    ///
    /// - Returns: how many there were.
    func reset(_ events: [String]) -> Int {
        series.withLock { all in
            if events.isEmpty {
                defer { all = [:] }
                return all.count
            }
            return events.count { all.removeValue(forKey: $0) != nil }
        }
    }
}
