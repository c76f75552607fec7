import Foundation
@testable import LevelDB
import OrderedStore
import Testing

@Suite("Holding a directory")
struct DirectoryHoldTests {
    let directory = TemporaryDirectory()

    static let create: DirectoryUse = .open(createIfMissing: true, errorIfExists: false, createParents: true)
    static let existing: DirectoryUse = .open(createIfMissing: false, errorIfExists: false, createParents: false)

    @Test("however the path is spelled, the directory is held once")
    func spellings() throws {
        let outer = TemporaryDirectory()
        try outer.make()
        let hold = try DirectoryHold.acquire(outer.file("db"), for: Self.create)
        #expect(hold.creates)
        try FileManager.default.createSymbolicLink(atPath: outer.file("link"), withDestinationPath: "db")
        try FileManager.default.createSymbolicLink(atPath: outer.file("outer"), withDestinationPath: outer.path)
        let spellings = [
            "db", "db/", "db//", "db/.", "./db", "db/../db", "link", "link/", "outer/db", "outer/outer/link/.",
        ]
        for spelling in spellings {
            let error = failure { _ = try DirectoryHold.acquire(outer.file(spelling), for: Self.create) }
            #expect(error?.code == .locked, "\(spelling)")
            #expect(error?.message.contains("\(getpid())") == true)
        }
        // A directory that was moved is the same one; another in its old place is not, but LevelDB goes by paths.
        try outer.move("db", to: "moved")
        let moved = failure { _ = try DirectoryHold.acquire(outer.file("moved"), for: Self.create) }
        #expect(moved?.code == .locked)
        #expect(moved?.message.contains(" as \(hold.path)") == true)
        #expect(failure { _ = try DirectoryHold.acquire(outer.file("db"), for: Self.create) }?.code == .locked)
        hold.release(closed: false)
        try DirectoryHold.acquire(outer.file("moved"), for: Self.create).release(closed: false)
    }

