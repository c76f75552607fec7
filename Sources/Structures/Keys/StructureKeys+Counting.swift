internal import OrderedStore

extension StructureKeys {
    /// The number of keys.
    ///
    /// - Parameter expectingWork: is told before many keys are counted.
    /// - Complexity: O(*n*).
    /// - Throws: `StoreError`; what `expectingWork` throws.
    package func countKeys(expectingWork: (Int) throws -> Void) throws -> Int {
        var count = 0
        try walkAll(expectingWork) { _ in count += 1 }
        return count
    }

    /// Any key, each as likely as the others; `nil` when there is none.
    ///
    /// - Parameter expectingWork: is told before many keys are looked at.
    /// - Complexity: O(*n*).
    /// - Throws: `StoreError`; what `expectingWork` throws.
    package func randomKey(expectingWork: (Int) throws -> Void) throws -> [UInt8]? {
        var chosen: [UInt8]?
        var count = 0
        try walkAll(expectingWork) { walked in
            count += 1
            if Int.random(in: 0..<count) == 0 { chosen = walked.key.array }
        }
        return chosen
    }

    /// Goes over all keys; when they are many, not before `expectingWork` let it.
    private func walkAll(_ expectingWork: (Int) throws -> Void, _ body: (WalkedKey) -> Void) throws {
        var seen = 0
        try walk(.all, WalkOptions(fillCache: false)) { walked in
            seen += 1
            if seen == StructureKeys.manyKeys { try expectingWork(.max) }
            body(walked)
            return true
        }
    }

    /// More keys than an event loop has time for.
    static let manyKeys = 2_000
}
