internal import LVKV
internal import Records

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
        reader = CSVReader(from: input.read(into:))
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
        // A row that lacks cells is not filled up: imported as it is, it would count as one with empty cells.
        if isWanted { reader.appendText(to: &text) }
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
