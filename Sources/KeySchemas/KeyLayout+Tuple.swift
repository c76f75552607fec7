internal import OrderedStore

extension KeyLayout {
    /// Appends a prefix whose parts are the elements of a tuple, as index entries hold them.
    ///
    /// - Parameters:
    ///   - tuple: what the parts are elements of, from byte `start` on.
    ///   - key: what the prefix is appended to; some of it may be there when `nil` is returned.
    /// - Returns: where the elements end; `nil` when they are not such parts.
    /// - Complexity: O(*n*) in the bytes; nothing is allocated for strings, nor in the encoding `tuple`.
    package func appendPrefix(fromTuple tuple: Span<UInt8>, at start: Int, to key: inout [UInt8]) -> Int? {
        var position = start
        for index in types.indices {
            var reader = TupleReader(tuple, from: position)
            guard reader.skip() else { return nil }
            let element = tuple.extracting(position..<reader.position)
            position = reader.position
            if encoding == .tuple {
                key.append(copying: literal(index))
                key.append(copying: element)
            } else if types[index] == .string, let text = KeyLayout.plainString(element) {
                key.append(copying: literal(index))
                TextForm.append(text, to: &key)
            } else {
                var reader = TupleReader(element)
                guard let value = try? reader.next(), let part = try? types[index].decodeTuple(value),
                    (try? append(part, at: index, to: &key)) != nil
                else { return nil }
            }
        }
        appendEnd(to: &key)
        return position
    }

    /// The text of a string element that holds no zero.
    @_lifetime(copy element)
    package static func plainString(_ element: Span<UInt8>) -> Span<UInt8>? {
        guard element.count >= 2, element[0] == Tuple.Code.string else { return nil }
        let text = element.extracting(1..<element.count - 1)
        for index in text.indices where text[index] == 0 { return nil }
        return text
    }
}
