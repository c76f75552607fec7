internal import Dispatch
internal import Foundation
internal import OrderedStore
internal import Synchronization

extension ConformanceCheck {
    /// Several threads at once.
    static func concurrencyChecks(_ seed: UInt64) -> [ConformanceCheck] {
        [
            ConformanceCheck("no update of conflicting transactions is lost", seed: seed) { store, _ in
                let (threads, increments) = (6, 100)
                try onThreads(threads) { thread in
                    for _ in 0..<increments {
                        try store.transact { transaction in
                            try increment("counter", in: &transaction)
                            try increment("of \(thread)", in: &transaction)
                        }
                    }
                }
                try expect(try number("counter", in: store), is: threads * increments, "the shared counter")
                for thread in 0..<threads {
                    try expect(try number("of \(thread)", in: store), is: increments, "the counter of \(thread)")
                }
            },
            ConformanceCheck("blind writes and transactions exclude each other", seed: seed) { store, _ in
                let rounds = 100
                try store.write { pair(0, in: &$0) }
                try onThreads(5) { thread in
                    for round in 0..<rounds {
                        switch thread {
                        case 0, 1:
                            // Reads both and writes both: never between another's two.
                            try store.transact { transaction in
                                let left = try transaction.bytes(Array("left".utf8))
                                let right = try transaction.bytes(Array("right".utf8))
                                try expect(left, is: right, "the two halves inside a transaction")
                                pair(round, in: &transaction)
                                try increment("counter", in: &transaction)
                            }
                        case 2, 3:
                            try store.write { pair(round + 1000 * thread, in: &$0) }
                            try store.put("own \(thread) \(round)", "\(round)")
                        default:
                            try store.read { snapshot in
                                let left = try snapshot.bytes(Array("left".utf8))
                                let right = try snapshot.bytes(Array("right".utf8))
                                try expect(left, is: right, "the two halves in a snapshot")
                            }
                        }
                    }
                }
                try expect(try number("counter", in: store), is: 2 * rounds, "the counter of the transactions")
                try expect(try store.count(in: .prefix("own ")), is: 2 * rounds, "the blind writers' own keys")
            },
            ConformanceCheck("a batch is seen whole or not at all", seed: seed) { store, _ in
                let keys = (0..<20).map { [UInt8($0)] }
                try onThreads(4) { thread in
                    for round in 0..<60 {
                        if thread < 2 {
                            let mark = [UInt8(thread), UInt8(round)]
                            try store.write { batch in
                                for key in keys { batch.put(key, mark) }
                            }
                        } else {
                            let options = ScanOptions(reverse: thread == 3)
                            let seen = try store.collect(.all, options)
                            try expect(
                                seen.isEmpty || seen.count == keys.count, "a scan saw \(seen.count) keys of a batch")
                            try expect(seen.allSatisfy { $0.value == seen[0].value }, "a scan saw two batches mixed")
                        }
                    }
                }
            },
            ConformanceCheck("errors of some transactions leave the others whole", seed: seed) { store, _ in
                let rounds = 60
                try onThreads(4) { thread in
                    for _ in 0..<rounds {
                        do {
                            try store.transact { transaction in
                                try increment("counter", in: &transaction)
                                if thread % 2 == 1 { throw Interruption() }
                            }
                        } catch is Interruption {}
                    }
                }
                try expect(try number("counter", in: store), is: 2 * rounds, "the counter")
            },
        ]
    }
}

/// Adds one to the decimal number under `name`.
private func increment(_ name: String, in transaction: inout Transaction<some StoreReader & ~Copyable>) throws {
    let value = try transaction.get(name)
    let count = Int(value?.string ?? "") ?? 0
    transaction.put(name, "\(count + 1)")
}

/// The decimal number under `name`.
private func number(_ name: String, in store: some OrderedStore) throws -> Int? {
    let value = try store.get(name)
    guard let text = value?.string else { return nil }
    return Int(text)
}

/// Two keys that always hold the same.
private func pair(_ number: Int, in writer: inout some StoreWriter & ~Copyable) {
    writer.put("left", "\(number)")
    writer.put("right", "\(number)")
}

/// Runs `body` on so many threads at once and waits for all of them.
///
/// - Throws: the first error that one of them threw; a ``ConformanceFailure`` when they seem to hang.
package func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let failure = FirstError()
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread.detachNewThread {
            do { try body(index) } catch { failure.keep(error) }
            group.leave()
        }
    }
    guard group.wait(timeout: .now() + 120) == .success else {
        throw ConformanceFailure("\(count) threads were not done after two minutes: some call hangs")
    }
    if let error = failure.error { throw error }
}

private final class FirstError: Sendable {
    private let kept = Mutex<(any Error)?>(nil)

    var error: (any Error)? { kept.withLock { $0 } }

    func keep(_ error: any Error) {
        kept.withLock { if $0 == nil { $0 = error } }
    }
}
