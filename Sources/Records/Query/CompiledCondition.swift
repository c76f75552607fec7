internal import KeySchemas
internal import OrderedStore

/// A condition made ready for one schema: tests in flat memory, each of which says where to go on when it is true
/// and when it is false, so that a record is decided without recursion and by as few tests as its values allow.
package struct CompiledCondition: Sendable {
    /// The condition bound to the schema, in its normal form.
    package let condition: Condition
    /// The names of the fields, and parts of the key, that are looked at.
    package let fields: Set<String>

    /// Where the value of a test is.
    enum Source: Sendable {
        case part(Int)
        case slot(Int, FieldType)
        case json(slot: Int, steps: [IndexPath.Step])
        /// A member that an open schema does not name, by what it has in keys.
        case member(suffix: [UInt8], steps: [IndexPath.Step])
    }

    /// A test and what follows it: another one's position, ``accept`` or ``reject``.
    struct Step: Sendable {
        let source: Source
        let test: ValueTest
        let whenTrue: Int
        let whenFalse: Int
    }

    static let accept = -1
    static let reject = -2

    let steps: [Step]
    /// The first step.
    let entry: Int

    /// Binds and compiles a condition.
    ///
    /// - Throws: ``RecordError`` that names the field.
    package init(_ condition: Condition, _ schema: SchemaDefinition) throws(RecordError) {
        let normal = try condition.bound(to: schema).normalized
        var compiler = Compiler(schema: schema)
        entry = try compiler.emit(normal, CompiledCondition.accept, CompiledCondition.reject)
        self.condition = normal
        steps = compiler.steps
        fields = compiler.fields
    }

    /// Builds the steps from the last to the first, so that what follows each is known.
    private struct Compiler {
        let schema: SchemaDefinition
        var steps: [Step] = []
        var fields: Set<String> = []

        mutating func emit(_ condition: Condition, _ whenTrue: Int, _ whenFalse: Int) throws(RecordError) -> Int {
            switch condition {
            case .all: return whenTrue
            case .not(let condition): return try emit(condition, whenFalse, whenTrue)
            case .and(let parts):
                var next = whenTrue
                for part in parts.reversed() { next = try emit(part, next, whenFalse) }
                return next
            case .or(let parts):
                var next = whenFalse
                for part in parts.reversed() { next = try emit(part, whenTrue, next) }
                return next
            case .exists(let text): return try add(text, [.exists], whenTrue, whenFalse)
            case .startsWith(let text, let prefix):
                return try add(text, [.startsWith(try beginning(prefix, of: text))], whenTrue, whenFalse)
            case .matches(let text, let pattern):
                return try add(text, [.matches(pattern)], whenTrue, whenFalse)
            case .isIn(let text, let values):
                return try add(text, .equal, values, whenTrue, whenFalse)
            case .compare(let text, .notEqual, let value):
                return try add(text, .equal, [value], whenFalse, whenTrue)
            case .compare(let text, let comparison, let value):
                return try add(text, comparison, [value], whenTrue, whenFalse)
            }
        }

        /// Adds the comparisons with some values, one of which must hold.
        private mutating func add(
            _ text: String, _ comparison: Comparison, _ values: [FieldValue], _ whenTrue: Int, _ whenFalse: Int
        ) throws(RecordError) -> Int {
            let path = try ConditionPath(text).resolved(in: schema)
            let part = schema.keyFields.firstIndex { $0.id == path.field.id }
            var tests: [ValueTest] = []
            var groups: [(kind: Operand.Kind, operands: [Operand])] = []
            for value in values {
                guard let operand = Operand(value, path.field, part: part, schema.layout) else {
                    tests.append(.isNull)
                    continue
                }
                if let group = groups.firstIndex(where: { $0.kind == operand.kind }) {
                    groups[group].operands.append(operand)
                } else {
                    groups.append((operand.kind, [operand]))
                }
            }
            for group in groups {
                tests.append(
                    group.operands.count == 1
                        ? .compare(comparison, group.operands[0])
                        : .isOneOf(group.operands.sorted { Operand.order($0, $1) < 0 }))
            }
            return try add(text, tests, whenTrue, whenFalse)
        }

        /// What the bytes begin with of a string that begins with `prefix`.
        private func beginning(_ prefix: String, of text: String) throws(RecordError) -> [UInt8] {
            let path = try ConditionPath(text).resolved(in: schema)
            guard let part = schema.keyFields.firstIndex(where: { $0.id == path.field.id }) else {
                return Array(prefix.utf8)
            }
            var bytes: [UInt8] = []
            do { try schema.layout.appendPart(.string(prefix), at: part, to: &bytes) } catch {
                throw RecordError(error, schema: schema.name)
            }
            // A string of a tuple ends with a byte of its own.
            return schema.layout.encoding == .tuple ? bytes.dropLast() : bytes
        }

        private mutating func add(
            _ text: String, _ tests: [ValueTest], _ whenTrue: Int, _ whenFalse: Int
        ) throws(RecordError) -> Int {
            let path = try ConditionPath(text).resolved(in: schema)
            fields.insert(path.field.name)
            let source: Source
            if let part = schema.keyFields.firstIndex(where: { $0.id == path.field.id }) {
                source = .part(part)
            } else if let slot = schema.storedFields.firstIndex(where: { $0.id == path.field.id }) {
                source =
                    path.field.type == .json ? .json(slot: slot, steps: path.steps) : .slot(slot, path.field.type)
            } else {
                var suffix: [UInt8] = []
                schema.layout.appendField(path.field.name, to: &suffix)
                source = .member(suffix: suffix, steps: path.steps)
            }
            var next = whenFalse
            for test in tests {
                steps.append(Step(source: source, test: test, whenTrue: whenTrue, whenFalse: next))
                next = steps.count - 1
            }
            return next
        }
    }
}

