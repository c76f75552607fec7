internal import OrderedStore

/// How many keys a database has at one moment, and landmarks among them to find any by.
package struct KeyCensus: Sendable {
    package private(set) var count = 0
    /// When the first of them expires; `nil` for never.
    package private(set) var nextExpiry: Int64?
    /// The first key of each `spacing` keys.
    private var landmarks: [[UInt8]] = []
    private var spacing = 1

    private static let mostLandmarks = 2_048

    fileprivate mutating func add(_ walked: WalkedKey) {
        if count % spacing == 0 {
            landmarks.append(walked.key.array)
            if landmarks.count > KeyCensus.mostLandmarks {
                landmarks = landmarks.indices.filter { $0 % 2 == 0 }.map { landmarks[$0] }
                spacing *= 2
            }
        }
        count += 1
        if let expiry = walked.state.expiry { nextExpiry = min(nextExpiry ?? expiry, expiry) }
    }

    /// A stretch between two landmarks, as likely as it has keys.
    fileprivate func randomStretch() -> (range: KeyRange, mostKeys: Int)? {
        guard count > 0 else { return nil }
        let place = Int.random(in: 0..<count) / spacing
        let lower = place == 0 ? [] : landmarks[place]
        let upper = place + 1 < landmarks.count ? landmarks[place + 1] : nil
        // Keys that came since count too, up to a bound.
        return (KeyRange(from: lower, to: upper), 4 * spacing)
    }
}

extension StructureKeys {
    /// Counts the keys.
    ///
    /// - Parameter expectingWork: is told before many keys are counted.
    /// - Complexity: O(*n*).
    /// - Throws: `StoreError`; what `expectingWork` throws.
    package func takeCensus(expectingWork: (Int) throws -> Void) throws -> KeyCensus {
        var census = KeyCensus()
        try walk(.all, WalkOptions(fillCache: false)) { walked in
            census.add(walked)
            if census.count == StructureKeys.manyKeys { try expectingWork(.max) }
            return true
        }
        return census
    }

    /// Any key; `nil` when there is none where it was looked for.
    ///
    /// Each is as likely as the others when nothing has changed since the census. After that, keys where many came or
    /// went are less or more likely than others.
    ///
    /// - Complexity: O(1) to a thousandth of the keys.
    /// - Throws: `StoreError`.
    package func randomKey(_ census: KeyCensus) throws -> [UInt8]? {
        guard let stretch = census.randomStretch() else { return nil }
        var chosen: [UInt8]?
        var count = 0
        try walk(stretch.range, WalkOptions(limit: stretch.mostKeys)) { walked in
            count += 1
            if Int.random(in: 0..<count) == 0 { chosen = walked.key.array }
            return true
        }
        return chosen
    }

    /// More keys than an event loop has time for.
    static let manyKeys = 2_000
}
