internal import Synchronization

/// Where scans stand that clients go on with later, by the numbers they were given for it.
///
/// Bounded: a number that is too old is forgotten, and its scan begins again, so it still meets every key that is there
/// all along. Numbers begin at random, so one of an earlier run of the server is not taken for another scan's. Safe
/// from any thread.
package final class ScanPositions: Sendable {
    private static let most = 16_384
    private static let mostBytes = 16 << 20

    private struct State {
        /// A ring: the position of number *n* is at *n* modulo its size.
        var ring: [[UInt8]] = []
        var first: UInt64
        var next: UInt64
        var bytes = 0
    }

    private let state: Mutex<State>

    package init() {
        // Numbers stay below 2^53, for clients that keep them as floating point numbers.
        let start = UInt64.random(in: 1..<1 << 52) / UInt64(ScanPositions.most) * UInt64(ScanPositions.most) + 1
        state = Mutex(State(first: start, next: start))
    }

    /// A number for a position; never 0.
    package func number(for position: [UInt8]) -> UInt64 {
        state.withLock { state in
            let number = state.next
            let slot = Int(number % UInt64(ScanPositions.most))
            if state.ring.isEmpty { state.ring = Array(repeating: [], count: ScanPositions.most) }
            state.next += 1
            if state.next - state.first > UInt64(ScanPositions.most) { ScanPositions.forgetFirst(&state) }
            state.ring[slot] = position
            state.bytes += position.count
            while state.bytes > ScanPositions.mostBytes, state.first < number { ScanPositions.forgetFirst(&state) }
            return number
        }
    }

    private static func forgetFirst(_ state: inout State) {
        let slot = Int(state.first % UInt64(most))
        state.bytes -= state.ring[slot].count
        state.ring[slot] = []
        state.first += 1
    }

    /// The position that a number was given for; `nil` when there is none any more: then the scan begins again.
    package func position(of number: UInt64) -> [UInt8]? {
        state.withLock { state in
            guard number >= state.first, number < state.next else { return nil }
            return state.ring[Int(number % UInt64(ScanPositions.most))]
        }
    }
}
