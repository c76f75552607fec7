import LevelDB
import OrderedStore
import Testing

@Suite("Opening a store")
struct OpeningTests {
    let directory = TemporaryDirectory()

    func open(_ mode: LevelDBOptions.Mode = .createIfMissing) throws -> LevelDBStore {
        try LevelDBStore(at: directory.path, options: LevelDBOptions(mode: mode))
    }

    func code(_ body: () throws -> Void) -> StoreError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    @Test("what was written is there after closing and opening again")
    func reopen() throws {
        let first = try open()
        try first.put("greeting", "hello")
        try first.close()
        let second = try open(.existing)
        let value = try second.get("greeting")?.string
        #expect(value == "hello")
    }

    @Test("a missing database is not found, and nothing is created by looking")
    func missing() {
        #expect(code { _ = try open(.existing) } == .notFound)
        #expect(code { _ = try open(.existing) } == .notFound)
    }

    @Test("creating where a database is already there is refused")
    func alreadyExists() throws {
        try open().close()
        #expect(code { _ = try open(.createNew) } == .alreadyExists)
    }

    @Test("a creation that was killed before it was done is done again", arguments: [[], ["000001.dbtmp"]])
    func unfinishedCreation(temporary: [String]) throws {
        try directory.make()
        for name in ["MANIFEST-000001", "LOG"] + temporary { try directory.write(name, [1, 2, 3]) }
        #expect(code { _ = try open(.existing) } == .notFound)
        let store = try open(.createNew)
        try store.put("greeting", "hello")
        try store.close()
        let count = try open(.existing).count()
        #expect(count == 1)
    }

    @Test("missing parents are created, unless told otherwise")
    func parents() throws {
        let deep = directory.file("a/b/c")
        var options = LevelDBOptions(mode: .createIfMissing)
        options.createsParents = false
        #expect(code { _ = try LevelDBStore(at: deep, options: options) } == .notFound)
        options.createsParents = true
        try LevelDBStore(at: deep, options: options).close()
    }

    @Test("a path may hold any Unicode", arguments: ["bücher", "本", "a b\t'\"", "🗄️"])
    func unicodePath(_ name: String) throws {
        let store = try LevelDBStore(at: directory.file(name), options: LevelDBOptions(mode: .createNew))
        try store.put("k", "v")
        try store.close()
        try LevelDBStore(at: directory.file(name)).close()
    }

    @Test("a second open of the directory is locked and the first is unharmed")
    func locked() throws {
        let first = try open()
        #expect(code { _ = try open() } == .locked)
        #expect(code { _ = try LevelDBStore(at: directory.path + "/.") } == .locked)
        try first.put("still", "here")
        try first.close()
        try open(.existing).close()
    }

    @Test("options out of range are refused by name")
    func invalidOptions() throws {
        let changes: [@Sendable (inout LevelDBOptions) -> Void] = [
            { $0.writeBufferSize = 0 }, { $0.blockSize = -1 }, { $0.blockRestartInterval = 0 },
            { $0.maxFileSize = .max }, { $0.maxOpenFiles = 0 }, { $0.filter = .bloom(bitsPerKey: 0) },
        ]
        for change in changes {
            var options = LevelDBOptions(mode: .createIfMissing)
            change(&options)
            #expect(code { _ = try LevelDBStore(at: directory.path, options: options) } == .invalidArgument)
        }
    }

    @Test("every option reaches LevelDB", arguments: [LevelDBOptions.Compression.none, .snappy])
    func options(_ compression: LevelDBOptions.Compression) throws {
        var options = LevelDBOptions(mode: .createNew)
        options.compression = compression
        options.blockCache = BlockCache(capacity: 1 << 20)
        options.writeBufferSize = 64 << 10
        options.blockSize = 1 << 10
        options.blockRestartInterval = 4
        options.maxFileSize = 1 << 20
        options.maxOpenFiles = 100
        options.filter = .none
        let store = try LevelDBStore(at: directory.path, options: options)
        for index in 0..<5000 { try store.put("key\(index)", String(repeating: "v", count: 100)) }
        try store.compact()
        let size = try store.approximateSize()
        // 600 kB of repeating text shrinks by far with snappy.
        if compression == .none { #expect(size > 500_000) } else { #expect(size < 200_000) }
        let count = try store.count()
        #expect(count == 5000)
    }

    @Test("stores may share one block cache")
    func sharedCache() throws {
        let cache = BlockCache(capacity: 1 << 20)
        var options = LevelDBOptions(mode: .createIfMissing)
        options.blockCache = cache
        let first = try LevelDBStore(at: directory.file("1"), options: options)
        let second = try LevelDBStore(at: directory.file("2"), options: options)
        try first.put("a", "1")
        try second.put("a", "2")
        try first.close()
        let value = try second.get("a")?.string
        #expect(value == "2")
    }
}
