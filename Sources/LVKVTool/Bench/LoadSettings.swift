/// How a load is run.
struct LoadSettings: Sendable {
    /// How many clients there are at a time.
    var connections: Int
    /// How many operations each of them sends before it waits for replies.
    var pipeline: Int
    var threads: Int
    var order: KeyOrder
    var zipfExponent: Double
    var valueSize: Int
    /// Operations a second of all clients; `nil` to send the next ones as soon as the last are answered.
    var rate: Double?
    var seed: UInt64
}

/// A stretch of a load.
struct LoadPhase: Sendable {
    let workload: Workload
    let settings: LoadSettings
    let space: KeySpace
    let limit: Limit
    /// When it was to begin, in nanoseconds: a thread that is ready later is behind its schedule.
    let begin: UInt64
    let timeline: Timeline

    /// When it ends.
    enum Limit: Sendable {
        /// After so many operations of all threads.
        case operations(Int)
        /// At a time in nanoseconds; what is under way is waited for.
        case time(UInt64)
    }

    /// The operations of one of the threads, where they are limited.
    func share(of thread: Int) -> Int {
        guard case .operations(let count) = limit else { return .max }
        return count / settings.threads + (thread < count % settings.threads ? 1 : 0)
    }

    /// When to send no more.
    var end: UInt64 {
        if case .time(let end) = limit { end } else { .max }
    }

    func maker(of thread: Int) -> CommandMaker {
        CommandMaker(
            KeyChooser(space, settings.order, exponent: settings.zipfExponent),
            random: LoadRandom(seed: settings.seed &+ UInt64(thread) &* 0x9E37_79B9),
            values: ValueText(size: settings.valueSize, start: thread * 7_919))
    }

    /// The schedule of one of the threads in an open loop; they take turns.
    func pace(of thread: Int) -> Pace? {
        settings.rate.map { rate in
            let offset = Double(thread) * 1e9 / rate
            return Pace(start: begin + UInt64(offset), perSecond: rate / Double(settings.threads))
        }
    }
}
