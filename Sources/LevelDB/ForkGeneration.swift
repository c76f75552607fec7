#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import Synchronization

/// Counts the forks between the process that opened a store and this one. A child shares its parent's
/// handle and locks, but not LevelDB's threads: whatever it did would hang or do damage.
enum ForkGeneration {
    private static let count = Atomic<Int>(0)

    private static let isWatching: Bool = {
        pthread_atfork(nil, nil) { ForkGeneration.count.wrappingAdd(1, ordering: .relaxed) } == 0
    }()

    /// What ``current`` is until this process forks. To be asked before ``current``.
    static func watch() -> Int {
        _ = isWatching
        return current
    }

    /// Differs in a child of the process that asked before.
    static var current: Int { count.load(ordering: .relaxed) }
}
