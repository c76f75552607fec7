internal import LVKV
internal import Records

/// Why a row cannot be a record.
struct RowProblem: Error {
    /// The column or the member it is about.
    var column: String?
    var reason: String

    init(column: String? = nil, _ reason: String) {
        self.column = column
        self.reason = reason
    }

    /// What the records refused.
    ///
    /// - Parameter column: the name that the field has in the input.
    init(_ error: RecordError, column: String? = nil) {
        self.init(column: column ?? error.field, error.message)
    }
}

/// One row of an input, read.
struct Row {
    /// The row's number in its input, from 1, and the line it begins in.
    let number: Int
    let line: Int
    /// The record it says, or why it says none.
    let outcome: Result<DynamicRecord, RowProblem>
    /// The row as it stood in the input, where that was asked for.
    let original: [UInt8]
}

/// Which field each column of an input is.
struct ColumnMap {
    /// Columns of a file of rejected rows, which are no fields.
    static let rowColumn = "_row"
    static let errorColumn = "_error"

    /// The columns that were named for fields, by field.
    private(set) var columns: [String: String] = [:]

    /// Reads `field=column` words.
    ///
    /// - Throws: ``Failure`` for a word without `=` and for a field that the schema does not have.
    init(_ words: [String], for schema: SchemaDefinition) throws(Failure) {
        for word in words {
            guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                throw .usage("--map '\(word)' names no field; write field=column")
            }
            let field = String(word[..<equals])
            guard schema.field(field) != nil else {
                let near = Spelling.nearest(to: field, among: schema.fields.map(\.name))
                let advice = near.map { "did you mean \($0)?" } ?? "see lvkv schema show \(schema.name)"
                throw .usage("--map '\(word)': schema \(schema.name) has no field '\(field)'; \(advice)")
            }
            guard columns[field] == nil else { throw .usage("--map names field '\(field)' twice") }
            columns[field] = String(word[word.index(after: equals)...])
        }
    }

    /// The name of the column that is read for `field`.
    func column(of field: String) -> String { columns[field] ?? field }
}

/// Where rows come from: a CSV file or JSON Lines.
protocol RowSource: AnyObject {
    /// What messages call the input.
    var name: String { get }
    /// The bytes that were read of it.
    var position: Int { get }
    /// Columns or members that were no fields, in the order they came.
    var ignored: [String] { get }

    /// Reads the next row.
    ///
    /// - Parameter keepsOriginal: fills in the row's own text.
    /// - Returns: `nil` at the end.
    func next(keepsOriginal: Bool) throws -> Row?

    /// The line that a file of rejected rows begins with.
    var rejectedHeading: [UInt8] { get }

    /// Appends a row as a file of rejected rows holds it: as it was, with its number and the reason.
    func appendRejected(_ row: Row, _ problem: RowProblem, to text: inout [UInt8])
}

/// The rows of a CSV file whose first row names the columns.
final class CSVRows: RowSource {
    private let input: Input
    private var reader: CSVReader
    private let header: [String]
    /// The fields to read, each with its column.
    private let fields: [(definition: FieldDefinition, column: Int)]
    private(set) var ignored: [String] = []
    private var number = 0

    /// Reads the header.
    ///
    /// - Throws: ``Failure`` when a column that was named is not there, or none is there for a part of the key.
    init(_ input: Input, _ schema: SchemaDefinition, _ map: ColumnMap) throws {
        self.input = input
        reader = CSVReader(input)
        var header: [String] = []
        do {
            guard try reader.next() else {
                throw Failure.badData("\(input.name) is empty; a first row names the columns")
            }
        } catch let error as CSVReader.Malformed {
            throw Failure.badData("\(input.name), line \(error.line), column \(error.column): \(error.reason)")
        }
        for index in 0..<reader.count {
            guard let name = reader[index].validText else {
                throw Failure.badData("\(input.name), line 1, column \(index + 1): the column's name is not UTF-8")
            }
            header.append(name)
        }
        self.header = header
        try CSVRows.check(map, header, input)
        var fields: [(definition: FieldDefinition, column: Int)] = []
        for field in schema.keyFields + schema.storedFields {
            let column = map.column(of: field.name)
            let places = header.indices.filter { header[$0].utf8.elementsEqual(column.utf8) }
            guard places.count < 2 else {
                throw Failure.badData("\(input.name): the column '\(column)' is there twice")
            }
            if let place = places.first {
                fields.append((field, place))
            } else if field.isRequired && field.defaultValue == nil {
                let what = field.isKeyPart ? "the key part" : "the required field"
                throw Failure.usage(
                    "\(input.name) has no column for \(what) '\(field.name)'; name one with --map \(field.name)=COLUMN")
            }
        }
        self.fields = fields
        let used = Set(fields.map(\.column))
        ignored = header.indices.filter { !used.contains($0) }.map { header[$0] }
            .filter { $0 != ColumnMap.rowColumn && $0 != ColumnMap.errorColumn }
    }

    /// Refuses columns that were named and are not there.
    private static func check(_ map: ColumnMap, _ header: [String], _ input: Input) throws(Failure) {
        for column in map.columns.values.sorted() where !header.contains(where: { $0.utf8.elementsEqual(column.utf8) })
        {
            let near = Spelling.nearest(to: column, among: header)
            let advice = near.map { "did you mean \($0)?" } ?? "the columns are \(header.joined(separator: ", "))"
            throw .usage("\(input.name) has no column '\(column)'; \(advice)")
        }
    }

    var name: String { input.name }
    var position: Int { input.position }

