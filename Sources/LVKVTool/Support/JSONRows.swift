internal import LVKV
internal import Records

/// The rows of a file with a flat JSON object a line.
final class JSONRows: RowSource {
    private let input: Input
    private let lines: LineReader
    /// Takes most rows; the others are read member by member.
    private var flatReader: FlatRecordReader?
    /// The field that each member is, by the member's name.
    private let fields: [String: FieldDefinition]
    private let keepsUnknown: Bool
    private let schema: SchemaDefinition
    private(set) var ignored: [String] = []
    private var number = 0

    init(
        _ input: Input, _ records: DynamicRecords<LevelDBStore>?, _ schema: SchemaDefinition, _ map: ColumnMap,
        keepsUnknown: Bool
    ) throws {
        self.input = input
        flatReader = try records?.flatReader(member: map.column)
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
                let encoded = flatReader?.read(line)
                let outcome =
                    encoded == nil
                    ? Result { () throws(RowProblem) in try record(line) } : .success(DynamicRecord())
                return Row(
                    number: number + 1, line: lines.number, outcome: outcome, encoded: encoded,
                    original: keepsOriginal ? line.array : [])
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
