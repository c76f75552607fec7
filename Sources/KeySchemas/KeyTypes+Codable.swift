// In other formats these are the text that people write, so that they go through JSON unharmed.

private func read<Value>(
    _ decoder: any Decoder, _ kind: String, _ make: (String) -> Value?
) throws -> Value {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = make(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is no \(kind)")
    }
    return value
}

private func write(_ value: some CustomStringConvertible, to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value.description)
}

extension CalendarDate: Codable {
    public init(from decoder: any Decoder) throws { self = try read(decoder, "date") { CalendarDate($0) } }
    public func encode(to encoder: any Encoder) throws { try write(self, to: encoder) }
}

extension Timestamp: Codable {
    public init(from decoder: any Decoder) throws { self = try read(decoder, "timestamp") { Timestamp($0) } }
    public func encode(to encoder: any Encoder) throws { try write(self, to: encoder) }
}

extension UUID128: Codable {
    public init(from decoder: any Decoder) throws { self = try read(decoder, "UUID") { UUID128($0) } }
    public func encode(to encoder: any Encoder) throws { try write(self, to: encoder) }
}

extension FixedDecimal: Codable {
    public init(from decoder: any Decoder) throws { self = try read(decoder, "decimal number") { FixedDecimal($0) } }
    public func encode(to encoder: any Encoder) throws { try write(self, to: encoder) }
}
