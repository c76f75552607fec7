/// Anything whose bytes can be lent without copying: strings (as UTF-8), byte arrays, slices, spans and
/// ``Value``s. Keys and values are accepted in this form throughout.
///
/// Strings are compared, hashed and stored by their UTF-8 bytes: `"café"` and `"cafe\u{301}"` are equal
/// to Swift and different keys here.
public protocol ByteSource: ~Copyable, ~Escapable {
    /// Calls `body` with the bytes. The span is valid during the call only.
    ///
    /// - Complexity: O(1) for contiguous storage, O(*n*) for a string bridged from elsewhere.
    /// - Throws: what `body` throws.
    func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result
}

extension Span: ByteSource where Element == UInt8 {
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(self)
    }
}

extension Array: ByteSource where Element == UInt8 {
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(span)
    }
}

extension ArraySlice: ByteSource where Element == UInt8 {
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(span)
    }
}

extension String: ByteSource {
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(utf8.span)
    }
}

extension Substring: ByteSource {
    @inlinable
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(utf8.span)
    }
}

extension Span where Element == UInt8 {
    /// A copy of the bytes.
    ///
    /// - Complexity: O(*n*), one allocation.
    @inlinable
    public var array: [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Three-way comparison by bytes; a proper prefix comes first.
    ///
    /// - Returns: a negative number, zero or a positive number.
    /// - Complexity: O(*n*) in the shorter length.
    @inlinable
    public func compare(to other: Span<UInt8>) -> Int {
        let shared = Swift.min(count, other.count)
        if shared > 0 {
            let order = unsafe withUnsafeBytes { left in
                unsafe other.withUnsafeBytes { right in
                    unsafe compareMemory(left.baseAddress!, right.baseAddress!, shared)
                }
            }
            if order != 0 { return order }
        }
        return count - other.count
    }

    /// Whether both spans hold the same bytes.
    ///
    /// - Complexity: O(*n*).
    @inlinable
    @inline(__always)
    public func equals(_ other: Span<UInt8>) -> Bool {
        count == other.count && starts(with: other)
    }

    /// Whether the bytes begin with `prefix`.
    ///
    /// - Complexity: O(*m*) in the prefix's length.
    @inlinable
    @inline(__always)
    public func starts(with prefix: Span<UInt8>) -> Bool {
        guard count >= prefix.count else { return false }
        return unsafe withUnsafeBytes { bytes in
            unsafe prefix.withUnsafeBytes { prefix in
                guard let bytes = bytes.baseAddress, let start = prefix.baseAddress else { return true }
                return unsafe equalMemory(bytes, start, prefix.count)
            }
        }
    }
}
