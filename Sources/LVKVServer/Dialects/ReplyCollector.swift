internal import Commands
internal import OrderedStore
internal import RESP

/// Keeps what a command replies as a value, for dialects that make something else of it.
final class ReplyCollector: ReplyWriter {
    private enum Piece {
        case value(Reply)
        case array(Int), map(Int), set(Int), push(Int)
    }

    private var pieces: [Piece] = []
    var version = 3

    func simple(_ text: StaticString) { add(.simple(Array(text.description.utf8))) }
    func simple(text: Span<UInt8>) { add(.simple(text.array)) }
    func error(_ message: String) { add(.error(Array(message.utf8))) }
    func integer(_ value: Int64) { add(.integer(Int(value))) }
    func bulk(_ bytes: Span<UInt8>) { add(.bulk(bytes.array)) }
    func double(_ value: Double) { add(.double(value)) }
    func bool(_ value: Bool) { add(.bool(value)) }
    func verbatim(_ text: Span<UInt8>, format: StaticString) {
        add(.verbatim(format: Array(format.description.utf8), text: text.array))
    }
    func null() { add(.null) }
    func nullArray() { add(.null) }
    func array(_ count: Int) { pieces.append(.array(count)) }
    func map(_ count: Int) { pieces.append(.map(count)) }
    func set(_ count: Int) { pieces.append(.set(count)) }
    func push(_ count: Int) { pieces.append(.push(count)) }

    var mark: Int { pieces.count }
    func truncate(to mark: Int) { pieces.removeLast(max(0, pieces.count - mark)) }

    private func add(_ reply: Reply) { pieces.append(.value(reply)) }

    /// The last reply, which is whole.
    func take() -> Reply {
        defer { pieces = [] }
        var position = 0
        return next(&position)
    }

    private func next(_ position: inout Int) -> Reply {
        guard position < pieces.count else { return .null }
        let piece = pieces[position]
        position += 1
        func elements(_ count: Int) -> [Reply] { (0..<count).map { _ in next(&position) } }
        switch piece {
        case .value(let reply): return reply
        case .array(let count): return .array(elements(count))
        case .set(let count): return .set(elements(count))
        case .push(let count): return .push(elements(count))
        case .map(let count): return .map((0..<count).map { _ in Reply.Pair(next(&position), next(&position)) })
        }
    }
}
