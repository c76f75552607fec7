internal import KeySchemas
internal import OrderedStore

/// How a field's value is stored under its key.
///
/// A string is its UTF-8, bytes are themselves, numbers and all other scalars are their text, nested data is
/// compact JSON. The single byte 00 is null; a value that begins with 00 has 00 01 put before it.
enum FieldCodec {
    private static let mark: UInt8 = 0x00
    private static let escape: UInt8 = 0x01

    /// Appends a value's stored form.
    static func append(_ value: FieldValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(mark)
        case .raw(let stored): bytes.append(contentsOf: stored)
        case .json(let json): json.write(to: &bytes)
        case .scalar(.string(let text)): append(escaping: text.utf8.span, to: &bytes)
        case .scalar(.bytes(let value)): append(escaping: value.span, to: &bytes)
        case .scalar(let scalar): bytes.append(contentsOf: scalar.description.utf8)
        }
    }

    /// Appends bytes, with 00 01 before them when they begin with 00.
    static func append(escaping value: Span<UInt8>, to bytes: inout [UInt8]) {
        if value.count > 0, value[0] == mark {
            bytes.append(mark)
            bytes.append(escape)
        }
        bytes.append(copying: value)
    }

    static func escaped(_ value: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        append(escaping: value, to: &bytes)
        return bytes
    }

    /// Whether the stored bytes are null.
    static func isNull(_ stored: Span<UInt8>) -> Bool { stored.count == 1 && stored[0] == mark }

    /// Where the value's own bytes begin in what is stored.
    ///
    /// - Throws: ``RecordError`` for null, and for a 00 that begins neither null nor an escaped value.
    static func start(of stored: Span<UInt8>) throws(RecordError) -> Int {
        guard stored.count > 0, stored[0] == mark else { return 0 }
        guard stored.count > 2, stored[1] == escape, stored[2] == mark else {
            throw RecordError(
                .malformedValue, message: "the stored value begins with 00 and is neither null nor an escaped value")
        }
        return 2
    }

    static func unescape(_ stored: Span<UInt8>) throws(RecordError) -> [UInt8] {
        stored.extracting(try start(of: stored)..<stored.count).array
    }

    /// Reads a stored value.
    ///
    /// - Throws: ``RecordError`` when the bytes are no value of the type.
    static func decode(_ stored: Span<UInt8>, as type: FieldType) throws(RecordError) -> FieldValue {
        if isNull(stored) { return .null }
        switch type {
        case .json:
            do { return .json(try JSONValue(parsing: stored)) } catch {
                throw RecordError(.malformedValue, message: "not JSON: \(error)")
            }
        case .scalar(.string):
            return .scalar(.string(try string(stored)))
        case .scalar(.bytes):
            return .scalar(.bytes(try unescape(stored)))
        case .scalar(.int):
            if let number = smallInteger(stored) { return .scalar(.integer(number)) }
        case .scalar:
            break
        }
        guard case .scalar(let scalar) = type else { return .null }
        do { return .scalar(try scalar.parse(try string(stored))) } catch let error as KeyError {
            throw RecordError(.malformedValue, message: error.message)
        } catch {
            throw RecordError(.malformedValue, message: "not a value of type \(type.name)")
        }
    }

    /// Reads a stored string.
    static func string(_ stored: Span<UInt8>) throws(RecordError) -> String {
        guard let text = text(stored.extracting(try start(of: stored)..<stored.count)) else {
            throw RecordError(.malformedValue, message: "the value is not UTF-8")
        }
        return text
    }

    /// The bytes as a string; `nil` when they are not UTF-8.
    @inline(__always)
    static func text(_ bytes: Span<UInt8>) -> String? {
        if bytes.isASCII { return String(copying: unsafe UTF8Span(unchecked: bytes, isKnownASCII: true)) }
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        return String(copying: text)
    }

    /// Reads canonical decimal of up to 18 digits; `nil` for anything else.
    static func smallInteger(_ stored: Span<UInt8>) -> Int64? {
        var index = 0
        let isNegative = stored.count > 0 && stored[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        let digits = stored.count - index
        guard digits > 0, digits <= 18 else { return nil }
        // Zeros before the number, and -0, are not canonical.
        if stored[index] == UInt8(ascii: "0"), isNegative || digits > 1 { return nil }
        var number: Int64 = 0
        while index < stored.count {
            let digit = stored[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number &* 10 &+ Int64(digit)
            index += 1
        }
        return isNegative ? -number : number
    }
}

extension Span where Element == UInt8 {
    /// Whether all bytes are ASCII; found by words, which may overlap.
    @inline(__always)
    fileprivate var isASCII: Bool {
        unsafe withUnsafeBytes { bytes in
            @inline(__always)
            func word<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word.Type, _ offset: Int) -> UInt64 {
                unsafe UInt64(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: offset, as: word))
            }
            var all: UInt64 = 0
            if bytes.count >= 8 {
                for offset in stride(from: 0, to: bytes.count - 8, by: 8) { all |= word(UInt64.self, offset) }
                all |= word(UInt64.self, bytes.count - 8)
            } else if bytes.count >= 4 {
                all = word(UInt32.self, 0) | word(UInt32.self, bytes.count - 4)
            } else {
                for offset in 0..<bytes.count { all |= word(UInt8.self, offset) }
            }
            return all & 0x8080_8080_8080_8080 == 0
        }
    }
}
