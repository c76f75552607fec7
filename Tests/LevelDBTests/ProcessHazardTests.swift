import Foundation
@testable import LevelDB
import OrderedStore
import Synchronization
import Testing

/// What several handles, processes and programs on one directory do to each other.
@Suite("Hazards of LevelDB: handles, processes and limits")
struct ProcessHazardTests {
    let directory = TemporaryDirectory()

    func fill() throws {
        let store = try openStore(directory, .createIfMissing)
        for index in 0..<500 { try store.put("key\(index)", "value") }
        try store.close()
    }

    #if os(Linux)
        /// Who holds LevelDB's own lock, by the kernel's list.
        func lockHolder() throws -> Int32? {
            LevelDBLock.holder(in: try OpenFile(path: directory.path, O_RDONLY, attempt: "open"))
        }

        @Test("a second open, a repair and a destroy in one process are refused, and LevelDB's lock stays held")
        func lockIsKept() throws {
            try fill()
            try FileManager.default.createSymbolicLink(
                atPath: directory.path + "-link", withDestinationPath: directory.path)
            defer { try? FileManager.default.removeItem(atPath: directory.path + "-link") }
            let store = try openStore(directory)
            #expect(try lockHolder() == getpid())
            for path in [directory.path, directory.path + "/.", directory.path + "/", directory.path + "-link"] {
                for attempt in [
                    { _ = try LevelDBStore(at: path) }, { try LevelDBStore.repair(at: path) },
                    { try LevelDBStore.destroy(at: path) },
                ] as [() throws -> Void] {
                    #expect(failure(attempt)?.code == .locked)
                    #expect(try lockHolder() == getpid())
                }
            }
            try store.put("still", "here")
            let count = try store.count()
            #expect(count == 501)
            try store.close()
            #expect(try lockHolder() == nil)
        }

        @Test("a directory that another LevelDB program holds is locked for opening, repair and destroy")
        func foreignLock() async throws {
            try fill()
            for name in ["lvkv.marker", "lvkv.lock"] { try directory.remove(name) }
            // What LevelDB does to hold a directory.
            let lock = try OpenFile(path: directory.file("LOCK"), O_RDWR | O_CREAT, attempt: "open")
            var region = Glibc.flock()
            region.l_type = Int16(F_WRLCK)
            region.l_whence = Int16(SEEK_SET)
            let taken = unsafe fcntl(lock.number, F_SETLK, &region)
            #expect(taken == 0)
            let before = try directory.content()
            await #expect(processExitsWith: .success) {
                [path = directory.path as String, holder = getpid() as Int32] in
                for attempt in [
                    { _ = try LevelDBStore(at: path) }, { try LevelDBStore.repair(at: path) },
                    { try LevelDBStore.destroy(at: path) },
                ] as [() throws -> Void] {
                    let error = failure(attempt)
                    #expect(error?.code == .locked)
                    if error?.operation != "open" { #expect(error?.message.contains("\(holder)") == true) }
                }
            }
            #expect(try directory.content() == before)
        }

