internal import OrderedStore

/// Under which conditions a key's expiry is changed; all must be true.
package struct ExpiryConditions: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The key does not expire.
    package static let never = ExpiryConditions(rawValue: 1 << 0)
    /// The key expires.
    package static let sometime = ExpiryConditions(rawValue: 1 << 1)
    /// The key would expire later. What never expires does not.
    package static let later = ExpiryConditions(rawValue: 1 << 2)
    /// The key would expire earlier. What never expires does.
    package static let earlier = ExpiryConditions(rawValue: 1 << 3)

    func allow(_ time: Int64, after old: Int64?) -> Bool {
        if contains(.never), old != nil { return false }
        if contains(.sometime), old == nil { return false }
        if contains(.later), old.map({ time <= $0 }) ?? true { return false }
        if contains(.earlier), old.map({ time >= $0 }) ?? false { return false }
        return true
    }
}

extension StructureKeys {
    /// Lets a key expire; one whose time is past is removed.
    ///
    /// - Parameter time: in milliseconds since 1970.
    /// - Returns: whether there is such a key and the conditions allowed it.
    /// - Throws: when the key is under a schema's prefix.
    package func expire(_ key: Span<UInt8>, at time: Int64, if conditions: ExpiryConditions = []) throws -> Bool {
        let old = try lookup(key)
        guard old.exists, conditions.allow(time, after: old.expiry) else { return false }
        if time <= now {
            try remove(key, old)
            note(key, "del", .generic)
        } else {
            try setExpiry(key, to: time, of: old)
            note(key, "expire", .generic)
        }
        return true
    }

    /// Lets a key expire no more.
    ///
    /// - Returns: whether it would have.
    /// - Throws: when the key is under a schema's prefix.
    package func persist(_ key: Span<UInt8>) throws -> Bool {
        let old = try lookup(key)
        guard old.expiry != nil else { return false }
        try setExpiry(key, to: nil, of: old)
        note(key, "persist", .generic)
        return true
    }
}
