internal import OrderedStore

/// A key taken apart.
public struct DecodedKey: Hashable, Sendable {
    /// The values of the parts, in the template's order.
    public let parts: [KeyValue]
    /// Which bytes of the key are the field suffix; empty, at the key's end, where the layout has no fields.
    public let fieldSuffix: Range<Int>
}

extension KeyLayout {
    /// How many bytes of `key` are its record's prefix; the rest is the field suffix. `nil` when the key is none
    /// of this layout's.
    ///
    /// Finds the ends of the parts and compares the literals between them; the parts themselves are not decoded.
    ///
    /// - Complexity: O(*n*) in the key's bytes; nothing is allocated.
    public func prefixCount(of key: Span<UInt8>) -> Int? {
        guard var position = passLiteral(0, in: key, from: 0) else { return nil }
        for index in types.indices {
            guard let end = endOfPart(in: key, from: position),
                let start = passLiteral(index + 1, in: key, from: end)
            else { return nil }
            position = start
        }
        return hasField || position == key.count ? position : nil
    }

    /// Takes a key apart.
    ///
    /// - Throws: ``KeyError`` when the key is none of this layout's, or a part is not what its type writes.
    public func decode(_ key: Span<UInt8>) throws(KeyError) -> DecodedKey {
        var reader = KeyPartReader(key)
        var parts: [KeyValue] = []
        parts.reserveCapacity(components.count)
        for _ in types { parts.append(try reader.next(of: self)) }
        return DecodedKey(parts: parts, fieldSuffix: try reader.finish(of: self)..<key.count)
    }

    /// The field's name that `suffix`, what follows a record's prefix, holds.
    ///
    /// - Throws: ``KeyError`` when it is not what ``appendField(_:to:)`` writes.
    public func fieldName(_ suffix: Span<UInt8>) throws(KeyError) -> String {
        switch encoding {
        case .text:
            return try TextForm.string(suffix)
        case .tuple:
            var reader = TupleReader(suffix)
            guard case .string(let name)? = try reader.next(), reader.isAtEnd else {
                throw KeyError(.malformedKey, offset: 0, message: "the field suffix is not one string")
            }
            return name
        }
    }

    /// Where the part that begins at `start` ends; `nil` when no part does.
    @inline(__always)
    func endOfPart(in key: Span<UInt8>, from start: Int) -> Int? {
        switch encoding {
        case .text:
            return key.first(TextForm.separator, from: start) ?? key.count
        case .tuple:
            var reader = TupleReader(key, from: start)
            return reader.skip() ? reader.position : nil
        }
    }

    /// Where what is written before the part at `index` ends; `nil` when something else is at `position`.
    @inline(__always)
    func passLiteral(_ index: Int, in key: Span<UInt8>, from position: Int) -> Int? {
        let literal = literal(index)
        guard key.extracting(droppingFirst: position).starts(with: literal) else { return nil }
        return position + literal.count
    }
}

/// Decodes the parts of a key one after another, without collecting them.
package struct KeyPartReader: ~Escapable {
    private let key: Span<UInt8>
    private var position = 0
    private var index = 0

    /// A reader before the first part.
    @_lifetime(copy key)
    package init(_ key: Span<UInt8>) {
        self.key = key
    }

    /// The next part. To be called once for each component, always with the same layout.
    ///
    /// - Throws: ``KeyError`` when the key is none of the layout's, or the part is not what its type writes.
    package mutating func next(of layout: borrowing KeyLayout) throws(KeyError) -> KeyValue {
        try passLiteral(of: layout)
        let type = layout.types[index]
        guard let end = layout.endOfPart(in: key, from: position) else {
            throw KeyError(
                .malformedKey, component: layout.components[index].name, offset: position,
                message: "the key ends before this part does, or an unknown type is there")
        }
        let value: KeyValue
        do {
            switch layout.encoding {
            case .text:
                value = try type.decodeText(key.extracting(position..<end))
            case .tuple:
                var reader = TupleReader(key.extracting(position..<end))
                value = try type.decodeTuple(try reader.next() ?? .null)
            }
        } catch {
            throw error.inComponent(layout.components[index].name, at: position)
        }
        position = end
        index += 1
        return value
    }

    /// Ends the reading after the last part.
    ///
    /// - Returns: where the field suffix begins.
    /// - Throws: ``KeyError`` when the key has something else there.
    package mutating func finish(of layout: borrowing KeyLayout) throws(KeyError) -> Int {
        try passLiteral(of: layout)
        guard layout.hasField || position == key.count else {
            throw KeyError(
                .notInSchema, offset: position, message: "the key goes on after the last part of \(layout.template)")
        }
        return position
    }

    private mutating func passLiteral(of layout: borrowing KeyLayout) throws(KeyError) {
        guard let end = layout.passLiteral(index, in: key, from: position) else {
            throw KeyError(
                .notInSchema, offset: position, message: "the key does not have the shape of \(layout.template)")
        }
        position = end
    }
}
