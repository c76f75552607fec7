internal import KeySchemas
internal import OrderedStore

/// How values stand in index entries: as elements of FoundationDB's tuple layer, so that the order of the entries
/// is the order of the values and other tuple libraries read them.
///
/// - Absent is null and then false, null is null and then true: both come before all values, absent first.
/// - A number of a json field is a double, and then what an integer is away from it: 2⁵³ and 2⁵³ + 1 differ.
/// - Objects and arrays of a json field are byte strings of compact JSON.
/// - A value of a descending part is a byte string of the complemented bytes of all that and of one zero.
enum IndexCode {
    /// What a value is, for those who leave some out.
    enum Kind {
        case absent, null, value
    }

    static func append(_ kind: Kind, to bytes: inout [UInt8]) {
        Tuple.append(.null, to: &bytes)
        Tuple.append(.bool(kind == .null), to: &bytes)
    }

    static func append(json: JSONValue?, to bytes: inout [UInt8]) -> Kind {
        switch json {
        case nil:
            append(.absent, to: &bytes)
            return .absent
        case .null?:
            append(.null, to: &bytes)
            return .null
        case .bool(let flag)?: Tuple.append(.bool(flag), to: &bytes)
        case .number(let number)?: append(number, to: &bytes)
        case .string(let text)?: Tuple.append(string: text.utf8.span, to: &bytes)
        case .array?, .object?:
            var text: [UInt8] = []
            json?.write(to: &text)
            Tuple.append(bytes: text.span, to: &bytes)
        }
        return .value
    }

    private static func append(_ number: JSONNumber, to bytes: inout [UInt8]) {
        let double = number.double
        Tuple.append(.double(double == 0 ? 0 : double), to: &bytes)
        Tuple.append(distance(of: number, from: double), to: &bytes)
    }

    /// How far an integer is from the double nearest to it; 0 for all other numbers.
    private static func distance(of number: JSONNumber, from double: Double) -> Int64 {
        guard double.magnitude >= 0x1p53, double.magnitude < 0x1p115, let text = number.integerText,
            let integer = Int128(text)
        else { return 0 }
        return Int64(exactly: integer - Int128(double)) ?? 0
    }

    /// Turns what was appended from `start` on into the form of a descending part.
    ///
    /// A string may go on with an escaped zero where another one ends; the byte after each value, FF once it is
    /// complemented, then tells them apart in the order of the values.
    static func complement(from start: Int, in bytes: inout [UInt8]) {
        var value = bytes[start...].map { ~$0 }
        value.append(~beyond)
        bytes.removeLast(bytes.count - start)
        Tuple.append(bytes: value.span, to: &bytes)
    }

    /// The bytes that ``complement(from:in:)`` made a descending part's form of; `nil` for another element.
    static func plain(of descending: Span<UInt8>) -> [UInt8]? {
        var reader = TupleReader(descending)
        guard case .bytes(let complemented)? = try? reader.next(), complemented.last == ~beyond else { return nil }
        return complemented.dropLast().map { ~$0 }
    }

    private static let beyond: UInt8 = 0x00

    /// The bytes of a value in the other direction.
    static func flipped(_ value: Span<UInt8>, isDescending: Bool) -> [UInt8]? {
        if isDescending { return plain(of: value) }
        var bytes = value.array
        complement(from: 0, in: &bytes)
        return bytes
    }

    /// Where the value of a part ends that begins at `start`; `nil` where there is none.
    static func end(of part: CompiledIndex.Part, in bytes: Span<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        let code = bytes[start]
        if code == Tuple.Code.string || code == Tuple.Code.bytes {
            return Tuple.endOfText(in: bytes, from: start + 1).end
        }
        var reader = TupleReader(bytes, from: start)
        guard reader.skip() else { return nil }
        let hasTwo = !part.isDescending && (code == Tuple.Code.null || part.isJSON && code == Tuple.Code.double)
        if hasTwo, !reader.skip() { return nil }
        return reader.position
    }

    /// Where the element ends that begins at `start`; `nil` where there is none.
    @inline(__always)
    static func endOfElement(in bytes: Span<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        if bytes[start] == Tuple.Code.string || bytes[start] == Tuple.Code.bytes {
            return Tuple.endOfText(in: bytes, from: start + 1).end
        }
        var reader = TupleReader(bytes, from: start)
        return reader.skip() ? reader.position : nil
    }
}
