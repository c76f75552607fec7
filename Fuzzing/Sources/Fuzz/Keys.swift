@testable internal import KeySchemas
internal import OrderedStore

/// Tuples: what is read is written again byte for byte, and skipping ends where reading does.
func fuzzTuples(_ input: Span<UInt8>) {
    var skipper = TupleReader(input)
    var skipped = 0
    while !skipper.isAtEnd, skipper.skip() { skipped += 1 }
    guard let elements = try? Tuple.unpack(input) else { return }
    require(skipper.isAtEnd && skipped == elements.count, "skipping does not end where reading does")
    let packed = Tuple.pack(elements)
    require(packed == input.array, "a tuple is not written as it was read: \(elements)")
    // The order of the bytes is the order of the elements.
    for (left, right) in zip(elements, elements.dropFirst()) {
        let bytes = (Tuple.pack([left]), Tuple.pack([right]))
        let isLess = bytes.0.lexicographicallyPrecedes(bytes.1)
        require(isLess == (left < right), "bytes and values differ in their order: \(left) \(right)")
    }
}

private let types: [ComponentType] = [
    .string, .int(), .int(pad: 6), .decimal(precision: 10, scale: 2), .double, .date, .timestamp, .uuid, .bool,
    .bytes(), .bytes(count: 4), .id,
]

private let layouts: [KeyLayout] = {
    guard let template = try? KeyTemplate("k:{a}:and:{b}:{field}") else { fatalError() }
    return types.flatMap { type in
        [KeyEncoding.text, .tuple].map { encoding in
            guard let layout = try? KeyLayout(template, types: [type, .string], encoding: encoding) else {
                fatalError()
            }
            return layout
        }
    }
}()

/// Keys of a layout: a key that is read is written again byte for byte. And the text of a part: what is parsed from it
/// is written and read as the same.
func fuzzKeys(_ input: Span<UInt8>) {
    let layout = layouts[input.choice % layouts.count]
    // Most of a key is always the same; so that the fuzzer need not find it.
    for key in [input.rest, layout.literal(0).array + input.rest] {
        guard let decoded = try? layout.decode(key.span) else {
            _ = layout.prefixCount(of: key.span)
            continue
        }
        require(layout.prefixCount(of: key.span) == decoded.fieldSuffix.lowerBound, "two ends of a prefix")
        guard let prefix = try? layout.prefix(decoded.parts) else {
            fatalError("parts that were read cannot be written: \(decoded.parts)")
        }
        require(prefix == Array(key[..<decoded.fieldSuffix.lowerBound]), "a key is not written as it was read")
        let suffix = key.span.extracting(decoded.fieldSuffix)
        if let name = try? layout.fieldName(suffix) {
            let again = try? layout.key(decoded.parts, field: name)
            require(again == key, "a field's key is not written as it was read")
        }
    }
    let type = types[input.choice % types.count]
    let text = String(decoding: input.rest, as: UTF8.self)
    guard let value = try? type.parse(text) else { return }
    var form: [UInt8] = []
    // Not every number has so many digits.
    guard (try? type.appendText(value, to: &form)) != nil else { return }
    guard let again = try? type.decodeText(form.span) else {
        fatalError("\(type): the text of \(value) is not read")
    }
    guard let normal = try? type.normalize(value) else { fatalError("\(type): \(value) has no normal form") }
    require(again == normal, "\(type): \(value) becomes \(again)")
}
