internal import KeySchemas
internal import OrderedStore

/// An end of a range of values.
enum IndexBound: Hashable, Sendable {
    case including(FieldValue)
    case excluding(FieldValue)

    var value: FieldValue {
        switch self {
        case .including(let value), .excluding(let value): value
        }
    }

    var isIncluding: Bool {
        if case .including = self { true } else { false }
    }
}

extension CompiledIndex {
    /// The entries whose leading parts have these values, and whose next part lies between bounds.
    ///
    /// - Parameters:
    ///   - values: of the leading parts; `nil` is absent.
    ///   - text: what the part after those begins with.
    ///   - from: the lower bound of that part. A range holds values only, neither null nor absent; of a json field
    ///     those of the bound's kind.
    ///   - to: its upper bound.
    /// - Throws: ``RecordError``: `missingField` for more values than there are parts, and others that name the part.
    func range(
        equals values: [FieldValue?], startingWith text: String? = nil, from: IndexBound? = nil, to: IndexBound? = nil
    ) throws(RecordError) -> KeyRange {
        let hasBounds = from != nil || to != nil || text != nil
        guard values.count + (hasBounds ? 1 : 0) <= parts.count else {
            throw RecordError(
                .missingField, schema: schema.name, index: name,
                message: "more values than the index has parts: "
                    + definition.parts.map(\.path).joined(separator: ", "))
        }
        do throws(RecordError) {
            var start = prefix
            start.reserveCapacity(64)
            for position in values.indices { try append(values[position], parts[position], to: &start) }
            var beyond = start
            beyond.append(Tuple.Code.escape)
            var range = KeyRange(from: start, to: beyond)
            guard hasBounds else { return range }
            let part = parts[values.count]
            if let text { range = range.intersection(try strings(startingWith: text, part, after: start)) }
            if from != nil || to != nil {
                range = range.intersection(try self.values(from: from, to: to, part, after: start))
            }
            return range
        } catch {
            var error = error.about(schema: schema.name)
            error.index = name
            throw error
        }
    }

    /// The entries whose leading parts have these values, and whose next part, of a json field, is an array or an object.
    ///
    /// - Throws: ``RecordError`` that names the part.
    func nested(equals values: [FieldValue?]) throws(RecordError) -> KeyRange {
        var start = prefix
        for (position, value) in values.enumerated() { try append(value, parts[position], to: &start) }
        guard parts[values.count].isDescending else { return .prefix(start + [Tuple.Code.bytes]) }
        return .prefix(start + [Tuple.Code.bytes, ~Tuple.Code.bytes])
    }

    /// Appends the bytes that a value has in an entry.
    func append(_ value: FieldValue?, _ part: Part, to bytes: inout [UInt8]) throws(RecordError) {
        let start = bytes.count
        switch (value, part.type) {
        case (nil, _): IndexCode.append(.absent, to: &bytes)
        case (.null?, _), (.json(.null)?, _): IndexCode.append(.null, to: &bytes)
        case (let value?, .json):
            if case .raw = value { throw part.path.field.refusal("not a value of type json") }
            _ = IndexCode.append(json: value.json, to: &bytes)
        case (.scalar(.string(let text))?, .scalar(.string)): Tuple.append(string: text.utf8.span, to: &bytes)
        case (.scalar(.integer(let number))?, .scalar(.int(pad: nil))): Tuple.append(number, to: &bytes)
        case (.scalar(let value)?, .scalar(let type)):
            do { Tuple.append(try type.normalize(value), to: &bytes) } catch {
                throw part.path.field.refusal(error.message)
            }
        case (.json(let json)?, .scalar):
            return try append(try part.path.field.coerce(json: json), part, to: &bytes)
        case (.raw?, .scalar(let type)):
            throw part.path.field.refusal("not a value of type \(type)")
        }
        if part.isDescending { IndexCode.complement(from: start, in: &bytes) }
    }

    private func values(
        from: IndexBound?, to: IndexBound?, _ part: Part, after start: [UInt8]
    ) throws(RecordError) -> KeyRange {
        // The codes of the values that are compared with the bounds.
        var codes: (first: UInt8, last: UInt8) = (Tuple.Code.bytes, Tuple.Code.escape - 1)
        if part.isJSON, let bound = from ?? to {
            var plain: [UInt8] = []
            _ = IndexCode.append(json: bound.value.json, to: &plain)
            let code = plain.first ?? Tuple.Code.bytes
            codes =
                code == Tuple.Code.true || code == Tuple.Code.false ? (Tuple.Code.false, Tuple.Code.true) : (code, code)
        }
        /// Where the entries of a bound's value begin, or where they end: with FF.
        func edge(_ bound: IndexBound, afterValue: Bool) throws(RecordError) -> [UInt8] {
            var bytes = start
            try append(bound.value, part, to: &bytes)
            if afterValue { bytes.append(Tuple.Code.escape) }
            return bytes
        }
        // The values of a descending part run backwards: a range of them begins where the entries of `to` end.
        let least = try from.map { bound throws(RecordError) in
            try edge(bound, afterValue: bound.isIncluding == part.isDescending)
        }
        let beyond = try to.map { bound throws(RecordError) in
            try edge(bound, afterValue: bound.isIncluding != part.isDescending)
        }
        guard part.isDescending else {
            return KeyRange(from: least ?? start + [codes.first], to: beyond ?? start + [codes.last + 1])
        }
        // Each is a byte string of complemented bytes.
        let head = start + [Tuple.Code.bytes]
        return KeyRange(from: beyond ?? head + [~codes.last], to: least ?? head + [~codes.first + 1])
    }

    private func strings(
        startingWith text: String, _ part: Part, after start: [UInt8]
    ) throws(RecordError) -> KeyRange {
        guard part.isJSON || part.type == .scalar(.string) else {
            throw part.path.field.refusal("starts-with is for strings; the field is of type \(part.type.name)")
        }
        var plain = [Tuple.Code.string]
        Tuple.appendEscaped(text.utf8.span, to: &plain)
        guard part.isDescending else { return .prefix(start + plain) }
        var bytes = start + [Tuple.Code.bytes]
        let complemented = plain.map { ~$0 }
        Tuple.appendEscaped(complemented.span, to: &bytes)
        return .prefix(bytes)
    }
}
