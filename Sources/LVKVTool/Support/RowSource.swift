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
struct Row: Sendable {
    /// The row's number in its input, from 1, and the line it begins in.
    let number: Int
    let line: Int
    /// The record it says, or why it says none.
    let outcome: Result<DynamicRecord, RowProblem>
    /// The same record as it will be stored, where the source has it; the outcome is then without fields.
    var encoded: EncodedRecord?
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

/// Documents: every member of one is its own, so that there is no place in it for a number and a reason.
protocol DocumentSource: RowSource {}

extension DocumentSource {
    var ignored: [String] { [] }
    var rejectedHeading: [UInt8] { [] }

    func appendRejected(_ row: Row, _ problem: RowProblem, to text: inout [UInt8]) {
        text += row.original
        text.append(UInt8(ascii: "\n"))
        Notice.print("\(name), row \(row.number) (line \(row.line)): \(problem.reason); collected")
    }
}
