internal import Structures
internal import Synchronization

/// The latest census of each database, for as long as it is true, or nearly so.
///
/// Safe from any thread.
final class KeyCensuses: Sendable {
    private struct Kept {
        let census: KeyCensus
        /// The number of writes before it was taken.
        let moment: UInt64
    }

    private let kept = Mutex<[Int: Kept]>([:])

    /// The exact number of keys of the call's database. Counted once while nothing is written.
    ///
    /// - Throws: `StoreError`; to be run again on another thread.
    func count(_ call: DataCall) throws -> Int {
        if let moment = call.moment, let kept = kept(call), kept.moment == moment,
            kept.census.nextExpiry.map({ $0 > call.keys.now }) ?? true
        {
            return kept.census.count
        }
        return try take(call).count
    }

    /// Any key of the call's database. Of a big one the census may be a little old: up to a write for each four keys.
    ///
    /// - Throws: as ``count(_:)``.
    func randomKey(_ call: DataCall) throws -> [UInt8]? {
        if let moment = call.moment, let kept = kept(call),
            moment &- kept.moment <= UInt64(kept.census.count) / 4,
            let key = try call.keys.randomKey(kept.census)
        {
            return key
        }
        return try call.keys.randomKey(try take(call))
    }

    private func kept(_ call: DataCall) -> Kept? { kept.withLock { $0[call.keys.database] } }

    private func take(_ call: DataCall) throws -> KeyCensus {
        let census = try call.keys.takeCensus(expectingWork: call.expectWork)
        if let moment = call.moment {
            kept.withLock { $0[call.keys.database] = Kept(census: census, moment: moment) }
        }
        return census
    }
}
