import Foundation
import LVKV
import Testing

@testable import LVKVTool

@Suite("Backups, dumps and loads, by command")
struct BackupCommandTests {
    /// More rounds when there is time.
    private static let rounds = ProcessInfo.processInfo.environment["LVKV_TEST_LONG"] == nil ? 3 : 100

    private func fill(_ box: Sandbox, count: Int = 20_000) throws {
        let database = try Database(at: box.database)
        for start in stride(from: 0, to: count, by: 2_000) {
            try database.write { batch in
                for number in start..<start + 2_000 {
                    batch.put("k\(1_000_000 + number)", String(repeating: "\(number) ", count: 30))
                }
            }
        }
        try database.list("tasks").append(contentsOf: (0..<400).map { "task \($0)" })
        try database.close()
    }

    private func pairs(_ path: String) throws -> [[UInt8]: [UInt8]] {
        let store = try LevelDBStore(at: path)
        defer { try? store.close() }
        return try store.read { snapshot in
            var pairs: [[UInt8]: [UInt8]] = [:]
            var cursor = snapshot.cursor(in: .all)
            while let entry = try cursor.next() { pairs[entry.key.array] = entry.value.array }
            return pairs
        }
    }

    private func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Runs the command and kills it, at the latest after `seconds`.
    ///
    /// - Returns: whether it ended before.
    private func runAndKill(_ box: Sandbox, after seconds: Double, _ arguments: [String]) throws -> Bool {
        let process = Process()
        process.executableURL = Outcome.executable
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: box.path)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        Thread.sleep(forTimeInterval: seconds)
        let hasEnded = !process.isRunning
        if !hasEnded { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return hasEnded
    }

    /// Runs the command again and again, killed at its first step, its second and so on, until it comes to its end.
    ///
    /// - Returns: how often it was killed.
    private func killAtEachStep(
        _ failpoint: String, _ arguments: [String], _ box: Sandbox, check: (Int) throws -> Void
    ) throws -> Int {
        for step in 1...1_000 {
            let outcome = try Outcome.of(
                ["--db", box.database] + arguments, environment: ["LVKV_FAILPOINT": "\(failpoint):\(step)"],
                directory: box.path)
            if outcome.status == 0 { return step - 1 }
            #expect(outcome.status == SIGKILL, "\(outcome.errors)")
            try check(step)
        }
        return 1_000
    }

    @Test("killed after each step of a backup, the set is whole each time")
    func backupSteps() throws {
        let box = try Sandbox()
        try fill(box, count: 6_000)
        let expected = try pairs(box.database)
        let kills = try killAtEachStep("backup", ["backup", "create", "set", "one"], box) { step in
            #expect(try box.lvkv("backup", "verify", "set").status == 0, "step \(step)")
            // Killed after it had its name: it is whole.
            guard names(box.file("set")).contains("one") else { return }
            #expect(try box.lvkv("--db", box.file("again"), "backup", "restore", "set", "one").status == 0)
            #expect(try pairs(box.file("again")) == expected)
            for name in ["again", "set"] { try FileManager.default.removeItem(atPath: box.file(name)) }
        }
        #expect(kills > 3)
        #expect(names(box.file("set")) == ["one"])
    }

    @Test("killed after each step of a restore, there is no database or a whole one")
    func restoreSteps() throws {
        let box = try Sandbox()
        try fill(box, count: 6_000)
        let expected = try pairs(box.database)
        #expect(try box.lvkv("backup", "create", "set", "one").status == 0)
        let arguments = ["--db", box.file("again"), "backup", "restore", "set"]
        let kills = try killAtEachStep("restore", arguments, box) { step in
            guard names(box.path).contains("again") else { return }
            #expect(try pairs(box.file("again")) == expected, "step \(step)")
            try FileManager.default.removeItem(atPath: box.file("again"))
        }
        #expect(kills > 3)
        #expect(try pairs(box.file("again")) == expected)
        #expect(names(box.path) == ["again", "db", "set"])
    }

