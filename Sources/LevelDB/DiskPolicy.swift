public import OrderedStore

/// What a store does by itself when its disk fails or fills up.
///
/// Whatever the policy, a failed write makes a store refuse further ones, since LevelDB would accept and lose them.
public struct DiskPolicy: Hashable, Sendable {
    /// Whether writing goes on by itself: the database is opened again in place, in the background, as soon as the disk
    /// proves to be well.
    public var reopens: Bool
    /// How long after a failure that is tried first.
    public var firstDelay: Duration
    /// The delay doubles with each try that fails, up to this; each is varied by up to a quarter at random, so that many
    /// stores on one disk do not try at once.
    public var longestDelay: Duration
    /// Whether a file keeps room for opening again on a full disk: as many bytes as were written since the opening, up
    /// to twice the write buffer, and 2 MiB.
    public var keepsReserve: Bool
    /// Below so many free bytes of the file system writes are refused, but for batches that remove. `nil` for 64 MiB or a
    /// twentieth of the file system, whichever is less; 0 for never.
    public var leastFreeBytes: Int?

    /// Makes a policy; by default everything is on.
    ///
    /// - Parameters:
    ///   - reopens: whether writing goes on by itself after a failure.
    ///   - firstDelay: how long after a failure that is tried first.
    ///   - longestDelay: how long tries are apart at the most.
    ///   - keepsReserve: whether a file keeps room for opening again on a full disk.
    ///   - leastFreeBytes: below so many free bytes of the file system writes are refused; `nil` for the usual, 0 for never.
    public init(
        reopens: Bool = true, firstDelay: Duration = .milliseconds(100), longestDelay: Duration = .seconds(10),
        keepsReserve: Bool = true, leastFreeBytes: Int? = nil
    ) {
        self.reopens = reopens
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.keepsReserve = keepsReserve
        self.leastFreeBytes = leastFreeBytes
    }

    /// Everything on: what a `Database` does.
    public static let automatic = DiskPolicy()
    /// Nothing by itself: ``LevelDBStore/reopen()`` is the program's business. What a `LevelDBStore` does.
    public static let manual = DiskPolicy(reopens: false, keepsReserve: false, leastFreeBytes: 0)
}

/// How a store and its disk are.
public struct StorageState: Sendable {
    /// Whether reads and writes are served.
    public enum Condition: String, Sendable {
        /// Both are.
        case ok
        /// The disk is nearly full: reads are served, and of writes those that remove.
        case lowSpace = "low_space"
        /// A write has failed: reads are served, writes are refused until the database was opened again.
        case writesRefused = "writes_refused"
        /// Opening again has failed: neither is served until it succeeds.
        case unavailable
        /// The store was closed.
        case closed
    }

    /// Whether reads and writes are served.
    public var condition: Condition
    /// Why not all are.
    public var cause: StoreError?
    /// How many times opening again was tried since the write failed.
    public var attempts: Int
    /// How many times writing has gone on after a failure, since the store was made.
    public var recoveries: Int
    /// The free bytes of the file system that this process may use; `nil` where the system does not tell.
    public var freeBytes: Int?
    /// Below so many free bytes writes are refused; 0 for never.
    public var leastFreeBytes: Int
    /// How many bytes the reserve keeps.
    public var reserveBytes: Int
}
