internal import KeySchemas
internal import StoreConformance
import Testing

@testable internal import Records

@Suite("conditions against a plain evaluation")
struct ConditionModelTests {
    @Test(
        "compiled conditions and the ranges of the planner agree with the plain meaning",
        arguments: [
            ("text", "type: int", ConditionMaker.integers), ("tuple", "type: int", ConditionMaker.integers),
            ("text", "type: int, pad: 20", Array(ConditionMaker.integers.prefix(12))),
            ("text", "type: decimal, precision: 12, scale: 2", ConditionMaker.decimals),
            ("tuple", "type: double", ConditionMaker.doubles), ("text", "type: double", ConditionMaker.doubles),
        ])
    func model(encoding: String, id: String, ids: [String]) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var maker = ConditionMaker(seed: seed)
        let schema = try conditionSchema(encoding: encoding, id: id)
        var buffers: [(buffer: RecordBuffer, record: DynamicRecord)] = []
        for _ in 0..<40 {
            var buffer = RecordBuffer(CompiledSchema(schema))
            try buffer.encode(schema.record(json: maker.record(ids: ids)))
            buffers.append((buffer, try buffer.record()))
        }
        for _ in 0..<200 {
            let condition = maker.condition(depth: 3)
            let comment: Comment = "seed \(seed), \(encoding), \(id): \(condition)"
            let bound = try condition.bound(to: schema)
            #expect(try bound.bound(to: schema) == bound, comment)
            let compiled = try CompiledCondition(condition, schema)
            let ranges = try compiled.condition.valueRanges(in: schema)
            for (buffer, record) in buffers {
                let truth = isTrue(bound, record, schema)
                #expect(compiled.matches(buffer) == truth, "\(comment)\n\(record.json)")
                for range in ranges { check(range, compiled.condition, record, truth, schema, comment) }
            }
        }
    }

    /// A range holds all records that the condition is true of, and only such as its exact conjuncts are true of.
    private func check(
        _ range: ValueRange, _ condition: Condition, _ record: DynamicRecord, _ truth: Bool, _ schema: SchemaDefinition,
        _ comment: Comment
    ) {
        let isInside = plainValues(at: range.path, record).contains { holds($0, range) }
        if truth { #expect(isInside, "\(comment)\n\(record.json)") }
        guard isInside else { return }
        let conjuncts = condition.conjuncts
        for position in range.exact {
            #expect(isTrue(conjuncts[position], record, schema), "\(comment)\n\(record.json)")
        }
    }

    private func holds(_ value: Plain?, _ range: ValueRange) -> Bool {
        if let equals = range.equals {
            return equals.contains { wanted in
                guard let wanted else { return value == nil }
                return value != nil && value == Plain(wanted)
            }
        }
        guard let value, value != .null else { return false }
        if let lower = range.lower {
            guard let order = value.order(Plain(lower.value)), order > 0 || (lower.isInclusive && order == 0) else {
                return false
            }
        }
        if let upper = range.upper {
            guard let order = value.order(Plain(upper.value)), order < 0 || (upper.isInclusive && order == 0) else {
                return false
            }
        }
        if let prefix = range.prefix {
            guard case .text(let text) = value, text.starts(with: prefix.utf8) else { return false }
        }
        return true
    }

    private func isTrue(_ condition: Condition, _ record: DynamicRecord, _ schema: SchemaDefinition) -> Bool {
        func any(_ path: String, _ test: (Plain) -> Bool) -> Bool {
            guard let path = try? ConditionPath(path).resolved(in: schema) else { return false }
            return plainValues(at: path, record).contains { $0.map(test) ?? false }
        }
        switch condition {
        case .all: return true
        case .not(let condition): return !isTrue(condition, record, schema)
        case .and(let parts): return parts.allSatisfy { isTrue($0, record, schema) }
        case .or(let parts): return parts.contains { isTrue($0, record, schema) }
        case .exists(let path): return any(path) { _ in true }
        case .isIn(let path, let values): return any(path) { values.map(Plain.init).contains($0) }
        case .compare(let path, .notEqual, let value): return !any(path) { $0 == Plain(value) }
        case .compare(let path, .equal, let value): return any(path) { $0 == Plain(value) }
        case .compare(let path, let comparison, let value):
            return any(path) { found in
                guard let order = found.order(Plain(value)) else { return false }
                switch comparison {
                case .less: return order < 0
                case .lessOrEqual: return order <= 0
                case .greater: return order > 0
                default: return order >= 0
                }
            }
        case .startsWith(let path, let prefix):
            return any(path) { if case .text(let text) = $0 { text.starts(with: prefix.utf8) } else { false } }
        case .matches(let path, let pattern):
            return any(path) {
                if case .text(let text) = $0 { pattern.matches(String(decoding: text, as: UTF8.self)) } else { false }
            }
        }
    }

    /// The values at a path; `nil` where the way ends early.
    private func plainValues(at path: IndexPath, _ record: DynamicRecord) -> [Plain?] {
        guard let value = record[path.field.name] else { return [nil] }
        guard path.field.type == .json else { return [Plain(value)] }
        let json: JSONValue = if case .json(let json) = value { json } else { .null }
        func find(_ steps: ArraySlice<IndexPath.Step>, _ value: JSONValue) -> [Plain?] {
            switch (steps.first, value) {
            case (nil, _): [Plain(.json(value))]
            case (.member(let name), .object(let object)):
                object[name].map { find(steps.dropFirst(), $0) } ?? [nil]
            case (.member, _): [nil]
            case (.each, .array(let elements)):
                elements.isEmpty ? [nil] : elements.flatMap { find(steps.dropFirst(), $0) }
            case (.each, _): find(steps.dropFirst(), value)
            }
        }
        return find(path.steps[...], json)
    }
}

