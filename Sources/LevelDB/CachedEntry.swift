internal import OrderedStore

/// A key and what it holds in one piece of memory, which whoever made it frees.
@safe
struct CachedEntry: @unchecked Sendable {
    private struct Header {
        /// The write since which it has held.
        var since: UInt64
        let hash: UInt
        let keyCount: UInt32
        /// -1 where there is no such key.
        var valueCount: Int32
    }

    static let headerSize = MemoryLayout<Header>.stride

    private let memory: UnsafeMutableRawPointer

    /// - Parameter value: less than 2 GiB with the key.
    init(_ hash: UInt, _ key: Span<UInt8>, _ value: Span<UInt8>?, _ since: UInt64) {
        let size = CachedEntry.headerSize + key.count + (value?.count ?? 0)
        unsafe memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        let valueCount = Int32(value?.count ?? -1)
        let header = Header(since: since, hash: hash, keyCount: UInt32(key.count), valueCount: valueCount)
        unsafe memory.storeBytes(of: header, as: Header.self)
        copy(key, to: CachedEntry.headerSize)
        if let value { copy(value, to: CachedEntry.headerSize + key.count) }
    }

    func free() { unsafe memory.deallocate() }

    var since: UInt64 { header.since }
    var hash: UInt { header.hash }
    var isAbsent: Bool { header.valueCount < 0 }
    /// How many bytes the key and the value have.
    var byteCount: Int { Int(header.keyCount) + max(0, Int(header.valueCount)) }

    @inline(__always)
    func isOf(_ key: Span<UInt8>) -> Bool {
        let header = header
        guard Int(header.keyCount) == key.count else { return false }
        return bytes(CachedEntry.headerSize, key.count).equals(key)
    }

    var value: Value {
        let header = header
        return Value(copying: bytes(CachedEntry.headerSize + Int(header.keyCount), Int(header.valueCount)))
    }

    /// Puts another value in the place of the one that is there, if it is as long.
    func replace(by value: Span<UInt8>?, _ since: UInt64) -> Bool {
        var header = header
        guard value?.count ?? -1 == Int(header.valueCount) else { return false }
        header.since = since
        unsafe memory.storeBytes(of: header, as: Header.self)
        if let value { copy(value, to: CachedEntry.headerSize + Int(header.keyCount)) }
        return true
    }

    private var header: Header { unsafe memory.load(as: Header.self) }

    @inline(__always)
    @_lifetime(borrow self)
    private func bytes(_ start: Int, _ count: Int) -> Span<UInt8> {
        let pointer = unsafe UnsafePointer((memory + start).assumingMemoryBound(to: UInt8.self))
        let span = unsafe Span(_unsafeStart: pointer, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    private func copy(_ bytes: Span<UInt8>, to start: Int) {
        unsafe bytes.withUnsafeBytes { source in
            guard let first = source.baseAddress else { return }
            unsafe (memory + start).copyMemory(from: first, byteCount: source.count)
        }
    }
}
