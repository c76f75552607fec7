@testable internal import Commands
internal import OrderedStore
@testable internal import RESP

/// Commands, by two clients in turn, over a store in memory: every one gets the replies that it announced, none ends the
/// process, and afterwards the engine still answers.
///
/// The input is a pipeline of inline requests; the byte `|` before a line has the other client send it.
func fuzzCommands(_ input: Span<UInt8>) {
    let engine = makeEngine()
    let sessions = [engine.makeSession(owner: nil), engine.makeSession(owner: nil)]
    sessions[1].version = 3
    for line in input.array.split(separator: 10).prefix(64) {
        let isOther = line.first == UInt8(ascii: "|")
        var decoder = RequestDecoder()
        let text = Array(isOther ? line.dropFirst() : line) + [10]
        guard (try? decoder.decode(text.span)) == true, decoder.wordCount > 0 else { continue }
        var arguments = Arguments()
        decoder.forEachWord(in: text.span) { arguments.append($0) }
        if isSlow(arguments) { continue }
        run(arguments, engine, sessions[isOther ? 1 : 0])
    }
    for session in sessions { engine.end(session) }
    let session = engine.makeSession(owner: nil)
    let reply = CountingReply()
    _ = engine.executeSlowly(Arguments(["ECHO", "x"]), session: session, reply: reply)
    require(reply.isWhole && reply.values == 1, "the engine does not answer any more")
}

/// What takes long because it was asked for.
private func isSlow(_ arguments: Arguments) -> Bool {
    arguments.count > 1 && arguments.matches(0, "DEBUG")
}

private func run(_ arguments: Arguments, _ engine: Engine, _ session: Session) {
    let reply = CountingReply()
    reply.version = session.version
    switch engine.executeSlowly(arguments, session: session, reply: reply) {
    case .waiting, .postponed, .leave: require(reply.isWhole, "half a reply of \(arguments.text(0))")
    case .done, .close: require(reply.isWhole, "half a reply of \(arguments.text(0))")
    }
}

/// Counts the values of replies, and whether each aggregate got what it announced.
final class CountingReply: ReplyWriter {
    var version = 2
    private(set) var values = 0
    private var pieces: [Int] = []

    var isWhole: Bool {
        var open: [Int] = []
        for piece in pieces {
            var count = piece
            while count == 0 {
                guard let last = open.popLast() else { break }
                count = last - 1
            }
            if count > 0 { open.append(count) }
        }
        return open.isEmpty
    }

    private func value() {
        values += 1
        pieces.append(0)
    }

    func simple(_ text: StaticString) { value() }
    func simple(text: Span<UInt8>) { value() }
    func error(_ message: String) { value() }
    func integer(_ value: Int64) { self.value() }
    func bulk(_ bytes: Span<UInt8>) { value() }
    func double(_ value: Double) { self.value() }
    func bool(_ value: Bool) { self.value() }
    func verbatim(_ text: Span<UInt8>, format: StaticString) { value() }
    func null() { value() }
    func nullArray() { value() }
    func array(_ count: Int) { pieces.append(count) }
    func map(_ count: Int) { pieces.append(2 * count) }
    func set(_ count: Int) { pieces.append(count) }
    func push(_ count: Int) { pieces.append(count) }
    var mark: Int { pieces.count }
    func truncate(to mark: Int) { pieces.removeLast(pieces.count - mark) }
}