        @Test("a child of a fork is told so by each call, and harms neither the parent's store nor its lock")
        func fork() async throws {
            try fill()
            await #expect(processExitsWith: .success) { [path = directory.path as String] in
                let store = try LevelDBStore(at: path)
                var hold: DirectoryHold? = try DirectoryHold.acquire(path + "-held", for: DirectoryHoldTests.create)
                // Swift hides `fork`, which programs that embed this library may call nevertheless.
                guard let symbol = unsafe dlsym(nil, "fork") else { throw Unexpected("there is no fork") }
                let fork = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
                let child = fork()
                if child == 0 {
                    var isRight = failure { _ = try store.get("key1") }?.code == .forked
                    isRight = isRight && failure { try store.put("a", "1") }?.code == .forked
                    isRight = isRight && failure { try store.close() }?.code == .forked
                    // The parent has it, whatever this process has inherited.
                    isRight = isRight && failure { _ = try LevelDBStore(at: path) }?.code == .locked
                    // Letting go of a copy does not unlock the parent's.
                    hold = nil
                    let held = failure {
                        _ = try DirectoryHold.acquire(path + "-held", for: DirectoryHoldTests.create)
                    }
                    isRight = isRight && held?.code == .locked
                    _exit(isRight ? 0 : 1)
                }
                var status: Int32 = -1
                _ = unsafe waitpid(child, &status, 0)
                #expect(status == 0)
                hold?.didFailToOpen()
                try store.put("after", "fork")
                let held = LevelDBLock.holder(in: try OpenFile(path: path, O_RDONLY, attempt: "open"))
                #expect(held == getpid())
                try store.close()
                let reopened = try LevelDBStore(at: path)
                let value = try reopened.get("after")?.string
                #expect(value == "fork")
            }
        }
    #endif

    @Test("another process is refused while the first goes on")
    func otherProcess() async throws {
        try fill()
        let store = try openStore(directory)
        await #expect(processExitsWith: .success) { [path = directory.path as String, holder = getpid() as Int32] in
            let error = failure { _ = try LevelDBStore(at: path) }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("process \(holder) ") == true)
        }
        try store.put("still", "here")
        try store.close()
        try openStore(directory).close()
    }

    @Test("what a killed process had written is there, and the directory opens at once")
    func killed() async throws {
        for round in 0..<5 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = directory.path as String, round = round as Int] in
                var options = LevelDBOptions(mode: .createIfMissing)
                options.writeBufferSize = 64 << 10
                let store = try LevelDBStore(at: path, options: options)
                for index in 0..<1500 { try store.put("key\(round)-\(index)", String(repeating: "v", count: 100)) }
                kill(getpid(), SIGKILL)
            }
            let store = try openStore(directory)
            let count = try store.count()
            #expect(count == 1500 * (round + 1))
            try store.close()
        }
    }

    @Test("many tables are read under a low limit of open files")
    func descriptors() async throws {
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            try ProcessLimit.openFiles.set(128)
            var options = LevelDBOptions(mode: .createIfMissing)
            options.maxOpenFiles = 50_000
            options.writeBufferSize = 64 << 10
            options.maxFileSize = 1 << 20
            options.compression = .none
            let store = try LevelDBStore(at: path, options: options)
            let value = [UInt8](repeating: 7, count: 1 << 20)
            for index in 0..<200 { try store.put("key\(index)", value) }
            try store.compact()
            let files = try store.statistics().files
            #expect(files > 128)
            for _ in 0..<2 {
                let count = try store.count()
                #expect(count == 200)
            }
            try store.close()
            let reopened = try LevelDBStore(at: path, options: options)
            let count = try reopened.count()
            #expect(count == 200)
        }
    }

    @Test("a limit on file sizes is an error that a reopening ends, and no end of the process")
    func fileSizeLimit() async throws {
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let store = try LevelDBStore(at: path, options: LevelDBOptions(mode: .createIfMissing))
            try store.put("before", "1")
            signal(SIGXFSZ, SIG_IGN)
            let usual = try ProcessLimit.fileSize.set(100_000)
            var written = 0
            let error = failure {
                while written < 10_000 {
                    try store.put("key\(written)", String(repeating: "v", count: 100))
                    written += 1
                }
            }
            #expect(error?.outcomeIsUnknown == true)
            #expect(failure { try store.put("after", "1") }?.code == .writesRefused)
            try ProcessLimit.fileSize.set(usual)
            try store.reopen()
            try store.put("again", "1")
            try store.close()
            let reopened = try LevelDBStore(at: path)
            let count = try reopened.count(in: .prefix("key"))
            #expect(count == written || count == written + 1)
            let again = try reopened.contains("again")
            let before = try reopened.contains("before")
            let after = try reopened.contains("after")
            #expect(again && before && !after)
        }
    }

    @Test("cursors, snapshots, comparators and filters outlive their store without harm")
    func children() throws {
        final class Order: KeyComparator {
            let name = "test.Order"
            let count: Counter
            init(_ count: Counter) { self.count = count }
            deinit { count.value.withLock { $0 += 1 } }
            func compare(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int { left.compare(to: right) }
        }
        let freed = Counter()
        do {
            var options = LevelDBOptions(mode: .createIfMissing)
            options.comparator = Order(freed)
            options.blockCacheSize = 1 << 20
            let store = try LevelDBStore(at: directory.path, options: options)
            for index in 0..<100 { try store.put("key\(index)", "value") }
            let snapshot = try store.snapshot()
            let other = try store.snapshot()
            try store.close()
            #expect(failure { _ = try snapshot.get("key1") }?.code == .closed)
            #expect(failure { _ = try other.count() }?.code == .closed)
            #expect(freed.value.withLock { $0 } == 0)
        }
        #expect(freed.value.withLock { $0 } == 1)
        #expect(failure { try openStore(directory).close() }?.code == .invalidArgument)
    }
}

/// Counts from any thread.
final class Counter: Sendable {
    let value = Mutex(0)
}

/// What the system allows this process.
enum ProcessLimit {
    case openFiles
    case fileSize

    /// Sets the limit and returns what it was.
    @discardableResult
    func set(_ value: UInt64) throws -> UInt64 {
        #if canImport(Darwin)
            let resource = self == .openFiles ? RLIMIT_NOFILE : RLIMIT_FSIZE
        #else
            let resource =
                self == .openFiles
                ? __rlimit_resource_t(RLIMIT_NOFILE.rawValue) : __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        #endif
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { throw Unexpected("no limit to read") }
        let usual = limit.rlim_cur
        limit.rlim_cur = rlim_t(value)
        guard unsafe setrlimit(resource, &limit) == 0 else { throw Unexpected("the limit cannot be set") }
        return UInt64(usual)
    }
}
