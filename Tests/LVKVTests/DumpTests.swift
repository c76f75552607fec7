import Foundation
import LVKV
import StoreConformance
import Testing

@Suite("Dumps")
struct DumpTests: ~Copyable {
    let test: TestDatabase
    let scratch: Scratch
    var database: Database { test.database }

    init() throws {
        let database = try TestDatabase()
        let directory = try Scratch()
        test = database
        scratch = directory
    }

    private func dump() throws -> [UInt8] {
        var stream: [UInt8] = []
        try database.dump { stream += $0 }
        return stream
    }

    /// Loads a stream in pieces of random sizes.
    @discardableResult
    private func load(_ stream: [UInt8], seed: UInt64 = 0, restart: Bool = false) throws -> DumpSummary {
        var generator = SeededGenerator(seed: seed)
        var position = 0
        return try Database.load(
            at: scratch.file("loaded"), restart: restart,
            from: {
                let end = min(stream.count, position + Int.random(in: 1...400_000, using: &generator))
                defer { position = end }
                return Array(stream[position..<end])
            })
    }

    private func failure(_ stream: [UInt8]) -> StoreError? {
        do { try load(stream) } catch { return error as? StoreError }
        return nil
    }

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()) ?? [] }

    @Test("what is loaded is what was dumped, byte for byte, however the stream comes in pieces", arguments: 0..<3)
    func roundTrip(seed: UInt64) throws {
        try database.fill(12_000, seed: seed)
        let stream = try dump()
        let summary = try load(stream, seed: seed)
        let expected = try database.store.pairs()
        #expect(summary.entries == expected.count)
        #expect(summary.resumedEntries == 0)
        #expect(try pairs(at: scratch.file("loaded")) == expected)
        #expect(names == ["loaded"])
    }

    @Test("an empty database is dumped and loaded, too")
    func empty() throws {
        #expect(try load(dump()).entries == 0)
        #expect(try pairs(at: scratch.file("loaded")).isEmpty)
    }

    @Test("a load that was cut goes on from where it was, and is whole in the end")
    func resume() throws {
        try database.fill(30_000)
        let stream = try dump()
        let expected = try database.store.pairs()
        var resumed = 0
        for cut in [stream.count / 3, stream.count / 2, stream.count - 1] {
            let error = failure(Array(stream[..<cut]))
            #expect(error?.code == .corruption)
            #expect(error?.message.contains("is cut") == true)
            #expect(names == ["loaded.part"])
        }
        let summary = try load(stream)
        resumed = summary.resumedEntries
        #expect(resumed > expected.count / 2)
        #expect(try pairs(at: scratch.file("loaded")) == expected)
        #expect(names == ["loaded"])
    }

    @Test("a load does not go on with another dump, unless it is to begin anew")
    func otherDump() throws {
        try database.fill(12_000)
        let first = try dump()
        #expect(failure(Array(first.dropLast(10))) != nil)
        try database.put("a", "1")
        let second = try dump()
        let error = failure(second)
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("--restart") == true)
        try load(second, restart: true)
        #expect(try pairs(at: scratch.file("loaded")) == database.store.pairs())
    }

    @Test("a dump goes into no directory that is there")
    func occupied() throws {
        let stream = try dump()
        try load(stream)
        #expect(failure(stream)?.code == .alreadyExists)
    }

    @Test("each flipped bit is found, and nothing is at the path")
    func flippedBits() throws {
        try database.put("a", "1")
        try database.list("l").append("x")
        let stream = try dump()
        for bit in 0..<stream.count * 8 {
            var damaged = stream
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = failure(damaged)
            #expect(error != nil, "bit \(bit)")
            #expect(
                error?.code == .corruption || error?.code == .notSupported, "bit \(bit): \(String(describing: error))")
            #expect(!names.contains("loaded"))
        }
        try load(stream, restart: true)
    }

    @Test("a stream that is cut anywhere, or goes on behind its end, is refused")
    func cut() throws {
        try database.put("a", "1")
        let stream = try dump()
        for count in stream.indices { #expect(failure(Array(stream[..<count]))?.code == .corruption, "\(count)") }
        #expect(failure(stream + [0])?.message.contains("follows the end") == true)
        #expect(!names.contains("loaded"))
    }

    @Test("frames that are missing, doubled or swapped are found")
    func frames() throws {
        try database.fill(20_000)
        var pieces: [[UInt8]] = []
        try database.dump { pieces.append($0) }
        // The heading and the first block, blocks, the last block, the end.
        #expect(pieces.count > 4)
        for change in 0..<3 {
            var changed = pieces
            switch change {
            case 0: changed.remove(at: 2)
            case 1: changed.insert(pieces[2], at: 2)
            default: changed.swapAt(1, 2)
            }
            #expect(failure(changed.flatMap { $0 })?.code == .corruption, "\(change)")
        }
    }

    @Test("what is no dump, or one of another format, is told apart")
    func foreign() {
        for text in ["", "x", "lvkv-dump", "lvkv-dump \n", "lvkv-dump x\n", "REDIS0011", "lvkv-dumps 1\n"] {
            #expect(failure(Array(text.utf8))?.code == .corruption, "\(text)")
        }
        let newer = failure(Array("lvkv-dump 2\nwhatever".utf8))
        #expect(newer?.code == .notSupported)
        #expect(newer?.message.contains("format 2") == true)
    }

    @Test("a newer dump's format is named in full, whatever the pieces it comes in", arguments: [1, 11, 12, 100])
    func newerFormat(size: Int) throws {
        var rest = Array("lvkv-dump 23\nwhatever".utf8)[...]
        let error = #expect(throws: StoreError.self) {
            try Database.load(
                at: scratch.file("loaded"),
                from: {
                    defer { rest = rest.dropFirst(size) }
                    return Array(rest.prefix(size))
                })
        }
        #expect(error?.code == .notSupported)
        #expect(error?.message.contains("format 23,") == true)
    }

    @Test(
        "random bytes behind a good heading are an error, and take no memory by the numbers in them", arguments: 0..<50)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var stream = Array("lvkv-dump 1\n".utf8)
        stream += (0..<Int.random(in: 0...200, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        #expect(failure(stream)?.code == .corruption)
    }
}
