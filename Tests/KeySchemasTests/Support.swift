import OrderedStore

extension KeyRange {
    /// Whether `key` is in the range; for arrays, as expectations take no spans.
    func holds(_ key: [UInt8]) -> Bool { contains(key.span) }
}
