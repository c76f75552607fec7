internal import OrderedStore

extension StructureKeys {
    /// Removes a key.
    ///
    /// - Returns: whether there was one.
    /// - Throws: when a schema refuses it.
    /// - Complexity: O(1).
    package func delete(_ key: Span<UInt8>) throws -> Bool {
        let old = try lookup(key)
        guard old.exists else { return false }
        try remove(key, old)
        note(key, "del", .generic)
        return true
    }

    /// Gives a key another name.
    ///
    /// - Parameter replacing: whether what has that name is replaced.
    /// - Returns: whether it was done: not where the name is taken.
    /// - Throws: ``StructureError`` with code `noSuchKey`; when a schema refuses it.
    /// - Complexity: O(1).
    package func rename(_ key: Span<UInt8>, to name: Span<UInt8>, replacing: Bool) throws -> Bool {
        let stored = try lookup(key)
        guard stored.exists else { throw StructureError.noSuchKey }
        if key.equals(name) { return replacing }
        if !replacing {
            let there = try lookup(name)
            if there.exists { return false }
        }
        try transfer(key, stored, to: name, in: database)
        note(key, "rename_from", .generic)
        note(name, "rename_to", .generic)
        return true
    }

    /// Moves a key to another database.
    ///
    /// - Returns: whether it was done: not where there is no such key, or the other database has one.
    /// - Throws: when a schema refuses it.
    /// - Complexity: O(1).
    package func move(_ key: Span<UInt8>, to target: Int) throws -> Bool {
        let stored = try lookup(key)
        guard stored.exists, try !holds(key, in: target) else { return false }
        try transfer(key, stored, to: key, in: target)
        note(key, "move_from", .generic)
        note(key, "move_to", .generic, in: target)
        return true
    }

    /// Copies a key with its expiry.
    ///
    /// - Parameters:
    ///   - target: the copy's database.
    ///   - replacing: whether what is there is replaced.
    /// - Returns: whether it was done: not where there is no such key, or the copy's is taken.
    /// - Throws: when a schema refuses it.
    /// - Complexity: O(*n*) in the elements.
    package func copy(_ key: Span<UInt8>, to name: Span<UInt8>, in target: Int, replacing: Bool) throws -> Bool {
        let stored = try lookup(key)
        guard stored.exists else { return false }
        if !replacing, try holds(name, in: target) { return false }
        let source = database
        defer { database = source }
        database = target
        if let id = stored.identifier {
            let copy = try newIdentifier()
            try copyElements(of: id, to: copy)
            var body: [UInt8] = []
            body.appendBigEndian(copy)
            body.append(copying: stored.body.extracting(droppingFirst: 8))
            try put(stored.state, body.span, under: name)
        } else {
            try put(stored.state, stored.body, under: name)
        }
        note(name, "copy_to", .generic)
        return true
    }

    private func holds(_ key: Span<UInt8>, in other: Int) throws -> Bool {
        let source = database
        defer { database = source }
        database = other
        let found = try lookup(key)
        return found.exists
    }

    /// Copies all elements of one id under another, a piece at a time: nothing may be staged while a scan runs.
    private func copyElements(of id: UInt64, to copy: UInt64) throws {
        let prefix = StructureCode.elementPrefix(id)
        let target = StructureCode.elementPrefix(copy)
        let all = KeyRange.prefix(prefix)
        var rest: KeyRange? = all
        while let range = rest {
            var entries: [(key: [UInt8], value: [UInt8])] = []
            try transaction.scan(range) { entry in
                entries.append((entry.key.array, entry.value.array))
                return entries.count < 1_000 ? .next : .stop
            }
            for (key, value) in entries {
                let key = target + key[prefix.count...]
                transaction.put(own: key.span, value.span)
            }
            rest = entries.count < 1_000 ? nil : entries.last.map { KeyRange(from: $0.key + [0], to: all.upper) }
        }
    }
}

extension StructureError {
    package static let noSuchKey = StructureError(.noSuchKey, "there is no such key")
}
