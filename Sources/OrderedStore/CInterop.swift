#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// `memcmp`, the one order of keys.
@usableFromInline
@inline(__always)
func compareMemory(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int {
    Int(unsafe memcmp(left, right, count))
}

/// Gives memory from `malloc` back.
func freeMemory(_ pointer: UnsafeMutableRawPointer) {
    unsafe free(pointer)
}

/// A copy of `bytes` in memory from `malloc`, for whoever frees it; never nil.
package func mallocedCopy(of bytes: Span<UInt8>) -> UnsafeMutableRawPointer {
    guard let copy = unsafe malloc(Swift.max(bytes.count, 1)) else {
        preconditionFailure("out of memory: \(bytes.count) bytes")
    }
    unsafe bytes.withUnsafeBytes { source in
        guard let start = source.baseAddress else { return }
        unsafe copy.copyMemory(from: start, byteCount: source.count)
    }
    return unsafe copy
}
