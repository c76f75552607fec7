import Foundation
import LVKV
import Testing

@testable import LVKVTool

@Suite("Looking after a database")
struct MaintenanceTests {
    /// Fills a database with keys `k00000…`, compacted into tables of 1 MiB.
    private func fill(_ path: String, count: Int) throws {
        var options = LevelDBOptions(mode: .createIfMissing)
        options.compression = .none
        options.maxFileSize = 1 << 20
        options.writeBufferSize = 256 << 10
        let store = try LevelDBStore(at: path, options: options)
        let value = [UInt8](repeating: 0x2E, count: 200)
        for start in stride(from: 0, to: count, by: 1000) {
            try store.write { batch in
                for number in start..<min(start + 1000, count) { batch.put(key(number), value) }
            }
        }
        try store.compact()
        try store.close()
    }

    private func key(_ number: Int) -> String {
        let digits = String(number)
        return "k" + String(repeating: "0", count: 5 - digits.count) + digits
    }

    private func tables(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".ldb") }.sorted()
    }

    /// Turns one byte in the middle of a file.
    private func damage(_ path: String, at offset: Int) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        data[offset] ^= 0x40
        try data.write(to: URL(fileURLWithPath: path))
    }

    @Test("verify of a whole database counts what it read")
    func whole() throws {
        let box = try Sandbox()
        try fill(box.database, count: 10_000)
        let outcome = try box.lvkv("verify")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("read 10,000 keys"))
        #expect(outcome.errors.isEmpty)
    }

    @Test("what is counted, verified and removed is told to programs as JSON Lines")
    func machineReadable() throws {
        let box = try Sandbox()
        try box.write("book.yaml", RecordCommandTests.book)
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(try box.lvkv("put", "a", "1").status == 0)
        let record = #"{"genre":"sf","id":"1","title":"Dune","author":"Frank Herbert"}"#
        #expect(try box.lvkv("record", "put", "book", record).status == 0)
        #expect(try box.lvkv("count", "--format", "jsonl").output == "{\"keys\":3}\n")
        #expect(try box.lvkv("record", "count", "book", "--format", "jsonl").output == "{\"records\":1}\n")
        let verified = try box.lvkv("verify", "--format", "jsonl")
        #expect(verified.lines.last == #"{"schema":"book","records":1,"entries":0}"#)
        #expect(verified.lines.first?.hasPrefix(#"{"keys":"#) == true)
        let dryRun = try box.lvkv("delete", "--prefix", "a", "--dry-run", "--format", "jsonl")
        #expect(dryRun.output == "{\"would_remove\":1,\"bytes\":2}\n")
        let removed = try box.lvkv("delete", "--prefix", "a", "--format", "jsonl")
        #expect(removed.output == "{\"removed\":1,\"bytes\":2}\n")
        // Verify and repair count the same keys.
        let repaired = try box.lvkv("repair", "--format", "jsonl")
        let again = try box.lvkv("verify", "--format", "jsonl")
        #expect(again.lines.first == repaired.lines.first, "\(repaired.output)\(again.output)")
    }

    @Test("a damaged block is told by the keys around it, and everything else is read")
    func damagedBlock() throws {
        let box = try Sandbox()
        try fill(box.database, count: 10_000)
        let table = try #require(try tables(in: box.database).first)
        try damage("\(box.database)/\(table)", at: 100_000)
        let outcome = try box.lvkv("verify")
        #expect(outcome.status == 65)
        #expect(outcome.hasOneErrorLine, "\(outcome.errors)")
        #expect(outcome.lines.count == 2, "\(outcome.output)")
        #expect(outcome.lines[0].hasPrefix("damage between 'k"), "\(outcome.output)")
        #expect(outcome.lines[0].contains("checksum"), "\(outcome.output)")
        // One block of 4 KiB holds about twenty of these entries.
        let read = try #require(Int(outcome.lines[1].split(separator: " ")[1].filter { $0 != "," }))
        #expect((9_900..<10_000).contains(read))

        let scan = try box.lvkv("scan", "--keys")
        #expect(scan.status == 65)
        #expect(scan.hasOneErrorLine)
        #expect(scan.lines.count == read)
    }

    @Test("what lies behind damage in one of several tables of the same keys is read, too")
    func damageInOneOfTwoTables() throws {
        let box = try Sandbox()
        let value = String(repeating: ".", count: 200)
        var options = LevelDBOptions(mode: .createIfMissing)
        options.compression = .none
        for parity in 0...1 {
            // Each opening makes a table of what the one before wrote.
            let store = try LevelDBStore(at: box.database, options: options)
            try store.write { batch in
                for number in 0..<5000 { batch.put(key(2 * number + parity), value) }
            }
            try store.close()
        }
        #expect(try box.lvkv("verify").output.contains("read 10,000 keys"))
        let table = try #require(try tables(in: box.database).first)
        // From about the key 4000 to 4700: in the midst of it verify begins to read anew.
        for offset in stride(from: 425_000, to: 500_000, by: 4096) {
            try damage("\(box.database)/\(table)", at: offset)
        }
        let outcome = try box.lvkv("verify")
        #expect(outcome.status == 65)
        #expect(outcome.lines.filter { $0.hasPrefix("damage between 'k0") }.count == 1, "\(outcome.output)")
        #expect(!outcome.output.contains("the end"), "\(outcome.output)")
        let scan = try box.lvkv("scan", "--keys")
        #expect(scan.lines.count > 9500)
        let read = try #require(Int(outcome.lines[1].split(separator: " ")[1].filter { $0 != "," }))
        #expect(read == scan.lines.count)
    }

    @Test("two damages far apart are two lines")
    func twoDamages() throws {
        let box = try Sandbox()
        try fill(box.database, count: 20_000)
        let tables = try tables(in: box.database)
        #expect(tables.count > 2)
        for table in [tables[0], tables[tables.count - 1]] { try damage("\(box.database)/\(table)", at: 50_000) }
        let outcome = try box.lvkv("verify")
        #expect(outcome.status == 65)
        #expect(outcome.lines.filter { $0.hasPrefix("damage ") }.count == 2, "\(outcome.output)")
    }

    @Test("repair keeps what can be read, and says how much")
    func repair() throws {
        let box = try Sandbox()
        try fill(box.database, count: 10_000)
        try FileManager.default.removeItem(atPath: box.file("db/CURRENT"))
        let refused = try box.lvkv("get", key(1))
        #expect(refused.status == 65)
        #expect(refused.hasOneErrorLine)
        let before = try FileManager.default.contentsOfDirectory(atPath: box.database).sorted()
        #expect(try box.lvkv("repair", "--dry-run").output.hasPrefix("would make"))
        let repaired = try box.lvkv("repair")
        #expect(repaired.status == 0, "\(repaired.errors)")
        #expect(repaired.output.contains("10,000 keys"))
        // The damaged one stays as it is.
        #expect(try box.lvkv("get", key(1)).status == 65)
        #expect(try FileManager.default.contentsOfDirectory(atPath: box.database).sorted() == before)
        #expect(try box.lvkv("--db", "\(box.database).repaired", "get", key(1)).status == 0)
        // Never over anything.
        let again = try box.lvkv("repair")
        #expect(again.status != 0)
        #expect(again.hasOneErrorLine)
        #expect(try box.lvkv("repair", "--to", box.file("other")).status == 0)
    }

    @Test("repair says what could not be read")
    func repairLosses() throws {
        let box = try Sandbox()
        try fill(box.database, count: 10_000)
        let table = try #require(try tables(in: box.database).first)
        try damage("\(box.database)/\(table)", at: 100_000)
        let repaired = try box.lvkv("repair")
        #expect(repaired.status == 0, "\(repaired.errors)")
        #expect(repaired.lines.contains { $0.hasPrefix("lost: ") }, "\(repaired.output)")
        #expect(try box.lvkv("--db", "\(box.database).repaired", "verify").status == 0)
        #expect(try box.lvkv("verify").status == 65)
    }

    @Test("compact drops what was deleted")
    func compact() throws {
        let box = try Sandbox()
        try fill(box.database, count: 20_000)
        #expect(try box.lvkv("delete", "--from", key(100), "--yes").status == 0)
        #expect(try box.lvkv("compact").status == 0)
        #expect(try box.lvkv("count").output == "100\n")
        let bytes = try tables(in: box.database).reduce(0) {
            $0 + (try Data(contentsOf: URL(fileURLWithPath: "\(box.database)/\($1)")).count)
        }
        #expect(bytes < 100_000)
        #expect(try box.lvkv("compact", "--prefix", "k0").status == 0)
    }

    @Test("destroy needs a yes, leaves foreign files and can be tried first")
    func destroy() throws {
        let box = try Sandbox()
        #expect(try box.lvkv("put", "a", "1").status == 0)
        try box.write("db/notes.txt", "mine")
        let asked = try box.lvkv("destroy")
        #expect(asked.status == 64)
        #expect(asked.hasOneErrorLine)
        #expect(try box.lvkv("destroy", "--dry-run").status == 0)
        #expect(try box.lvkv("get", "a").output == "1")
        #expect(try box.lvkv("destroy", "--yes").status == 0)
        #expect(try box.lvkv("get", "a").status == 69)
        #expect(try box.read("db/notes.txt") == "mine")
    }

    @Test("verify tells what does not fit its schema, as another program may have written it")
    func misfits() throws {
        let box = try Sandbox()
        try box.write("book.yaml", RecordCommandTests.book)
        #expect(try box.lvkv("schema", "apply", "book.yaml").status == 0)
        #expect(try box.lvkv("record", "put", "book", #"{"genre":"sf","id":"1","title":"T","author":"A"}"#).status == 0)
        #expect(try box.lvkv("verify").output.contains("schema book: 1 record, 0 index entries\n"))
        let store = try LevelDBStore(at: box.database)
        try store.put("book:sf:1:year", "abc")
        try store.put("book:sf:2:title", "no author")
        try store.put("book:sf:3", "no field")
        try store.close()
        let outcome = try box.lvkv("verify")
        #expect(outcome.status == 65)
        #expect(outcome.hasOneErrorLine)
        #expect(outcome.lines.filter { $0.hasPrefix("record ") }.count == 3, "\(outcome.output)")
    }

    @Test("stats tells sizes as text and as JSON")
    func stats() throws {
        let box = try Sandbox()
        try fill(box.database, count: 10_000)
        #expect(try box.lvkv("stats").output.contains("level"))
        let json = try box.lvkv("stats", "--format", "json")
        let object = try #require(try JSONSerialization.jsonObject(with: json.bytes) as? [String: Any])
        #expect((object["bytes"] as? Int ?? 0) > 1 << 20)
        #expect((object["levels"] as? [Any])?.isEmpty == false)
        #expect((object["schemas"] as? [Any])?.isEmpty == true)
    }
}
