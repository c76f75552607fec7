#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import OrderedStore

extension LevelDBOptions {
    /// These options with what the machine cannot give taken back; LevelDB would correct some silently and
    /// believe others.
    func validated(_ path: String) throws(StoreError) -> LevelDBOptions {
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(StoreError) {
            if range.contains(value) { return }
            throw StoreError(
                .invalidArgument, operation: "open", path: path,
                message: "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)")
        }
        try check("writeBufferSize", writeBufferSize, 64 << 10...1 << 30)
        try check("valueCacheSize", valueCacheSize, 0...1 << 40)
        try check("blockSize", blockSize, 1 << 10...4 << 20)
        try check("blockRestartInterval", blockRestartInterval, 1...1 << 20)
        try check("maxFileSize", maxFileSize, 1 << 20...1 << 30)
        try check("maxOpenFiles", maxOpenFiles, 74...50_000)
        if case .bloom(let bits) = filter { try check("the filter's bits per key", bits, 1...1000) }
        if let comparator { try check("the comparator's name's length", comparator.name.utf8.count, 1...1000) }
        if case .custom(let policy) = filter {
            try check("the filter policy's name's length", policy.name.utf8.count, 1...1000)
        }
        if let disk {
            try check("disk.leastFreeBytes", disk.leastFreeBytes ?? 0, 0...Int.max)
            guard disk.firstDelay > .zero, disk.longestDelay >= disk.firstDelay else {
                throw StoreError(
                    .invalidArgument, operation: "open", path: path,
                    message: "disk.firstDelay is \(disk.firstDelay) and disk.longestDelay \(disk.longestDelay); "
                        + "they must be more than nothing, and the latter not the shorter")
            }
        }
        var options = self
        options.maxOpenFiles = min(maxOpenFiles, max(74, LevelDBOptions.descriptorLimit * 3 / 4))
        return options
    }

    /// How many files this process may have open.
    private static var descriptorLimit: Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let kind = RLIMIT_NOFILE
        #endif
        guard unsafe getrlimit(kind, &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }
}
