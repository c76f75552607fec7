internal import LVKV
internal import Records

/// Documents on their way into a collection, as rows.
struct DocumentMaker {
    let schema: SchemaDefinition

    /// The record of a document; with `_id` made where there is none.
    func record(_ value: JSONValue) throws(RowProblem) -> DynamicRecord {
        guard case .object(let object) = value else {
            throw RowProblem("\(value.kind) where a document, an object, belongs")
        }
        do throws(RecordError) {
            return try schema.record(json: .object(Documents<LevelDBStore>.identified(object)))
        } catch {
            throw RowProblem(error)
        }
    }

    /// The record of a document whose `_id` stands before it.
    func record(_ value: JSONValue, id: String) throws(RowProblem) -> DynamicRecord {
        guard case .object(let object) = value else {
            throw RowProblem("\(value.kind) where a document, an object, belongs")
        }
        guard let own = object["_id"] else {
            return try record(.object(Documents<LevelDBStore>.named(object, .string(id))))
        }
        guard own == .string(id) else {
            throw RowProblem(column: "_id", "it is \(own), and the document stands under \(JSONValue.string(id))")
        }
        return try record(value)
    }
}

/// The documents of a file with a JSON object a line.
final class DocumentLines: DocumentSource {
    private let input: Input
    private let lines: LineReader
    private let maker: DocumentMaker
    private var number = 0

    init(_ input: Input, _ schema: SchemaDefinition) {
        self.input = input
        lines = LineReader(input)
        maker = DocumentMaker(schema: schema)
    }

    var name: String { input.name }
    var position: Int { input.position }

    func next(keepsOriginal: Bool) throws -> Row? {
        while true {
            let row = try lines.next { line -> Row? in
                guard !PlainLine.isBlank(line) else { return nil }
                let outcome = Result { () throws(RowProblem) in
                    do throws(JSONError) {
                        return try JSONValue(parsing: line)
                    } catch {
                        throw RowProblem("not JSON at character \(error.column): \(error.message)")
                    }
                }.flatMap { value in Result { () throws(RowProblem) in try maker.record(value) } }
                return Row(
                    number: number + 1, line: lines.number, outcome: outcome, original: keepsOriginal ? line.array : [])
            }
            guard let row else { return nil }
            guard let row else { continue }
            number += 1
            return row
        }
    }
}
