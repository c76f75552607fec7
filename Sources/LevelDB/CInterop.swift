// The one file that knows LevelDB's C names. Each handle is freed by whoever made it, exactly once.
internal import CLevelDB
internal import OrderedStore

private typealias ErrorText = UnsafeMutablePointer<CChar>

/// LevelDB's words about a failure.
struct RawFailure: Error {
    let text: String
}

extension Span where Element == UInt8 {
    /// Lends the bytes to C. The pointer is nil when there are none.
    @inline(__always)
    fileprivate func withChars<Result>(_ body: (UnsafePointer<CChar>?, Int) -> Result) -> Result {
        unsafe withUnsafeBytes { bytes in
            unsafe body(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
    }
}

/// Runs a call that reports failure through an `errptr`, and takes the text over.
@inline(__always)
private func reporting<Result>(
    _ call: (UnsafeMutablePointer<ErrorText?>) -> Result
) -> (result: Result, failure: String?) {
    var text: ErrorText? = nil
    let result = unsafe call(&text)
    guard let text = unsafe text else { return (result, nil) }
    defer { unsafe leveldb_free(text) }
    return (result, unsafe String(cString: text))
}

/// What `leveldb_options_t` refers to and never owns: freed after the database is closed.
@safe
final class RawOptions {
    let pointer: OpaquePointer
    private let cache: BlockCache
    private let filter: OpaquePointer?
    private let comparator: OpaquePointer?

    init(_ options: LevelDBOptions, creates: Bool) {
        unsafe pointer = leveldb_options_create()
        cache = options.blockCache
        unsafe filter = RawFilter.make(options.filter)
        unsafe comparator = options.comparator.map { unsafe RawComparator.make($0) }
        unsafe leveldb_options_set_create_if_missing(pointer, creates ? 1 : 0)
        unsafe leveldb_options_set_paranoid_checks(pointer, 1)
        unsafe leveldb_options_set_write_buffer_size(pointer, options.writeBufferSize)
        unsafe leveldb_options_set_max_open_files(pointer, Int32(clamping: options.maxOpenFiles))
        unsafe leveldb_options_set_block_size(pointer, options.blockSize)
        unsafe leveldb_options_set_block_restart_interval(pointer, Int32(clamping: options.blockRestartInterval))
        unsafe leveldb_options_set_max_file_size(pointer, options.maxFileSize)
        unsafe leveldb_options_set_compression(
            pointer,
            Int32(options.compression == .snappy ? leveldb_snappy_compression : leveldb_no_compression))
        unsafe leveldb_options_set_cache(pointer, cache.pointer)
        if let filter = unsafe filter { unsafe leveldb_options_set_filter_policy(pointer, filter) }
        if let comparator = unsafe comparator { unsafe leveldb_options_set_comparator(pointer, comparator) }
    }

    deinit {
        unsafe leveldb_options_destroy(pointer)
        if let filter = unsafe filter { unsafe leveldb_filterpolicy_destroy(filter) }
        if let comparator = unsafe comparator { unsafe leveldb_comparator_destroy(comparator) }
    }
}

/// Read options, made once and used for many calls.
@safe
struct RawReadOptions: ~Copyable {
    let pointer: OpaquePointer

    /// Reads the latest state.
    init(verifyChecksums: Bool, fillCache: Bool) {
        unsafe pointer = leveldb_readoptions_create()
        unsafe leveldb_readoptions_set_verify_checksums(pointer, verifyChecksums ? 1 : 0)
        unsafe leveldb_readoptions_set_fill_cache(pointer, fillCache ? 1 : 0)
    }

    /// Reads the state at `moment`, which must not have been released.
    @unsafe
    init(verifyChecksums: Bool, fillCache: Bool, moment: OpaquePointer) {
        self.init(verifyChecksums: verifyChecksums, fillCache: fillCache)
        unsafe leveldb_readoptions_set_snapshot(pointer, moment)
    }

    deinit { unsafe leveldb_readoptions_destroy(pointer) }
}

/// Write options for one durability.
@safe
struct RawWriteOptions: ~Copyable {
    let pointer: OpaquePointer

    init(_ durability: Durability) {
        unsafe pointer = leveldb_writeoptions_create()
        unsafe leveldb_writeoptions_set_sync(pointer, durability == .synced ? 1 : 0)
    }

    deinit { unsafe leveldb_writeoptions_destroy(pointer) }
}

/// An open database.
@safe
struct RawDatabase: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Opens, or returns LevelDB's words.
    static func open(_ path: String, _ options: RawOptions) -> (database: RawDatabase?, failure: String?) {
        let (opened, failure) = unsafe reporting { unsafe leveldb_open(options.pointer, path, $0) }
        return (unsafe opened.map { unsafe RawDatabase(pointer: $0) }, failure)
    }

    static func repair(_ path: String, _ options: RawOptions) -> String? {
        unsafe reporting { unsafe leveldb_repair_db(options.pointer, path, $0) }.failure
    }

    static func destroy(_ path: String, _ options: RawOptions) -> String? {
        unsafe reporting { unsafe leveldb_destroy_db(options.pointer, path, $0) }.failure
    }

    static var version: (major: Int, minor: Int) {
        (Int(leveldb_major_version()), Int(leveldb_minor_version()))
    }

    func close() { unsafe leveldb_close(pointer) }

    @inline(__always)
    func get(_ key: Span<UInt8>, _ options: borrowing RawReadOptions) throws(RawFailure) -> Value? {
        let pointer = unsafe pointer
        let options = unsafe options.pointer
        var count = 0
        var text: ErrorText? = nil
        let bytes = unsafe key.withUnsafeBytes { key in
            unsafe leveldb_get(
                pointer, options, key.baseAddress?.assumingMemoryBound(to: CChar.self), key.count, &count, &text)
        }
        if let text = unsafe text {
            defer { unsafe leveldb_free(text) }
            throw RawFailure(text: unsafe String(cString: text))
        }
        guard let bytes = unsafe bytes else { return nil }
        return unsafe Value(adoptingMalloced: bytes, count: count)
    }

    @inline(__always)
    func write(_ batch: borrowing RawBatch, _ options: borrowing RawWriteOptions) -> String? {
        let batch = unsafe batch.pointer
        let options = unsafe options.pointer
        return unsafe reporting { unsafe leveldb_write(pointer, options, batch, $0) }.failure
    }

    func makeIterator(_ options: borrowing RawReadOptions) -> RawIterator {
        unsafe RawIterator(pointer: leveldb_create_iterator(pointer, options.pointer))
    }

    func makeMoment() -> OpaquePointer { unsafe leveldb_create_snapshot(pointer) }

    func release(moment: OpaquePointer) { unsafe leveldb_release_snapshot(pointer, moment) }

    func property(_ name: String) -> String? {
        guard let text = unsafe leveldb_property_value(pointer, name) else { return nil }
        defer { unsafe leveldb_free(text) }
        return unsafe String(cString: text)
    }

    func approximateSize(from lower: Span<UInt8>, to upper: Span<UInt8>) -> UInt64 {
        unsafe lower.withChars { lower, lowerCount in
            unsafe upper.withChars { upper, upperCount in
                var size: UInt64 = 0
                var (lower, lowerCount) = unsafe (lower, lowerCount)
                var (upper, upperCount) = unsafe (upper, upperCount)
                unsafe leveldb_approximate_sizes(pointer, 1, &lower, &lowerCount, &upper, &upperCount, &size)
                return size
            }
        }
    }

    /// Compacts a range; nil bounds are open. LevelDB takes an empty key for an empty range.
    func compact(from lower: [UInt8]?, to upper: [UInt8]?) {
        func lend(_ bytes: [UInt8]?, _ body: (UnsafePointer<CChar>?, Int) -> Void) {
            guard let bytes else { return body(nil, 0) }
            unsafe bytes.span.withChars(body)
        }
        unsafe lend(lower) { lower, lowerCount in
            unsafe lend(upper) { upper, upperCount in
                unsafe leveldb_compact_range(pointer, lower, lowerCount, upper, upperCount)
            }
        }
    }
}

/// LevelDB's own batch, as the log takes it.
@safe
struct RawBatch: ~Copyable {
    fileprivate let pointer: OpaquePointer

