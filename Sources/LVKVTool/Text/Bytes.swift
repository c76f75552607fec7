#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
internal import LVKV

extension [UInt8] {
    /// Appends the bytes of `span`.
    @inline(__always)
    mutating func append(bytes span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends the UTF-8 of `text`.
    @inline(__always)
    mutating func append(text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends each byte as two lower-case hex digits.
    mutating func append(hex span: Span<UInt8>) {
        for index in span.indices {
            append(Hex.digit(span[index] >> 4))
            append(Hex.digit(span[index] & 15))
        }
    }
}

extension Span where Element == UInt8 {
    /// Where `byte` comes first.
    func firstOffset(of byte: UInt8) -> Int? {
        unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let found = unsafe memchr(start, Int32(byte), bytes.count) else {
                return nil
            }
            return unsafe UnsafeRawPointer(found) - start
        }
    }

    /// The text, when the bytes are UTF-8.
    var validText: String? {
        unsafe withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
    }
}

/// Bytes written as hex digits.
enum Hex {
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    static func text(_ bytes: Span<UInt8>) -> String {
        var digits: [UInt8] = []
        digits.append(hex: bytes)
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads hex digits of either case, two a byte; spaces and an `0x` before them are passed over.
    ///
    /// - Returns: `nil` when anything else is there, or half a byte.
    static func bytes(_ text: String) -> [UInt8]? {
        var digits = Substring(text).utf8
        if digits.starts(with: "0x".utf8) { digits = digits.dropFirst(2) }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            case UInt8(ascii: " ") where high == nil: continue
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
