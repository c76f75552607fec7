internal import OrderedStore

extension KeyLayout {
    /// Finds the parts of a key without decoding them.
    ///
    /// - Parameter ranges: takes which bytes each part is, in order; as it was when the key is none of the layout's.
    /// - Returns: how many bytes the record's prefix has, as ``prefixCount(of:)``.
    /// - Complexity: O(*n*) in the key's bytes; nothing is allocated but the array's growth.
    package func appendPartRanges(of key: Span<UInt8>, to ranges: inout [Range<Int>]) -> Int? {
        let count = ranges.count
        guard starts(key, with: pieces[0], at: 0) else { return nil }
        var position = pieces[0].count
        for index in components.indices {
            guard let end = endOfPart(in: key, from: position), starts(key, with: pieces[index + 1], at: end) else {
                ranges.removeLast(ranges.count - count)
                return nil
            }
            ranges.append(position..<end)
            position = end + pieces[index + 1].count
        }
        return position
    }

    /// The value of the part at `index`, from the bytes that ``appendPartRanges(of:to:)`` found.
    ///
    /// - Throws: ``KeyError`` that names the part when the bytes are not what its type writes.
    package func decodePart(_ part: Span<UInt8>, at index: Int) throws(KeyError) -> KeyValue {
        let component = components[index]
        do {
            switch encoding {
            case .text:
                return try component.type.decodeText(part)
            case .tuple:
                var reader = TupleReader(part)
                return try component.type.decodeTuple(try reader.next() ?? .null)
            }
        } catch {
            throw error.inComponent(component.name, at: 0)
        }
    }
}
