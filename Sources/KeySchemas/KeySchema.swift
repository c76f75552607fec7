public import OrderedStore

/// The keys of one kind of entry, as Swift types.
///
/// ```swift
/// let visits = KeySchema<String, UInt64>("visit")
/// visits.key("ann", 1)                 // visit:ann:00000000000000000001
/// try visits.range("ann")              // all of Ann's visits, in order of the number
/// try visits.decode(key)               // ("ann", 1)
/// ```
///
/// In the `text` encoding, the default, integers are written with zeros to their type's full width, so a range of
/// them is a range of keys; strings and byte arrays that something follows are grouped by value. In `tuple` every
/// part is ordered, and all are shorter.
public struct KeySchema<each Part: KeyComponent>: Sendable {
    /// The same schema without its Swift types.
    public let layout: KeyLayout

    /// The keys that begin with `name`, followed by the parts.
    ///
    /// - Parameters:
    ///   - name: a literal, or several with colons between.
    ///   - encoding: how keys are written.
    public init(_ name: String, encoding: KeyEncoding = .text) {
        var segments: [KeyTemplate.Segment] = KeyTemplate.split(name).map { .literal(String($0)) }
        var types: [ComponentType] = []
        for type in repeat (each Part).self {
            types.append(type.componentType)
            segments.append(.part("part\(types.count)"))
        }
        layout = KeyLayout(unchecked: KeyTemplate(unchecked: segments), types: types, encoding: encoding)
    }

    /// The keys of a template such as `visit:{user}:{time}`, without `{field}`.
    ///
    /// - Throws: ``KeyError`` when the template cannot be read, or has another number of parts than the schema has
    ///   types.
    public init(template: String, encoding: KeyEncoding = .text) throws(KeyError) {
        let template = try KeyTemplate(template)
        if template.hasField {
            throw KeyError(
                .malformedTemplate, message: "{field} belongs to record schemas; leave it out of \(template)")
        }
        var types: [ComponentType] = []
        for type in repeat (each Part).self { types.append(type.componentType) }
        layout = try KeyLayout(template, types: types, encoding: encoding)
    }

    /// The key of these parts.
    ///
    /// - Complexity: O(*n*) in the key's bytes, one array.
    /// - Throws: ``KeyError`` when a part has no place in a key, such as NaN.
    public func key(_ part: repeat each Part) throws(KeyError) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(layout.expectedCount)
        var index = 0
        for part in repeat each part {
            try layout.append(part.keyValue, at: index, to: &key)
            index += 1
        }
        layout.appendEnd(to: &key)
        return key
    }

    /// The keys whose leading parts are these: none of them for all keys.
    ///
    /// - Parameter leading: as many as wanted, in order. Number literals fit any integer part.
    /// - Throws: ``KeyError`` when there are too many, or one is no value of its part's type.
    public func range<each Leading: KeyComponent>(_ leading: repeat each Leading) throws(KeyError) -> KeyRange {
        var parts: [KeyValue] = []
        for part in repeat each leading { parts.append(part.keyValue) }
        return try layout.range(under: parts)
    }

    /// The keys under the leading parts whose next part is at least the lower and below the upper bound.
    ///
    /// - Throws: ``KeyError`` with code `unordered` when that part is grouped; when a value is none of its part's
    ///   type.
    public func range<each Leading: KeyComponent, Next: KeyComponent>(
        _ leading: repeat each Leading, in bounds: Range<Next>
    ) throws(KeyError) -> KeyRange {
        var parts: [KeyValue] = []
        for part in repeat each leading { parts.append(part.keyValue) }
        return try layout.range(under: parts, from: bounds.lowerBound.keyValue, to: bounds.upperBound.keyValue)
    }

    /// The keys under the leading parts whose next part, a string or a byte array, begins with `prefix`.
    ///
    /// - Throws: ``KeyError`` when that part is of another type; when a value is none of its part's type.
    public func range<each Leading: KeyComponent>(
        _ leading: repeat each Leading, startingWith prefix: some KeyComponent
    ) throws(KeyError) -> KeyRange {
        var parts: [KeyValue] = []
        for part in repeat each leading { parts.append(part.keyValue) }
        return try layout.range(under: parts, startingWith: prefix.keyValue)
    }

    /// The parts of a key.
    ///
    /// - Throws: ``KeyError`` when the key is none of this schema's.
    public func decode(_ key: Span<UInt8>) throws(KeyError) -> (repeat each Part) {
        var reader = KeyPartReader(key)
        let parts = (repeat try (each Part)(keyValue: try reader.next(of: layout)))
        _ = try reader.finish(of: layout)
        return parts
    }

    /// The parts of a key.
    ///
    /// - Throws: ``KeyError`` when the key is none of this schema's.
    public func decode(_ key: [UInt8]) throws(KeyError) -> (repeat each Part) {
        try decode(key.span)
    }
}

extension KeySchema where repeat each Part: TotalKeyComponent {
    /// The key of these parts.
    ///
    /// - Complexity: O(*n*) in the key's bytes, one array.
    public func key(_ part: repeat each Part) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(layout.expectedCount)
        var index = 0
        for part in repeat each part {
            do {
                try layout.append(part.keyValue, at: index, to: &key)
            } catch {
                preconditionFailure("\(type(of: part)) conforms to TotalKeyComponent, but: \(error)")
            }
            index += 1
        }
        layout.appendEnd(to: &key)
        return key
    }
}
