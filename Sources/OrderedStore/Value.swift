/// A value that a store returned: owned bytes, freed when this goes out of scope.
///
/// A store hands over the memory it read into, so getting a value copies nothing further. Lend the bytes
/// with ``span``; copy them with ``bytes`` or ``string`` when they must outlive it.
@safe
public struct Value: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    /// The number of bytes.
    public let count: Int

    /// Takes over `count` bytes that `malloc` returned; `free` gives them back.
    @unsafe
    public init(adoptingMalloced memory: UnsafeMutableRawPointer, count: Int) {
        unsafe self.memory = memory
        self.count = count
    }

    /// Copies `bytes`.
    ///
    /// - Complexity: O(*n*), one allocation.
    public init(copying bytes: Span<UInt8>) {
        unsafe self.init(adoptingMalloced: mallocedCopy(of: bytes), count: bytes.count)
    }

    deinit {
        unsafe freeMemory(memory)
    }

    /// The bytes, lent.
    ///
    /// - Complexity: O(1).
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let start = unsafe UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
            let span = unsafe Span(_unsafeStart: start, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// A copy of the bytes.
    ///
    /// - Complexity: O(*n*).
    public var bytes: [UInt8] { span.array }

    /// The bytes as UTF-8; what is not UTF-8 is replaced by U+FFFD.
    ///
    /// - Complexity: O(*n*).
    public var string: String {
        unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Value: ByteSource {
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(span)
    }
}
