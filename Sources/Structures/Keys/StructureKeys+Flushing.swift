internal import OrderedStore

extension StructureKeys {
    /// Removes all keys of ``database``, all at once for every reader.
    ///
    /// Collections' elements are left to the reclaimer.
    ///
    /// - Parameter expectingWork: is told before many keys are removed; nothing is staged then.
    /// - Complexity: O(*n*) in the keys, memory too.
    /// - Throws: `StoreError`; when a schema refuses it; what `expectingWork` throws.
    package func removeAll(expectingWork: (Int) throws -> Void) throws {
        var plain = KeyList()
        var others = KeyList()
        try walk(.all, WalkOptions(fillCache: false)) { walked in
            if walked.state.isPlain { plain.append(walked.key) } else { others.append(walked.key) }
            if plain.count + others.count == StructureKeys.manyKeys { try expectingWork(.max) }
            return true
        }
        for index in 0..<plain.count {
            try transaction.delete(user: plain[index])
            note(plain[index], "", .generic)
            Failpoint.flush.pass()
        }
        for index in 0..<others.count {
            let stored = try lookup(others[index])
            try remove(others[index], stored)
            note(others[index], "", .generic)
            Failpoint.flush.pass()
        }
    }
}
