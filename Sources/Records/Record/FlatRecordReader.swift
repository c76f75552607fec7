internal import KeySchemas
internal import OrderedStore

/// Reads flat JSON objects straight into the form that records are stored in, without their values in between.
///
/// It takes plain objects only: all members are fields, none is there twice, no value is nested, and the schema
/// allows each. About any other it says nothing: ``JSONValue`` and ``FieldDefinition/coerce(json:)`` take the rest,
/// and know what is wrong with it.
///
/// Belongs to one thread.
package struct FlatRecordReader {
    /// What a member's value must be to be taken as it stands in the text.
    private enum Plain {
        case text(maxBytes: Int, pattern: Pattern?)
        case integer(ClosedRange<Int64>)
        /// The field's definition says.
        case none
    }

    private let schema: CompiledSchema
    private let table: FieldTable
    /// For each entry of the table, what is taken as it stands.
    private let plain: [Plain]
    /// The parts of the key that the object has.
    private var parts: [KeyValue?]
    private var scratch: [UInt8] = []

    /// - Parameter member: the member that a field is read from, by the field's name.
    /// - Returns: `nil` for schemas of which no record is plain, and where two fields are read from one member.
    init?(_ schema: CompiledSchema, _ member: (String) -> String) {
        let fields = schema.definition.fields
        guard !schema.definition.isOpen, Set(fields.map { UTF8Key(member($0.name)) }).count == fields.count else {
            return nil
        }
        self.schema = schema
        table = FieldTable(schema.definition, member)
        plain = fields.map(FlatRecordReader.plain)
        parts = schema.definition.keyFields.map { _ in nil }
    }

    private static func plain(_ field: FieldDefinition) -> Plain {
        switch (field.type, field.minimum, field.maximum) {
        case (.scalar(.string), nil, nil): return .text(maxBytes: field.maxBytes ?? .max, pattern: field.pattern)
        case (.scalar(.int(pad: nil)), let minimum, let maximum):
            guard case .integer(let least) = minimum ?? .integer(.min),
                case .integer(let largest) = maximum ?? .integer(.max), least <= largest, field.maxBytes == nil,
                field.pattern == nil
            else { return .none }
            return .integer(least...largest)
        default: return .none
        }
    }

    /// Reads one object that fills the whole text but for white space.
    ///
    /// - Returns: `nil` when it is not plain.
    package mutating func read(_ text: Span<UInt8>) -> EncodedRecord? {
        guard let record = try? record(text) else { return nil }
        return EncodedRecord(record)
    }

    private mutating func record(_ text: Span<UInt8>) throws -> RecordBuffer? {
        var record = RecordBuffer(schema)
        // Room that the fields are written over.
        record.values = Array(repeating: 0, count: text.count)
        for index in parts.indices { parts[index] = nil }
        var parser = JSONParser(text)
        parser.reader.skipWhitespace()
        guard parser.reader.skip(UInt8(ascii: "{")) else { return nil }
        var hint = 0
        repeat {
            parser.reader.skipWhitespace()
            guard let name = try parser.reader.string(escaped: &scratch),
                let place = findField(
                    text.extracting(name), among: table.names.span, table.entries.span, from: &hint)
            else { return nil }
            let entry = table.entries[place]
            let isThere = entry.isPart ? parts[entry.index] != nil : !record.slots[entry.index].isAbsent
            parser.reader.skipWhitespace()
            guard !isThere, parser.reader.skip(UInt8(ascii: ":")) else { return nil }
            parser.reader.skipWhitespace()
            guard try take(entry, plain[place], from: &parser, into: &record) else { return nil }
            parser.reader.skipWhitespace()
        } while parser.reader.skip(UInt8(ascii: ","))
        guard parser.reader.skip(UInt8(ascii: "}")) else { return nil }
        parser.reader.skipWhitespace()
        guard parser.reader.isAtEnd, !parts.contains(nil) else { return nil }
        try record.setPrefix(parts.compactMap { $0 })
        record.fillDefaults()
        return record
    }

    /// Takes the value of a member.
    ///
    /// - Returns: `false` when it is not plain.
    private mutating func take(
        _ entry: FieldTable.Entry, _ plain: Plain, from parser: inout JSONParser, into record: inout RecordBuffer
    ) throws -> Bool {
        let text = parser.reader.bytes
        let start = parser.reader.index
        switch (parser.reader.peek, plain) {
        case (UInt8(ascii: "\""), .text(let maxBytes, let pattern)):
            guard let place = try parser.reader.string(escaped: &scratch) else {
                parser.reader.index = start
                break
            }
            guard place.count <= maxBytes else { return false }
            if !entry.isPart && pattern == nil {
                record.add(slot: entry.index, text.extracting(place))
                return true
            }
            guard let string = FieldCodec.text(text.extracting(place)), pattern?.matches(string) ?? true else {
                return false
            }
            set(entry, .string(string), in: &record)
            return true
        case (UInt8(ascii: "-"), .integer(let range)), (UInt8(ascii: "0")...UInt8(ascii: "9"), .integer(let range)):
            let place = try parser.reader.number()
            guard let number = FieldCodec.smallInteger(text.extracting(place)) else {
                parser.reader.index = start
                break
            }
            guard range.contains(number) else { return false }
            if entry.isPart { parts[entry.index] = .integer(number) } else { record.add(slot: entry.index, number) }
            return true
        case (UInt8(ascii: "{"), _), (UInt8(ascii: "["), _):
            return false
        default:
            break
        }
        let definition = schema.definition
        let field = entry.isPart ? definition.keyFields[entry.index] : schema.stored[entry.index]
        let value = try field.coerce(json: try parser.value())
        guard entry.isPart else {
            record.set(entry.index, value)
            return true
        }
        guard case .scalar(let part) = value else { return false }
        parts[entry.index] = part
        return true
    }

    private mutating func set(_ entry: FieldTable.Entry, _ value: KeyValue, in record: inout RecordBuffer) {
        if entry.isPart { parts[entry.index] = value } else { record.set(entry.index, .scalar(value)) }
    }
}

extension DynamicRecords {
    /// Makes a reader of JSON objects; `nil` where there is none that would help.
    ///
    /// - Parameter member: the member that a field is read from, by the field's name.
    /// - Throws: ``RecordError`` with code `unknownSchema`.
    package func flatReader(member: (String) -> String) throws(RecordError) -> FlatRecordReader? {
        FlatRecordReader(try compiled(keyspace.catalogue), member)
    }
}
