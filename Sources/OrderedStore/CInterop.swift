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

/// Memory from `malloc`; never nil.
func allocateMemory(_ count: Int) -> UnsafeMutableRawPointer {
    guard let pointer = unsafe malloc(Swift.max(count, 1)) else {
        preconditionFailure("out of memory: \(count) bytes")
    }
    return unsafe pointer
}
