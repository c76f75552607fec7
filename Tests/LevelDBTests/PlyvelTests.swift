import Foundation
import LevelDB
import OrderedStore
import Testing

/// Runs Python with plyvel, the LevelDB binding whose databases are to be interchangeable with ours.
private enum Python {
    static let environment: [String: String] = {
        var environment = ProcessInfo.processInfo.environment
        if let path = environment["LVKV_TEST_PYTHONPATH"] { environment["PYTHONPATH"] = path }
        return environment
    }()

    static let hasPlyvel = (try? run("import plyvel")) != nil

    /// The output of `program`.
    @discardableResult
    static func run(_ program: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        struct Failed: Error {}
        guard process.terminationStatus == 0 else { throw Failed() }
        return String(decoding: data, as: UTF8.self)
    }
}

@Suite("Databases are interchangeable with plyvel's", .enabled(if: Python.hasPlyvel))
struct PlyvelTests {
    let directory = TemporaryDirectory()

    @Test("plyvel reads what this store wrote")
    func written() throws {
        let store = try LevelDBStore(at: directory.path, options: LevelDBOptions(mode: .createNew))
        try store.write { batch in
            for index in 0..<1000 { batch.put("key\(index)", "value\(index)") }
        }
        try store.put([0, 0xFF] as [UInt8], [] as [UInt8])
        try store.compact()
        try store.close()
        let program = """
            import plyvel, sys
            with plyvel.DB(sys.argv[1]) as db:
                assert db.get(b'key7') == b'value7'
                assert db.get(bytes([0, 255])) == b''
                print(sum(1 for _ in db))
            """
        #expect(try Python.run(program, directory.path) == "1001\n")
        // Another program was here in between, which is no reason to refuse.
        let count = try LevelDBStore(at: directory.path).count()
        #expect(count == 1001)
    }

    @Test("this store reads what plyvel wrote")
    func read() throws {
        let program = """
            import plyvel, sys
            with plyvel.DB(sys.argv[1], create_if_missing=True) as db:
                with db.write_batch() as batch:
                    for index in range(1000):
                        batch.put(b'key%d' % index, b'value%d' % index)
                db.put(bytes([0, 255]), b'')
            """
        try Python.run(program, directory.path)
        let store = try LevelDBStore(at: directory.path)
        let count = try store.count()
        let value = try store.get("key7")?.string
        let empty = try store.get([0, 0xFF] as [UInt8])?.bytes
        #expect(count == 1001)
        #expect(value == "value7")
        #expect(empty == [])
    }

    @Test("a directory that plyvel holds is locked, and the other way round")
    func held() throws {
        let program = """
            import plyvel, sys
            db = plyvel.DB(sys.argv[1], create_if_missing=True)
            print('held', flush=True)
            sys.stdin.read()
            """
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        holder.arguments = ["python3", "-c", program, directory.path]
        holder.environment = Python.environment
        let (input, output) = (Pipe(), Pipe())
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        _ = output.fileHandleForReading.availableData
        let error = #expect(throws: StoreError.self) { _ = try LevelDBStore(at: directory.path) }
        #expect(error?.code == .locked)
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()

        let store = try LevelDBStore(at: directory.path)
        #expect(throws: (any Error).self) {
            try Python.run("import plyvel, sys; plyvel.DB(sys.argv[1])", directory.path)
        }
        try store.put("still", "here")
    }
}
