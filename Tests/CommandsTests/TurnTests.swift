import Commands
import OrderedStore
import Records
import StoreConformance
import Structures
import Synchronization
import Testing

/// Requests that came together.
private final class Requests: RequestSource {
    private let all: [(client: Client, line: String)]
    private var position = -1
    private let collector = ReplyCollector()
    private(set) var arguments = Arguments()
    private var start = 0
    private var unsettled: [Int] = []
    /// Of each request; `nil` when it has none.
    private(set) var replies: [Reply?] = []
    /// What became of each that was not done.
    private(set) var outcomes: [Outcome] = []

    init(_ all: [(Client, String)]) { self.all = all }

    var reply: any ReplyWriter { collector }
    var session: Session { all[position].client.session }

    func next() -> Bool {
        guard position + 1 < all.count else { return false }
        position += 1
        arguments = Arguments(all[position].line.split(separator: " ").map(String.init))
        start = collector.values.count
        return true
    }

    func finish(_ outcome: Outcome, awaitsStore: Bool) {
        if case .done = outcome {} else { outcomes.append(outcome) }
        let new = collector.values.dropFirst(start)
        if awaitsStore, !new.isEmpty { unsettled.append(replies.count) }
        replies.append(new.first)
    }

    func settle(_ error: String?) {
        if let error { for index in unsettled { replies[index] = .error(error) } }
        unsettled = []
    }
}

/// A store that counts its transactions, and fails to commit when it is told to.
private final class CountingStore: CheckedStore {
    private let base = UncheckedStore(MemoryStore())
    let transactions = Atomic(0)
    let fails = Atomic(false)

    func transactChecked<Result>(
        durability: Durability, _ body: (any CheckedTransaction) throws -> Result
    ) throws -> Result {
        transactions.wrappingAdd(1, ordering: .relaxed)
        return try base.transactChecked(durability: durability) { transaction in
            let result = try body(transaction)
            if fails.load(ordering: .relaxed) {
                throw StoreError(.io, operation: "transact", message: "the disk is full")
            }
            return result
        }
    }

    func readChecked<Result>(_ body: (any CheckedTransaction) throws -> Result) throws -> Result {
        try base.readChecked(body)
    }

    func withoutWriters(_ body: () -> Void) throws { try base.withoutWriters(body) }
}

@Suite("Requests that come together")
struct TurnTests {
    private let store = CountingStore()
    private let engine: Engine

    init() { engine = Engine(store, StructureState(isEnabled: true)) }

    private func run(_ lines: [(Client, String)]) -> Requests {
        let requests = Requests(lines)
        engine.run(requests)
        return requests
    }

    @Test("writes of many clients are one transaction, and reads between them see them")
    func together() {
        let clients = (0..<3).map { _ in Client(engine) }
        let requests = run([
            (clients[0], "SET a 1"), (clients[1], "INCR a"), (clients[2], "GET a"), (clients[0], "RPUSH l x y"),
            (clients[1], "LRANGE l 0 -1"), (clients[2], "NONSENSE"), (clients[0], "INCR l"), (clients[1], "LLEN l"),
        ])
        #expect(requests.replies.dropLast(3) == [.ok, 2, "2", 2, ["x", "y"]])
        #expect(requests.replies.suffix(2) == [.wrongType, 2])
        #expect(store.transactions.load(ordering: .relaxed) == 1)
        #expect(clients[0]("GET a") == "2")
    }