    @Test("killed after each step of a load, it goes on, and there is no database or a whole one")
    func loadSteps() throws {
        let box = try Sandbox()
        try fill(box)
        let expected = try pairs(box.database)
        try box.lvkv("dump").bytes.write(to: URL(fileURLWithPath: box.file("all.dump")))
        let arguments = ["--db", box.file("loaded"), "load", "all.dump"]
        // Each goes on where the one before was killed: one block each.
        for _ in 0..<3 {
            let killed = try Outcome.of(arguments, environment: ["LVKV_FAILPOINT": "load:1"], directory: box.path)
            #expect(killed.status == SIGKILL, "\(killed.errors)")
        }
        #expect(try box.lvkv(arguments).output.contains("by an earlier load"))
        #expect(try pairs(box.file("loaded")) == expected)
        try FileManager.default.removeItem(atPath: box.file("loaded"))
        _ = try killAtEachStep("load", arguments, box) { step in
            guard names(box.path).contains("loaded") else { return }
            #expect(try pairs(box.file("loaded")) == expected, "step \(step)")
            try FileManager.default.removeItem(atPath: box.file("loaded"))
        }
        #expect(try pairs(box.file("loaded")) == expected)
        #expect(names(box.path) == ["all.dump", "db", "loaded"])
    }

    @Test("a backup is made, listed, verified, restored and pruned")
    func backups() throws {
        let box = try Sandbox()
        try fill(box)
        let made = try box.lvkv("backup", "create", "set", "first")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.hasPrefix("first: "))
        #expect(try box.lvkv("put", "a", "1").status == 0)
        #expect(try box.lvkv("backup", "create", "set", "--format", "json").output.contains("\"new_bytes\":"))
        #expect(try box.lvkv("backup", "create", "set", "first").hasOneErrorLine)
        for name in ["a/b", ".x", "x.part", ""] { #expect(try box.lvkv("backup", "create", "set", name).status == 64) }
        let list = try box.lvkv("backup", "list", "set")
        #expect(list.lines.count == 2)
        #expect(list.lines[0].hasPrefix("first  "))
        #expect(try box.lvkv("backup", "verify", "set").output == "read 2 backups\n")
        let over = try box.lvkv("backup", "restore", "set")
        #expect(over.status != 0)
        #expect(over.hasOneErrorLine)
        let restored = try box.lvkv("--db", box.file("again"), "backup", "restore", "set")
        #expect(restored.status == 0, "\(restored.errors)")
        #expect(try pairs(box.file("again")) == pairs(box.database))
        #expect(try box.lvkv("--db", box.file("old"), "backup", "restore", "set", "first").status == 0)
        #expect(try box.lvkv("--db", box.file("old"), "get", "a").status == 1)
        #expect(try box.lvkv("backup", "prune", "set", "--keep", "1", "-n").output == "would remove first\n")
        #expect(try box.lvkv("backup", "prune", "set", "--keep", "1").output == "removed first\n")
        #expect(try box.lvkv("backup", "list", "set").lines.count == 1)
        #expect(try box.lvkv("backup", "prune", "set", "--keep", "0").status == 64)
        #expect(try box.lvkv("backup", "list", "nowhere").status != 0)
    }

    @Test("damage of a backup is told, with its file, as text and as JSON")
    func damaged() throws {
        let box = try Sandbox()
        try fill(box)
        #expect(try box.lvkv("backup", "create", "set", "one").status == 0)
        let chunk = try #require(names(box.file("set/one")).first { $0.hasSuffix(".chunk") })
        let file = URL(fileURLWithPath: box.file("set/one/\(chunk)"))
        var data = try Data(contentsOf: file)
        data[data.count / 2] ^= 4
        try data.write(to: file)
        let text = try box.lvkv("backup", "verify", "set")
        #expect(text.status == 65)
        #expect(text.lines.first?.hasPrefix("one: \(chunk): ") == true, "\(text.output)")
        let json = try box.lvkv("backup", "verify", "set", "one", "--format", "jsonl")
        #expect(json.lines.first?.hasPrefix(#"{"name":"one","file":"\#(chunk)","problem":"#) == true)
        let restored = try box.lvkv("--db", box.file("again"), "backup", "restore", "set")
        #expect(restored.status == 65)
        #expect(restored.hasOneErrorLine)
        #expect(names(box.path) == ["db", "set"])
        try Data("x".utf8).write(to: URL(fileURLWithPath: box.file("set/one/lvkv.backup")))
        #expect(try box.lvkv("backup", "list", "set").status == 65)
    }

