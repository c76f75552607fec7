internal import LVKV

/// Prints records in one of the forms: a table, JSON, JSON Lines or CSV.
struct RecordPrinter: ~Copyable {
    private let output: Output
    private let format: Format
    private let columns: [FieldDefinition]
    private let isWhole: Bool
    /// Whether a table has one more column for all members that an open schema does not name.
    private let showsMembers: Bool
    private let forTerminal: Bool
    private var table: Table
    private var count = 0

    /// - Parameters:
    ///   - fields: the fields to print, in this order; `nil` for all.
    ///   - forTerminal: people look at it.
    init(_ output: Output, format: Format, schema: SchemaDefinition, fields: [String]?, forTerminal: Bool) {
        self.init(
            output, format: format, RecordPrinter.columns(of: schema, fields), isWhole: fields == nil,
            showsMembers: schema.isOpen && fields == nil, forTerminal: forTerminal)
    }

    /// Prints values under names that are no fields.
    init(_ output: Output, format: Format, columns: [String], forTerminal: Bool) {
        let columns = columns.map { FieldDefinition($0, id: 0, type: .json) }
        self.init(output, format: format, columns, isWhole: false, showsMembers: false, forTerminal: forTerminal)
    }

    private init(
        _ output: Output, format: Format, _ columns: [FieldDefinition], isWhole: Bool, showsMembers: Bool,
        forTerminal: Bool
    ) {
        self.output = output
        self.format = format
        self.columns = columns
        self.isWhole = isWhole
        self.forTerminal = forTerminal
        let width = forTerminal ? Terminal.width : .max
        self.showsMembers = showsMembers
        table = Table(
            columns.map(\.name) + (showsMembers ? ["…"] : []), width: width, isColored: forTerminal && Terminal.hasColor
        )
    }

    /// The parts of the key and then the other fields; or those in `fields`, as they are given.
    static func columns(of schema: SchemaDefinition, _ fields: [String]?) -> [FieldDefinition] {
        guard let fields else { return schema.keyFields + schema.storedFields }
        return fields.compactMap { name in
            schema.field(name) ?? (schema.isOpen ? FieldDefinition(name, id: 0, type: .json) : nil)
        }
    }

    /// Prints what comes before the first record.
    mutating func begin() throws {
        switch format {
        case .json: output.buffer.append(UInt8(ascii: "["))
        case .csv: try output.line(CSVText.row(columns.map(\.name)))
        default: break
        }
    }

    /// Prints one record.
    ///
    /// - Throws: ``Failure`` for a field that a CSV file has no column for.
    mutating func print(_ record: DynamicRecord) throws {
        switch format {
        case .json:
            output.buffer.append(text: count > 0 ? ",\n " : "\n ")
            RecordPrinter.appendJSON(record, columns, isWhole: isWhole, forTerminal: forTerminal, to: &output.buffer)
        case .jsonl, .raw:
            RecordPrinter.appendJSON(record, columns, isWhole: isWhole, forTerminal: forTerminal, to: &output.buffer)
            output.buffer.append(UInt8(ascii: "\n"))
        case .csv: try appendCSV(record)
        case .text:
            for line in table.add(row(record)) { try output.line(line) }
        }
        count += 1
        try output.flushIfFull()
    }

    /// Prints what comes after the last record.
    mutating func end() throws {
        if format == .json { output.buffer.append(text: count > 0 ? "\n]\n" : "]\n") }
        if format == .text && count > 0 {
            for line in table.end() { try output.line(line) }
        }
        try output.flush()
    }

    // MARK: - Forms

    /// Appends a record as a flat JSON object; with `columns` in their order unless it is whole.
    static func appendJSON(
        _ record: DynamicRecord, _ columns: [FieldDefinition], isWhole: Bool, forTerminal: Bool, to text: inout [UInt8]
    ) {
        var isFirst = true
        func append(_ name: String, _ value: FieldValue) {
            text.append(UInt8(ascii: isFirst ? "{" : ","))
            isFirst = false
            JSONText.append(name.utf8.span, forTerminal: forTerminal, to: &text)
            text.append(UInt8(ascii: ":"))
            JSONText.append(value.json, forTerminal: forTerminal, to: &text)
        }
        if isWhole {
            for field in record.fields { append(field.name, field.value) }
        } else {
            for column in columns {
                if let value = record[column.name] { append(column.name, value) }
            }
        }
        text.append(text: isFirst ? "{}" : "}")
    }

    private mutating func appendCSV(_ record: DynamicRecord) throws {
        if isWhole, let field = record.fields.first(where: { field in !columns.contains { $0.name == field.name } }) {
            throw Failure.badData(
                "a record has the field '\(field.name)', which the schema does not know and CSV has no column for; "
                    + "choose the columns with --fields, or take --format jsonl")
        }
        for (index, column) in columns.enumerated() {
            if index > 0 { output.buffer.append(UInt8(ascii: ",")) }
            guard let value = record[column.name] else { continue }
            CSVCell.append(value, forTerminal: forTerminal, to: &output.buffer)
        }
        output.buffer.append(UInt8(ascii: "\n"))
    }

    private func row(_ record: DynamicRecord) -> [Table.Cell] {
        let cells = columns.map { column -> Table.Cell in
            switch record[column.name] {
            case nil: .blank
            case .null?: .faint("null")
            case .scalar(let value)?: RecordPrinter.cell(value)
            case let value?: .text(Escaping.message("\(value)"))
            }
        }
        guard showsMembers else { return cells }
        var members = JSONObject()
        for field in record.fields where !columns.contains(where: { $0.name == field.name }) {
            members[field.name] = field.value.json
        }
        return cells + [members.count > 0 ? .text(Escaping.message(JSONValue.object(members).text())) : .blank]
    }

    private static func cell(_ value: KeyValue) -> Table.Cell {
        switch value {
        case .integer, .bigInteger, .decimal, .float, .double: .number(value.description)
        default: .text(Escaping.message(value.description))
        }
    }
}

/// How field values stand in CSV cells.
///
/// An absent field is an empty cell, a null `\N` and the empty string `""`. Text that would read as one of these
/// stands in quotes, where everything is taken as it is.
enum CSVCell {
    static let null = "\\N"

    /// Appends a value that is there.
    static func append(_ value: FieldValue, forTerminal: Bool, to text: inout [UInt8]) {
        switch value {
        case .null: text.append(contentsOf: null.utf8)
        default:
            let words = forTerminal ? Escaping.message(words(of: value)) : words(of: value)
            CSVText.append(words.utf8.span, quoted: words.isEmpty || words == null, to: &text)
        }
    }

    private static func words(of value: FieldValue) -> String {
        switch value {
        case .raw: value.json.text()
        default: "\(value)"
        }
    }
}