    @Test("when they cannot be stored, each that took part is told so, and nothing is there")
    func failure() {
        let client = Client(engine)
        client("SET a old")
        store.fails.store(true, ordering: .relaxed)
        let requests = run([(client, "PING"), (client, "SET a new"), (client, "GET a"), (client, "RPUSH l x")])
        #expect(requests.replies[0] == .simple("PONG"))
        for reply in requests.replies.dropFirst() { #expect(reply?.description.contains("the disk is full") == true) }
        store.fails.store(false, ordering: .relaxed)
        #expect(client("GET a") == "old")
        #expect(client("EXISTS l") == 0)
    }

    @Test("who waits for a list is served before the next request takes what it got")
    func waiting() {
        let (waiter, writer) = (Client(engine), Client(engine))
        #expect(waiter("BLPOP l 0") == .simple("waiting"))
        let requests = run([(writer, "RPUSH l a"), (writer, "LPOP l"), (writer, "RPUSH l b"), (writer, "LLEN l")])
        #expect(requests.replies == [1, .some(.null), 1, 1])
        #expect(waiter.received == [["l", "a"]])
    }

    @Test("a transaction's watched key counts as changed by what came just before it")
    func watched() {
        let (watcher, writer) = (Client(engine), Client(engine))
        let requests = run([
            (watcher, "WATCH a"), (watcher, "MULTI"), (watcher, "SET b 1"), (writer, "SET a 2"), (watcher, "EXEC"),
            (writer, "EXISTS b"),
        ])
        #expect(requests.replies[4] == .nullArray)
        #expect(requests.replies[5] == 0)
    }

    @Test("a client that wants no replies gets none")
    func silent() {
        let client = Client(engine)
        let requests = run([
            (client, "CLIENT REPLY OFF"), (client, "SET a 1"), (client, "CLIENT REPLY ON"), (client, "GET a"),
        ])
        #expect(requests.replies == [nil, nil, .ok, "1"])
    }

    @Test("what takes long is left, with what came before it stored")
    func long() {
        let client = Client(engine)
        let requests = run([(client, "SET a 1"), (client, "KEYS *")])
        #expect(requests.outcomes.count == 1)
        #expect(client("GET a") == "1")
    }

    @Test("a write to a record is refused alone")
    func records() throws {
        let server = try TestEngine(withRecords: ())
        let client = server.client()
        client.run([
            "LV.SCHEMA", "APPLY",
            "{\"schema\": \"pet\", \"version\": 1, \"key\": \"pet:{id}:{field}\", \"fields\": {\"id\": {\"id\": 1, "
                + "\"type\": \"string\"}, \"name\": {\"id\": 2, \"type\": \"string\", \"required\": true}, \"age\": "
                + "{\"id\": 3, \"type\": \"int\", \"nullable\": true}}}",
        ])
        client("SADD s x")
        let requests = Requests([
            (client, "SET a 1"), (client, "MSET b 1 pet:1:age 7"), (client, "SET pet:2:name Rex"), (client, "SET c 1"),
            (client, "MGET a b c pet:2:name"),
        ])
        server.engine.run(requests)
        #expect(requests.replies[0] == .ok)
        #expect(requests.replies[1]?.isError("ERR ") == true)
        #expect(requests.replies[2] == .ok)
        #expect(requests.replies[4] == ["1", nil, "1", "Rex"])
    }

    @Test("requests answered together are answered as they are one by one", arguments: 1...12 as ClosedRange<UInt64>)
    func asAlone(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "SET", "GET", "APPEND", "INCR", "DEL", "RPUSH", "LPOP", "LRANGE", "SADD", "SREM", "SMEMBERS", "HSET",
            "HGETALL", "ZADD", "ZRANGE", "RENAME", "EXPIRE", "TYPE", "SCARD", "ZRANK", "MULTI", "EXEC", "SELECT",
        ]
        let lines = (0..<400).map { _ -> String in
            let key = "k\(Int.random(in: 0..<5, using: &random))"
            let other = "\(Int.random(in: 0..<300, using: &random))"
            switch words.randomElement(using: &random) ?? "" {
            case let word where ["GET", "INCR", "DEL", "LPOP", "SMEMBERS", "HGETALL", "TYPE", "SCARD"].contains(word):
                return "\(word) \(key)"
            case let word where ["LRANGE", "ZRANGE"].contains(word): return "\(word) \(key) 0 -1"
            case "HSET": return "HSET \(key) \(other) v"
            case "ZADD": return "ZADD \(key) \(other) m\(other)"
            case "RENAME": return "RENAME \(key) k0"
            case "EXPIRE": return "EXPIRE \(key) 100"
            case let word where ["MULTI", "EXEC"].contains(word): return word
            case "SELECT": return "SELECT \(Int.random(in: 0...1, using: &random))"
            case let word: return "\(word) \(key) \(other)"
            }
        }
        let alone = TestEngine()
        let client = alone.client()
        let expected = lines.map { client($0) }
        let together = TestEngine()
        let one = together.client()
        let source = Requests(lines.map { (one, $0) })
        together.engine.run(source)
        #expect(source.replies.map { $0 ?? .error("there is no reply") } == expected)
    }
}
