internal import OrderedStore

/// What SORT reads and writes.
extension StructureKeys {
    /// The elements of a list, a set in byte order, or a sorted set in the order of its scores; none where there is no
    /// key.
    ///
    /// - Complexity: O(*n*), memory too.
    /// - Throws: ``StructureError`` with code `wrongType` for what has no such elements; `StoreError`.
    package func elements(_ key: Span<UInt8>) throws -> [[UInt8]] {
        let kind = try lookup(key, probably: .list).kind
        var elements: [[UInt8]] = []
        let append = { (element: Span<UInt8>) in
            elements.append(element.array)
            return true
        }
        switch kind {
        case nil:
            break
        case .list:
            var list = try ListReader(self, key)
            try list.forEach(0..<list.count, append)
        case .set:
            try StoredSet(self, key).forEach(append)
        case .sortedSet:
            var set = try StoredSortedSet(self, key)
            try set.forEach { member, _ in append(member) }
        case .string, .hash:
            throw StructureError.wrongType
        }
        return elements
    }

    /// A string, or one field of a hash; `nil` where there is none of that kind.
    ///
    /// - Throws: `StoreError`; ``StructureError`` where what is stored cannot be read.
    package func value(_ key: Span<UInt8>, field: [UInt8]?) throws -> [UInt8]? {
        guard let field else {
            let found = try lookup(key)
            return found.kind == .string ? found.body.array : nil
        }
        let found = try lookup(key, probably: .hash)
        guard found.kind == .hash else { return nil }
        return try HashReader(self, found).withValue(of: field.span) { $0?.array }
    }

    /// Stores a list in place of what is there; an empty one removes it.
    ///
    /// - Throws: when the key is under a schema's prefix.
    /// - Complexity: O(*n*).
    package func storeList(_ key: Span<UInt8>, _ elements: [[UInt8]]) throws {
        let old = try lookup(key)
        if elements.isEmpty {
            try remove(key, old)
            if old.exists { note(key, "del", .generic) }
            return
        }
        var list = StoredList(self, replacing: old)
        for element in elements { try list.push(element.span, at: .tail) }
        try list.store(key)
        note(key, "sortstore", .list)
    }
}
