public import OrderedStore

extension KeyLayout {
    /// The keys of all records whose leading parts are these: none of them for all records.
    ///
    /// These are whole parts: `fantasy` is not the beginning of `fantasy2`.
    ///
    /// - Throws: ``KeyError`` that names the part.
    public func range(under leading: [KeyValue] = []) throws(KeyError) -> KeyRange {
        let lower = try lowerBound(under: leading)
        if leading.count == components.count && !hasField { return .only(lower) }
        return KeyRange(from: lower, to: upperBound(afterAll: lower))
    }

    /// The keys of all records under `leading` whose next part begins with `prefix`.
    ///
    /// - Parameters:
    ///   - leading: values of the leading parts, in order.
    ///   - prefix: a string for a part of strings, bytes for one of bytes.
    /// - Throws: ``KeyError`` that names the part.
    public func range(under leading: [KeyValue] = [], startingWith prefix: KeyValue) throws(KeyError) -> KeyRange {
        var bound = try lowerBound(under: leading)
        let component = try next(after: leading)
        switch (encoding, component.type, prefix) {
        case (.text, .string, .string(let text)):
            // The empty prefix would leave the separator as the last byte: its successor is the same bound.
            TextForm.append(text.utf8.span, to: &bound)
        case (.text, .bytes, .bytes(let bytes)):
            for byte in bytes { bound.appendHex(byte) }
        case (.tuple, .string, .string(let text)):
            bound.append(Tuple.Code.string)
            Tuple.appendEscaped(text.utf8.span, to: &bound)
        case (.tuple, .bytes, .bytes(let bytes)):
            bound.append(Tuple.Code.bytes)
            Tuple.appendEscaped(bytes.span, to: &bound)
        default:
            throw KeyError(
                .wrongType, component: component.name,
                message: "starts-with takes a string or bytes, as the part is; it is of type \(component.type)")
        }
        return .prefix(bound)
    }

    /// The keys of all records under `leading` whose next part is `from` or above and below `to`.
    ///
    /// - Parameters:
    ///   - leading: values of the leading parts, in order.
    ///   - from: `nil` for no lower bound.
    ///   - to: `nil` for no upper bound.
    /// - Throws: ``KeyError`` with code `unordered` for a part whose order class is grouped, and others that name
    ///   the part.
    public func range(
        under leading: [KeyValue] = [], from: KeyValue?, to: KeyValue?
    ) throws(KeyError) -> KeyRange {
        let component = try next(after: leading)
        let start = try lowerBound(under: leading)
        guard component.orderClass == .strict || (from == nil && to == nil) else {
            throw KeyError(
                .unordered, component: component.name,
                message: """
                    keys are grouped by this part of type \(component.type), not in the order of its values; scan \
                    its leading parts, filter and sort, or give the part a fixed width or the schema the tuple encoding
                    """)
        }
        func bound(_ value: KeyValue) throws(KeyError) -> [UInt8] {
            var bytes = start
            do {
                switch encoding {
                case .text: try component.type.appendText(value, to: &bytes)
                case .tuple: try component.type.appendTuple(value, to: &bytes)
                }
            } catch {
                throw error.inComponent(component.name)
            }
            return bytes
        }
        var lower = start
        if let from { lower = try bound(from) }
        if let to { return KeyRange(from: lower, to: try bound(to)) }
        return KeyRange(from: lower, to: upperBound(afterAll: start))
    }

    private func lowerBound(under leading: [KeyValue]) throws(KeyError) -> [UInt8] {
        guard leading.count <= components.count else {
            throw KeyError(
                .partCount,
                message: "\(leading.count) leading parts where the key has \(components.count): \(template)")
        }
        var bytes: [UInt8] = []
        try appendLeading(leading, to: &bytes)
        return bytes
    }

    /// The first bound above every key that begins with `lower`: in `text` that ends with a separator, in `tuple`
    /// with a whole element, after which FF begins no other.
    private func upperBound(afterAll lower: [UInt8]) -> [UInt8] {
        guard encoding == .text else { return lower + [Tuple.Code.escape] }
        return lower.dropLast() + [TextForm.escape]
    }

    private func next(after leading: [KeyValue]) throws(KeyError) -> Component {
        guard leading.count < components.count else {
            throw KeyError(
                .partCount,
                message: "no part follows \(leading.count) leading ones; the key has \(components.count): \(template)")
        }
        return components[leading.count]
    }
}