/// A value for comparing, without regard to speed.
private enum Plain: Equatable {
    case null
    /// The digits without zeros at the ends, and how many of them stand before the point.
    case number(sign: Int, exponent: Int, digits: [UInt8])
    case text([UInt8])
    case other(KeyValue)
    case bool(Bool)
    case nested(JSONValue)

    init(_ value: FieldValue) {
        switch value {
        case .null, .raw, .json(.null): self = .null
        case .json(.bool(let flag)), .scalar(.bool(let flag)): self = .bool(flag)
        case .json(.number(let number)): self = Plain(number: number.text)
        case .json(.string(let text)), .scalar(.string(let text)): self = .text(Array(text.utf8))
        case .json(let nested): self = .nested(nested)
        case .scalar(.double(let number)): self = Plain(number: number.exactNumber?.text ?? "")
        case .scalar(.integer), .scalar(.bigInteger), .scalar(.decimal): self = Plain(number: value.description)
        case .scalar(let scalar): self = .other(scalar)
        }
    }

    private init(number: String) {
        let isNegative = number.hasPrefix("-")
        let halves = number.lowercased().split(separator: "e")
        let mantissa = halves[0].filter { $0 != "-" }.split(separator: ".")
        let exponent = halves.count > 1 ? Int(halves[1]) ?? 0 : 0
        let all = mantissa.joined().map { UInt8($0.wholeNumberValue ?? 0) }
        let leading = all.prefix { $0 == 0 }.count
        var digits = Array(all.dropFirst(leading))
        while digits.last == 0 { digits.removeLast() }
        let sign = digits.isEmpty ? 0 : isNegative ? -1 : 1
        self = .number(
            sign: sign, exponent: sign == 0 ? 0 : mantissa[0].count - leading + exponent, digits: digits)
    }

    func order(_ other: Plain) -> Int? {
        switch (self, other) {
        case (.number(let sign, let exponent, let digits), .number(let otherSign, let otherExponent, let others)):
            if sign != otherSign { return sign - otherSign }
            if exponent != otherExponent { return exponent < otherExponent ? -sign : sign }
            return digits == others ? 0 : digits.lexicographicallyPrecedes(others) ? -sign : sign
        case (.text(let text), .text(let other)):
            return text == other ? 0 : text.lexicographicallyPrecedes(other) ? -1 : 1
        case (.bool(let flag), .bool(let other)): return flag == other ? 0 : other ? -1 : 1
        case (.other(let value), .other(let other)): return value < other ? -1 : value == other ? 0 : 1
        default: return nil
        }
    }
}

@Suite("numbers by their text")
struct DecimalTextTests {
    @Test(
        "numbers are compared exactly, whatever their form",
        arguments: [
            ("9007199254740993", "9007199254740992", 1), ("9007199254740993", "9007199254740993.0", 0),
            ("1e999", "1e998", 1), ("-1e999", "1e-999", -1), ("0.1", "0.10", 0), ("0.1", "1e-1", 0), ("0.1", "0.01", 1),
            ("-0", "0.000e5", 0), ("10", "9", 1), ("-10", "-9", -1), ("1.5", "15e-1", 0), ("100", "1E2", 0),
            ("1e99999999999999999999", "1", 1), ("0.00000001", "0.00000002", -1), ("12345", "12345.6", -1),
        ])
    func order(left: String, right: String, order: Int) throws {
        #expect(try #require(DecimalText.order(left, right)).signum() == order)
        #expect(try #require(DecimalText.order(right, left)).signum() == -order)
    }

    @Test("what is no number has no order", arguments: ["", "-", ".", "e5", "1e", "1e+", "1x", "x", "1.2.3", "--1"])
    func malformed(text: String) {
        #expect(DecimalText.order(text, "1") == nil)
    }

    @Test("doubles keep all digits of their integers")
    func doubles() {
        #expect(0x1p53.exactNumber?.text == "9007199254740992")
        #expect(0x1p70.exactNumber?.text == "1180591620717411303424")
        #expect((-1e22).exactNumber?.text == "-10000000000000000000000")
        #expect(0.1.exactNumber?.text == "0.1")
        #expect(Double.infinity.exactNumber == nil)
        #expect(Double.greatestFiniteMagnitude.exactNumber?.text.count == 309)
    }
}
