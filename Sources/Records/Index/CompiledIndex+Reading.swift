internal import KeySchemas
internal import OrderedStore

// Entries taken apart.
extension CompiledIndex {
    /// Where the values end in an entry's key.
    private func endOfValues(_ key: Span<UInt8>) -> Int? {
        let prefix = prefix
        guard key.starts(with: prefix.span) else { return nil }
        var position = prefix.count
        for part in parts {
            guard let end = IndexCode.end(of: part, in: key, from: position) else { return nil }
            position = end
        }
        return position
    }

    /// Appends the prefix of the record that an entry is of.
    ///
    /// - Returns: where the included fields begin in `value`; `nil` when the entry makes no sense.
    func appendRecordPrefix(_ key: Span<UInt8>, _ value: Span<UInt8>, to bytes: inout [UInt8]) -> Int? {
        if isUnique { return appendRecordPrefix(from: value, at: 0, to: &bytes) }
        guard let start = endOfValues(key), appendRecordPrefix(from: key, at: start, to: &bytes) == key.count else {
            return nil
        }
        return 0
    }

    /// - Returns: where the parts of the key end in `source`.
    private func appendRecordPrefix(from source: Span<UInt8>, at start: Int, to bytes: inout [UInt8]) -> Int? {
        layout.appendPrefix(fromTuple: source, at: start, to: &bytes)
    }

    /// Whether the values of two entries of a unique index are of one record.
    func isSameRecord(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        var mine: [UInt8] = []
        var theirs: [UInt8] = []
        guard appendRecordPrefix(from: left, at: 0, to: &mine) != nil,
            appendRecordPrefix(from: right, at: 0, to: &theirs) != nil
        else { return false }
        return mine == theirs
    }

    /// An entry's values for people: `Tolkien, J.`, or `(Tolkien, J., 1954)`.
    func describe(_ key: Span<UInt8>) -> String {
        var texts: [String] = []
        var position = prefix.count
        for part in parts {
            guard let end = IndexCode.end(of: part, in: key, from: position) else { break }
            defer { position = end }
            switch part.value(key.extracting(position..<end)) {
            case nil: texts.append("?")
            case .absent?: texts.append("absent")
            case .null?: texts.append("null")
            case .value(let value)?:
                let text = value.description
                texts.append(RecordError.printable(Array(text.utf8.prefix(100)).span))
            }
        }
        return texts.count == 1 ? texts[0] : "(" + texts.joined(separator: ", ") + ")"
    }

    /// The error for a value that another record has.
    ///
    /// - Parameters:
    ///   - value: of the entry that is refused.
    ///   - holder: the value of the entry that is there.
    func violation(key: Span<UInt8>, value: Span<UInt8>, holder: Span<UInt8>) -> RecordError {
        var record: [UInt8] = []
        var other: [UInt8] = []
        _ = appendRecordPrefix(from: value, at: 0, to: &record)
        _ = appendRecordPrefix(from: holder, at: 0, to: &other)
        return RecordError(
            .uniqueViolation, schema: schema.name, key: RecordError.printable(record.span), index: definition.name,
            message: "the value \(describe(key)) is that of record \(RecordError.printable(other.span)) already")
    }

    /// The error for an entry whose record is not what it says.
    func damaged(_ key: Span<UInt8>) -> RecordError {
        RecordError(
            .damagedIndex, schema: schema.name, index: definition.name,
            message: "the entry of \(describe(key)) is of no record; verify the indexes, and rebuild this one")
    }
}

extension CompiledIndex.Part {
    /// What the bytes of a part stand for.
    enum Found {
        case absent
        case null
        case value(FieldValue)
    }

    /// The value that a part's bytes stand for; `nil` when they make no sense.
    func value(_ bytes: Span<UInt8>) -> Found? {
        guard isDescending else { return value(ascending: bytes) }
        guard let plain = IndexCode.plain(of: bytes) else { return nil }
        return value(ascending: plain.span)
    }

    private func value(ascending bytes: Span<UInt8>) -> Found? {
        guard let elements = try? Tuple.unpack(bytes), let first = elements.first else { return nil }
        if case .null = first { return elements.last == .bool(true) ? .null : .absent }
        guard case .scalar(let type) = type else { return value(json: first, elements) }
        guard let value = try? type.decodeTuple(first) else { return nil }
        return .value(.scalar(value))
    }

    private func value(json first: KeyValue, _ elements: [KeyValue]) -> Found? {
        switch first {
        case .bytes(let text): (try? JSONValue(parsing: text.span)).map { .value(.json($0)) }
        case .double(let number):
            if case .integer(let distance) = elements.last, number == number.rounded(), number.magnitude < 0x1p115 {
                .value(.json(.integer(Int128(number) + Int128(distance))))
            } else {
                .value(.scalar(first))
            }
        default: .value(.scalar(first))
        }
    }
}
