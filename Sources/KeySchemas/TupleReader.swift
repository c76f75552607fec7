internal import OrderedStore

/// Reads the elements of a tuple one after another, from lent bytes.
public struct TupleReader: ~Escapable {
    private let bytes: Span<UInt8>
    /// Where the next element begins.
    public private(set) var position: Int

    /// A reader of `bytes` that stands at byte `start`.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>, from start: Int = 0) {
        self.bytes = bytes
        position = Swift.min(Swift.max(start, 0), bytes.count)
    }

    /// Whether no element is left.
    public var isAtEnd: Bool { position == bytes.count }

    /// Reads the next element; `nil` at the end.
    ///
    /// - Throws: ``KeyError`` where the bytes are cut short, an integer or a nested tuple is not written in the
    ///   one way, a string is no UTF-8 or a type code is unknown. The reader then stands where it stood.
    public mutating func next() throws(KeyError) -> KeyValue? {
        guard !isAtEnd else { return nil }
        let start = position
        do {
            return try element(depth: 0)
        } catch {
            position = start
            throw error
        }
    }

    /// Passes over the next element without making a value of it.
    ///
    /// - Returns: `false` when there is none, or its end cannot be found.
    public mutating func skip() -> Bool {
        guard let end = end(ofElementAt: position, depth: 0) else { return false }
        position = end
        return true
    }
}

extension TupleReader {
    private mutating func element(depth: Int) throws(KeyError) -> KeyValue {
        let start = position
        guard let end = end(ofElementAt: start, depth: depth) else {
            throw KeyError(
                .malformedKey, offset: start,
                message: "no tuple element: cut short, of an unknown type, or nested too deeply")
        }
        let value = try value(from: start, to: end, depth: depth)
        position = end
        return value
    }

    /// Reads the element whose end was found.
    private mutating func value(from start: Int, to end: Int, depth: Int) throws(KeyError) -> KeyValue {
        let code = bytes[start]
        switch code {
        case Tuple.Code.null:
            return .null
        case Tuple.Code.bytes:
            return .bytes(unescaped(start + 1..<end - 1))
        case Tuple.Code.string:
            guard let string = string(start + 1..<end - 1) else {
                throw KeyError(.malformedKey, offset: start, message: "the string is not UTF-8")
            }
            return .string(string)
        case Tuple.Code.nested:
            return .nested(try elements(from: start + 1, to: end - 1, depth: depth + 1))
        case Tuple.Code.float:
            return .float(Float(orderedBits: number(start + 1..<end)))
        case Tuple.Code.double:
            return .double(Double(orderedBits: number(start + 1..<end)))
        case Tuple.Code.false:
            return .bool(false)
        case Tuple.Code.true:
            return .bool(true)
        case Tuple.Code.uuid:
            return .uuid(UUID128(number(start + 1..<end)))
        default:
            return try integer(from: start, to: end)
        }
    }

    private mutating func elements(from start: Int, to end: Int, depth: Int) throws(KeyError) -> [KeyValue] {
        var elements: [KeyValue] = []
        position = start
        while position < end {
            if bytes[position] == Tuple.Code.null {
                elements.append(.null)
                position += 2
            } else {
                elements.append(try element(depth: depth))
            }
        }
        return elements
    }

    /// Reads an integer of any size, refusing forms with leading zeros.
    private func integer(from start: Int, to end: Int) throws(KeyError) -> KeyValue {
        let code = bytes[start]
        let isNegative = code < Tuple.Code.zero
        let isBig = code == Tuple.Code.bigNegative || code == Tuple.Code.bigPositive
        let digits = bytes.extracting(start + (isBig ? 2 : 1)..<end)
        let mask: UInt8 = isNegative ? 0xFF : 0
        let isMinimal = isBig ? digits.count > 8 && digits[0] != mask : digits.isEmpty || digits[0] != mask
        guard isMinimal else {
            throw KeyError(.malformedKey, offset: start, message: "the integer is longer than it need be")
        }
        if digits.count <= 8 {
            var magnitude: UInt64 = 0
            for index in digits.indices { magnitude = magnitude << 8 | UInt64(digits[index] ^ mask) }
            return .integer(negative: isNegative, magnitude: magnitude)
        }
        var magnitude: [UInt8] = []
        magnitude.reserveCapacity(digits.count)
        for index in digits.indices { magnitude.append(digits[index] ^ mask) }
        return .bigInteger(BigInteger(isNegative: isNegative, normalized: magnitude))
    }

    private func number<Number: FixedWidthInteger>(_ range: Range<Int>) -> Number {
        var number: Number = 0
        for index in range { number = number << 8 | Number(bytes[index]) }
        return number
    }

    /// The string in `range`; `nil` when it is not UTF-8.
    private func string(_ range: Range<Int>) -> String? {
        let text = bytes.extracting(range)
        for index in text.indices where text[index] == 0 { return String(validating: unescaped(range).span) }
        return String(validating: text)
    }

    private func unescaped(_ range: Range<Int>) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            value.append(bytes[index])
            // An escaped zero is followed by FF.
            index += bytes[index] == 0 ? 2 : 1
        }
        return value
    }

    /// Where the element that begins at `start` ends; `nil` when it is cut short or its code is unknown.
    private func end(ofElementAt start: Int, depth: Int) -> Int? {
        guard start < bytes.count, depth <= Tuple.maximumDepth else { return nil }
        let code = bytes[start]
        switch code {
        case Tuple.Code.null, Tuple.Code.false, Tuple.Code.true:
            return start + 1
        case Tuple.Code.bytes, Tuple.Code.string:
            return endOfString(from: start + 1)
        case Tuple.Code.nested:
            return endOfNested(from: start + 1, depth: depth + 1)
        case Tuple.Code.bigNegative, Tuple.Code.bigPositive:
            guard start + 1 < bytes.count else { return nil }
            let count = code == Tuple.Code.bigPositive ? bytes[start + 1] : ~bytes[start + 1]
            return end(start + 2, Int(count))
        case Tuple.Code.zero - 8...Tuple.Code.zero:
            return end(start + 1, Int(Tuple.Code.zero - code))
        case Tuple.Code.zero + 1...Tuple.Code.zero + 8:
            return end(start + 1, Int(code - Tuple.Code.zero))
        case Tuple.Code.float:
            return end(start + 1, 4)
        case Tuple.Code.double:
            return end(start + 1, 8)
        case Tuple.Code.uuid:
            return end(start + 1, 16)
        default:
            return nil
        }
    }

    private func end(_ start: Int, _ count: Int) -> Int? {
        count <= bytes.count - start ? start + count : nil
    }

    private func endOfString(from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == 0 {
                guard index + 1 < bytes.count, bytes[index + 1] == Tuple.Code.escape else { return index + 1 }
                index += 1
            }
            index += 1
        }
        return nil
    }

    private func endOfNested(from start: Int, depth: Int) -> Int? {
        var index = start
        while index < bytes.count {
            if bytes[index] == Tuple.Code.null {
                guard index + 1 < bytes.count, bytes[index + 1] == Tuple.Code.escape else { return index + 1 }
                index += 2
            } else {
                guard let end = end(ofElementAt: index, depth: depth) else { return nil }
                index = end
            }
        }
        return nil
    }
}
