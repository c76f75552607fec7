import StoreConformance
import OrderedStore

@testable import KeySchemas

extension KeyRange {
    /// Whether `key` is in the range; for arrays, as expectations take no spans.
    func holds(_ key: [UInt8]) -> Bool { contains(key.span) }
}

extension [UInt8] {
    /// The bytes that pairs of hex digits between blanks spell.
    init(spelled text: String) {
        self = text.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    /// A negative number, zero or a positive number, by bytes.
    func compare(to other: [UInt8]) -> Int { span.compare(to: other.span) }
}

extension String {
    /// The string of these bytes, which the test knows to be UTF-8.
    init(key: [UInt8]) { self.init(decoding: key, as: UTF8.self) }
}

extension KeyLayout {
    init(_ template: String, _ types: ComponentType..., encoding: KeyEncoding = .text) throws {
        self = try KeyLayout(KeyTemplate(template), types: types, encoding: encoding)
    }

    func decode(_ key: [UInt8]) throws(KeyError) -> DecodedKey { try decode(key.span) }
    func prefixCount(of key: [UInt8]) -> Int? { prefixCount(of: key.span) }
}

/// The error that `body` throws; `nil` when it returns.
func error(of body: () throws -> Void) -> KeyError? {
    do {
        try body()
        return nil
    } catch {
        return error as? KeyError
    }
}

extension SeededGenerator {
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    /// Short, of characters that collide: separators, escapes, what is below and above them, NUL, marks.
    mutating func string() -> String {
        let alphabet = [
            "a", "b", ":", ";", "0", "1", "-", "!", "\0", "\u{FF}", "é", "e\u{301}", "😀", "\u{10FFFF}", "<",
        ]
        return (0..<Int.random(in: 0...5, using: &self)).map { _ in pick(alphabet) }.joined()
    }

    mutating func bytes(_ count: Int? = nil) -> [UInt8] {
        let count = count ?? Int.random(in: 0...4, using: &self)
        return (0..<count).map { _ in pick([0, 1, 0x3A, 0x7F, 0xFE, 0xFF, UInt8.random(in: 0...255, using: &self)]) }
    }

    /// Of any size up to `bits`, small and large ones alike.
    mutating func magnitude(bits: Int = 64) -> UInt64 {
        next() >> UInt64(64 - Int.random(in: 1...bits, using: &self))
    }

    mutating func integer() -> KeyValue {
        if Int.random(in: 0..<4, using: &self) == 0 {
            return .integer(
                negative: Bool.random(using: &self), magnitude: bytes(Int.random(in: 7...12, using: &self)))!
        }
        return .integer(negative: Bool.random(using: &self), magnitude: magnitude())
    }

    mutating func double() -> Double {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: return pick([0, 1, -1, .infinity, -.infinity, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude])
        case 1: return Double(Int.random(in: -1000...1000, using: &self)) / 8
        default:
            let number = Double(bitPattern: next())
            return number.isNaN || number == 0 ? 0 : number
        }
    }

    /// A value that `type` takes, in its normal form.
    mutating func value(of type: ComponentType) -> KeyValue {
        switch type {
        case .string: return .string(string())
        case .int(nil): return integer()
        case .int(let pad?):
            var limit: UInt64 = 1
            for _ in 0..<min(pad, 18) { limit *= 10 }
            return .integer(negative: Bool.random(using: &self), magnitude: magnitude() % limit)
        case .decimal(let precision, let scale):
            let limit = FixedDecimal.power(precision).magnitude
            let number = (UInt128(next()) << 64 | UInt128(next())) >> Int.random(in: 0..<128, using: &self)
            let signed = Int128(number % limit)
            return .decimal(FixedDecimal(unscaled: Bool.random(using: &self) ? signed : -signed, scale: scale)!)
        case .double: return .double(double())
        case .date: return .date(date())
        case .timestamp:
            let time = Int64(date().daysSince1970) * 86_400_000 + Int64.random(in: 0..<86_400_000, using: &self)
            return .timestamp(Timestamp(millisecondsSince1970: time)!)
        case .uuid: return .uuid(UUID128(UInt128(next()) << UInt128(magnitude(bits: 7)) ^ UInt128(magnitude())))
        case .bool: return .bool(Bool.random(using: &self))
        case .bytes(let count): return .bytes(bytes(count))
        case .id:
            let number = integer()
            return pick([number, .string(number.description), .string("\"" + string()), .string(string())])
        }
    }

    private mutating func date() -> CalendarDate {
        let first = CalendarDate.minimum.daysSince1970
        let last = CalendarDate.maximum.daysSince1970
        return CalendarDate(daysSince1970: Int.random(in: first...last, using: &self))!
    }

    /// Any tuple element but those that are written as integers.
    mutating func element(depth: Int = 0) -> KeyValue {
        switch Int.random(in: 0..<(depth < 3 ? 10 : 9), using: &self) {
        case 0: return .null
        case 1: return .bytes(bytes())
        case 2, 3: return .string(string())
        case 4, 5: return integer()
        case 6: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: next())))
        case 7: return .double(Double(bitPattern: next()))
        case 8: return pick([.bool(true), .bool(false), value(of: .uuid)])
        default: return .nested(elements(depth: depth + 1))
        }
    }

    mutating func elements(depth: Int = 0) -> [KeyValue] {
        (0..<Int.random(in: 0...3, using: &self)).map { _ in element(depth: depth) }
    }
}

/// Types of every kind, with numbers that tests can collide in.
let everyType: [ComponentType] = [
    .string, .int(), .int(pad: 1), .int(pad: 6), .int(pad: 20), .decimal(precision: 1, scale: 0),
    .decimal(precision: 9, scale: 2), .decimal(precision: 38, scale: 38), .double, .date, .timestamp, .uuid, .bool,
    .bytes(), .bytes(count: 0), .bytes(count: 3), .id,
]

/// By parts, in their order; of two of which one begins the other the shorter first.
func compareParts(_ left: [KeyValue], _ right: [KeyValue]) -> Int {
    KeyValue.nested(left).compare(to: .nested(right))
}
