/// Puts and deletes that are written together or not at all, in the order they were staged: of two
/// operations on one key the later one holds.
///
/// A value: copy it, append it to another, write it twice.
public struct WriteBatch: StoreWriter, Sendable {
    struct Operation {
        var keyStart: Int
        var keyCount: Int
        /// -1 marks a delete.
        var valueCount: Int
    }

    private var bytes: [UInt8] = []
    private var operations: [Operation] = []

    /// An empty batch.
    public init() {}

    /// The number of operations.
    public var count: Int { operations.count }

    /// Whether there is no operation.
    public var isEmpty: Bool { operations.isEmpty }

    /// About how many bytes an engine writes for this batch.
    public var approximateByteCount: Int { 12 + bytes.count + operations.count * 8 }

    /// Stages `value` for `key`.
    ///
    /// - Complexity: O(*n*) in the bytes, amortised.
    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        operations.append(Operation(keyStart: bytes.count, keyCount: key.count, valueCount: value.count))
        bytes.append(copying: key)
        bytes.append(copying: value)
    }

    /// Stages the removal of `key`.
    ///
    /// - Complexity: O(*n*) in the bytes, amortised.
    public mutating func delete(_ key: Span<UInt8>) {
        operations.append(Operation(keyStart: bytes.count, keyCount: key.count, valueCount: -1))
        bytes.append(copying: key)
    }

    /// Removes all operations and keeps the memory for the next ones.
    public mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        operations.removeAll(keepingCapacity: true)
    }

    /// Stages all operations of `other` after those already here.
    ///
    /// - Complexity: O(*n*) in the other's bytes.
    public mutating func append(_ other: WriteBatch) {
        let offset = bytes.count
        bytes.append(contentsOf: other.bytes)
        for operation in other.operations {
            var moved = operation
            moved.keyStart += offset
            operations.append(moved)
        }
    }

    /// Calls `body` with each operation in order; the value is `nil` for a delete.
    ///
    /// - Throws: what `body` throws.
    public func forEach<Failure: Error>(
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>?) throws(Failure) -> Void
    ) throws(Failure) {
        let all = bytes.span
        for operation in operations {
            let valueStart = operation.keyStart + operation.keyCount
            let key = all.extracting(operation.keyStart..<valueStart)
            if operation.valueCount < 0 {
                try body(key, nil)
            } else {
                try body(key, all.extracting(valueStart..<valueStart + operation.valueCount))
            }
        }
    }
}

extension [UInt8] {
    /// Appends the bytes of `span`.
    package mutating func append(copying span: Span<UInt8>) { append(copying: span, Span(), Span()) }

    /// Appends the bytes of three spans, one after the other.
    @inline(__always)
    package mutating func append(copying first: Span<UInt8>, _ second: Span<UInt8>, _ third: Span<UInt8>) {
        append(addingCapacity: first.count + second.count + third.count) { output in
            unsafe output.withUnsafeMutableBufferPointer { target, count in
                guard var end = UnsafeMutableRawPointer(target.baseAddress) else { return }
                @inline(__always)
                func copy(_ span: Span<UInt8>) {
                    unsafe span.withUnsafeBytes { source in
                        guard let start = source.baseAddress else { return }
                        unsafe end.copyMemory(from: start, byteCount: source.count)
                        unsafe end += source.count
                        count += source.count
                    }
                }
                copy(first)
                copy(second)
                copy(third)
            }
        }
    }
}

/// Calls `body` with the bytes of two spans, one after the other, which are put together on the stack where they fit.
@inlinable
@inline(__always)
package func withJoined<Result>(
    _ head: Span<UInt8>, _ tail: Span<UInt8>, _ body: (Span<UInt8>) throws -> Result
) rethrows -> Result {
    try unsafe withUnsafeTemporaryAllocation(byteCount: head.count + tail.count, alignment: 1) { buffer in
        unsafe head.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
        unsafe tail.withUnsafeBytes { source in
            guard source.count > 0 else { return }
            unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[head.count...]).copyMemory(from: source)
        }
        let bytes = unsafe UnsafeRawBufferPointer(buffer).bindMemory(to: UInt8.self)
        return try unsafe body(Span(_unsafeElements: bytes))
    }
}