    @Test("a backup that is killed at any moment leaves the set whole, and the next one goes through")
    func killedBackup() throws {
        let box = try Sandbox()
        try fill(box)
        let expected = try pairs(box.database)
        var generator = SystemRandomNumberGenerator()
        for round in 0..<Self.rounds {
            let seconds = Double.random(in: 0.005...0.4, using: &generator)
            _ = try runAndKill(box, after: seconds, ["--db", box.database, "backup", "create", "set", "r\(round)"])
            guard !names(box.file("set")).isEmpty else { continue }
            #expect(try box.lvkv("backup", "verify", "set").status == 0, "round \(round), \(seconds) s")
        }
        #expect(try box.lvkv("backup", "create", "set", "last").status == 0)
        #expect(try box.lvkv("backup", "prune", "set", "--keep", "1").status == 0)
        #expect(names(box.file("set")) == ["last"])
        #expect(try box.lvkv("--db", box.file("again"), "backup", "restore", "set").status == 0)
        #expect(try pairs(box.file("again")) == expected)
    }

    @Test("a restore that is killed at any moment leaves no database, or a whole one")
    func killedRestore() throws {
        let box = try Sandbox()
        try fill(box)
        let expected = try pairs(box.database)
        #expect(try box.lvkv("backup", "create", "set", "one").status == 0)
        var generator = SystemRandomNumberGenerator()
        for round in 0..<Self.rounds {
            let seconds = Double.random(in: 0.005...0.4, using: &generator)
            _ = try runAndKill(box, after: seconds, ["--db", box.file("again"), "backup", "restore", "set"])
            guard names(box.path).contains("again") else { continue }
            #expect(try pairs(box.file("again")) == expected, "round \(round), \(seconds) s")
            try FileManager.default.removeItem(atPath: box.file("again"))
        }
        #expect(try box.lvkv("--db", box.file("again"), "backup", "restore", "set").status == 0)
        #expect(try pairs(box.file("again")) == expected)
        #expect(names(box.path) == ["again", "db", "set"])
    }

    @Test("a load that is killed again and again goes on each time, and is whole in the end")
    func killedLoad() throws {
        let box = try Sandbox()
        try fill(box)
        let expected = try pairs(box.database)
        let dumped = try box.lvkv("dump")
        #expect(dumped.status == 0)
        try dumped.bytes.write(to: URL(fileURLWithPath: box.file("all.dump")))
        var generator = SystemRandomNumberGenerator()
        for round in 0..<Self.rounds {
            let seconds = Double.random(in: 0.005...0.4, using: &generator)
            _ = try runAndKill(box, after: seconds, ["--db", box.file("loaded"), "load", "all.dump"])
            guard names(box.path).contains("loaded") else { continue }
            #expect(try pairs(box.file("loaded")) == expected, "round \(round), \(seconds) s")
            try FileManager.default.removeItem(atPath: box.file("loaded"))
        }
        let loaded = try box.lvkv("--db", box.file("loaded"), "load", "all.dump")
        #expect(loaded.status == 0, "\(loaded.errors)")
        #expect(try pairs(box.file("loaded")) == expected)
        #expect(names(box.path) == ["all.dump", "db", "loaded"])
    }

    @Test("a dump goes through a pipe, and what is cut or no dump is refused with one line")
    func pipes() throws {
        let box = try Sandbox()
        try fill(box)
        let dump = try box.lvkv("dump").bytes
        let loaded = try box.lvkv(["--db", box.file("loaded"), "load"], input: dump)
        #expect(loaded.status == 0, "\(loaded.errors)")
        #expect(try pairs(box.file("loaded")) == pairs(box.database))
        let cut = try box.lvkv(["--db", box.file("cut"), "load", "--format", "json"], input: dump.dropLast(9))
        #expect(cut.status == 65)
        #expect(cut.hasOneErrorLine)
        #expect(cut.errors.contains("at byte "))
        let resumed = try box.lvkv(["--db", box.file("cut"), "load"], input: dump)
        #expect(resumed.output.contains("by an earlier load"), "\(resumed.output)\(resumed.errors)")
        #expect(try box.lvkv(["--db", box.file("no"), "load"], input: Data("hello".utf8)).status == 65)
        #expect(!names(box.path).contains("no"))
        #expect(try box.lvkv(["load"], input: dump).hasOneErrorLine)
    }
}
