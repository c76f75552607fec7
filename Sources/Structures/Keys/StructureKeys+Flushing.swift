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
        let found = try allKeys(of: database, expectingWork)
        for index in 0..<found.count {
            let stored = try lookup(found[index])
            try remove(found[index], stored)
            note(found[index], "", .generic)
            Failpoint.flush.pass()
        }
    }
}
