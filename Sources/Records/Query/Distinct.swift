internal import KeySchemas
internal import OrderedStore

/// The part of keys or of index entries by which they are skipped over, value by value.
private struct SkipPart {
    let access: AccessPath
    /// Its position among the parts of the key, or of the index.
    let position: Int
    /// What is left to be checked: of parts of the key up to this one only.
    let filter: CompiledCondition?
}

extension StoreReader where Self: ~Copyable {
    /// The values at a path, each once and in order; absent is none.
    ///
    /// Where the keys of records or the entries of an index are in groups of these values, the cursor is placed behind
    /// each group. Else all records are read, and the values are remembered.
    borrowing func distinct(
        _ path: IndexPath, _ query: PreparedQuery, _ trace: inout QueryTrace, size: (KeyRange) throws -> UInt64
    ) throws -> [FieldValue] {
        let part = query.schema.definition.part(path, isDescending: false)
        var forms: [[UInt8]] = []
        if let skip = try skipPart(path, query) {
            trace.note(skip.access, skips: path)
            for range in skip.access.ranges { try self.skip(skip, query.schema, range, &forms, &trace.counts) }
            forms.sort { $0.span.compare(to: $1.span) < 0 }
        } else {
            let plan = try plan(query, size: size)
            trace.note(plan)
            var seen: Set<[UInt8]> = []
            var left = query.memory
            try find(plan, memory: query.memory, &trace.counts) { record, _, _ in
                var maker = IndexEntryMaker()
                for form in try maker.forms(of: part, record) where seen.insert(form).inserted {
                    left -= form.count + 64
                    guard left >= 0 else {
                        throw RecordError.tooLarge(query.schema, "remembering so many different values")
                    }
                }
                return true
            }
            forms = seen.sorted { $0.span.compare(to: $1.span) < 0 }
        }
        var values: [FieldValue] = []
        for form in forms {
            switch part.value(form.span) {
            case nil, .absent?: continue
            case .null?: values.append(.null)
            case .value(let value)?: values.append(value)
            }
        }
        trace.counts.returned = values.count
        return values
    }

    private borrowing func skipPart(_ path: IndexPath, _ query: PreparedQuery) throws -> SkipPart? {
        let schema = query.schema
        let definition = schema.definition
        func isPlain(_ before: some Sequence<IndexPath>) -> Bool {
            before.allSatisfy { query.terms.single(at: $0) != nil }
        }
        let keyPaths = definition.keyFields.map { IndexPath(field: $0, steps: []) }
        if let position = keyPaths.firstIndex(of: path), isPlain(keyPaths[..<position]) {
            let access = AccessPath(recordsOf: schema, query.terms)
            let rest = query.terms.rest(without: access.exact)
            let filter = rest == .all ? nil : try CompiledCondition(rest, definition)
            let known = Set(definition.keyFields[...position].map(\.name))
            if filter?.fields.isSubset(of: known) ?? true {
                return SkipPart(access: access, position: position, filter: filter)
            }
        }
        for index in schema.indexes where index.state.isReady {
            let paths = index.parts.map(\.path)
            guard let position = paths.firstIndex(of: path), isPlain(paths[..<position]),
                let access = AccessPath(index, query.terms, definition),
                query.terms.rest(without: access.exact) == .all
            else { continue }
            return SkipPart(access: access, position: position, filter: nil)
        }
        return nil
    }

    /// Goes over the groups of keys that are alike up to a part, and adds that part's value of each.
    private borrowing func skip(
        _ skip: SkipPart, _ schema: CompiledSchema, _ range: KeyRange, _ forms: inout [[UInt8]],
        _ counts: inout QueryCounts
    ) throws {
        // In a group of few keys the next group is near.
        let mostSteps = 8
        var cursor = CountingCursor(cursor(in: range, options: ScanOptions(keysOnly: true)))
        defer { counts.keys += cursor.count }
        let end: UInt8 = skip.access.index == nil && schema.isText ? UInt8(ascii: ";") : Tuple.Code.escape
        var record = RecordBuffer(schema)
        var beyond: [UInt8] = []
        /// Takes the value of the first key of a group; `nil` at the end, `false` for a key of another shape.
        func take(_ entry: borrowing Entry?) throws -> Bool? {
            guard let entry = copy entry else { return nil }
            var form: [UInt8] = []
            guard let count = try skip.appendForm(of: entry.key, &record, to: &form) else { return false }
            if !form.isEmpty { forms.append(form) }
            beyond.removeAll(keepingCapacity: true)
            beyond.append(copying: entry.key.extracting(first: count))
            // A packed record's last part ends its key: longer parts that begin with it lie right behind.
            beyond.append(count == entry.key.count ? 0 : end)
            return true
        }
        func isOfGroup(_ entry: borrowing Entry?) -> Bool {
            guard let entry = copy entry else { return false }
            return entry.key.compare(to: beyond.span) < 0
        }
        _ = try cursor.next()
        while let isTaken = try take(cursor.current) {
            var steps = 0
            repeat {
                _ = try cursor.next()
                steps += 1
            } while isTaken && steps < mostSteps && isOfGroup(cursor.current)
            guard isTaken, isOfGroup(cursor.current) else { continue }
            try cursor.seek(to: beyond.span)
            _ = try cursor.next()
        }
    }
}

extension SkipPart {
    /// Appends the value of a key, unless the condition is false of it.
    ///
    /// - Returns: where the value ends in the key; `nil` for a key of another shape.
    fileprivate func appendForm(
        of key: Span<UInt8>, _ record: inout RecordBuffer, to form: inout [UInt8]
    ) throws(RecordError) -> Int? {
        guard let index = access.index else {
            guard record.begin(key) else { return nil }
            if filter?.matches(record) ?? true { Tuple.append(try record.part(position), to: &form) }
            return record.parts[position].upperBound
        }
        var start = index.prefix.count
        for (number, part) in index.parts.enumerated() {
            guard let end = IndexCode.end(of: part, in: key, from: start) else { throw index.damaged(key) }
            guard number == position else {
                start = end
                continue
            }
            let value = key.extracting(start..<end)
            guard part.isDescending else {
                form.append(copying: value)
                return end
            }
            guard let plain = IndexCode.plain(of: value) else { throw index.damaged(key) }
            form += plain
            return end
        }
        return nil
    }
}

extension IndexEntryMaker {
    /// The values of a part, as index entries hold them: one, or with `[]` in its path one for each element.
    mutating func forms(
        of part: CompiledIndex.Part, _ record: borrowing RecordBuffer
    ) throws(RecordError) -> [[UInt8]] {
        if part.isKeyPart { try read(record) }
        guard part.path.isMultivalued else {
            var form: [UInt8] = []
            _ = try append(part, record, to: &form)
            return [form]
        }
        return elements(of: part, record).map { element in
            var form: [UInt8] = []
            _ = IndexCode.append(json: element, to: &form)
            return form
        }
    }

    /// The value of a part, exactly as it is; `nil` for absent.
    mutating func fieldValue(
        of part: CompiledIndex.Part, _ record: borrowing RecordBuffer
    ) throws(RecordError) -> FieldValue? {
        switch part.source {
        case .part(let position): .scalar(try record.part(position))
        case .slot(let slot): try record.value(slot)
        case .json, .member: (elements(of: part, record).first ?? nil).map { .json($0) }
        }
    }
}
