internal import ArgumentParser
internal import LVKV
internal import Records

/// `lvkv batch`.
struct BatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Write many keys at once, all or nothing.",
        discussion: """
            Reads one JSON object a line, from a file or standard input: {"put":KEY,"value":VALUE} or {"delete":KEY}. \
            Bytes that are not UTF-8 are given as hex digits, in put_hex, value_hex and delete_hex. The lines that \
            'scan --format jsonl' prints are puts, too. The last line about a key holds; an error in any line writes \
            nothing.

            EXAMPLES
              lvkv --db library batch changes.jsonl
              echo '{"put":"a","value":"1"}' | lvkv --db library batch --sync
            """)

    @OptionGroup var place: Place
    @OptionGroup var write: WriteOptions
    @Argument(help: "The file; standard input when not given.", completion: .file()) var file = "-"

    func run() throws {
        let input = try Input(file)
        let lines = LineReader(input)
        var operations = WriteBatch()
        while let () = try lines.next({ line in
            do throws(PlainLine.Malformed) {
                try PlainLine.stage(line, into: &operations)
            } catch {
                throw Failure.badData("\(input.name), line \(lines.number): \(error.reason); nothing was written")
            }
        }) {}
        if let remote = try place.remote() { return try remote.write(operations, write.durability) }
        let database = try place.create()
        try database.write(durability: write.durability) { batch in batch.append(operations) }
        try database.close()
    }
}

/// A line of JSON that says what becomes of one key.
enum PlainLine {
    /// Why a line cannot be used.
    struct Malformed: Error {
        let reason: String
    }

    /// Stages what `line` says; an empty line says nothing.
    static func stage(_ line: Span<UInt8>, into batch: inout WriteBatch) throws(Malformed) {
        if isBlank(line) { return }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: line)
        } catch {
            throw Malformed(reason: "column \(error.column): \(error.message)")
        }
        guard case .object(let object) = value else {
            throw Malformed(reason: "\(value.kind) where an object belongs, as {\"put\":KEY,\"value\":VALUE}")
        }
        var members = object.members
        let removed = try take("delete", from: &members)
        var stored = try take("put", from: &members)
        if stored == nil { stored = try take("key", from: &members) }
        let bytes = try take("value", from: &members)
        if let member = members.first { throw Malformed(reason: "there is no member '\(member.key)' in an operation") }
        switch (stored, bytes, removed) {
        case (let key?, let bytes?, nil): batch.put(key, bytes)
        case (nil, nil, let key?): batch.delete(key)
        case (_?, nil, nil): throw Malformed(reason: "a put without its value")
        case (nil, _, nil): throw Malformed(reason: "an operation names its key in put or delete")
        default: throw Malformed(reason: "an operation is either a put with its value or a delete")
        }
    }

    static func isBlank(_ line: Span<UInt8>) -> Bool {
        for index in line.indices where line[index] != UInt8(ascii: " ") && line[index] != UInt8(ascii: "\t") {
            return false
        }
        return true
    }

    /// The bytes of the member `name`, or of `name_hex` in hex digits, which is taken away.
    private static func take(
        _ name: String, from members: inout [JSONObject.Member]
    ) throws(Malformed) -> [UInt8]? {
        guard let index = members.firstIndex(where: { $0.key == name || $0.key == name + "_hex" }) else { return nil }
        let member = members.remove(at: index)
        guard case .string(let text) = member.value else {
            throw Malformed(reason: "\(member.key) is \(member.value.kind); it must be a string")
        }
        guard member.key != name else { return Array(text.utf8) }
        guard let bytes = Hex.bytes(text) else {
            throw Malformed(reason: "\(member.key) is not hex digits, two a byte")
        }
        return bytes
    }
}
