import Commands
import OrderedStore
import Records
import Structures

/// A reply as a value.
indirect enum Reply: Equatable, CustomStringConvertible, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByNilLiteral
{
    case simple(String), error(String), integer(Int64), bulk(String), double(Double), bool(Bool), null, nullArray
    case array([Reply]), map([Reply]), set([Reply]), push([Reply])

    init(stringLiteral value: String) { self = .bulk(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(arrayLiteral elements: Reply...) { self = .array(elements) }
    init(nilLiteral: ()) { self = .null }

    static let ok = Reply.simple("OK")
    static let wrongType = Reply.error("WRONGTYPE Operation against a key holding the wrong kind of value")

    var description: String {
        switch self {
        case .simple(let text): "+\(text)"
        case .error(let text): "-\(text)"
        case .integer(let value): "\(value)"
        case .bulk(let text): "\"\(text)\""
        case .double(let value): ",\(value)"
        case .bool(let value): "#\(value)"
        case .null: "null"
        case .nullArray: "null array"
        case .array(let values): "\(values)"
        case .map(let values): "map\(values)"
        case .set(let values): "set\(values)"
        case .push(let values): "push\(values)"
        }
    }
}

/// Collects replies as values; what is not UTF-8 shows as such.
final class ReplyCollector: ReplyWriter {
    var version = 3
    private(set) var pieces: [Piece] = []

    enum Piece { case value(Reply), aggregate(([Reply]) -> Reply, Int) }

    func simple(_ text: StaticString) { pieces.append(.value(.simple("\(text)"))) }
    func simple(text: Span<UInt8>) {
        pieces.append(.value(.simple(String(decoding: text.array, as: UTF8.self))))
    }
    func error(_ message: String) { pieces.append(.value(.error(message))) }
    func integer(_ value: Int64) { pieces.append(.value(.integer(value))) }
    func bulk(_ bytes: Span<UInt8>) { pieces.append(.value(.bulk(String(decoding: bytes.array, as: UTF8.self)))) }
    func double(_ value: Double) { pieces.append(.value(.double(value))) }
    func bool(_ value: Bool) { pieces.append(.value(.bool(value))) }
    func verbatim(_ text: Span<UInt8>, format: StaticString) { bulk(text) }
    func null() { pieces.append(.value(.null)) }
    func nullArray() { pieces.append(.value(.nullArray)) }
    func array(_ count: Int) { pieces.append(.aggregate(Reply.array, count)) }
    func map(_ count: Int) { pieces.append(.aggregate(Reply.map, 2 * count)) }
    func set(_ count: Int) { pieces.append(.aggregate(Reply.set, count)) }
    func push(_ count: Int) { pieces.append(.aggregate(Reply.push, count)) }
    var mark: Int { pieces.count }
    func truncate(to mark: Int) { pieces.removeLast(pieces.count - mark) }

    /// The replies so far.
    var values: [Reply] {
        var rest = pieces[...]
        func next() -> Reply {
            switch rest.popFirst() {
            case nil: return .error("the reply is cut short")
            case .value(let value): return value
            case .aggregate(let make, let count): return make((0..<count).map { _ in next() })
            }
        }
        var values: [Reply] = []
        while !rest.isEmpty { values.append(next()) }
        return values
    }
}

/// A client of an engine, in memory.
final class Client: SessionOwner, @unchecked Sendable {
    let engine: Engine
    private(set) var session: Session!
    /// What came without being asked for, and the ends of waits.
    private(set) var received: [Reply] = []
    private(set) var isClosed = false
    private(set) var isResumed = false

    init(_ engine: Engine) {
        self.engine = engine
        session = engine.makeSession(owner: self)
        session.version = 3
    }

    /// Runs a command given as words apart by spaces.
    @discardableResult
    func callAsFunction(_ line: String) -> Reply { run(line.split(separator: " ").map(String.init)) }

    /// Runs a command given as its words. A command that waits has no reply: `.nullArray` is made up for it.
    @discardableResult
    func run(_ words: [String], version: Int = 3) -> Reply {
        let reply = ReplyCollector()
        reply.version = version
        var outcome = engine.execute(Arguments(words), session: session, reply: reply)
        if case .leave = outcome { outcome = engine.executeSlowly(Arguments(words), session: session, reply: reply) }
        switch outcome {
        case .waiting: return .simple("waiting")
        case .postponed: return .simple("postponed")
        case .close: isClosed = true
        case .done, .leave: break
        }
        return reply.values.first ?? .error("there is no reply")
    }

    /// Runs a command that has several replies.
    func all(_ line: String) -> [Reply] {
        let reply = ReplyCollector()
        _ = engine.execute(
            Arguments(line.split(separator: " ").map(String.init)), session: session, reply: reply)
        return reply.values
    }

    func makeReply(version: Int) -> any ReplyWriter { ReplyCollector() }
    func send(_ reply: any ReplyWriter, endsWait: Bool) {
        if let reply = reply as? ReplyCollector { received += reply.values }
    }
    func resume() { isResumed = true }
    func close() { isClosed = true }
}

/// An engine in memory whose clock stands until it is moved.
final class TestEngine: @unchecked Sendable {
    let store = MemoryStore()
    /// In milliseconds since 1970.
    var now: Int64 = 1_700_000_000_000
    private(set) var engine: Engine!

    init() {
        let structures = StructureState(isEnabled: false, clock: { [unowned self] in now })
        engine = Engine(UncheckedStore(store), structures)
    }

    /// An engine with records.
    init(withRecords: Void) throws {
        let structures = StructureState(isEnabled: false, clock: { [unowned self] in now })
        engine = Engine(try Keyspace(store), structures)
    }

    func client() -> Client { Client(engine) }
}