    @Test("of many threads that open a directory at once one gets it, again and again")
    func race() async throws {
        for _ in 0..<50 {
            let holds = await withTaskGroup(of: DirectoryHold?.self, returning: [DirectoryHold].self) { group in
                for _ in 0..<8 {
                    group.addTask { [directory] in try? DirectoryHold.acquire(directory.path, for: Self.create) }
                }
                return await group.reduce(into: []) { holds, hold in if let hold { holds.append(hold) } }
            }
            #expect(holds.count == 1)
            holds.first?.didFailToOpen()
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path))
    }

    @Test("a hold that nobody keeps is released")
    func forgotten() throws {
        _ = try DirectoryHold.acquire(directory.path, for: Self.create)
        try DirectoryHold.acquire(directory.path, for: Self.create).release(closed: false)
    }

    @Test("another process finds it locked, and is told by whom")
    func otherProcess() async throws {
        let hold = try DirectoryHold.acquire(directory.path, for: Self.create)
        await #expect(processExitsWith: .success) { [path = directory.path as String, holder = getpid() as Int32] in
            let error = failure { _ = try DirectoryHold.acquire(path, for: DirectoryHoldTests.create) }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("process \(holder) ") == true)
        }
        hold.release(closed: false)
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            try DirectoryHold.acquire(path, for: DirectoryHoldTests.create).release(closed: false)
        }
    }

    @Test("a process that was killed leaves no lock")
    func killed() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
            let hold = try DirectoryHold.acquire(path, for: DirectoryHoldTests.create)
            kill(getpid(), SIGKILL)
            hold.release(closed: false)
        }
        try DirectoryHold.acquire(directory.path, for: Self.create).release(closed: false)
    }

    @Test("what is no directory, and no path, is refused with its reason")
    func badPaths() throws {
        let outer = TemporaryDirectory()
        try outer.make()
        try outer.write("file", [1])
        try FileManager.default.createSymbolicLink(atPath: outer.file("nowhere"), withDestinationPath: "gone")
        try FileManager.default.createSymbolicLink(atPath: outer.file("loop"), withDestinationPath: "loop")
        let long = String(repeating: "x", count: 300)
        let cases: [(String, StoreError.Code)] = [
            ("", .invalidArgument), ("a\0b", .invalidArgument), (outer.file("file"), .invalidArgument),
            (outer.file("file/db"), .invalidArgument), (outer.file("loop"), .invalidArgument),
            (outer.file(long), .invalidArgument), (outer.file("gone/.."), .invalidArgument),
            (String(repeating: "/x", count: 5000), .invalidArgument), (outer.file("nowhere"), .io),
        ]
        for (path, code) in cases {
            let error = failure { _ = try DirectoryHold.acquire(path, for: Self.create) }
            #expect(error?.code == code, "\(path.prefix(100)): \(error?.description ?? "none")")
            #expect(error?.operation == "open")
        }
        #expect(try outer.names() == ["file", "loop", "nowhere"])
    }

    @Test("looking, and failing to create, leave nothing behind")
    func traces() throws {
        for use in [Self.existing, .repair, .destroy] {
            #expect(failure { _ = try DirectoryHold.acquire(directory.path, for: use) }?.code == .notFound)
            #expect(!FileManager.default.fileExists(atPath: directory.path))
        }
        try directory.make()
        try directory.write("README", [1])
        for use in [Self.existing, .repair, .destroy] {
            #expect(failure { _ = try DirectoryHold.acquire(directory.path, for: use) }?.code == .notFound)
        }
        #expect(try directory.names() == ["README"])

        let hold = try DirectoryHold.acquire(directory.file("a/b/c"), for: Self.create)
        // What LevelDB leaves when it cannot make its first files.
        for name in ["LOCK", "LOG", "MANIFEST-000001", "000001.dbtmp"] {
            try Data().write(to: URL(filePath: "\(hold.path)/\(name)"))
        }
        hold.didFailToOpen()
        #expect(try directory.names() == ["README"])
    }

    @Test("a new database needs a directory without other files, and least of all LevelDB's")
    func emptiness() throws {
        try directory.make()
        for name in ["LOG", "LOCK", "lost+found"] { try directory.write(name, [1]) }
        let hold = try DirectoryHold.acquire(directory.path, for: Self.create)
        #expect(hold.creates)
        hold.didFailToOpen()
        #expect(try directory.names() == ["lost+found"])

        for name in ["README", "access.log", "notes.ldb.txt", "MANIFEST-x", "12a.log"] {
            try directory.write(name, [1])
            let error = failure { _ = try DirectoryHold.acquire(directory.path, for: Self.create) }
            #expect(error?.code == .invalidArgument, "\(name)")
            #expect(error?.message.contains(name) == true)
            #expect(try directory.names() == ["lost+found", name].sorted())
            try directory.remove(name)
        }

        for name in ["MANIFEST-000002", "000005.ldb", "5.sst", "000005.log", "000007.dbtmp"] {
            try directory.write(name, [1])
            let before = try directory.content()
            let error = failure { _ = try DirectoryHold.acquire(directory.path, for: Self.create) }
            #expect(error?.code == .corruption, "\(name)")
            let isOther = name.hasSuffix(".log") || name.hasSuffix(".dbtmp")
            #expect(error?.message.contains(isOther ? "choose another directory" : "lvkv repair") == true)
            #expect(try directory.content() == before)
            try directory.remove(name)
        }
    }

    @Test("a lock file that is none is an error and no hang")
    func strangeLockFile() throws {
        try directory.make()
        try FileManager.default.createDirectory(atPath: directory.file("lvkv.lock"), withIntermediateDirectories: false)
        #expect(failure { _ = try DirectoryHold.acquire(directory.path, for: Self.create) }?.code == .invalidArgument)
        try directory.remove("lvkv.lock")
        let made = unsafe mkfifo(directory.file("CURRENT"), 0o644)
        #expect(made == 0)
        #expect(failure { _ = try DirectoryHold.acquire(directory.path, for: Self.create) }?.code == .corruption)
        // Nothing is held after a refusal.
        try directory.remove("CURRENT")
        try DirectoryHold.acquire(directory.path, for: Self.create).release(closed: false)
    }

    @Test("a directory that takes the place of an open one is noticed before a reopening")
    func replaced() throws {
        let outer = TemporaryDirectory()
        let store = try LevelDBStore(at: outer.file("db"), options: LevelDBOptions(mode: .createIfMissing))
        try outer.move("db", to: "moved")
        try LevelDBStore(at: outer.file("other"), options: LevelDBOptions(mode: .createIfMissing)).close()
        try outer.move("other", to: "db")
        #expect(failure { try store.reopen() }?.code == .io)
    }
}
