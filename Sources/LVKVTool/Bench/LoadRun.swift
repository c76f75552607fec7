internal import Dispatch
internal import Synchronization

/// Runs the phases of a load, each on threads of its own.
struct LoadRun {
    let target: LoadTarget
    let isQuiet: Bool

    /// Runs a phase to its end.
    ///
    /// - Returns: the words of the first error reply; empty when there was none.
    /// - Throws: ``Failure`` of the first thread that failed.
    @discardableResult
    func run(_ phase: LoadPhase, _ verb: String) throws -> [UInt8] {
        let shared = LoadState()
        let failure = Mutex<(any Error)?>(nil)
        let group = DispatchGroup()
        // Each thread has its own connections.
        nonisolated(unsafe) let target = target
        for thread in 0..<phase.settings.threads {
            DispatchQueue(label: "lvkv.bench.\(thread)").async(group: group) {
                do { try unsafe target.run(phase, thread: thread, shared) } catch {
                    shared.stop()
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        var display = LoadDisplay(verb, phase, isQuiet: isQuiet)
        while group.wait(timeout: .now() + .milliseconds(200)) == .timedOut { display.update() }
        display.clear()
        if let error = failure.withLock({ $0 }) { throw error }
        return shared.firstError
    }
}

/// How a load goes, on a terminal while it runs.
struct LoadDisplay {
    private let verb: String
    private let phase: LoadPhase
    private let isShown: Bool
    private let begin = SystemCall.nanoseconds()
    private var isDrawn = false

    init(_ verb: String, _ phase: LoadPhase, isQuiet: Bool) {
        self.verb = verb
        self.phase = phase
        isShown = Terminal.errorIsTerminal && !isQuiet
    }

    mutating func update() {
        guard isShown else { return }
        let now = SystemCall.nanoseconds()
        let width = SystemCall.columns(of: SystemCall.standardError) ?? 80
        let line = LoadDisplay.line(
            now < phase.timeline.start ? "warming up" : verb, phase.timeline.latest,
            seconds: Double(now - min(now, begin)) / 1e9, left: secondsLeft(now))
        put("\r\(line.prefix(width - 1))\u{1B}[K")
        isDrawn = true
    }

    private func secondsLeft(_ now: UInt64) -> Double? {
        phase.end == .max ? nil : Double(phase.end - min(now, phase.end)) / 1e9
    }

    /// What is shown.
    static func line(_ verb: String, _ point: Timeline.Point?, seconds: Double, left: Double?) -> String {
        var parts = [verb]
        if let point {
            parts.append("\(Quantity.grouped(Int(point.perSecond)))/s")
            parts.append("p50 \(FixedPoint.text(point.p50, places: 3)) ms")
            parts.append("p99 \(FixedPoint.text(point.p99, places: 3)) ms")
            if point.errors > 0 { parts.append(Quantity.counted(point.errors, "error", "errors")) }
        }
        parts.append(left.map { "\(Quantity.duration($0)) left" } ?? Quantity.duration(seconds))
        return parts.joined(separator: "  ")
    }

    mutating func clear() {
        if isDrawn { put("\r\u{1B}[K") }
        isDrawn = false
    }

    private func put(_ text: String) {
        // What cannot be drawn is no reason to stop.
        try? Descriptor(standard: SystemCall.standardError).write(Array(text.utf8), name: "standard error")
    }
}
