internal import OrderedStore

extension StructureKeys {
    /// Removes all keys of ``database``.
    ///
    /// Collections' elements are left to the reclaimer.
    ///
    /// - Parameter expectingWork: is told before many keys are removed; nothing is staged then.
    /// - Complexity: O(*n*) in the keys, memory too.
    /// - Throws: `StoreError`; when a schema refuses it; what `expectingWork` throws.
    package func removeAll(expectingWork: (Int) throws -> Void) throws {
        var found = KeyList()
        try walk { walked in
            found.append(walked.key)
            if found.count == StructureKeys.manyKeys { try expectingWork(.max) }
            return true
        }
        for index in 0..<found.count {
            let stored = try lookup(found[index])
            try remove(found[index], stored)
            note(found[index], "", .generic)
        }
    }
}

/// Keys one after another in one piece of memory.
private struct KeyList {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { ends.count }

    mutating func append(_ key: Span<UInt8>) {
        bytes.append(copying: key)
        ends.append(bytes.count)
    }

    subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { bytes.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index]) }
    }
}