    init() { unsafe pointer = leveldb_writebatch_create() }

    /// Empties the batch, and keeps its memory.
    func clear() { unsafe leveldb_writebatch_clear(pointer) }

    /// Adds a put, or a delete when there is no value.
    func append(_ key: Span<UInt8>, _ value: Span<UInt8>?) {
        unsafe key.withChars { key, keyCount in
            guard let value else { return unsafe leveldb_writebatch_delete(pointer, key, keyCount) }
            unsafe value.withChars { value, valueCount in
                unsafe leveldb_writebatch_put(pointer, key, keyCount, value, valueCount)
            }
        }
    }

    deinit { unsafe leveldb_writebatch_destroy(pointer) }
}

/// A LevelDB iterator, or none. Key and value are asked only where `isValid`, and nothing of none.
@safe
struct RawIterator {
    private let pointer: OpaquePointer?

    fileprivate init(pointer: OpaquePointer?) { unsafe self.pointer = pointer }

    static var none: RawIterator { unsafe RawIterator(pointer: nil) }

    @inline(__always) var isValid: Bool { unsafe leveldb_iter_valid(pointer) != 0 }
    @inline(__always) func next() { unsafe leveldb_iter_next(pointer) }
    @inline(__always) func previous() { unsafe leveldb_iter_prev(pointer) }
    func seekToFirst() { unsafe leveldb_iter_seek_to_first(pointer) }
    func seekToLast() { unsafe leveldb_iter_seek_to_last(pointer) }

