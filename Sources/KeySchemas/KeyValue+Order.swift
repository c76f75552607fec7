internal import OrderedStore

extension KeyValue: Comparable {
    /// The order of the tuple encoding: by type (null, bytes, string, nested, integers, decimal, date, timestamp,
    /// float, double, bool, uuid), then by value; a nested tuple that is the beginning of another comes first.
    public static func < (left: KeyValue, right: KeyValue) -> Bool {
        left.compare(to: right) < 0
    }

    public static func == (left: KeyValue, right: KeyValue) -> Bool {
        left.compare(to: right) == 0
    }

    /// Three-way comparison in the order of `<`.
    func compare(to other: KeyValue) -> Int {
        switch (self, other) {
        case (.bytes(let left), .bytes(let right)):
            return left.span.compare(to: right.span)
        case (.string(let left), .string(let right)):
            return left.utf8.span.compare(to: right.utf8.span)
        case (.nested(let left), .nested(let right)):
            for (element, otherElement) in zip(left, right) {
                let order = element.compare(to: otherElement)
                if order != 0 { return order }
            }
            return left.count - right.count
        case (.integer(let left), .integer(let right)):
            return threeWay(left, right)
        case (.bigInteger(let left), .bigInteger(let right)):
            return threeWay(left, right)
        case (.integer, .bigInteger(let right)):
            return right.isNegative ? 1 : -1
        case (.bigInteger(let left), .integer):
            return left.isNegative ? -1 : 1
        case (.decimal(let left), .decimal(let right)):
            return threeWay(left, right)
        case (.date(let left), .date(let right)):
            return threeWay(left, right)
        case (.timestamp(let left), .timestamp(let right)):
            return threeWay(left, right)
        case (.float(let left), .float(let right)):
            return threeWay(left.orderedBits, right.orderedBits)
        case (.double(let left), .double(let right)):
            return threeWay(left.orderedBits, right.orderedBits)
        case (.bool(let left), .bool(let right)):
            return threeWay(left ? 1 : 0, right ? 1 : 0)
        case (.uuid(let left), .uuid(let right)):
            return threeWay(left, right)
        default:
            return rank - other.rank
        }
    }

    private var rank: Int {
        switch self {
        case .null: 0
        case .bytes: 1
        case .string: 2
        case .nested: 3
        case .integer, .bigInteger: 4
        case .decimal: 5
        case .date: 6
        case .timestamp: 7
        case .float: 8
        case .double: 9
        case .bool: 10
        case .uuid: 11
        }
    }
}

extension KeyValue: Hashable {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(rank)
        switch self {
        case .null: break
        case .bytes(let value): hasher.combine(value)
        case .string(let value):
            for byte in value.utf8 { hasher.combine(byte) }
        case .nested(let value): hasher.combine(value)
        case .integer(let value): hasher.combine(value)
        case .bigInteger(let value): hasher.combine(value)
        case .decimal(let value): hasher.combine(value)
        case .date(let value): hasher.combine(value)
        case .timestamp(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value.bitPattern)
        case .double(let value): hasher.combine(value.bitPattern)
        case .bool(let value): hasher.combine(value)
        case .uuid(let value): hasher.combine(value)
        }
    }
}

private func threeWay<Value: Comparable>(_ left: Value, _ right: Value) -> Int {
    left < right ? -1 : (left == right ? 0 : 1)
}

extension Double {
    /// The bits such that their unsigned order is the order of the numbers.
    package var orderedBits: UInt64 {
        let bits = bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    /// The number with these ``orderedBits``.
    package init(orderedBits bits: UInt64) {
        self.init(bitPattern: bits >> 63 == 0 ? ~bits : bits & ~(1 << 63))
    }
}

extension Float {
    /// The bits such that their unsigned order is the order of the numbers.
    var orderedBits: UInt32 {
        let bits = bitPattern
        return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
    }

    init(orderedBits bits: UInt32) {
        self.init(bitPattern: bits >> 31 == 0 ? ~bits : bits & ~(1 << 31))
    }
}
