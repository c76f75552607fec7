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

/// Whether two pieces of memory hold the same. Short ones, as most keys are, are compared where this is inlined, by
/// words that may overlap: a call of `memcmp` takes longer than they do.
@inlinable
@inline(__always)
func equalMemory(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    if count > 64 { return unsafe compareMemory(left, right, count) == 0 }
    if count >= 8 {
        var offset = 0
        while offset < count - 8 {
            guard unsafe equalWords(left + offset, right + offset, UInt64.self) else { return false }
            offset += 8
        }
        return unsafe equalWords(left + (count - 8), right + (count - 8), UInt64.self)
    }
    if count >= 4 {
        return unsafe equalWords(left, right, UInt32.self)
            && equalWords(left + (count - 4), right + (count - 4), UInt32.self)
    }
    if count >= 2 {
        return unsafe equalWords(left, right, UInt16.self)
            && equalWords(left + (count - 2), right + (count - 2), UInt16.self)
    }
    return unsafe count == 0 || equalWords(left, right, UInt8.self)
}

@inlinable
@inline(__always)
func equalWords<Word: FixedWidthInteger & BitwiseCopyable>(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ word: Word.Type
) -> Bool {
    unsafe left.loadUnaligned(as: word) == right.loadUnaligned(as: word)
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
