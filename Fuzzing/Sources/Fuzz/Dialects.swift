@testable internal import Commands
@testable internal import Dialects
internal import OrderedStore
@testable internal import Records
internal import Structures

/// The dialect of lines: the same messages whatever the pieces are, but for what is told of line ends; and each gets a
/// reply of one line.
func fuzzLines(_ input: Span<UInt8>) {
    let bytes = input.rest
    let whole = messages(bytes, [])
    let pieces = messages(bytes, splits(bytes.count, by: input.choice))
    require(whole == pieces, "the messages depend on the pieces: \(whole) \(pieces)")
    let engine = makeEngine()
    let client = LineClient(engine: engine, session: engine.makeSession(owner: nil), statistics: LineStatistics())
    for case .message(let message) in whole {
        guard let reply = client.answer(message, mayTakeTime: true) else { fatalError("no reply") }
        let line = reply.bytes(endsLine: true)
        require(line.filter { $0 == 10 || $0 == 13 }.count == 1, "a reply of more lines than one")
    }
}

private enum Message: Equatable { case message(LineMessage), refusal(String) }

private func messages(_ bytes: [UInt8], _ splits: [Int]) -> [Message] {
    var parser = LineParser(longestMessage: 4_096)
    var found: [Message] = []
    func take(_ event: LineParser.Event) {
        switch event {
        case .message(let message, _): found.append(.message(message))
        case .refusal(let reason, _): found.append(.refusal(reason))
        case .lineEnd: break
        }
    }
    var start = 0
    for end in splits + [bytes.count] {
        parser.append(bytes[start..<end])
        start = end
        while let event = parser.next() { take(event) }
    }
    if let event = parser.finish() { take(event) }
    return found
}

/// The dialect of documents: the same objects whatever the pieces are, and each is answered with JSON.
func fuzzDocuments(_ input: Span<UInt8>) {
    let bytes = input.rest
    let whole = objects(bytes, [])
    require(whole == objects(bytes, splits(bytes.count, by: input.choice)), "the objects depend on the pieces")
    guard let keyspace = try? Keyspace(MemoryStore()) else { fatalError() }
    let service = DocumentService(keyspace: keyspace)
    for case .object(let text) in whole {
        let answer = service.answer(text)
        require((try? JSONValue(parsing: answer)) != nil, "an answer that is no JSON")
    }
}

private func objects(_ bytes: [UInt8], _ splits: [Int]) -> [JSONStream.Event] {
    var stream = JSONStream(largestObject: 65_536)
    var found: [JSONStream.Event] = []
    var start = 0
    for end in splits + [bytes.count] {
        stream.append(bytes[start..<end])
        start = end
        while let event = stream.next() { found.append(event) }
    }
    if let event = stream.finish() { found.append(event) }
    return found
}

/// An engine in memory with records, whose clock stands.
func makeEngine() -> Engine {
    let structures = StructureState(isEnabled: false, clock: { 1_700_000_000_000 })
    guard let keyspace = try? Keyspace(MemoryStore()) else { fatalError() }
    return Engine(keyspace, structures)
}