    func next(keepsOriginal: Bool) throws -> Row? {
        let line: Int
        do {
            guard try reader.next() else { return nil }
            line = reader.rowLine
        } catch let error as CSVReader.Malformed {
            number += 1
            let column = header.indices.contains(error.column - 1) ? header[error.column - 1] : "\(error.column)"
            let problem = RowProblem(column: column, error.reason)
            return Row(number: number, line: error.line, outcome: .failure(problem), original: original(keepsOriginal))
        }
        number += 1
        let outcome = Result { () throws(RowProblem) in try record() }
        return Row(number: number, line: line, outcome: outcome, original: original(keepsOriginal))
    }

    private func record() throws(RowProblem) -> DynamicRecord {
        guard reader.count == header.count else {
            throw RowProblem("\(reader.count) cells where there are \(header.count) columns")
        }
        var record = DynamicRecord()
        for (field, column) in fields {
            if let value = try value(field, column) { record[field.name] = value }
        }
        return record
    }

    /// The value of a cell; see ``CSVCell`` for what stands for null and for the empty string.
    private func value(_ field: FieldDefinition, _ column: Int) throws(RowProblem) -> FieldValue? {
        guard let text = reader[column].validText else {
            throw RowProblem(column: header[column], "the cell is not UTF-8")
        }
        do throws(RecordError) {
            if reader.isQuoted(column) {
                if text.isEmpty && field.type == .scalar(.string) { return try field.validate(.scalar(.string(""))) }
            } else if text == CSVCell.null {
                return try field.validate(.null)
            }
            return try field.coerce(text: text)
        } catch {
            throw RowProblem(error, column: header[column])
        }
    }

    // MARK: - Rejected rows

    private func original(_ isWanted: Bool) -> [UInt8] {
        var text: [UInt8] = []
        guard isWanted else { return text }
        for index in 0..<max(reader.count, reader.unread.isEmpty ? header.count : 0) {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            guard index < reader.count else { continue }
            CSVText.append(reader[index], quoted: reader.isQuoted(index), to: &text)
        }
        text += reader.unread
        return text
    }

    var rejectedHeading: [UInt8] {
        Array((CSVText.row(header + [ColumnMap.rowColumn, ColumnMap.errorColumn]) + "\n").utf8)
    }

    func appendRejected(_ row: Row, _ problem: RowProblem, to text: inout [UInt8]) {
        text += row.original
        text.append(UInt8(ascii: ","))
        text += "\(row.number),".utf8
        let reason = problem.column.map { "\($0): \(problem.reason)" } ?? problem.reason
        CSVText.append(reason.utf8.span, to: &text)
        text.append(UInt8(ascii: "\n"))
    }
}

/// The rows of a file with a flat JSON object a line.
final class JSONRows: RowSource {
    private let input: Input
    private let lines: LineReader
    /// The field that each member is, by the member's name.
    private let fields: [String: FieldDefinition]
    private let keepsUnknown: Bool
    private let schema: SchemaDefinition
    private(set) var ignored: [String] = []
    private var number = 0

    init(_ input: Input, _ schema: SchemaDefinition, _ map: ColumnMap, keepsUnknown: Bool) {
        self.input = input
        self.schema = schema
        self.keepsUnknown = keepsUnknown
        lines = LineReader(input)
        var fields: [String: FieldDefinition] = [:]
        for field in schema.fields { fields[map.column(of: field.name)] = field }
        self.fields = fields
    }

    var name: String { input.name }
    var position: Int { input.position }

    func next(keepsOriginal: Bool) throws -> Row? {
        while true {
            let row = try lines.next { line -> Row? in
                guard !PlainLine.isBlank(line) else { return nil }
                let outcome = Result { () throws(RowProblem) in try record(line) }
                return Row(
                    number: number + 1, line: lines.number, outcome: outcome, original: keepsOriginal ? line.array : [])
            }
            guard let row else { return nil }
            guard let row else { continue }
            number += 1
            return row
        }
    }

    private func record(_ line: Span<UInt8>) throws(RowProblem) -> DynamicRecord {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: line)
        } catch {
            throw RowProblem("not JSON at character \(error.column): \(error.message)")
        }
        guard case .object(let object) = value else {
            throw RowProblem("\(value.kind) where an object belongs")
        }
        var record = DynamicRecord()
        for member in object.members {
            guard let field = fields[member.key] else {
                try keep(member, in: &record)
                continue
            }
            do throws(RecordError) {
                record[field.name] = try field.coerce(json: member.value)
            } catch {
                throw RowProblem(error, column: member.key)
            }
        }
        return record
    }

    /// Takes a member that is no field, or passes over it.
    private func keep(_ member: JSONObject.Member, in record: inout DynamicRecord) throws(RowProblem) {
        if member.key == ColumnMap.rowColumn || member.key == ColumnMap.errorColumn { return }
        guard keepsUnknown else {
            if ignored.count < 20 && !ignored.contains(member.key) { ignored.append(member.key) }
            return
        }
        var alone = JSONObject()
        alone[member.key] = member.value
        do throws(RecordError) {
            for field in try schema.record(json: .object(alone), keepsUnknown: true).fields {
                record[field.name] = field.value
            }
        } catch {
            throw RowProblem(error, column: member.key)
        }
    }

    // MARK: - Rejected rows

    var rejectedHeading: [UInt8] { [] }

    func appendRejected(_ row: Row, _ problem: RowProblem, to text: inout [UInt8]) {
        let reason = problem.column.map { "\($0): \(problem.reason)" } ?? problem.reason
        var object = JSONObject()
        if case .object(let members)? = try? JSONValue(parsing: row.original) {
            object = members
        } else {
            object["_line"] = .string(String(decoding: row.original, as: UTF8.self))
        }
        object[ColumnMap.rowColumn] = .integer(row.number)
        object[ColumnMap.errorColumn] = .string(reason)
        JSONValue.object(object).write(to: &text)
        text.append(UInt8(ascii: "\n"))
    }
}
