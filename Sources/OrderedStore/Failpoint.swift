#if DEBUG
    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #elseif canImport(Darwin)
        internal import Darwin
    #endif
    internal import Synchronization
#endif

/// A place in the middle of long work where a test has the process killed, as a power cut or the system might.
///
/// `LVKV_FAILPOINT=index-build:3` in the environment kills the process with SIGKILL when it comes to that place for the
/// third time. Debug builds only: a release build neither reads the variable nor holds the places.
package enum Failpoint: String, CaseIterable, Sendable {
    /// After each batch of an index's entries.
    case indexBuild = "index-build"
    /// After each batch of records that a migration has rewritten, or of keys that it has removed.
    case migrationBatch = "migration-batch"
    /// After each transaction of the reclaimer.
    case reclaim
    /// After each key that `FLUSHALL` and `FLUSHDB` have staged the removal of.
    case flush
    /// After each step of a backup: a chunk written or taken over, the whole synced, the name given.
    case backup
    /// After each step of a restore.
    case restore
    /// After each step of a load of a dump.
    case load

    /// Comes by this place.
    @inline(__always)
    package func pass() {
        #if DEBUG
            FailpointPlan.shared?.count(self)
        #endif
    }
}

#if DEBUG
    /// What the environment asks for.
    private final class FailpointPlan: Sendable {
        static let shared = FailpointPlan()

        private let place: Failpoint
        private let remaining: Atomic<Int>

        private init?() {
            guard let text = unsafe getenv("LVKV_FAILPOINT") else { return nil }
            let words = unsafe String(cString: text).split(separator: ":", omittingEmptySubsequences: false)
            guard words.count == 2, let place = Failpoint(rawValue: String(words[0])), let count = Int(words[1]),
                count > 0
            else {
                // A test that kills nothing would pass.
                let names = Failpoint.allCases.map(\.rawValue).joined(separator: ", ")
                fatalError("LVKV_FAILPOINT is NAME:COUNT, with a name of \(names) and a count from 1")
            }
            self.place = place
            remaining = Atomic(count)
        }

        func count(_ passed: Failpoint) {
            guard passed == place, remaining.wrappingSubtract(1, ordering: .relaxed).newValue == 0 else { return }
            kill(getpid(), SIGKILL)
            // The signal may come a moment later: nothing is to happen meanwhile.
            while true { pause() }
        }
    }
#endif
