internal import OrderedStore

extension KeyLayout {
    /// Finds the parts of a key without decoding them.
    ///
    /// - Parameter ranges: takes which bytes each part is, in order, in place of what it had; unspecified when the key
    ///   is none of the layout's.
    /// - Returns: how many bytes the record's prefix has, as ``prefixCount(of:)``.
    /// - Complexity: O(*n*) in the key's bytes; nothing is allocated when `ranges` has as many as the layout has parts.
    package func findParts(of key: Span<UInt8>, into ranges: inout [Range<Int>]) -> Int? {
        if ranges.count != types.count {
            ranges.removeAll(keepingCapacity: true)
            for _ in types { ranges.append(0..<0) }
        }
        var found = ranges.mutableSpan
        guard var position = passLiteral(0, in: key, from: 0) else { return nil }
        for index in types.indices {
            guard let end = endOfPart(in: key, from: position),
                let start = passLiteral(index + 1, in: key, from: end)
            else { return nil }
            found[index] = position..<end
            position = start
        }
        return hasField || position == key.count ? position : nil
    }

    /// The value of the part at `index`, from the bytes that ``findParts(of:into:)`` found.
    ///
    /// - Throws: ``KeyError`` that names the part when the bytes are not what its type writes.
    package func decodePart(_ part: Span<UInt8>, at index: Int) throws(KeyError) -> KeyValue {
        do {
            switch encoding {
            case .text:
                return try types[index].decodeText(part)
            case .tuple:
                var reader = TupleReader(part)
                return try types[index].decodeTuple(try reader.next() ?? .null)
            }
        } catch {
            throw error.inComponent(components[index].name, at: 0)
        }
    }
}