    func seek(to key: Span<UInt8>) {
        unsafe key.withChars { key, count in unsafe leveldb_iter_seek(pointer, key, count) }
    }

    /// The key's bytes, valid until the iterator moves.
    @inline(__always) var key: UnsafeBufferPointer<UInt8> {
        var count = 0
        let start = unsafe leveldb_iter_key(pointer, &count)
        return unsafe UnsafeBufferPointer(
            start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// The value's bytes, valid until the iterator moves.
    @inline(__always) var value: UnsafeBufferPointer<UInt8> {
        var count = 0
        let start = unsafe leveldb_iter_value(pointer, &count)
        return unsafe UnsafeBufferPointer(
            start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// What the iterator passed over, in LevelDB's words; nil when all was well.
    var failure: String? { unsafe reporting { unsafe leveldb_iter_get_error(pointer, $0) }.failure }

    func destroy() {
        if let pointer = unsafe pointer { unsafe leveldb_iter_destroy(pointer) }
    }
}

/// A cache of uncompressed blocks, for one store or shared by several.
///
/// Thread-safe. Lives as long as the last store that uses it.
@safe
public final class BlockCache: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer
    /// The most that is kept, in bytes.
    public let capacity: Int

    /// A cache of at most `capacity` bytes; a negative number counts as 0.
    public init(capacity: Int) {
        self.capacity = max(0, capacity)
        unsafe pointer = leveldb_cache_create_lru(self.capacity)
    }

    deinit { unsafe leveldb_cache_destroy(pointer) }
}

/// Hands a Swift comparator to C.
private enum RawComparator {
    final class Box {
        let comparator: any KeyComparator
        let name: ContiguousArray<CChar>
        init(_ comparator: any KeyComparator) {
            self.comparator = comparator
            name = comparator.name.utf8CString
        }
    }

    @unsafe static func make(_ comparator: any KeyComparator) -> OpaquePointer {
        let box = unsafe Unmanaged.passRetained(Box(comparator)).toOpaque()
        return unsafe leveldb_comparator_create(
            box,
            { state in unsafe Unmanaged<Box>.fromOpaque(state!).release() },
            { state, left, leftCount, right, rightCount in
                let box = unsafe Unmanaged<Box>.fromOpaque(state!)
                let left = unsafe lend(left, leftCount)
                let right = unsafe lend(right, rightCount)
                let order = unsafe box._withUnsafeGuaranteedRef { $0.comparator.compare(left, right) }
                return Int32(order.signum())
            },
            { state in unsafe nameOf(Unmanaged<Box>.fromOpaque(state!).takeUnretainedValue().name) })
    }
}

/// Hands a filter policy to C.
private enum RawFilter {
    final class Box {
        let policy: any FilterPolicy
        let name: ContiguousArray<CChar>
        init(_ policy: any FilterPolicy) {
            self.policy = policy
            name = policy.name.utf8CString
        }
    }

    @unsafe static func make(_ filter: LevelDBOptions.Filter) -> OpaquePointer? {
        switch filter {
        case .none: return nil
        case .bloom(let bitsPerKey):
            return unsafe leveldb_filterpolicy_create_bloom(Int32(clamping: bitsPerKey))
        case .custom(let policy):
            let box = unsafe Unmanaged.passRetained(Box(policy)).toOpaque()
            return unsafe leveldb_filterpolicy_create(
                box,
                { state in unsafe Unmanaged<Box>.fromOpaque(state!).release() },
                { state, keys, counts, count, filterCount in
                    let box = unsafe Unmanaged<Box>.fromOpaque(state!).takeUnretainedValue()
                    let list = unsafe FilterKeys(
                        count: Int(count), keys: keys!, counts: counts!)
                    let filter = box.policy.makeFilter(for: list)
                    unsafe filterCount!.pointee = filter.count
                    return unsafe mallocedCopy(of: filter.span).assumingMemoryBound(to: CChar.self)
                },
                { state, key, keyCount, filter, filterCount in
                    let box = unsafe Unmanaged<Box>.fromOpaque(state!).takeUnretainedValue()
                    let key = unsafe lend(key, keyCount)
                    let filter = unsafe lend(filter, filterCount)
                    return box.policy.mayContain(key, filter: filter) ? 1 : 0
                },
                { state in unsafe nameOf(Unmanaged<Box>.fromOpaque(state!).takeUnretainedValue().name) })
        }
    }
}

/// The name's bytes, which their box keeps where they are.
private func nameOf(_ name: ContiguousArray<CChar>) -> UnsafePointer<CChar>? {
    unsafe name.withUnsafeBufferPointer { $0.baseAddress }
}

@_lifetime(immortal)
func lend(_ start: UnsafePointer<CChar>?, _ count: Int) -> Span<UInt8> {
    let bytes = unsafe UnsafeBufferPointer(
        start: UnsafeRawPointer(start)?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count)
    let span = unsafe Span(_unsafeElements: bytes)
    return unsafe _overrideLifetime(span, copying: ())
}
