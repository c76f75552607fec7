internal import Synchronization

/// What is counted while commands are run, without locks.
@safe
final class Statistics: @unchecked Sendable {
    /// Of one command.
    enum Counter: Int, CaseIterable { case calls, nanoseconds, rejected, failed }

    private let counters: UnsafeMutablePointer<Atomic<Int>>
    private let count: Int
    /// By their codes, such as `ERR` and `WRONGTYPE`.
    private let errors = Mutex<[String: Int]>([:])

    let commands = Atomic(0), expired = Atomic(0)

    /// - Parameter commands: how many there are.
    init(commands: Int) {
        count = commands * Counter.allCases.count
        unsafe counters = .allocate(capacity: count)
        for index in 0..<count { unsafe (counters + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe counters.deinitialize(count: count)
        unsafe counters.deallocate()
    }

    private func place(_ command: Int, _ counter: Counter) -> Int {
        let place = command * Counter.allCases.count + counter.rawValue
        precondition(place >= 0 && place < count)
        return place
    }

    /// Adds to a counter of the command with a number.
    func add(_ amount: Int = 1, to counter: Counter, of command: Int) {
        _ = unsafe counters[place(command, counter)].wrappingAdd(amount, ordering: .relaxed)
    }

    func value(_ counter: Counter, of command: Int) -> Int {
        unsafe counters[place(command, counter)].load(ordering: .relaxed)
    }

    /// Counts an error by its message's first word.
    func countError(_ message: String) {
        let code = message.utf8.prefix(while: { $0 != UInt8(ascii: " ") })
        errors.withLock { errors in
            let code = String(decoding: code, as: UTF8.self)
            // As Redis: no more than 128 kinds.
            if errors[code] != nil || errors.count < 128 { errors[code, default: 0] += 1 }
        }
    }

    /// The errors by their codes, in order.
    var errorCounts: [(code: String, count: Int)] {
        errors.withLock { errors in errors.map { (code: $0.key, count: $0.value) } }.sorted { $0.code < $1.code }
    }

    /// Begins again at zero.
    func reset() {
        for index in 0..<count { unsafe counters[index].store(0, ordering: .relaxed) }
        commands.store(0, ordering: .relaxed)
        expired.store(0, ordering: .relaxed)
        errors.withLock { $0 = [:] }
    }
}

/// What was counted of one command.
package struct CommandCounts: Sendable, Equatable {
    package let calls: Int
    package let microseconds: Int
    package let rejected: Int
    package let failed: Int
}

extension Engine {
    /// What was counted of each command that came, by its full name.
    package var commandStatistics: [String: CommandCounts] {
        var counts: [String: CommandCounts] = [:]
        for entry in table.entries {
            let count = CommandCounts(
                calls: statistics.value(.calls, of: entry.number),
                microseconds: statistics.value(.nanoseconds, of: entry.number) / 1_000,
                rejected: statistics.value(.rejected, of: entry.number),
                failed: statistics.value(.failed, of: entry.number))
            if count.calls > 0 || count.rejected > 0 { counts[entry.fullName] = count }
        }
        return counts
    }
}
