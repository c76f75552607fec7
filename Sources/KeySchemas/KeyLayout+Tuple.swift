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
            let elementStart = position
            if encoding == .text, let end = appendPlain(tuple, at: position, index, to: &key) {
                position = end
                continue
            }
            var reader = TupleReader(tuple, from: position)
            guard reader.skip() else { return nil }
            position = reader.position
            if encoding == .tuple {
                key.append(copying: literal(index))
                key.append(copying: tuple.extracting(elementStart..<position))
                continue
            }
            reader = TupleReader(tuple, from: elementStart)
            guard let value = try? reader.next(), let part = try? types[index].decodeTuple(value),
                (try? append(part, at: index, to: &key)) != nil
            else { return nil }
        }
        appendEnd(to: &key)
        return position
    }

    /// Appends a part, from the bytes that ``findParts(of:into:)`` found, as an element of a tuple.
    ///
    /// - Throws: ``KeyError`` that names the part when the bytes are not what its type writes.
    package func appendTuple(
        ofPart part: Span<UInt8>, at index: Int, to bytes: inout [UInt8]
    ) throws(KeyError) {
        switch encoding {
        case .tuple: bytes.append(copying: part)
        case .text:
            guard types[index] == .string, TextForm.isPlain(part) else {
                return Tuple.append(try decodePart(part, at: index), to: &bytes)
            }
            Tuple.append(string: part, to: &bytes)
        }
    }

    /// Appends a part of the encoding `text` that is a string without zeros or an integer that is not padded, as most
    /// are, without making a value of it.
    ///
    /// - Returns: where its element ends; `nil` when it is another one.
    private func appendPlain(_ tuple: Span<UInt8>, at start: Int, _ index: Int, to key: inout [UInt8]) -> Int? {
        switch types[index] {
        case .string:
            guard start < tuple.count, tuple[start] == Tuple.Code.string else { return nil }
            let (end, isPlain) = Tuple.endOfText(in: tuple, from: start + 1)
            guard let end, isPlain else { return nil }
            key.append(copying: literal(index))
            TextForm.append(tuple.extracting(start + 1..<end - 1), to: &key)
            return end
        case .int(pad: nil):
            guard let (number, end) = Tuple.smallInteger(in: tuple, from: start) else { return nil }
            key.append(copying: literal(index))
            if number < 0 { key.append(UInt8(ascii: "-")) }
            key.appendDigits(of: number.magnitude)
            return end
        default:
            return nil
        }
    }
}
