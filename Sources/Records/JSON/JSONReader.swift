internal import OrderedStore

/// Walks over JSON text without building anything: the parser's lexer, and the way a flat object is read.
struct JSONReader: ~Escapable {
    let bytes: Span<UInt8>
    /// The next byte to read.
    var index = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index == bytes.count }

    /// The next byte; 0 at the end.
    var peek: UInt8 { index < bytes.count ? bytes[index] : 0 }

    mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    /// Passes over `byte` if it is next.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// Passes over `true`, `false` or `null`.
    mutating func literal() throws(JSONError) -> JSONValue {
        if matches("true") { return .bool(true) }
        if matches("false") { return .bool(false) }
        if matches("null") { return .null }
        if isAtEnd { throw error("a value is missing: the text ends here") }
        throw error("a value begins with none of { [ \" - 0 to 9, true, false and null")
    }

    private mutating func matches(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        for offset in 0..<count where unsafe bytes[index + offset] != word.utf8Start[offset] { return false }
        index += count
        return true
    }

    /// Passes over a number.
    ///
    /// - Returns: where its text is.
    mutating func number() throws(JSONError) -> Range<Int> {
        let start = index
        if peek == UInt8(ascii: "-") { index += 1 }
        if peek == UInt8(ascii: "0") {
            index += 1
            if isDigit(peek) { throw error("a number has no zeros before it") }
        } else {
            try digits()
        }
        if peek == UInt8(ascii: ".") {
            index += 1
            try digits()
        }
        if peek | 0x20 == UInt8(ascii: "e") {
            index += 1
            if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { index += 1 }
            try digits()
        }
        return start..<index
    }

    private mutating func digits() throws(JSONError) {
        let start = index
        while isDigit(peek) { index += 1 }
        if index == start { throw error("a digit is missing in a number") }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    /// Passes over a string.
    ///
    /// - Parameter buffer: takes the string's bytes, when they are not found in the text as they are.
    /// - Returns: where the string's bytes are in the text; `nil` when they had escapes and are in `buffer`.
    mutating func string(escaped buffer: inout [UInt8]) throws(JSONError) -> Range<Int>? {
        guard skip(UInt8(ascii: "\"")) else { throw error("a string in double quotes belongs here") }
        let start = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                try validate(start..<index)
                index += 1
                return start..<(index - 1)
            }
            if byte == UInt8(ascii: "\\") { break }
            if byte < 0x20 { throw error("a control character in a string; write it as an escape") }
            index += 1
        }
        buffer.removeAll(keepingCapacity: true)
        try validate(start..<index)
        buffer.append(copying: bytes.extracting(start..<index))
        var plain = index
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 { throw error("a control character in a string; write it as an escape") }
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            try validate(plain..<index)
            buffer.append(copying: bytes.extracting(plain..<index))
            index += 1
            if byte == UInt8(ascii: "\"") { return nil }
            try escape(into: &buffer)
            plain = index
        }
        throw error("a string without its closing quote")
    }

    /// Reads a string.
    mutating func string(scratch: inout [UInt8]) throws(JSONError) -> String {
        if let range = try string(escaped: &scratch) {
            let span = bytes.extracting(range)
            return unsafe span.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
        return String(decoding: scratch, as: UTF8.self)
    }

    private func validate(_ range: Range<Int>) throws(JSONError) {
        do {
            _ = try UTF8Span(validating: bytes.extracting(range))
        } catch {
            throw JSONError("the text is not UTF-8", in: bytes, at: range.lowerBound + error.byteOffsets.lowerBound)
        }
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONError) {
        let code = peek
        index += 1
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(code)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            let start = index - 2
            var scalar = try hexUnit()
            if scalar & 0xFC00 == 0xD800, peek == UInt8(ascii: "\\"), index + 1 < bytes.count,
                bytes[index + 1] == UInt8(ascii: "u")
            {
                index += 2
                let low = try hexUnit()
                guard low & 0xFC00 == 0xDC00 else { throw error("a lone surrogate", at: start) }
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + low & 0x3FF
            }
            guard let scalar = Unicode.Scalar(scalar) else { throw error("a lone surrogate", at: start) }
            buffer.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
        default:
            index = Swift.min(index - 1, bytes.count)
            throw error("an unknown escape; after \\ comes one of \" \\ / b f n r t u")
        }
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch peek {
            case let byte where isDigit(byte): digit = byte - UInt8(ascii: "0")
            case let byte where byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"):
                digit = byte | 0x20 - UInt8(ascii: "a") + 10
            default: throw error("\\u is followed by four hex digits")
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }

    /// An error about the byte at `offset`, or the next one.
    func error(_ message: String, at offset: Int? = nil) -> JSONError {
        JSONError(message, in: bytes, at: offset ?? index)
    }
}

/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let message: String
    /// The byte it is about, counted from 0.
    public let offset: Int
    /// The line of that byte, counted from 1.
    public let line: Int
    /// The byte's place in its line, counted from 1.
    public let column: Int

    init(_ message: String, in bytes: Span<UInt8>, at offset: Int) {
        self.message = message
        self.offset = offset
        var line = 1
        var start = 0
        for index in 0..<Swift.min(offset, bytes.count) where bytes[index] == 0x0A {
            line += 1
            start = index + 1
        }
        self.line = line
        column = offset - start + 1
    }

    public var description: String { "line \(line), column \(column): \(message)" }
}
