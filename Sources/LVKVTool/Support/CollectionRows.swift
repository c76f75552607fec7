internal import LVKV
internal import Records

/// The documents of a file that holds a whole collection: one JSON object, with each document under its id.
///
/// One document is in memory at a time, however long the file is.
final class CollectionRows: DocumentSource {
    private let input: Input
    private let maker: DocumentMaker
    private var buffer: [UInt8] = []
    /// The next byte in `buffer`.
    private var index = 0
    /// Where that byte stands in the file, from 1.
    private var line = 1
    private var column = 1
    private var number = 0

    private enum State { case start, first, next, end }
    private var state = State.start

    /// Where a piece of the file begins.
    private struct Position {
        let line: Int
        let column: Int
    }

    init(_ input: Input, _ schema: SchemaDefinition) {
        self.input = input
        maker = DocumentMaker(schema: schema)
    }

    var name: String { input.name }
    var position: Int { input.position }

    func next(keepsOriginal: Bool) throws -> Row? {
        if state == .end { return nil }
        var byte = try skipSpace()
        if state == .start {
            // A byte order mark.
            if byte == 0xEF {
                for _ in 0..<3 { _ = try take() }
                byte = try skipSpace()
            }
            guard byte == UInt8(ascii: "{") else { throw refusal("an object of documents by their ids begins with {") }
            _ = try take()
            state = .first
            byte = try skipSpace()
        }
        if byte == UInt8(ascii: "}") {
            _ = try take()
            state = .end
            guard try skipSpace() == nil else { throw refusal("text after the last }") }
            return nil
        }
        if state == .next {
            guard byte == UInt8(ascii: ",") else { throw refusal("a , or } belongs after a document") }
            _ = try take()
            byte = try skipSpace()
        }
        state = .next
        guard byte == UInt8(ascii: "\"") else { throw refusal("the id of a document, in double quotes, belongs here") }
        return try row(keepsOriginal: keepsOriginal)
    }

    /// Reads an id and the document under it.
    private func row(keepsOriginal: Bool) throws -> Row {
        number += 1
        var text: [UInt8] = []
        let keyPosition = Position(line: line, column: column)
        try capture(into: &text)
        let key: JSONValue
        switch parse(text, keyPosition) {
        case .success(let value): key = value
        case .failure(let problem): throw Failure.badData("\(name): the id is \(problem.reason)")
        }
        guard try skipSpace() == UInt8(ascii: ":") else { throw refusal("a : belongs after an id") }
        _ = try take()
        _ = try skipSpace()
        let position = Position(line: line, column: column)
        text.removeAll(keepingCapacity: true)
        try capture(into: &text)
        let outcome = parse(text, position).flatMap { value in
            Result { () throws(RowProblem) in
                guard case .string(let id) = key else { throw RowProblem("the id is no string") }
                return try maker.record(value, id: id)
            }
        }
        var original: [UInt8] = []
        if keepsOriginal {
            original = Array("{".utf8)
            key.write(to: &original)
            original += Array(":".utf8) + text + Array("}".utf8)
        }
        return Row(number: number, line: keyPosition.line, outcome: outcome, original: original)
    }

    private func parse(_ text: [UInt8], _ start: Position) -> Result<JSONValue, RowProblem> {
        do throws(JSONError) {
            return .success(try JSONValue(parsing: text))
        } catch {
            let column = error.line == 1 ? start.column + error.column - 1 : error.column
            return .failure(
                RowProblem("not JSON at line \(start.line + error.line - 1), character \(column): \(error.message)"))
        }
    }

    // MARK: - Bytes

    /// Appends one whole value to `text`: as far as brackets and quotes say, which is where it ends when it is JSON.
    private func capture(into text: inout [UInt8]) throws {
        var depth = 0
        var isInString = false
        var isEscaped = false
        while let byte = try peek() {
            if !isInString, depth == 0, !text.isEmpty, CollectionRows.endsScalar(byte) { return }
            guard text.count < LevelDBStore.mostBytesPerEntry else {
                throw refusal("the document is longer than any entry may be")
            }
            text.append(byte)
            _ = try take()
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    if depth == 0 { return }
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return }
            default: break
            }
        }
        throw refusal("the file ends inside of a document")
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: ":"): true
        default: false
        }
    }

    private func skipSpace() throws -> UInt8? {
        while let byte = try peek() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: _ = try take()
            default: return byte
            }
        }
        return nil
    }

    /// The next byte; `nil` at the end.
    private func peek() throws -> UInt8? {
        if index == buffer.count {
            index = 0
            guard try input.read(into: &buffer) else { return nil }
        }
        return buffer[index]
    }

    private func take() throws -> UInt8? {
        guard let byte = try peek() else { return nil }
        index += 1
        if byte == 0x0A {
            line += 1
            column = 1
        } else {
            column += 1
        }
        return byte
    }

    /// The file cannot be read on from here.
    private func refusal(_ what: String) -> Failure {
        .badData("\(name), line \(line), character \(column): \(what)")
    }
}