/// What is asked of one value.
enum ValueTest: Sendable {
    case exists
    case isNull
    /// Never `!=`.
    case compare(Comparison, Operand)
    /// Equal to one of these, which are of one kind and in order.
    case isOneOf([Operand])
    case startsWith([UInt8])
    case matches(Pattern)
}

/// What a value is compared with, in the form that makes that cheap.
enum Operand: Sendable {
    /// Compared with the value's bytes: a string, bytes, and each part of a key whose bytes are in order.
    case bytes([UInt8])
    /// A number whose text is compared.
    case number(text: [UInt8], small: Int64?)
    /// A scalar that the value is decoded for.
    case scalar(KeyValue)
    case bool(Bool)
    /// An array or an object: equal to what has the same compact text.
    case nested(JSONValue)

    enum Kind { case bytes, number, scalar, bool, nested }

    var kind: Kind {
        switch self {
        case .bytes: .bytes
        case .number: .number
        case .scalar: .scalar
        case .bool: .bool
        case .nested: .nested
        }
    }

    /// The operand that a bound value makes; `nil` for null.
    init?(_ value: FieldValue, _ field: FieldDefinition, part: Int?, _ layout: KeyLayout) {
        switch value {
        case .null, .raw, .json(.null): return nil
        case .json(.bool(let flag)): self = .bool(flag)
        case .json(.string(let text)): self = .bytes(Array(text.utf8))
        case .json(.number(let number)): self.init(number: number.text)
        case .json(let nested): self = .nested(nested)
        case .scalar(let scalar):
            if let part {
                self.init(scalar, part: part, layout)
                return
            }
            switch scalar {
            case .string(let text): self = .bytes(Array(text.utf8))
            case .bytes(let bytes): self = .bytes(bytes)
            case .bool(let flag): self = .bytes(Array((flag ? "true" : "false").utf8))
            case .integer, .bigInteger, .decimal: self.init(number: scalar.description)
            default: self = .scalar(scalar)
            }
        }
    }

    private init(number text: String) {
        let text = Array(text.utf8)
        self = .number(text: text, small: FieldCodec.smallInteger(text.span))
    }

    /// A value of a part of the key.
    private init(_ scalar: KeyValue, part: Int, _ layout: KeyLayout) {
        var bytes: [UInt8] = []
        let type = layout.components[part].type
        if type == .id {
            // Text and integers are not in one order.
            if case .string = scalar { self = .scalar(scalar) } else { self.init(number: scalar.description) }
        } else if layout.encoding == .text, case .int(nil) = type {
            self.init(number: scalar.description)
        } else if (try? layout.appendPart(scalar, at: part, to: &bytes)) != nil {
            self = .bytes(bytes)
        } else {
            self = .scalar(scalar)
        }
    }

    /// Three-way comparison of two operands of one kind; those that have no order are equal to each other.
    static func order(_ left: Operand, _ right: Operand) -> Int {
        switch (left, right) {
        case (.bytes(let left), .bytes(let right)): left.span.compare(to: right.span)
        case (.number(let left, _), .number(let right, _)): DecimalText.order(left.span, right.span) ?? 0
        case (.scalar(let left), .scalar(let right)): left < right ? -1 : left == right ? 0 : 1
        case (.bool(let left), .bool(let right)): left == right ? 0 : right ? -1 : 1
        default: 0
        }
    }
}

extension Comparison {
    /// Whether it holds between two values in that order: negative, zero or positive.
    @inline(__always)
    func holds(_ order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}
