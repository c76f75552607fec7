internal import OrderedStore

extension KeyLayout {
    /// Finds the parts of a key without decoding them.
    ///
    /// - Parameter ranges: takes which bytes each part is, in order; as it was when the key is none of the layout's.
    /// - Returns: how many bytes the record's prefix has, as ``prefixCount(of:)``.
    /// - Complexity: O(*n*) in the key's bytes; nothing is allocated but the array's growth.
    package func appendPartRanges(of key: Span<UInt8>, to ranges: inout [Range<Int>]) -> Int? {
        let count = ranges.count
        guard var position = passLiteral(0, in: key, from: 0) else { return nil }
        for index in types.indices {
            guard let end = endOfPart(in: key, from: position),
                let start = passLiteral(index + 1, in: key, from: end)
            else {
                ranges.removeLast(ranges.count - count)
                return nil
            }
            ranges.append(position..<end)
            position = start
        }
        guard hasField || position == key.count else {
            ranges.removeLast(ranges.count - count)
            return nil
        }
        return position
    }

    /// The value of the part at `index`, from the bytes that ``appendPartRanges(of:to:)`` found.
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
