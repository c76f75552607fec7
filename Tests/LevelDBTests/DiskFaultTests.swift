#if os(Linux)
    import Foundation
    @testable import LevelDB
    import OrderedStore
    import SystemFaults
    import Testing

    /// One plan for faults is in force at a time, so these run one after the other.
    @Suite("Hazards of LevelDB: disk errors", .serialized)
    struct DiskFaultTests {
        let directory = TemporaryDirectory()

        func open(_ mode: LevelDBOptions.Mode = .createIfMissing) throws -> LevelDBStore {
            var options = LevelDBOptions(mode: mode)
            options.writeBufferSize = 64 << 10
            options.compression = .none
            return try LevelDBStore(at: directory.path, options: options)
        }

        @Test("after one failed log write all writes are refused until a reopening, and nothing acknowledged is lost")
        func failedLogWrite() throws {
            let store = try open()
            var journal = WriteJournal()
            #expect(journal.write(0..<100, to: store) == nil)
            // One call fails; LevelDB would take the later writes and lose them.
            unsafe fault_plan(fault_write, directory.path, ".log", 20, 1, EIO)
            let error = journal.write(100..<1000, to: store)
            #expect(fault_end() == 21)
            #expect(error?.code == .io)
            #expect(error?.outcomeIsUnknown == true)
            #expect(journal.unknown.count == 1)
            #expect(journal.refused.count == 879)
            let later = failure { try store.put("a", "1") }
            #expect(later?.code == .writesRefused)
            #expect(later?.outcomeIsUnknown == false)
            #expect(failure { try store.transact { $0.put("a", "1") } }?.code == .writesRefused)
            #expect(store.writeFailure?.code == .io)
            // Reads go on.
            let value = try store.get("key99")?.string
            #expect(value == WriteJournal.value(99))

            try store.reopen()
            #expect(store.writeFailure == nil)
            #expect(journal.write(2000..<3000, to: store) == nil)
            try journal.check(store)
            try store.close()
            try journal.check(open(.existing))
        }

        @Test("a failed sync is a failed write of unknown outcome")
        func failedSync() throws {
            let store = try open()
            var journal = WriteJournal()
            #expect(journal.write(0..<10, to: store, .synced) == nil)
            unsafe fault_plan(fault_sync, directory.path, ".log", 0, 1, EIO)
            let error = journal.write(10..<20, to: store, .synced)
            #expect(fault_end() == 1)
            #expect(error?.outcomeIsUnknown == true)
            #expect(journal.refused.count == 9)
            try store.reopen()
            #expect(journal.write(20..<30, to: store, .synced) == nil)
            try store.close()
            try journal.check(open(.existing))
        }

        @Test("while the disk is full a reopening fails, and once there is room all that was acknowledged is there")
        func fullDisk() throws {
            let store = try open()
            var journal = WriteJournal()
            unsafe fault_plan(fault_write, directory.path, "", 400, -1, ENOSPC)
            let error = journal.write(0..<3000, to: store)
            #expect(error?.outcomeIsUnknown == true)
            #expect(failure { try store.reopen() } != nil)
            #expect(failure { try store.put("a", "1") } != nil)
            try store.close()
            #expect(failure { try open(.existing).close() } != nil)
            _ = fault_end()
            let reopened = try open(.existing)
            try journal.check(reopened)
            #expect(journal.write(3000..<3100, to: reopened) == nil)
            try reopened.close()
            try journal.check(open(.existing))
        }

        @Test("whichever write fails, of logs, tables, MANIFEST, CURRENT or the marker, nothing acknowledged is lost")
        func everyWrite() throws {
            for error in [EIO, ENOSPC] {
                for skip in Array(0..<40) + stride(from: 40, to: 900, by: 53) {
                    for times in [-1, 1] as [Int64] {
                        try DiskFaultTests().failOnce(skip: skip, times: times, error, fault_write)
                    }
                }
            }
        }

        @Test("whichever sync fails, nothing acknowledged is lost")
        func everySync() throws {
            for skip in 0..<24 {
                for times in [-1, 1] as [Int64] {
                    try DiskFaultTests().failOnce(skip: skip, times: times, EIO, fault_sync)
                }
            }
        }

        /// Opens, fills, closes and opens again while the calls after the first `skip` fail; then looks.
        private func failOnce(skip: Int, times: Int64, _ error: Int32, _ call: fault_call) throws {
            let note = "error \(error) after \(skip) calls, \(times) times"
            var journal = WriteJournal()
            unsafe fault_plan(call, directory.path, "", Int64(skip), times, error)
            for start in [0, 1000] {
                guard let store = try? open() else { continue }
                _ = journal.write(start..<start + 300, to: store)
                if store.writeFailure != nil { try? store.reopen() }
                _ = journal.write(start + 300..<start + 310, to: store, .synced)
                try? store.close()
            }
            _ = fault_end()
            let store: LevelDBStore
            do { store = try open() } catch {
                Issue.record("it does not open: \(note): \(error)")
                return
            }
            try journal.check(store, note)
            #expect(journal.write(5000..<5010, to: store) == nil)
            try store.close()
            try journal.check(open(.existing), note)
        }

        @Test(
            "CURRENT being unreadable or not found for a moment costs nothing, though a missing database may be created"
        )
        func currentForAMoment() throws {
            var journal = WriteJournal()
            let store = try open()
            #expect(journal.write(0..<3_000, to: store) == nil)
            try store.close()
            var failures = 0
            for error in [EIO, ENOENT] {
                for skip in 0..<6 as Range<Int64> {
                    unsafe fault_plan(fault_look, directory.path, "CURRENT", skip, 1, error)
                    if failure({ try open().close() }) != nil { failures += 1 }
                    _ = fault_end()
                    let reopened = try open(.existing)
                    try journal.check(reopened, "error \(error) after \(skip) looks")
                    // The same while it is open, and opened again in place.
                    unsafe fault_plan(fault_look, directory.path, "CURRENT", skip, 1, error)
                    try reopened.reopen()
                    _ = fault_end()
                    try journal.check(reopened)
                    try reopened.close()
                }
            }
            #expect(failures >= 4, "it is looked at by us and by LevelDB")
        }

        @Test("a directory that LevelDB could not fill is gone again, parents included")
        func failedCreation() throws {
            try directory.make()
            try directory.write("README", [1])
            unsafe fault_plan(fault_write, directory.path, "", 0, -1, ENOSPC)
            let error = failure {
                _ = try LevelDBStore(at: directory.file("a/b"), options: LevelDBOptions(mode: .createIfMissing))
            }
            #expect(fault_end() > 0)
            #expect(error?.code == .io)
            #expect(try directory.names() == ["README"])
            try LevelDBStore(at: directory.file("a/b"), options: LevelDBOptions(mode: .createIfMissing)).close()
        }

        @Test("the directory is synced after CURRENT was renamed")
        func directorySync() throws {
            try open().close()
            // LevelDB syncs it once, before the rename.
            unsafe fault_plan(fault_sync, directory.path, directory.path, 1, -1, EIO)
            let error = failure { try open().close() }
            _ = fault_end()
            #expect(error?.code == .io)
            #expect(error?.message.hasPrefix("cannot sync the directory") == true)
            try open(.existing).close()
        }

        @Test("a close on a full disk gives the directory free, and the older marker holds")
        func closeOnFullDisk() throws {
            let store = try open()
            var journal = WriteJournal()
            #expect(journal.write(0..<50, to: store) == nil)
            unsafe fault_plan(fault_write, directory.path, "lvkv.marker.tmp", 0, -1, ENOSPC)
            try? store.close()
            #expect(fault_end() > 0)
            #expect(!directory.exists("lvkv.marker.tmp"))
            try journal.check(open(.existing))
        }

        @Test(
            "on a file system that is really full, writes are refused, and nothing acknowledged is lost",
            .enabled(if: SmallFileSystem.isPossible))
        func smallFileSystem() throws {
            let small = try SmallFileSystem(bytes: 2 << 20)
            var options = LevelDBOptions(mode: .createIfMissing)
            options.writeBufferSize = 64 << 10
            options.compression = .none
            let place = small.directory.file("db")
            var journal = WriteJournal()
            let ballast = small.directory.file("ballast")
            try Data(count: 1 << 20).write(to: URL(filePath: ballast))
            do {
                let store = try LevelDBStore(at: place, options: options)
                let error = journal.write(0..<10_000, to: store)
                #expect(error?.outcomeIsUnknown == true)
                #expect(journal.acknowledged.count > 500)
                #expect(journal.unknown.count == 1)
                #expect(failure { try store.put("a", "1") }?.code == .writesRefused)
                try? store.close()
            }
            try FileManager.default.removeItem(atPath: ballast)
            let store = try LevelDBStore(at: place)
            try journal.check(store)
            #expect(journal.write(20_000..<20_100, to: store) == nil)
            try journal.check(store)
        }
    }
#endif
