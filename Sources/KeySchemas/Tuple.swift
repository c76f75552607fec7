internal import OrderedStore

/// FoundationDB's tuple layer, byte for byte, so that the tuple libraries of other languages read what is
/// written here. The order of the bytes is the order of the tuples, element by element.
///
/// The format is FoundationDB's design/tuple.md; integers beyond 64 bits are its Java binding's. Decimals, dates
/// and timestamps have no code of their own there: they are written as integers (the unscaled number, days and
/// milliseconds since 1970), and read back as integers.
public enum Tuple {
    /// How deep tuples may lie inside each other when they are read. Deeper ones can be written, not read back.
    public static let maximumDepth = 64

    /// The elements as one key.
    ///
    /// - Complexity: O(*n*) in its bytes.
    public static func pack(_ elements: [KeyValue]) -> [UInt8] {
        var bytes: [UInt8] = []
        for element in elements { append(element, to: &bytes) }
        return bytes
    }

    /// The elements that `bytes` hold.
    ///
    /// - Complexity: O(*n*) in the bytes.
    /// - Throws: ``KeyError`` where the bytes are cut short or are not what ``pack(_:)`` writes.
    public static func unpack(_ bytes: Span<UInt8>) throws(KeyError) -> [KeyValue] {
        var reader = TupleReader(bytes)
        var elements: [KeyValue] = []
        while let element = try reader.next() { elements.append(element) }
        return elements
    }

    /// Appends one element.
    ///
    /// - Complexity: O(*n*) in its bytes; nothing is allocated but the array's growth.
    public static func append(_ element: KeyValue, to bytes: inout [UInt8]) {
        append(element, to: &bytes, nested: false)
    }

    private static func append(_ element: KeyValue, to bytes: inout [UInt8], nested: Bool) {
        switch element {
        case .null:
            bytes.append(Code.null)
            if nested { bytes.append(Code.escape) }
        case .bytes(let value):
            append(bytes: value.span, to: &bytes)
        case .string(let value):
            append(string: value.utf8.span, to: &bytes)
        case .nested(let values):
            bytes.append(Code.nested)
            for value in values { append(value, to: &bytes, nested: true) }
            bytes.append(Code.null)
        case .integer(let value):
            append(value, to: &bytes)
        case .bigInteger(let value):
            append(value, to: &bytes)
        case .decimal(let value):
            append(.integer(wide: value.unscaled), to: &bytes, nested: nested)
        case .date(let value):
            append(Int64(value.daysSince1970), to: &bytes)
        case .timestamp(let value):
            append(value.millisecondsSince1970, to: &bytes)
        case .float(let value):
            bytes.append(Code.float)
            bytes.appendBigEndian(value.orderedBits)
        case .double(let value):
            bytes.append(Code.double)
            bytes.appendBigEndian(value.orderedBits)
        case .bool(let value):
            bytes.append(value ? Code.true : Code.false)
        case .uuid(let value):
            bytes.append(Code.uuid)
            value.appendBytes(to: &bytes)
        }
    }

    /// Appends an integer.
    public static func append(_ value: Int64, to bytes: inout [UInt8]) {
        append(negative: value < 0, magnitude: value.magnitude, to: &bytes)
    }

    /// Appends an integer.
    public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        append(negative: false, magnitude: value, to: &bytes)
    }

    private static func append(negative: Bool, magnitude: UInt64, to bytes: inout [UInt8]) {
        let count = (UInt64.bitWidth - magnitude.leadingZeroBitCount + 7) / 8
        bytes.append(negative ? Code.zero - UInt8(count) : Code.zero + UInt8(count))
        let digits = negative ? ~magnitude : magnitude
        for index in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: digits >> UInt64(8 * index)))
        }
    }

    private static func append(_ value: BigInteger, to bytes: inout [UInt8]) {
        let count = UInt8(value.magnitude.count)
        let mask: UInt8 = value.isNegative ? 0xFF : 0
        if count <= 8 {
            bytes.append(value.isNegative ? Code.zero - count : Code.zero + count)
        } else {
            bytes.append(value.isNegative ? Code.bigNegative : Code.bigPositive)
            bytes.append(count ^ mask)
        }
        for byte in value.magnitude { bytes.append(byte ^ mask) }
    }

    /// Appends a byte string.
    public static func append(bytes value: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(Code.bytes)
        appendEscaped(value, to: &bytes)
        bytes.append(Code.null)
    }

    /// Appends a string.
    ///
    /// - Parameters:
    ///   - value: its UTF-8, which is not checked.
    ///   - bytes: what it is appended to.
    public static func append(string value: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(Code.string)
        appendEscaped(value, to: &bytes)
        bytes.append(Code.null)
    }

    /// Appends what a string or a byte string that begins with `value` begins with, after its code.
    package static func appendEscaped(_ value: Span<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        while let zero = value.first(0, from: start) {
            bytes.append(copying: value.extracting(start..<zero + 1))
            bytes.append(Code.escape)
            start = zero + 1
        }
        bytes.append(copying: value.extracting(start..<value.count))
    }

    /// The type codes of FoundationDB's design/tuple.md.
    @usableFromInline
    package enum Code {
        package static let null: UInt8 = 0x00
        package static let bytes: UInt8 = 0x01
        package static let string: UInt8 = 0x02
        package static let nested: UInt8 = 0x05
        package static let bigNegative: UInt8 = 0x0B
        /// Integers of 1 to 8 bytes lie around it: below when negative, above when positive.
        @usableFromInline package static let zero: UInt8 = 0x14
        package static let bigPositive: UInt8 = 0x1D
        package static let float: UInt8 = 0x20
        package static let double: UInt8 = 0x21
        package static let `false`: UInt8 = 0x26
        package static let `true`: UInt8 = 0x27
        package static let uuid: UInt8 = 0x30
        /// After a zero byte inside an element; begins no element, so it ends ranges too.
        @usableFromInline package static let escape: UInt8 = 0xFF
    }
}

extension [UInt8] {
    /// Appends the bytes of `number`, most significant first.
    mutating func appendBigEndian(_ number: some FixedWidthInteger) {
        var shift = number.bitWidth - 8
        while shift >= 0 {
            append(UInt8(truncatingIfNeeded: number >> shift))
            shift -= 8
        }
    }
}
