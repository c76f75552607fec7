internal import KeySchemas
internal import OrderedStore

extension CompiledCondition {
    /// Whether the condition is true of a record. Stored bytes that are no value of their field count as absent, as
    /// they do in indexes.
    ///
    /// Nothing is allocated for strings, bytes, integers, decimals and booleans, nor inside json fields unless a
    /// string there has escapes; patterns, dates and the other types decode the value.
    ///
    /// - Complexity: O(*n*) in the bytes of the fields that are looked at, each once a test.
    func matches(_ record: borrowing RecordBuffer) -> Bool {
        var position = entry
        while position >= 0 {
            let step = steps[position]
            position = step.test.isTrue(of: record, step.source) ? step.whenTrue : step.whenFalse
        }
        return position == CompiledCondition.accept
    }
}

extension ValueTest {
    fileprivate func isTrue(of record: borrowing RecordBuffer, _ source: CompiledCondition.Source) -> Bool {
        switch source {
        case .part(let part):
            return isTrue(ofPart: record.prefix.span.extracting(record.parts[part]), at: part, record.layout)
        case .slot(let slot, let type):
            let place = record.slots[slot]
            guard !place.isAbsent else { return false }
            return isTrue(ofStored: record.bytes(place), type)
        case .json(let slot, let steps):
            let place = record.slots[slot]
            guard !place.isAbsent else { return false }
            return isTrue(ofJSON: record.bytes(place), steps)
        case .member(let suffix, let steps):
            guard let member = record.unknown.first(where: { record.bytes($0.suffix).equals(suffix.span) }) else {
                return false
            }
            return isTrue(ofJSON: record.bytes(member.value), steps)
        }
    }

    private func isTrue(ofJSON stored: Span<UInt8>, _ steps: [IndexPath.Step]) -> Bool {
        if FieldCodec.isNull(stored) {
            // The one value that is not stored as JSON.
            guard steps.allSatisfy({ $0 == .each }) else { return false }
            switch self {
            case .exists, .isNull: return true
            default: return false
            }
        }
        var finder = JSONFinder(stored)
        return finder.finds(self, steps[...])
    }

    private func isTrue(ofPart part: Span<UInt8>, at position: Int, _ layout: KeyLayout) -> Bool {
        switch self {
        case .exists: return true
        case .isNull: return false
        case .compare(let comparison, let operand):
            return operand.order(ofPart: part, at: position, layout).map(comparison.holds) ?? false
        case .isOneOf(let operands):
            return operands.contains { operand in operand.order(ofPart: part, at: position, layout) }
        case .startsWith(let prefix):
            return part.starts(with: prefix.span)
        case .matches(let pattern):
            guard case .string(let text)? = try? layout.decodePart(part, at: position) else { return false }
            return pattern.matches(text)
        }
    }

    private func isTrue(ofStored stored: Span<UInt8>, _ type: FieldType) -> Bool {
        if FieldCodec.isNull(stored) {
            switch self {
            case .exists, .isNull: return true
            default: return false
            }
        }
        switch self {
        case .exists: return type.holds(stored)
        case .isNull: return false
        case .compare(let comparison, let operand):
            return operand.order(ofStored: stored, type).map(comparison.holds) ?? false
        case .isOneOf(let operands):
            return operands.contains { operand in operand.order(ofStored: stored, type) }
        case .startsWith(let prefix):
            guard let start = try? FieldCodec.start(of: stored) else { return false }
            return stored.extracting(droppingFirst: start).starts(with: prefix.span)
        case .matches(let pattern):
            guard let text = try? FieldCodec.string(stored) else { return false }
            return pattern.matches(text)
        }
    }
}

extension FieldType {
    /// Whether stored bytes are a value of the type.
    fileprivate func holds(_ stored: Span<UInt8>) -> Bool {
        switch self {
        case .scalar(.int) where FieldCodec.smallInteger(stored) != nil: true
        case .scalar(.string), .scalar(.bytes): (try? FieldCodec.start(of: stored)) != nil
        default: (try? FieldCodec.decode(stored, as: self)) != nil
        }
    }
}

extension [Operand] {
    /// Whether one of the sorted operands is equal to the value that `order` compares with each.
    ///
    /// - Complexity: O(log *n*) comparisons.
    @inline(__always)
    func contains(_ order: (Operand) -> Int?) -> Bool {
        guard let first, first.kind != .nested else { return self.contains { order($0) == 0 } }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            guard let found = order(self[middle]) else { return false }
            if found == 0 { return true }
            if found < 0 { high = middle } else { low = middle + 1 }
        }
        return false
    }
}

// How a value stands to an operand: negative, zero or positive; `nil` when it is of another kind.
extension Operand {
    @inline(__always)
    fileprivate func order(ofPart part: Span<UInt8>, at position: Int, _ layout: KeyLayout) -> Int? {
        switch self {
        case .bytes(let bytes):
            return part.compare(to: bytes.span)
        case .number(let text, let small):
            if layout.encoding == .text, case .int(nil) = layout.components[position].type {
                return Operand.order(ofNumber: part, text, small)
            }
            guard let value = try? layout.decodePart(part, at: position) else { return nil }
            // An id of digits is no number.
            if case .string = value { return nil }
            return Operand.order(value, text, small)
        case .scalar(let scalar):
            guard let value = try? layout.decodePart(part, at: position) else { return nil }
            if case .string = scalar, case .string = value {
            } else if layout.components[position].type == .id {
                return nil
            }
            return value < scalar ? -1 : value == scalar ? 0 : 1
        case .bool, .nested:
            return nil
        }
    }

    @inline(__always)
    fileprivate func order(ofStored stored: Span<UInt8>, _ type: FieldType) -> Int? {
        switch self {
        case .bytes(let bytes):
            guard let start = try? FieldCodec.start(of: stored) else { return nil }
            return stored.extracting(droppingFirst: start).compare(to: bytes.span)
        case .number(let text, let small):
            if let small, let number = FieldCodec.smallInteger(stored) {
                return number < small ? -1 : number == small ? 0 : 1
            }
            if case .scalar(.decimal) = type { return DecimalText.order(stored, text.span) }
            guard case .scalar(let value)? = try? FieldCodec.decode(stored, as: type) else { return nil }
            return Operand.order(value, text, small)
        case .scalar(let scalar):
            guard case .scalar(let decoded)? = try? FieldCodec.decode(stored, as: type),
                case .scalar(let type) = type, let value = try? type.normalize(decoded)
            else { return nil }
            return value < scalar ? -1 : value == scalar ? 0 : 1
        case .bool, .nested:
            return nil
        }
    }

    @inline(__always)
    static func order(ofNumber number: Span<UInt8>, _ text: [UInt8], _ small: Int64?) -> Int? {
        if let small, let number = FieldCodec.smallInteger(number) {
            return number < small ? -1 : number == small ? 0 : 1
        }
        return DecimalText.order(number, text.span)
    }

    /// Compares a number of any type.
    private static func order(_ value: KeyValue, _ text: [UInt8], _ small: Int64?) -> Int? {
        let number: String?
        if case .double(let double) = value { number = double.exactNumber?.text } else { number = value.description }
        guard let number else { return nil }
        return order(ofNumber: number.utf8.span, text, small)
    }
}
