internal import KeySchemas
internal import StoreConformance

@testable internal import Records

/// A schema with a field of each type.
func conditionSchema(encoding: String = "text", id: String = "type: int") throws -> SchemaDefinition {
    try SchemaDefinition(
        parsing: """
            schema: thing
            version: 1
            key: "thing:{group}:{id}:{field}"
            encoding: \(encoding)
            fields:
              group: {id: 1, type: string}
              id: {id: 2, \(id)}
              name: {id: 3, type: string, nullable: true}
              count: {id: 4, type: int, nullable: true}
              price: {id: 5, type: decimal, precision: 12, scale: 2}
              ratio: {id: 6, type: double}
              day: {id: 7, type: date}
              at: {id: 8, type: timestamp}
              ref: {id: 9, type: uuid}
              flag: {id: 10, type: bool}
              data: {id: 11, type: bytes}
              extra: {id: 12, type: json, nullable: true}
            """, file: "thing.yaml")
}

/// Makes random records and conditions of ``conditionSchema(encoding:id:)``, with the values that are hard to compare.
struct ConditionMaker {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    static let texts = [
        "", "a", "ab", "abc", "b", "é", "e\u{301}", "a:b", "a;b", "a\"b\\", "\u{0}", "\u{0}\u{1}", "Z", "10", "9",
    ]
    static let integers = [
        "0", "1", "-1", "2", "9", "10", "42", "-42", "9007199254740992", "9007199254740993", "-9007199254740993",
        "9223372036854775807", "123456789012345678901234567890",
    ]
    static let decimals = ["0", "0.5", "-0.5", "12.50", "12.5", "12.49", "1", "2", "-3", "9999999999.99", "42"]
    static let doubles = ["0.0", "0.1", "-0.5", "1.0", "2.5", "9007199254740992.0", "1e+20", "1.5e-7", "42.0"]
    static let numbers =
        integers + decimals + [
            "1.0", "1e0", "10e-1", "0.1", "0.10", "1950.5", "-1.5", "1e999", "-1e999", "1e-999", "-0", "1e20",
            "0.10000000000000000001",
        ]
    static let days = ["0000-01-01", "1999-12-31", "2000-01-01", "2024-02-29"]
    static let times = ["2000-01-01T00:00:00Z", "20000101T000000.001Z", "1969-12-31T23:59:59.9Z"]
    static let references = ["00000000-0000-0000-0000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"]
    static let bytes = ["", "00", "0001", "ff", "6162"]
    static let jsonPaths = [
        "extra", "extra[]", "extra.a", "extra.a[]", "extra.b.c", "extra.tags", "extra.tags[]", "extra.list[].x",
        "extra.list[].x[]", "extra[][]", "extra.\"odd.name\"",
    ]

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    mutating func json(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2, 3: return JSONNumber(pick(ConditionMaker.numbers)).map { .number($0) } ?? .null
        case 4: return .string(pick(ConditionMaker.texts))
        case 5: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in json(depth: depth - 1) })
        default:
            var object = JSONObject()
            for name in ["a", "b", "c", "tags", "list", "x", "odd.name", "\"é\\"] where oneIn(2) {
                object[name] = json(depth: depth - 1)
            }
            return .object(object)
        }
    }

    /// A record as JSON, with one of these numbers as its id.
    mutating func record(ids: [String]) -> JSONValue {
        var object = JSONObject()
        object["group"] = .string(pick(ConditionMaker.texts))
        object["id"] = JSONNumber(pick(ids)).map { .number($0) }
        if !oneIn(4) { object["name"] = oneIn(6) ? .null : .string(pick(ConditionMaker.texts)) }
        if !oneIn(4) {
            object["count"] = oneIn(6) ? .null : JSONNumber(pick(ConditionMaker.integers)).map { .number($0) }
        }
        if !oneIn(4) { object["price"] = JSONNumber(pick(ConditionMaker.decimals)).map { .number($0) } }
        if !oneIn(4) { object["ratio"] = JSONNumber(pick(ConditionMaker.doubles)).map { .number($0) } }
        if !oneIn(4) { object["day"] = .string(pick(ConditionMaker.days)) }
        if !oneIn(4) { object["at"] = .string(pick(ConditionMaker.times)) }
        if !oneIn(4) { object["ref"] = .string(pick(ConditionMaker.references)) }
        if !oneIn(4) { object["flag"] = .bool(Bool.random(using: &random)) }
        if !oneIn(4) { object["data"] = .string(pick(ConditionMaker.bytes)) }
        if !oneIn(6) { object["extra"] = json(depth: 3) }
        return .object(object)
    }

    private mutating func number() -> FieldValue {
        JSONNumber(pick(ConditionMaker.numbers)).map { FieldValue(number: $0) } ?? .null
    }

    /// A path, and a value that may be compared with what is there.
    private mutating func operand() -> (path: String, value: FieldValue, isText: Bool) {
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return ("group", .scalar(.string(pick(ConditionMaker.texts))), true)
        case 1: return ("id", number(), false)
        case 2: return ("name", .scalar(.string(pick(ConditionMaker.texts))), true)
        case 3: return ("count", number(), false)
        case 4: return ("price", number(), false)
        case 5: return ("ratio", number(), false)
        case 6: return ("day", .scalar(.string(pick(ConditionMaker.days))), false)
        case 7: return ("at", .scalar(.string(pick(ConditionMaker.times))), false)
        case 8: return ("ref", .scalar(.string(pick(ConditionMaker.references))), false)
        case 9: return ("flag", .scalar(.bool(Bool.random(using: &random))), false)
        case 10: return ("data", .scalar(.string(pick(ConditionMaker.bytes))), false)
        default: return (pick(ConditionMaker.jsonPaths), FieldValue(literal: json(depth: 2)), true)
        }
    }

    private mutating func values(at path: String) -> [FieldValue] {
        var values: [FieldValue] = []
        for _ in 0..<40 where values.count < 5 {
            let (other, value, _) = operand()
            if other == path { values.append(value) }
        }
        if oneIn(3) { values.append(.null) }
        return values
    }

    /// A condition as it can be written.
    mutating func condition(depth: Int) -> Condition {
        if depth > 0, !oneIn(3) {
            let parts = (0..<Int.random(in: 2...4, using: &random)).map { _ in condition(depth: depth - 1) }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return .and(parts)
            case 1: return .or(parts)
            default: return .not(parts[0])
            }
        }
        return leaf()
    }

    mutating func leaf() -> Condition {
        let (path, value, isText) = operand()
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .exists(path)
        case 1: return .isIn(path, values(at: path))
        case 2: return .compare(path, pick(Comparison.allCases), .null)
        case 3 where isText: return .startsWith(path, pick(ConditionMaker.texts))
        case 4 where isText:
            let patterns = ["^a", "b$", "^ab$", "[a-c]+", "^\\d+$", "^", "^a:b", "é", "^a|b", "^\\d", "^a+"]
            return (try? Pattern(pick(patterns))).map { .matches(path, $0) } ?? .all
        case 5 where oneIn(4): return oneIn(2) ? .all : .or([])
        default: return .compare(path, pick(Comparison.allCases), value)
        }
    }
}
