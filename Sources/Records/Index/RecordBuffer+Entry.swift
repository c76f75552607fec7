internal import KeySchemas
internal import OrderedStore

// What a covered scan takes out of an entry, straight from its bytes.
extension RecordBuffer {
    /// Fills in what `steps` ask for; they are the same for all entries that a buffer is filled from.
    ///
    /// - Returns: `false` when the entry makes no sense.
    mutating func fill(_ entry: Entry, of index: CompiledIndex, _ steps: EntrySteps) -> Bool {
        forgetFields()
        let key = entry.key
        let value = entry.value
        var position = index.prefix.count
        for part in steps.parts.indices {
            let step = steps.parts[part]
            guard let end = take(step, part, of: index, key, from: position) else { return false }
            position = end
        }
        var start = 0
        if index.isUnique {
            if steps.readsKey {
                guard let end = takeKey(value, from: 0, steps) else { return false }
                start = end
            } else if !steps.included.isEmpty {
                for _ in layout.components.indices {
                    guard let end = IndexCode.endOfElement(in: value, from: start) else { return false }
                    start = end
                }
            }
        } else if steps.readsKey {
            guard takeKey(key, from: position, steps) == key.count else { return false }
        }
        for position in steps.included.indices {
            guard let end = takeIncluded(steps.included[position].slot, value, from: start) else { return false }
            start = end
        }
        return true
    }

    /// Takes the value of one part, which begins at `start`.
    ///
    /// - Returns: where it ends.
    @inline(__always)
    private mutating func take(
        _ step: EntrySteps.Step, _ part: Int, of index: CompiledIndex, _ key: Span<UInt8>, from start: Int
    ) -> Int? {
        guard start < key.count else { return nil }
        switch step.form {
        case .string where key[start] == Tuple.Code.string:
            let (end, isPlain) = Tuple.endOfText(in: key, from: start + 1)
            guard let end else { return nil }
            if isPlain {
                // Without zeros it is stored as it is.
                add(slot: step.slot, key.extracting(start + 1..<end - 1))
                return end
            }
        case .int:
            if let (number, end) = Tuple.smallInteger(in: key, from: start) {
                add(slot: step.slot, number)
                return end
            }
        default: break
        }
        let definition = index.parts[part]
        guard let end = IndexCode.end(of: definition, in: key, from: start) else { return nil }
        if step.slot < 0 { return end }
        switch definition.value(key.extracting(start..<end)) {
        case nil: return nil
        case .absent?: break
        case .null?: set(step.slot, .null)
        case .value(let value)?: set(step.slot, value)
        }
        return end
    }

    /// Takes an included field's stored bytes.
    ///
    /// - Returns: where they end.
    @inline(__always)
    private mutating func takeIncluded(_ slot: Int, _ value: Span<UInt8>, from start: Int) -> Int? {
        guard start < value.count else { return nil }
        if value[start] == Tuple.Code.null { return start + 1 }
        guard value[start] == Tuple.Code.bytes else { return nil }
        let (end, isPlain) = Tuple.endOfText(in: value, from: start + 1)
        guard let end else { return nil }
        if slot < 0 { return end }
        if isPlain {
            add(slot: slot, value.extracting(start + 1..<end - 1))
            return end
        }
        var reader = TupleReader(value.extracting(start..<end))
        guard case .bytes(let stored)? = try? reader.next() else { return nil }
        add(slot: slot, stored.span)
        return end
    }

    /// Takes the parts of the record's key, which are elements from `start` on.
    ///
    /// - Returns: where they end.
    private mutating func takeKey(
        _ source: Span<UInt8>, from start: Int, _ steps: EntrySteps
    ) -> Int? {
        if let end = takePlainKey(source, from: start, steps) { return end }
        var prefix: [UInt8] = []
        swap(&prefix, &self.prefix)
        defer { swap(&prefix, &self.prefix) }
        prefix.removeAll(keepingCapacity: true)
        guard let end = layout.appendPrefix(fromTuple: source, at: start, to: &prefix),
            layout.findParts(of: prefix.span, into: &parts) == prefix.count
        else { return nil }
        return end
    }

    /// Takes parts that stand in keys as they are: strings without zeros and without what keys escape.
    ///
    /// - Returns: where they end; `nil` when one is another value.
    @inline(__always)
    private mutating func takePlainKey(
        _ source: Span<UInt8>, from start: Int, _ steps: EntrySteps
    ) -> Int? {
        guard !steps.literalRanges.isEmpty else { return nil }
        let literals = steps.literals
        // Put together behind the values, where appending takes least.
        let first = append(literals.span.extracting(steps.literalRanges[0]))
        if parts.count != layout.components.count {
            parts = Array(repeating: 0..<0, count: layout.components.count)
        }
        var position = start
        for index in parts.indices {
            guard position < source.count, source[position] == Tuple.Code.string else { return nil }
            let (end, isPlain) = Tuple.endOfText(in: source, from: position + 1)
            guard let end, isPlain else { return nil }
            let text = source.extracting(position + 1..<end - 1)
            for offset in text.indices where text[offset] | 1 == UInt8(ascii: ";") {
                // It is that or a colon, one bit below.
                return nil
            }
            let part = append(text)
            parts[index] = part.start - first.start..<part.start - first.start + part.count
            _ = append(literals.span.extracting(steps.literalRanges[index + 1]))
            position = end
        }
        takePrefix(from: first.start)
        return position
    }
}
